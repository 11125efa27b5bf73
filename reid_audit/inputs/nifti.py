"""NIfTI and FreeSurfer volumes through nibabel."""

from __future__ import annotations

import gzip
import math
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
from isal import igzip
from nibabel.arrayproxy import ArrayProxy
from nibabel.spatialimages import HeaderDataError

from reid_audit.inputs.checks import check_dtype, check_shape, checked_volume, damage_is_reported
from reid_audit.inputs.header_bytes import check_mgh, load_nifti
from reid_audit.inputs.header_messages import header_messages
from reid_audit.inputs.slabs import read_in_slabs

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Volume

__all__ = ["open_image", "read_with_nibabel"]

_MILLIMETRES = {1: 1000.0, 2: 1.0, 3: 0.001}
_UNIT_NAMES = {1: "metres", 2: "millimetres", 3: "microns"}
_COPY = "Copy or export the file again."


def read_with_nibabel(path: Path, *, modality: str | None = None, frame: int | None = None) -> Volume:
    """Read a NIfTI, MGZ or MGH file.

    Parameters
    ----------
    path : Path
    modality : str, optional
    frame : int, optional
        Which volume of a series to read, counted from 0; without it a series is refused.

    Returns
    -------
    Volume

    Raises
    ------
    VolumeError

    Notes
    -----
    The sform wins over the qform; where they disagree, or both are absent, a note says so. ``xyzt_units`` of metres or
    microns are honoured. What nibabel mends in a header becomes a note. A scale slope of 0 or NaN means that nothing is
    scaled, as the NIfTI standard says.
    """
    with ExitStack() as opened:
        with header_messages() as said, damage_is_reported(*_no_image(path)), np.errstate(all="ignore"):
            image = open_image(path, opened)
            check_dtype(image.header.get_data_dtype())
            shape = check_shape(image.shape if frame is None else image.shape[:3])
            affine, notes = _mgh_affine(image, path) if isinstance(image, nib.MGHImage) else _nifti_affine(image.header)
        notes = (*notes, *(f"mended on reading the header: {message}" for message in said))
        data = _voxels(image, path, shape, frame or 0)
    return checked_volume(data, affine, modality=modality, notes=notes, owned=True)


def open_image(path: Path, opened: ExitStack) -> Any:
    """Read the header; an MGH file stays open until its voxels are read, because nibabel would not close it."""
    lower = path.name.lower()
    if lower.endswith((".mgz", ".mgh")):
        check_mgh(path)
        return nib.MGHImage.from_stream(
            opened.enter_context(gzip.open(path) if lower.endswith(".mgz") else path.open("rb"))
        )
    return load_nifti(path)


def _voxels(image: Any, path: Path, shape: tuple[int, int, int], frame: int) -> np.ndarray[Any, Any]:
    unreadable = "The scan's file ends too early or is damaged: its voxels cannot be read."
    with damage_is_reported(unreadable, _COPY), np.errstate(all="ignore"), ExitStack() as opened:
        values = image.dataobj
        if path.name.lower().endswith(".nii.gz"):  # a third of the time that nibabel's own gunzip takes
            stored = (values.shape, values.dtype, values.offset, values.slope, values.inter)
            values = ArrayProxy(opened.enter_context(igzip.open(path)), stored)
        if math.prod(values.shape) > math.prod(shape):  # a series: one volume of it, and no more, is read
            values = values[(..., *map(int, np.unravel_index(frame, values.shape[3:], order="F")))]
        return read_in_slabs(values, shape)


def _no_image(path: Path) -> tuple[str, str]:
    """Say in what way a file is not what its name promises; message and remedy."""
    with path.open("rb") as stream:
        start = stream.read(132)
    compressed = start[:2] == b"\x1f\x8b"
    promised = path.name.lower().endswith((".gz", ".mgz"))
    if start[128:132] == b"DICM":
        return (
            "The file holds DICOM, not what its extension says.",
            "Convert it, or name the folder of the DICOM series.",
        )
    if compressed and not promised:
        return "The file is compressed, but its name does not end in .gz or .mgz.", "Rename it."
    if promised and not compressed and not path.name.lower().endswith(".mgz"):
        return "The file's name ends in .gz, but it is not compressed, or it is no image.", "Rename or export it again."
    return "The file is not an image of the kind that its extension says, or its header is damaged.", _COPY


def _nifti_affine(header: Any) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Choose among sform, qform and fallback, in mm."""
    notes: list[str] = []
    code = int(header["xyzt_units"]) & 7
    scale = _MILLIMETRES.get(code, 1.0)
    sform, qform = _form(header.get_sform), _form(header.get_qform)
    if sform is not None and qform is not None and not _regular(sform):
        notes.append("the sform is singular: the qform was used")
        affine = qform
    elif sform is not None:
        affine = sform
        if qform is not None and (distance := _disagreement(sform, qform, header.get_data_shape())) > _half_voxel(
            sform
        ):
            notes.append(f"sform and qform disagree by up to {distance * scale:.1f} mm: the sform was used")
    elif qform is not None:
        affine = qform
    else:
        affine = header.get_base_affine()
        notes.append("the header has neither sform nor qform: orientation assumed, left and right may be exchanged")
    if code != 2:
        notes.append(f"units in the header: {_UNIT_NAMES.get(code, 'unknown, millimetres assumed')}")
    matrix = np.array(affine, dtype=np.float64)
    matrix[:3] *= scale
    return matrix, tuple(notes)


def _form(getter: Any) -> np.ndarray[Any, Any] | None:
    """Return an affine whose code is set and that can be computed, else None."""
    try:
        affine, code = getter(coded=True)
    except (ValueError, HeaderDataError):
        return None
    return np.asarray(affine, dtype=np.float64) if affine is not None and code else None


def _regular(affine: np.ndarray[Any, Any]) -> bool:
    size = np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.isfinite(affine).all() and size.min() > 0 and abs(np.linalg.det(affine[:3, :3] / size)) > 1e-3)


def _disagreement(one: np.ndarray[Any, Any], two: np.ndarray[Any, Any], shape: Any) -> float:
    """Largest distance between the places that two affines give to a corner of the volume."""
    sizes = (*tuple(shape), 1, 1, 1)[:3]
    corners = np.array([(i, j, k, 1) for i in (0, sizes[0] - 1) for j in (0, sizes[1] - 1) for k in (0, sizes[2] - 1)])
    return float(np.linalg.norm(corners @ (one - two).T, axis=1).max())


def _half_voxel(affine: np.ndarray[Any, Any]) -> float:
    return 0.5 * float(np.linalg.norm(affine[:3, :3], axis=0).min())


def _mgh_affine(image: Any, path: Path) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Return the affine; nibabel fills in a default and no longer says so, hence the look at the bytes."""
    with gzip.open(path) if path.name.lower().endswith(".mgz") else path.open("rb") as stream:
        has_orientation = int.from_bytes(stream.read(30)[28:30], "big") > 0
    if has_orientation:
        return image.affine, ()
    return image.affine, ("the header has no orientation: coronal slices assumed, left and right may be exchanged",)
