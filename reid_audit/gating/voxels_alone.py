"""Whether the file of a scan holds its voxels and nothing else that could hold a face."""

from __future__ import annotations

import gzip
import math
import zlib
from typing import TYPE_CHECKING

from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from reid_audit.inputs.gzip_header import read_gzip_headers
from reid_audit.inputs.header_bytes import load_nifti
from reid_audit.store import open_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["holds_voxels_alone"]

_BLOCK = 1 << 20
_FLAG = 4
"""Bytes between a header and its voxels, which say whether there are extensions."""


def holds_voxels_alone(path: Path) -> bool:
    """Tell whether a NIfTI file is a header and the voxels that it claims: nothing between them and nothing behind.

    Extensions of the header, bytes behind the voxels, and the name, comment and extra fields of gzip's own header may
    hold anything, another scan with its face included, and no reader of voxels meets them.

    Parameters
    ----------
    path : Path
        Unpacked where its name ends in ``.gz``, every part that was appended to it included.

    Returns
    -------
    bool
        False as well where it is no NIfTI file, or cannot be read to its end.
    """
    name = path.name.lower()
    if not name.endswith((".nii", ".nii.gz")) or not path.is_file():
        return False
    try:
        if name.endswith(".gz") and not _plainly_packed(path):
            return False
        image = load_nifti(path)
        size = math.prod(image.shape) * image.header.get_data_dtype().itemsize
        start = image.header.sizeof_hdr + _FLAG
        if image.dataobj.offset != start:
            return False
        with open_file(path) as packed:
            stream = gzip.GzipFile(fileobj=packed, mode="rb") if name.endswith(".gz") else packed
            length = 0
            while length <= start + size and (block := stream.read(_BLOCK)):
                length += len(block)
    except (OSError, EOFError, zlib.error, ImageFileError, HeaderDataError, ValueError):
        return False
    return bool(length == start + size)


def _plainly_packed(path: Path) -> bool:
    """Tell whether no member of a gzip file says more in its header than when and how it was packed."""
    with open_file(path) as stream:
        return all(header.plain for header in read_gzip_headers(stream))
