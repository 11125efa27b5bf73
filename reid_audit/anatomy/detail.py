"""The detail of a scan: what stays where it is when a scan is rescaled, shaded or made noisy."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = ["detail_inside"]

Array = np.ndarray[Any, Any]

_FINE, _COARSE = 1.5, 6.0
"""Mm, standard deviations between which detail lies: neither noise, nor how brightness drifts through the image."""
_REACH = 2.5
"""Standard deviations at which a filter ends."""


def detail_inside(data: Array, inside: Array, size: Array) -> Array:
    """Return what is finer than 6 mm and coarser than 1.5 mm, of some voxels alone.

    Parameters
    ----------
    data : ndarray, shape (I, J, K), float32
    inside : ndarray, shape (I, J, K), bool
        The voxels that count; what lies outside has no part in them.
    size : ndarray, shape (3,)
        Of a voxel, mm.

    Returns
    -------
    ndarray, shape (N,), float32
        Of the voxels inside, in C order. The 1 % at either end of their values is clipped before.
    """
    low, high = np.percentile(data[inside], [1, 99])
    weight = inside.astype(np.float32)
    held = (np.clip(data, low, high) - low) * weight

    def smooth(width: float) -> Array:
        sigma = width / size
        near = gaussian_filter(weight, sigma, truncate=_REACH)
        return np.asarray(gaussian_filter(held, sigma, truncate=_REACH)[inside] / near[inside])

    return smooth(_FINE) - smooth(_COARSE)
