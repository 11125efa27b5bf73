"""Faces as boxes of brightness on the frame of the mean head."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.resampling import resample
from reid_audit.defacers.region import face_region, upper_face_region
from reid_audit.reconstruct.diffusion.presets import BOX_LOW

if TYPE_CHECKING:
    from reid_audit.reconstruct.diffusion.presets import Stage
    from reid_audit.types import Volume

__all__ = ["MOST", "box_affine", "crop_of", "drawn_region", "full_region", "pooled"]

Array = np.ndarray[Any, Any]

MOST = 2.0
"""Brightness above which tissue is cut; 1 is the median of the tissue, in CT 1,000 HU above air."""
_SHIFT = 4.0
"""Mm by which regions that are learnt with are moved: defacers lay theirs so far apart."""
_PARTIAL = 0.25
"""Share of the regions that are the upper face alone."""


def box_affine(spacing: float) -> Array:
    """Return voxel index of the box to mm of the mean head; shape (4, 4)."""
    found = np.diag([spacing, spacing, spacing, 1.0])
    found[:3, 3] = np.asarray(BOX_LOW) + spacing / 2
    return found


def crop_of(volume: Volume, to_grid: Array, stage: Stage, gain: tuple[float, float]) -> Array:
    """Return a scan's face as brightness: 0 air, 1 the median of the tissue.

    Parameters
    ----------
    volume : Volume
    to_grid : ndarray, shape (4, 4)
        RAS mm to mm of the mean head.
    stage : Stage
    gain : (float, float)
        Value of air, and how much brighter 1 is (:func:`~reid_audit.reconstruct.gain.gain_of`).

    Returns
    -------
    ndarray, shape ``stage.shape``, float32
        Within 0 and :data:`MOST`.
    """
    air, step = gain
    values = resample(
        np.asarray(volume.data), to_grid @ volume.affine, stage.shape, box_affine(stage.spacing), fill=air
    )
    return np.asarray(np.clip((values - air) / step, 0.0, MOST), np.float32)


def drawn_region(stage: Stage, rng: np.random.Generator) -> Array:
    """Draw a region as a defacer might have altered; shape ``stage.shape``, bool."""
    upper, moved = rng.random() < _PARTIAL, rng.normal(0.0, _SHIFT, 3).clip(-2 * _SHIFT, 2 * _SHIFT)
    affine = box_affine(stage.spacing)
    affine[:3, 3] += moved
    return _region_at(stage.shape, tuple(affine.ravel().tolist()), upper=bool(upper))


def full_region(stage: Stage) -> Array:
    """Return the whole face's region where it usually lies; shape ``stage.shape``, bool."""
    return _region_at(stage.shape, tuple(box_affine(stage.spacing).ravel().tolist()), upper=False)


def _region_at(shape: tuple[int, int, int], affine: tuple[float, ...], *, upper: bool) -> Array:
    region = upper_face_region() if upper else face_region()
    there = np.diag([region.spacing] * 3 + [1.0])
    there[:3, 3] = region.origin
    values = _as_float(upper)
    return resample(values, there, shape, np.reshape(affine, (4, 4))) > 0.5


@cache
def _as_float(upper: bool) -> Array:
    return np.asarray((upper_face_region() if upper else face_region()).inside, np.float32)


def pooled(values: Array, factor: int) -> Array:
    """Return means over cubes of voxels.

    Parameters
    ----------
    values : ndarray, shape (..., I, J, K)
    factor : int
        Divides I, J and K.
    """
    *rest, i, j, k = values.shape
    cubes = values.reshape(*rest, i // factor, factor, j // factor, factor, k // factor, factor)
    return np.asarray(cubes.mean(axis=(-5, -3, -1)), np.float32)
