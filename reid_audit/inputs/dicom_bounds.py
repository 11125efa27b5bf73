"""What a DICOM file claims, compared with what its pixels may take, before any is decoded."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from reid_audit.errors import VolumeError
from reid_audit.inputs.checks import MAX_VOXELS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_INFLATED", "check_pixels", "encoded_size", "inflates_too_far"]

MAX_INFLATED = 2**28
"""Bytes of a file that is deflated as a whole."""

_BLOCK = 2**20
_DEFLATED = "1.2.840.10008.1.2.1.99"
_J2K = re.compile(rb"\xff\x4f\xff\x51")
_NO_FRAME_HEADER = {0xC4, 0xC8, 0xCC}
_EXPORT = "Copy or export the series again."


def inflates_too_far(path: Path) -> bool:
    """Tell whether a file that is deflated as a whole grows beyond 256 MiB: pydicom inflates all to read one tag.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
        False for a file that is not deflated, or that is damaged: whoever reads it says so.
    """
    from pydicom.filereader import read_dataset, read_preamble

    try:
        with path.open("rb") as stream:
            read_preamble(stream, force=True)
            meta = read_dataset(
                stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, *_rest: tag.group != 2
            )
            if str(meta.get("TransferSyntaxUID", "")) != _DEFLATED:
                return False
            return _inflated_beyond(stream, MAX_INFLATED)
    except Exception:  # noqa: BLE001 - pydicom and zlib raise what they like on damaged bytes
        return False


def _inflated_beyond(stream: BinaryIO, limit: int) -> bool:
    """Inflate what follows, a piece at a time, until it is at its end or beyond a limit."""
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while size <= limit and (block := inflate.unconsumed_tail or stream.read(_BLOCK)):
        size += len(inflate.decompress(block, _BLOCK))
    return size > limit


def check_pixels(dataset: Any) -> None:
    """Refuse pixels that would take far more memory than the header or the format allows.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With ``file_meta``, ``Rows``, ``Columns`` and ``PixelData``.

    Raises
    ------
    VolumeError
    """
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if rows * columns * frames > MAX_VOXELS:
        raise VolumeError(
            f"A file of the DICOM series claims {frames:,} frames of {columns} x {rows}, more than the {MAX_VOXELS:,} "
            "voxels that are allowed.",
            remedy="Crop or resample the scan, and save it as NIfTI.",
        )
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    from pydicom.encaps import generate_frames

    for frame in generate_frames(dataset.PixelData, number_of_frames=frames):
        size = encoded_size(frame)
        if size is not None and size != (rows, columns):
            raise VolumeError(
                f"A compressed image of the DICOM series has {size[1]} x {size[0]} pixels, its header says "
                f"{columns} x {rows}.",
                remedy=_EXPORT,
            )


def encoded_size(frame: bytes) -> tuple[int, int] | None:
    """Return rows and columns that a JPEG, JPEG-LS or JPEG 2000 image says it has; None where it says nothing."""
    if frame[:2] == b"\xff\xd8":
        return _jpeg_size(frame)
    found = _J2K.search(frame[:4096])
    if found is None or len(frame) < found.end() + 20:
        return None
    right, bottom, left, top = (
        int.from_bytes(frame[found.end() + at : found.end() + at + 4], "big") for at in (4, 8, 12, 16)
    )
    return bottom - top, right - left


def _jpeg_size(frame: bytes) -> tuple[int, int] | None:
    """Walk from marker to marker to the header of the frame."""
    place = 2
    while place + 9 <= len(frame) and frame[place] == 0xFF:
        kind = frame[place + 1]
        if (0xC0 <= kind <= 0xCF and kind not in _NO_FRAME_HEADER) or kind == 0xF7:
            return int.from_bytes(frame[place + 5 : place + 7], "big"), int.from_bytes(
                frame[place + 7 : place + 9], "big"
            )
        if kind in {0xFF, 0x01} or 0xD0 <= kind <= 0xD8:  # fill bytes, and markers without a length
            place += 1 if kind == 0xFF else 2
        else:
            place += 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
    return None
