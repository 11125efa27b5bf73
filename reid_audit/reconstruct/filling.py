"""Tissue and air in a region whose skin is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from reid_audit.defacers.coarse import coarse_copy
from reid_audit.defacers.filling import as_stored
from reid_audit.surface import head_mask

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["fill_values", "fill_with_skin"]

Array = np.ndarray[Any, Any]

_DEPTHS = np.array([0.0, 2.5, 5.0, 7.5, 10.0, 14.0, 18.0, 24.0, 32.0])
"""Mm below the skin between which brightness is taken."""
_FEWEST = 30
"""Voxels that a median takes."""
_AWAY = 8.0
"""Mm from the head from which on air is air."""


def fill_with_skin(volume: Volume, altered: Array, signed: Array) -> Volume:
    """Fill a region by a head whose skin is given, as bright as the scan's own tissue so deep below its own skin.

    Parameters
    ----------
    volume : Volume
        The defaced scan.
    altered : ndarray, shape of the scan, bool
        The region.
    signed : ndarray, shape (N,)
        Mm to the skin at each voxel of the region in C order, negative inside.

    Returns
    -------
    Volume
        The skin lies between voxels: those that it cuts are mixed by their share.
    """
    air, depths, medians = _profile(volume, altered)
    inside = np.clip(0.5 - signed / float(np.mean(volume.voxel_size)), 0.0, 1.0)
    tissue = np.interp(-signed, depths, medians)
    return fill_values(volume, altered, inside * tissue + (1.0 - inside) * air)


def fill_values(volume: Volume, altered: Array, values: Array) -> Volume:
    """Return the scan with other values in a region, kept as the kind of number that it holds.

    Parameters
    ----------
    volume : Volume
    altered : ndarray, shape of the scan, bool
    values : ndarray, shape (N,)
        Of the voxels of the region in C order.

    Returns
    -------
    Volume
        A note says that it is a reconstruction.
    """
    data = np.array(volume.data)
    data[altered] = as_stored(np.asarray(values), data.dtype)
    return replace(volume, data=data, notes=(*volume.notes, "reconstructed: no person's own face"))


def _profile(volume: Volume, altered: Array) -> tuple[float, Array, Array]:
    """Return the value of air, and the median of the scan's own tissue by depth where nothing was altered."""
    coarse = coarse_copy(volume)
    # Blocks of the coarse copy that hold an altered voxel.
    touched = np.asarray(coarse_copy(replace(volume, data=altered.astype(np.float32))).data) > 0
    head = np.asarray(head_mask(coarse).data)
    depth = distance_transform_edt(head, sampling=coarse.voxel_size) - 0.5 * float(np.mean(coarse.voxel_size))
    away = distance_transform_edt(~touched, sampling=coarse.voxel_size)
    own = head & ~touched & (away > depth)
    values = np.asarray(coarse.data, np.float64)
    outside = ~touched & (distance_transform_edt(~head, sampling=coarse.voxel_size) > _AWAY)
    air = float(np.median(values[outside])) if outside.sum() > _FEWEST else float(volume.data.min())
    depths, medians = [], []
    for low, high in pairwise(_DEPTHS):
        here = own & (depth >= low) & (depth < high)
        if here.sum() > _FEWEST:
            depths.append((low + high) / 2)
            medians.append(float(np.median(values[here])))
    if not depths:
        whole = head & ~touched
        return air, np.zeros(1), np.array([float(np.median(values[whole])) if whole.any() else float(values.max())])
    return air, np.array(depths), np.array(medians)
