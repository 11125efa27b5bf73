"""Which region a tool meant to alter, told from its mask and from what it did alter."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["region_meant"]

Array = np.ndarray[Any, Any]

_AGREES = 0.5
"""By how much the share of the altered voxels that a tool's mask marks must differ from that of the others."""


def region_meant(mask: Array | None, altered: Array) -> Array:
    """Return the region that a tool's mask marks, whether it marks what goes or what stays.

    Parameters
    ----------
    mask : ndarray or None
        As the tool wrote it.
    altered : ndarray of bool
        The voxels that it altered.

    Returns
    -------
    ndarray of bool
        Holds every altered voxel. The altered voxels themselves where there is no mask on their grid, or where what it
        marks is not what was altered: an empty mask, one of something else, one of the face where all was altered.
    """
    if mask is None or mask.shape != altered.shape or altered.all() or not altered.any():
        return altered
    marked = mask != 0
    # Shares of what was altered and of the rest that are marked: next to 1 and small, or the other way round.
    difference = float(marked[altered].mean()) - float(marked[~altered].mean())
    if abs(difference) < _AGREES:
        return altered
    return np.asarray((marked if difference > 0 else ~marked) | altered)
