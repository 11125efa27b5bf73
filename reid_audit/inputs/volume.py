"""Read and write scans: one entry for every format."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
from isal import igzip
from nibabel import orientations

from reid_audit.errors import UsageError, VolumeError
from reid_audit.inputs.names import IMAGE_EXTENSIONS, guess_modality, split_extension
from reid_audit.store import write_bytes
from reid_audit.types import Volume

if TYPE_CHECKING:
    from reid_audit.types import Mask

__all__ = ["read_volume", "to_ras", "write_volume"]

_STORED_AS_IS = ("uint8", "int16", "uint16", "int32", "float32")
_DEFLATE = 2  # of ISA-L's four levels: a scan in an eighth of the time of zlib's 3, 4 % larger
_FORMATS = f"{', '.join(IMAGE_EXTENSIONS)}, or a folder with one DICOM series"


def read_volume(path: Path | str, *, modality: str | None = None) -> Volume:
    """Read one scan.

    Parameters
    ----------
    path : path-like
        NIfTI (``.nii``, ``.nii.gz``), FreeSurfer (``.mgz``, ``.mgh``), NRRD (``.nrrd``, ``.nhdr``), MetaImage
        (``.mha``, ``.mhd``), a folder with a DICOM series, or one multi-frame DICOM file.
    modality : str, optional
        BIDS suffix or the like. Without it the file name, the DICOM header and at last the values are asked.

    Returns
    -------
    Volume
        Voxels as stored, float32; the affine leads to RAS mm whatever convention the file follows. The notes say what
        was done or doubted.

    Raises
    ------
    VolumeError
        If the file cannot be used; the message names no path.

    See Also
    --------
    to_ras : Reorder the axes.
    """
    file = Path(path)
    if not os.access(file, os.R_OK):
        raise VolumeError(
            "The scan does not exist or may not be read.",
            remedy="Correct the path, or get the file (git-annex, permissions).",
        )
    named = modality.strip() if modality and modality.strip().lower() not in {"unknown", "n/a"} else None
    if file.is_dir():
        from reid_audit.inputs.dicom import read_dicom

        volume = read_dicom(file, modality=named)
        return (
            volume if volume.modality != "unknown" else replace(volume, modality=guess_modality(file.name) or "unknown")
        )
    if not file.is_file():
        raise VolumeError("The scan is neither a file nor a folder.", remedy="Correct the path.")
    if file.stat().st_size == 0:
        raise VolumeError("The scan's file is empty.", remedy="Copy or export it again.")
    named = named or guess_modality(file.name)
    _, extension = split_extension(file.name)
    if extension in {".nii", ".nii.gz", ".mgz", ".mgh"}:
        from reid_audit.inputs.nifti import read_with_nibabel

        return read_with_nibabel(file, modality=named)
    if extension:
        from reid_audit.inputs.itk import read_with_itk

        return read_with_itk(file, modality=named)
    from reid_audit.inputs.dicom_headers import looks_like_dicom

    if looks_like_dicom(file):
        from reid_audit.inputs.dicom import read_dicom

        return read_dicom(file, modality=named)
    raise VolumeError(
        f"The file is no scan that can be read; allowed are {_FORMATS}.",
        remedy="Convert it to NIfTI, for example with dcm2niix.",
    )


def write_volume(volume: Volume | Mask, path: Path | str) -> Path:
    """Write a scan or a mask as NIfTI that only its owner may read.

    Parameters
    ----------
    volume : Volume or Mask
    path : path-like
        Ends in ``.nii`` or ``.nii.gz``; the folder must exist.

    Returns
    -------
    Path

    Raises
    ------
    UsageError
        For another extension.
    StoreError
        If the file cannot be written.

    Notes
    -----
    Units are mm; sform and qform say the same, except that a sheared affine, which a qform cannot hold, is written as
    sform alone. Booleans become uint8, 64-bit numbers 32-bit ones. The same volume gives the same bytes.
    """
    target = Path(path)
    if not target.name.endswith((".nii", ".nii.gz")):
        raise UsageError(
            f"Scans are written as .nii or .nii.gz, got the extension '{target.suffix}'.",
            remedy="Change the extension.",
        )
    image = nib.Nifti1Image(_storable(volume.data), None)
    image.header.set_xyzt_units("mm")
    image.set_sform(volume.affine, code=1)
    image.set_qform(volume.affine, code=0 if _is_sheared(volume.affine) else 1)
    content = image.to_bytes()
    return write_bytes(target, igzip.compress(content, _DEFLATE, mtime=0) if target.name.endswith(".gz") else content)


def to_ras(volume: Volume) -> Volume:
    """Reorder and flip the axes so that they run as closely as possible to right, front and up.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    Volume
        The same voxels at the same places in the world, none resampled.
    """
    orientation = orientations.io_orientation(volume.affine)
    data = orientations.apply_orientation(volume.data, orientation)
    affine = volume.affine @ orientations.inv_ornt_aff(orientation, volume.data.shape)
    return Volume(np.ascontiguousarray(data), affine, volume.kind, volume.modality, volume.notes)


def _storable(data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if data.dtype == bool:
        return data.astype(np.uint8)
    if data.dtype.name in _STORED_AS_IS:
        return np.asarray(data)
    limits = np.iinfo(np.int32)
    if np.issubdtype(data.dtype, np.integer) and limits.min <= data.min() and data.max() <= limits.max:
        return data.astype(np.int32)
    return data.astype(np.float32)


def _is_sheared(affine: np.ndarray[Any, Any]) -> bool:
    unit = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(unit.T @ unit - np.eye(3)).max() > 1e-4)
