"""What a defacer changed that it should have left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.quality.limits import LIMITS
from reid_audit.types import VoxelChange

if TYPE_CHECKING:
    from reid_audit.quality.altered import Altered
    from reid_audit.quality.limits import Limits
    from reid_audit.quality.skin import ExpectedSkin

__all__ = ["voxel_change"]

Array = np.ndarray[Any, Any]

_CELL = 4.0
"""Mm of the cells in which the distance to the face is told."""


def voxel_change(
    altered: Altered,
    affine: Array,
    head: Array,
    skin: ExpectedSkin,
    *,
    brain: Array | None = None,
    limits: Limits = LIMITS,
) -> VoxelChange:
    """Count the voxels that were altered, and those among them that had better been left.

    Parameters
    ----------
    altered : Altered
    affine : ndarray, shape (4, 4)
    head : ndarray, shape (I, J, K), bool
        Of the original.
    skin : ExpectedSkin
        Of face and ears.
    brain : ndarray, shape (I, J, K), bool, optional
    limits : Limits

    Returns
    -------
    VoxelChange
        Untouched should be the brain, and what of the head lies far from the skin of face and ears.
    """
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0
    index = np.argwhere(altered.mask & head)
    far = _far(index, affine, np.asarray(skin.points), limits.untouched_mm)
    if brain is not None and len(index):
        far |= brain[index[:, 0], index[:, 1], index[:, 2]]
    count = int(far.sum())
    evidence = (
        f"{altered.mask.sum() * voxel_ml:.0f} ml altered, {len(index) * voxel_ml:.0f} ml of them head; "
        f"{count * voxel_ml:.1f} ml ({count} voxels) of brain, or of tissue more than {limits.untouched_mm:g} mm "
        "from the skin of face and ears"
    )
    evidence = "; ".join([evidence, *altered.notes])
    return VoxelChange(float(altered.mask.sum()) * voxel_ml, count * voxel_ml, count, altered.rescaled, evidence)


def _far(index: Array, affine: Array, skin: Array, distance: float) -> Array:
    """Tell which voxels lie further from the skin than a distance, to the cell; shape (N,), bool."""
    if not len(index):
        return np.zeros(0, dtype=bool)
    world = index @ affine[:3, :3].T + affine[:3, 3]
    place = np.floor(world / _CELL).astype(np.int64)
    low = place.min(axis=0)
    count = tuple(place.max(axis=0) - low + 1)
    # One number a cell: sorting rows of three takes several times as long.
    numbers, owner = np.unique(np.ravel_multi_index(tuple((place - low).T), count), return_inverse=True)
    cells = np.stack(np.unravel_index(numbers, count), axis=-1) + low
    away, _ = cKDTree(skin[:: max(len(skin) // 5000, 1)]).query((cells + 0.5) * _CELL, distance_upper_bound=distance)
    return np.asarray(np.isinf(away)[owner])
