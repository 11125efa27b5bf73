"""Which voxels a defacer altered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import uniform_filter

from reid_audit.errors import VolumeError
from reid_audit.inputs import to_ras
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["Altered", "altered_voxels", "on_one_grid"]

Array = np.ndarray[Any, Any]

_SAME_PLACE = 0.05
"""Mm by which the same voxel of two files may lie apart: what headers lose by rounding."""
_ROUNDING = 0.005
"""Share of the tissue's brightness that is rounding; in whole numbers one unit at least."""
_FILTERED = 0.25
"""The same where the whole image was filtered."""
_MOST = 0.5
"""Share of the tissue that differs from which on the whole image counts as filtered."""
_ALONE = 0.32
"""Share of the 27 voxels around one that must be as they were for it to have been left."""
_SAMPLE = 200_000


@dataclass(frozen=True, eq=False)
class Altered:
    """What differs between an original and a defaced scan.

    Parameters
    ----------
    mask : ndarray, shape (I, J, K), bool
        With voxels that are as they were by chance: few of those around them are.
    differing : ndarray, shape (I, J, K), bool
        Voxels that differ themselves: a brain that was cut out has corners around which everything differs.
    rescaled : float
        Factor by which all intensities were multiplied, taken out before the comparison.
    tissue : float
        Brightness of tissue in the original, above its darkest value.
    notes : tuple of str
    """

    mask: Array
    differing: Array
    rescaled: float = 1.0
    tissue: float = 0.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", frozen_array(self.mask, bool))
        object.__setattr__(self, "differing", frozen_array(self.differing, bool))


def on_one_grid(original: Volume, defaced: Volume) -> tuple[Volume, Volume]:
    """Return both scans with equal axes: as they are, or reordered where a tool turned the axes.

    Parameters
    ----------
    original, defaced : Volume

    Returns
    -------
    original, defaced : Volume
        Of one shape, each voxel at one place; nothing is resampled.

    Raises
    ------
    VolumeError
        If the voxels lie elsewhere: another shape, voxel size or position.
    """
    if _alike(original, defaced):
        return original, defaced
    turned = to_ras(original), to_ras(defaced)
    if _alike(*turned):
        return turned
    shapes = " and ".join(" x ".join(map(str, volume.data.shape)) for volume in (original, defaced))
    apart = "" if turned[0].data.shape != turned[1].data.shape else f", up to {_apart(*turned):.1f} mm apart"
    raise VolumeError(
        f"Original and defaced scan are not on one grid: {shapes} voxels{apart}; they must be alike to "
        f"{_SAME_PLACE} mm.",
        remedy="Compare with the scan that was given to the defacer, and look whether the tool changed the geometry.",
    )


def _alike(one: Volume, two: Volume) -> bool:
    return one.data.shape == two.data.shape and _apart(one, two) <= _SAME_PLACE


def _apart(one: Volume, two: Volume) -> float:
    """Return the largest distance in mm between two places of one corner."""
    ends = [(0, n - 1) for n in one.data.shape]
    corners = np.array([(i, j, k, 1) for i in ends[0] for j in ends[1] for k in ends[2]])
    return float(np.linalg.norm(corners @ (one.affine - two.affine).T, axis=1).max())


def altered_voxels(original: Volume, defaced: Volume) -> Altered:
    """Find the voxels that differ, whatever was done to all of them alike.

    Parameters
    ----------
    original, defaced : Volume
        On one grid.

    Returns
    -------
    Altered
        A factor of all intensities (of MRI and PET; Hounsfield units are what they are) is taken out; differences of
        rounding are none. Where more than half of the tissue differs, only differences of a quarter of the tissue's
        brightness count, and a note says so.

    Raises
    ------
    VolumeError
        If the shapes differ.
    """
    if original.data.shape != defaced.data.shape:
        raise VolumeError(
            f"Shapes differ: {original.data.shape} and {defaced.data.shape}.", remedy="Put both on one grid first."
        )
    before, after = np.asarray(original.data, np.float32), np.asarray(defaced.data, np.float32)
    low = float(before.min())
    step = max(before.size // _SAMPLE, 1)
    values, others = before.ravel()[::step], after.ravel()[::step]
    level = low + 0.25 * (float(np.percentile(values, 99)) - low)
    bright = values > level
    tissue = float(np.median(values[bright])) - low if bright.any() else 0.0
    factor = 1.0 if original.kind == "ct" else _factor(values[bright], others[bright])
    rounding = _rounding(original, defaced, tissue)
    if factor != 1.0:
        after = after / np.float32(factor)
    differs = np.abs(after - before) > rounding
    notes = [] if factor == 1.0 else [f"all intensities were multiplied by {factor:.4g}"]
    changed = float(differs.ravel()[::step][bright].mean()) if bright.any() else 0.0
    if changed > _MOST and _is_filter(before, after, bright, step, tissue):
        notes.append(
            f"{changed:.0%} of the tissue differs from the original: the whole image was filtered; only differences "
            f"of {_FILTERED:.0%} of the tissue's brightness count as altered"
        )
        differs = np.abs(after - before) > _FILTERED * tissue
    return Altered(_whole(differs, after > level), differs, factor, tissue, tuple(notes))


def _whole(differs: Array, lit: Array) -> Array:
    """Add voxels that are the same by chance: few of those around them are.

    Beside a voxel that is still bright, only those that were given another brightness count: no tissue is as it was by
    chance where everything around was emptied, however thin the sheet that was left.
    """
    alike = uniform_filter((~differs).astype(np.float32), 3, mode="nearest")
    emptied = uniform_filter((differs & ~lit).astype(np.float32), 3, mode="nearest")
    return np.asarray(differs | (alike < _ALONE * np.where(lit, 1.0 - emptied, 1.0)))


def _factor(before: Array, after: Array) -> float:
    """Return the factor that most voxels share, 1 where there is none, or where most stayed as they were."""
    kept = (after != 0) & (before != 0)
    if kept.sum() < 100 or np.mean(after[kept] == before[kept]) > 0.05:
        return 1.0
    ratio = after[kept] / before[kept]
    factor = float(np.median(ratio))
    shared = np.mean(np.abs(ratio / factor - 1.0) < 0.01) if factor > 0 else 0.0
    return factor if shared > 0.3 else 1.0


def _rounding(original: Volume, defaced: Volume, tissue: float) -> float:
    whole = any(np.issubdtype(volume.data.dtype, np.integer) for volume in (original, defaced))
    return max(_ROUNDING * tissue, 1.0 if whole else 0.0)


def _is_filter(before: Array, after: Array, bright: Array, step: int, tissue: float) -> bool:
    """Tell a filter over everything, after which most tissue is about as it was, from a scan that lost most of it."""
    difference = np.abs(after.ravel()[::step][bright] - before.ravel()[::step][bright])
    return bool(np.mean(difference <= _FILTERED * tissue) > _MOST)
