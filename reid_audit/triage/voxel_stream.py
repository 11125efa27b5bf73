"""Reads the volumes of a file one after another, once, and what stands around them that nothing claims."""

from __future__ import annotations

import math
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from isal import igzip
from nibabel.imageglobals import LoggingOutputSuppressor

from reid_audit.inputs.nifti import open_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["STREAMED", "VoxelStream", "open_voxels"]

Array = np.ndarray[Any, Any]

STREAMED = (".nii", ".nii.gz", ".mgz", ".mgh")
"""Formats whose volumes stand one after another."""
_BLOCK = 2**24
_MOST_BEFORE = 2**30
_MOST_REST = 2**26
"""Bytes that are looked at before, and behind the voxels."""
_MGH_FOOTER = 2**20
"""Bytes that the scan's parameters and tags may take behind the voxels of an MGH file."""
_FLAG = 4
"""Bytes behind a NIfTI header that say whether extensions follow."""
_EXTENSION = 8
"""Bytes before an extension's content: its size and its kind."""


@dataclass(frozen=True)
class VoxelStream:
    """A file at the first of its voxels.

    Parameters
    ----------
    stream : binary file
    shape : tuple of int
        Of one volume.
    n_frames : int
    dtype : numpy.dtype
        As stored, byte order included.
    footer : int
        Bytes that the format allows behind the voxels.
    gap : bool
        Whether bytes other than zero that belong to no extension stand between header and voxels.
    """

    stream: BinaryIO
    shape: tuple[int, ...]
    n_frames: int
    dtype: Any
    footer: int
    gap: bool

    def frames(self) -> Iterator[Array]:
        """Yield every volume as it is stored, one in memory at a time, shape of the volume.

        Raises
        ------
        OSError, EOFError
            If the file ends too early or is damaged.
        """
        wanted = math.prod(self.shape) * self.dtype.itemsize
        for _ in range(self.n_frames):
            raw = self.stream.read(wanted)
            if len(raw) < wanted:
                raise EOFError
            yield np.frombuffer(raw, self.dtype).reshape(self.shape, order="F")

    def skip(self) -> None:
        """Go behind the last voxel; raises as :meth:`frames`."""
        _skipped(self.stream, self.n_frames * math.prod(self.shape) * self.dtype.itemsize)

    def holds_more(self) -> bool:
        """Tell whether bytes other than zero stand around the voxels; asked when all of them were read.

        Returns
        -------
        bool
            True as well for more bytes than are read, and for a rest that cannot be unpacked.
        """
        if self.gap:
            return True
        try:
            self.stream.read(self.footer)
            for _ in range(_MOST_REST // _BLOCK):
                block = self.stream.read(_BLOCK)
                if not block:
                    return False
                if block.strip(b"\0"):
                    return True
        except (OSError, EOFError, zlib.error):
            return True
        return True


@contextmanager
def open_voxels(path: Path) -> Iterator[VoxelStream]:
    """Open a NIfTI or MGH file at the first of its voxels.

    Parameters
    ----------
    path : Path
        Ends in one of :data:`STREAMED`; its header was read before and found to be whole.

    Yields
    ------
    VoxelStream

    Raises
    ------
    OSError, EOFError
        If it cannot be opened or ends too early.
    """
    lower = path.name.lower()
    with ExitStack() as opened:
        with LoggingOutputSuppressor(), np.errstate(all="ignore"):
            image = open_image(path, opened)
            values, header = image.dataobj, image.header
        packed = lower.endswith((".gz", ".mgz"))
        stream: Any = opened.enter_context(igzip.open(path) if packed else path.open("rb"))
        shape = (*(int(size) for size in values.shape), 1, 1)
        offset = int(values.offset)
        if offset > _MOST_BEFORE:
            raise EOFError
        mgh = lower.endswith((".mgz", ".mgh"))
        if mgh:
            _skipped(stream, offset)
        gap = not mgh and _gap(stream, header, offset)
        footer = _MGH_FOOTER if mgh else 0
        yield VoxelStream(stream, shape[:3], math.prod(shape[3:]), values.dtype, footer, gap)


def _gap(stream: BinaryIO, header: Any, offset: int) -> bool:
    """Read up to the voxels of a NIfTI file; tell whether bytes stand there that belong to no extension."""
    at = header.structarr.dtype.itemsize + _FLAG
    extended = stream.read(at)[-_FLAG : -_FLAG + 1] != b"\0"
    while extended and offset - at >= _EXTENSION:
        head = stream.read(_EXTENSION)
        size = int.from_bytes(head[:4], "little" if header.endianness == "<" else "big")
        at += _EXTENSION
        if not _EXTENSION <= size <= offset - at + _EXTENSION:  # no extension
            return _skipped(stream, offset - at) or bool(head.strip(b"\0"))
        _skipped(stream, size - _EXTENSION)
        at += size - _EXTENSION
    return _skipped(stream, offset - at)


def _skipped(stream: BinaryIO, left: int) -> bool:
    """Read so many bytes; tell whether one of them is not zero."""
    found = False
    while left > 0:
        block = stream.read(min(left, _BLOCK))
        if not block:
            raise EOFError
        found = found or bool(block.strip(b"\0"))
        left -= len(block)
    return found
