"""Detail of a scan: what is coarser than its noise and finer than the drift of its brightness."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = ["band_of"]

Array = np.ndarray[Any, Any]

_FINE, _COARSE = 1.5, 6.0
"""Mm, standard deviations between which detail lies."""
_REACH = 2.5
"""Standard deviations at which a filter ends."""


def band_of(data: Array, inside: Array, size: Array) -> Array:
    """Return what is finer than 6 mm and coarser than 1.5 mm, of the voxels inside alone.

    Parameters
    ----------
    data : ndarray, shape (I, J, K), float32
    inside : ndarray, shape (I, J, K), bool
        Voxels that count; others have no say, so that the edge of the mask is no detail.
    size : ndarray, shape (3,)
        Edges of a voxel, mm.

    Returns
    -------
    ndarray, shape (n_inside,), float32
    """
    low, high = np.percentile(data[inside], [1, 99])
    weight = inside.astype(np.float32)
    held = (np.clip(data, low, high) - low) * weight

    def smooth(width: float) -> Array:
        sigma = width / size
        near = gaussian_filter(weight, sigma, truncate=_REACH)
        return np.asarray(gaussian_filter(held, sigma, truncate=_REACH)[inside] / near[inside])

    return smooth(_FINE) - smooth(_COARSE)
