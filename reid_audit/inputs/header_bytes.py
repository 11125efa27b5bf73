"""Headers read by their own few bytes: what they claim decides how much is read, so it is looked at first."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
from nibabel.arrayproxy import ArrayProxy
from nibabel.filebasedimages import ImageFileError

from reid_audit.errors import VolumeError
from reid_audit.inputs.checks import check_shape

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_mgh", "load_nifti"]

_LONGEST_HEADER = 540
_KINDS = ((nib.Nifti1Image, 348), (nib.Nifti2Image, 540))
_SINGLE = {b"n+1\0", b"n+2\0"}
_MGH_HEADER = 24


def load_nifti(path: Path) -> Any:
    """Open a NIfTI file without the extensions of its header, which may claim any length.

    Parameters
    ----------
    path : Path
        Ends in ``.nii`` or ``.nii.gz``.

    Returns
    -------
    nibabel.Nifti1Image or nibabel.Nifti2Image
        Of one file; no voxel is read.

    Raises
    ------
    nibabel.filebasedimages.ImageFileError, nibabel.spatialimages.HeaderDataError
        If the file is no NIfTI image of one file, or its header is damaged.
    OSError
        If it cannot be read.
    """
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as stream:
        start = stream.read(_LONGEST_HEADER)
    for kind, length in _KINDS:
        if len(start) >= length and kind.header_class.may_contain_header(start):
            header = kind.header_class(start[:length])
            if bytes(header["magic"])[:4].ljust(4, b"\0") in _SINGLE:
                return kind(ArrayProxy(str(path), header.copy()), None, header)
    raise ImageFileError("no NIfTI image of one file")


def check_mgh(path: Path) -> None:
    """Refuse an MGH file by the size and the type that its first bytes claim.

    Parameters
    ----------
    path : Path
        Ends in ``.mgz`` or ``.mgh``.

    Raises
    ------
    VolumeError
        If it claims no volume, or one that is too large.
    """
    with gzip.open(path) if path.name.lower().endswith(".mgz") else path.open("rb") as stream:
        start = stream.read(_MGH_HEADER)
    if len(start) < _MGH_HEADER:
        raise VolumeError("The file ends within its header.", remedy="Copy or export the file again.")
    check_shape(np.frombuffer(start, ">i4")[1:4].tolist())
