"""The checks that every scan passes, whatever file it came from."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import EmptyScanError, ReidAuditError, VolumeError
from reid_audit.inputs.names import canonical_modality, kind_of_modality
from reid_audit.inputs.voxel_numbers import numbers_of
from reid_audit.types import Volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reid_audit.inputs.voxel_numbers import VoxelNumbers
    from reid_audit.types import Kind

__all__ = [
    "MAX_NAN_SHARE",
    "MAX_ORIGIN",
    "MAX_VALUE",
    "MAX_VOXELS",
    "MIN_VOXELS",
    "VOXEL_SIZE_RANGE",
    "check_affine",
    "check_dtype",
    "check_shape",
    "checked_volume",
    "damage_is_reported",
]

MAX_VOXELS = 2**28
"""512 x 512 x 1024. A scan with more is refused before it is read, so that memory stays bounded."""

MIN_VOXELS = 3
"""Along every axis; fewer are a slice and not a volume."""

VOXEL_SIZE_RANGE = (0.05, 20.0)
"""Edge of a voxel in mm that a head scan can have; outside, the units are wrong."""

MAX_ORIGIN = 1e5
"""Of the first voxel, in mm along an axis: farther away, points of the skin in float32 are coarser than 0.01 mm."""

MAX_NAN_SHARE = 0.95
"""Some software fills the outside of the head with NaN; with more than this there is no head left."""

MAX_VALUE = 1e18
"""Sums and squares of larger voxels leave the range of float32; no scanner writes them."""

_BEYOND_ANY = 1e100  # the squares of longer edges overflow
_CLINICAL_SHEAR = 1.0  # degrees from perpendicular that are worth a note
_HU_AIR = -1000.0
_HU_OFFSET = 1024.0


@contextmanager
def damage_is_reported(message: str, remedy: str) -> Iterator[None]:
    """Turn whatever a reader raises on a damaged file into one :class:`VolumeError` without a path in it."""
    try:
        yield
    except ReidAuditError:
        raise
    except MemoryError:
        raise VolumeError(
            "The scan does not fit into memory.",
            remedy="Crop or resample it, or use fewer workers or a machine with more memory.",
        ) from None
    except Exception:  # noqa: BLE001 - readers of other projects raise anything at all on a damaged file
        raise VolumeError(message, remedy=remedy) from None


def check_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """Check the shape in a header before a voxel is read.

    Parameters
    ----------
    shape : sequence of int
        As the header says; trailing axes of length 1 are dropped.

    Returns
    -------
    tuple of int, length 3

    Raises
    ------
    VolumeError
        For a series of several frames, a slice, or more voxels than :data:`MAX_VOXELS`.
    """
    sizes = [int(size) for size in shape]
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    text = " x ".join(str(size) for size in sizes)
    if any(size < 0 for size in sizes):
        raise VolumeError(f"The header gives the shape {text}: it is damaged.", remedy="Export the scan again.")
    if len(sizes) > 3:
        raise VolumeError(
            f"The scan is a series of {int(np.prod(sizes[3:]))} frames (shape {text}); one three-dimensional image is "
            "needed.",
            remedy="Take one frame, or the mean over the frames, and save it as a file of its own.",
        )
    if len(sizes) < 3 or min(sizes) < MIN_VOXELS:
        raise VolumeError(
            f"The scan has the shape {text}: a slice, not a volume. At least {MIN_VOXELS} voxels along each of three "
            "axes are needed.",
            remedy="Name the whole volume; for a DICOM series name its folder.",
        )
    if int(np.prod(sizes, dtype=np.float64)) > MAX_VOXELS:
        raise VolumeError(
            f"The scan has the shape {text}, more than the {MAX_VOXELS:,} voxels that are allowed.",
            remedy="Crop it to the head, or resample it to voxels of 0.5 mm or more.",
        )
    return (sizes[0], sizes[1], sizes[2])


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Refuse colour, vector and complex voxels.

    Raises
    ------
    VolumeError
    """
    if dtype.names is not None:
        raise VolumeError(
            f"The voxels hold colours ({len(dtype.names)} channels); one grey value a voxel is needed.",
            remedy="Name the scan itself, not a colour map or a screenshot of it.",
        )
    if np.issubdtype(dtype, np.complexfloating):
        raise VolumeError(
            "The voxels are complex numbers; one real value a voxel is needed.",
            remedy="Save the magnitude image.",
        )
    if not (np.issubdtype(dtype, np.number) or dtype == np.bool_):
        raise VolumeError(
            f"The voxels are of type {dtype}; numbers are needed.", remedy="Save the scan as integers or floats."
        )


def check_affine(affine: Any) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Check an affine from voxel indices to RAS millimetres.

    Parameters
    ----------
    affine : array_like, shape (4, 4)

    Returns
    -------
    ndarray, shape (4, 4), float64
    tuple of str
        Notes: shear that is kept.

    Raises
    ------
    VolumeError
        For numbers that are not finite, a singular matrix, voxels that no head scan has, or an origin far away.
    """
    matrix = np.array(affine, dtype=np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise VolumeError(
            "The affine (voxel to millimetre matrix) holds values that are not finite.",
            remedy="Write the geometry into the header again, or convert the scan from its DICOM files.",
        )
    edges = np.clip(matrix[:3, :3], -_BEYOND_ANY, _BEYOND_ANY)
    size = np.linalg.norm(edges, axis=0)
    low, high = VOXEL_SIZE_RANGE
    text = " x ".join(f"{edge:.4g}" for edge in size)
    unit = edges / np.where(size > 0, size, 1.0)
    if size.min() == 0 or abs(np.linalg.det(unit)) < 1e-3:
        raise VolumeError(
            f"The affine (voxel to millimetre matrix) is singular: voxel edges of {text} mm that span no volume.",
            remedy="Write the geometry into the header again, or convert the scan from its DICOM files.",
        )
    if size.min() < low or size.max() > high:
        raise VolumeError(
            f"The voxels measure {text} mm; {low:g} to {high:g} mm is plausible. The header's units are probably "
            "wrong.",
            remedy="Correct the units (millimetres, metres, microns) or the voxel size in the header.",
        )
    away = float(np.abs(matrix[:3, 3]).max())
    if away > MAX_ORIGIN:
        raise VolumeError(
            f"The first voxel lies {away:.3g} mm from the origin; up to {MAX_ORIGIN:g} mm is plausible.",
            remedy="Write the geometry into the header again, or convert the scan from its DICOM files.",
        )
    gram = unit.T @ unit
    shear = float(np.degrees(np.arcsin(np.clip(np.abs(gram - np.eye(3)).max(), 0.0, 1.0))))
    notes = (f"the axes are sheared by {shear:.1f} degrees; the shear is kept",) if shear > _CLINICAL_SHEAR else ()
    return matrix, notes


def checked_volume(
    data: Any,
    affine: Any,
    *,
    modality: str | None = None,
    kind: Kind | None = None,
    notes: Sequence[str] = (),
    owned: bool = False,
) -> Volume:
    """Build a :class:`Volume` from what a reader found, or say why it cannot be one.

    Parameters
    ----------
    data : array_like
        Three axes, after trailing axes of length 1 are dropped; any real type.
    affine : array_like, shape (4, 4)
        Voxel index to RAS mm.
    modality : str, optional
        None where nothing says.
    kind : {"mri", "ct", "pet"}, optional
        Where the file itself says it.
    notes : sequence of str
    owned : bool
        True where nobody else uses ``data``: it is then kept, and corrected in place, if it is float32.

    Returns
    -------
    Volume
        Data float32, finite, not constant.

    Raises
    ------
    VolumeError
    """
    values = np.asarray(data)
    check_dtype(values.dtype)
    values = values.reshape(check_shape(values.shape))
    matrix, shear = check_affine(affine)
    found = list(notes) + list(shear)
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.array(values, dtype=np.float32, copy=None if owned else True)
    numbers = numbers_of(values)
    _check_numbers(numbers)
    name = canonical_modality(modality) if modality else "unknown"
    kind = kind or kind_of_modality(name) or _guess_kind(numbers)
    if kind == "ct" and name == "unknown":
        name = "CT"
        found.append("taken for CT because of its values")
    if numbers.n_missing:
        background = min(numbers.low, _HU_AIR if kind == "ct" else 0.0)
        found.append(f"{numbers.n_missing / values.size:.2%} of the voxels were NaN and were set to {background:g}")
        np.copyto(values, np.float32(background), where=np.isnan(values))
    offset = _stored_offset(numbers) if kind == "ct" else 0.0
    if offset:
        values -= np.float32(offset)
        found.append(f"CT values started at 0: {offset:g} was subtracted to reach Hounsfield units")
    if numbers.two_valued:
        found.append("only two different values: this may be a mask and not a scan")
    return Volume(values, matrix, kind, name, tuple(found))


def _check_numbers(numbers: VoxelNumbers) -> None:
    if numbers.n_missing > MAX_NAN_SHARE * numbers.n_voxels:
        raise VolumeError(
            f"{numbers.n_missing / numbers.n_voxels:.0%} of the voxels are NaN; at most {MAX_NAN_SHARE:.0%} may be.",
            remedy="Look at the step that wrote the scan; a failed resampling leaves such files.",
        )
    if numbers.n_infinite:
        raise VolumeError(
            f"Voxels that are infinite or beyond {np.finfo(np.float32).max:.1g}: {numbers.n_infinite}; all must be "
            "finite.",
            remedy="Look at the step that wrote the scan, or replace those voxels.",
        )
    if max(abs(numbers.low), abs(numbers.high)) > MAX_VALUE:
        raise VolumeError(
            f"The voxels go from {numbers.low:.3g} to {numbers.high:.3g}; at most {MAX_VALUE:.0g} is a measurement.",
            remedy="Look at the scale in the header, or at the step that wrote the scan.",
        )
    if numbers.low == numbers.high:
        raise EmptyScanError(
            f"All voxels have the same value ({numbers.low:g}): the scan is empty.",
            remedy="Look at the step that wrote the scan.",
        )


def _guess_kind(numbers: VoxelNumbers) -> Kind:
    """Tell CT by its Hounsfield units: much air far below zero, much soft tissue around zero."""
    sample = numbers.sample
    air = float(np.mean(sample < -850))
    tissue = float(np.mean((sample > -200) & (sample < 200)))
    return "ct" if air > 0.1 and tissue > 0.1 and numbers.high > 300 else "mri"


def _stored_offset(numbers: VoxelNumbers) -> float:
    """Return 1024 where CT values were stored without their rescale intercept, else 0."""
    if numbers.low < -50 or not 1200 < numbers.high < 70_000:
        return 0.0
    sample = numbers.sample
    soft = float(np.mean((sample > _HU_OFFSET - 150) & (sample < _HU_OFFSET + 150)))
    air = float(np.mean(sample < 300))
    return _HU_OFFSET if soft > 0.1 and air > 0.05 else 0.0
