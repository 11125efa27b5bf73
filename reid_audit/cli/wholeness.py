"""Whether a scan's file holds as many bytes as its header asks for, mostly without unpacking it."""

from __future__ import annotations

import gzip
import math
import zlib
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cut_off"]

_OF_NIBABEL = (".nii", ".nii.gz", ".mgz", ".mgh")
_GZIP = b"\x1f\x8b"
_BLOCK = 1_000_000
_DAMAGED = "The scan's file ends too early or is damaged: its header cannot be read."
_COPY = "Copy or export it again."


def cut_off(path: Path) -> str:
    """Say that voxels are missing, where the size of a NIfTI, MGZ or MGH file makes it plain.

    The last four bytes of a gzip file are its unpacked size modulo 2^32: where that is what the header asks for,
    nothing is unpacked. Where it is not, the file is cut off, or packed in several parts, or something lies behind the
    voxels: it is then unpacked as far as the last voxel.

    Parameters
    ----------
    path : Path
        Whose header can be read.

    Returns
    -------
    str
        A sentence; empty where nothing is missing, and for other formats, which say nothing of it.

    Raises
    ------
    VolumeError
        If its header is damaged after all, or stands behind voxels that are missing.
    OSError
        If it cannot be opened.
    """
    if not path.name.lower().endswith(_OF_NIBABEL):
        return ""
    wanted = _bytes_wanted(path)
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
    there = _unpacked(path, wanted) if packed else path.stat().st_size
    if there >= wanted:
        return ""
    return (
        f"The file ends too early: its header asks for {wanted} bytes{' unpacked' if packed else ''}, and {there} are "
        f"there. {_COPY}"
    )


def _bytes_wanted(path: Path) -> int:
    """Return where the last voxel ends, in bytes from the start of the unpacked file."""
    from reid_audit.inputs.checks import damage_is_reported
    from reid_audit.inputs.header_messages import header_messages
    from reid_audit.inputs.nifti import open_image

    with damage_is_reported(_DAMAGED, _COPY), ExitStack() as opened, header_messages():
        voxels = open_image(path, opened).dataobj
        return int(voxels.offset) + math.prod(map(int, voxels.shape)) * int(voxels.dtype.itemsize)


def _unpacked(path: Path, wanted: int) -> int:
    """Return how many bytes there are, ``wanted`` at most where the file must be unpacked to know."""
    with path.open("rb") as file:
        file.seek(-4, 2)
        if int.from_bytes(file.read(4), "little") == wanted % 2**32:
            return wanted
    there = 0
    try:
        with gzip.open(path) as file:
            while there < wanted and (block := file.read(min(_BLOCK, wanted - there))):
                there += len(block)
    except (EOFError, gzip.BadGzipFile, zlib.error):  # what came before it counts
        return there
    return there
