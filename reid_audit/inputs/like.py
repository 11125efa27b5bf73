"""Write an altered scan as its own file was: same header, same type of number, same scaling."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from nibabel.imageglobals import LoggingOutputSuppressor

from reid_audit.inputs.checks import check_shape, damage_is_reported
from reid_audit.inputs.header_bytes import load_nifti
from reid_audit.inputs.volume import write_volume
from reid_audit.store import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Mask, Volume

__all__ = ["write_like"]

Array = np.ndarray[Any, Any]

_FREE_TEXT = ("data_type", "db_name", "descrip", "aux_file", "intent_name", "unused_str")
"""Every field of a NIfTI-1 or NIfTI-2 header that holds text, apart from the magic and one letter (``regular``)."""


def write_like(source: Path, original: Volume, altered: Volume, footprint: Mask, target: Path) -> Path:
    """Write an altered scan with the header, the type of number and the scaling of the file that it was read from.

    Parameters
    ----------
    source : Path
        What ``original`` was read from.
    original, altered : Volume
        On one grid.
    footprint : Mask
        The voxels that were altered; every other one is written bit for bit as it stands in ``source``.
    target : Path
        Ends in ``.nii`` or ``.nii.gz``.

    Returns
    -------
    Path

    Raises
    ------
    VolumeError
        The source can no longer be read.
    StoreError
        The file cannot be written.

    Notes
    -----
    Of a NIfTI header, geometry, units, codes and scaling are kept; its free text (``descrip``, ``aux_file``,
    ``intent_name``, ``db_name``, ``data_type``, ``unused_str``) and its extensions, which may hold a whole DICOM
    header, are not. New values are rounded to what the type can hold. Of any other format a new NIfTI file is written,
    with 16-bit whole numbers where those suffice.
    """
    if not source.name.lower().endswith((".nii", ".nii.gz")):
        return write_volume(replace(altered, data=_whole(np.asarray(altered.data))), target)
    with damage_is_reported("The scan's file can no longer be read.", "Copy or export it again."):
        with LoggingOutputSuppressor():
            image: Any = load_nifti(source)
        stored = np.array(image.dataobj.get_unscaled())
    shape = check_shape(stored.shape)
    slope, inter = float(image.dataobj.slope), float(image.dataobj.inter)
    grid = stored.reshape(shape)
    changed = np.asarray(footprint.data)
    values = np.asarray(altered.data, np.float64)[changed] + _offset(grid, slope, inter, original)
    grid[changed] = _as_type((values - inter) / slope, stored.dtype)
    header = image.header.copy()
    header.extensions.clear()
    for field in _FREE_TEXT:
        if field in header:
            header[field] = b""
    written = type(image)(grid.reshape(stored.shape), None, header)
    if (slope, inter) != (1.0, 0.0):
        written.header.set_slope_inter(slope, inter)
    content = written.to_bytes()
    return write_bytes(target, gzip.compress(content, 3, mtime=0) if target.name.endswith(".gz") else content)


def _offset(grid: Array, slope: float, inter: float, original: Volume) -> float:
    """Return what reading subtracted: CT that is stored without its intercept is shifted to Hounsfield units."""
    data = np.asarray(original.data).reshape(-1)
    flat = grid.reshape(-1)
    first = int(np.argmax(np.isfinite(flat)))
    return float(np.rint(float(flat[first]) * slope + inter - float(data[first])))


def _as_type(values: Array, dtype: np.dtype[Any]) -> Array:
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        return np.clip(np.rint(values), info.min, info.max).astype(dtype)
    return values.astype(dtype)


def _whole(data: Array) -> Array:
    """Return whole numbers as 16-bit ones where they fit, anything else as it is."""
    info = np.iinfo(np.int16)
    fits = info.min <= data.min() and data.max() <= info.max and bool((data == np.rint(data)).all())
    return data.astype(np.int16) if fits else data
