"""The way back from RAS order, in which tools are given a scan, and from any other order in which they answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from nibabel import orientations

__all__ = ["turned_back", "turned_onto"]

Array = np.ndarray[Any, Any]


def turned_back(data: Array, affine: Array) -> Array:
    """Return an array in RAS order in the order of the scan whose affine is given.

    Parameters
    ----------
    data : ndarray, three axes
    affine : ndarray, shape (4, 4)
        Of the scan as it came in.

    Returns
    -------
    ndarray
        Contiguous; the values of ``data``.
    """
    ras = orientations.axcodes2ornt("RAS")
    back = orientations.ornt_transform(ras, orientations.io_orientation(affine))
    return np.ascontiguousarray(orientations.apply_orientation(data, back))


def turned_onto(data: Array, affine: Array, target: Array) -> tuple[Array, Array]:
    """Return an image in the order of axes of a scan, each value at its place in the world; nothing is resampled.

    Parameters
    ----------
    data : ndarray
    affine : ndarray, shape (4, 4)
        Of the image.
    target : ndarray, shape (4, 4)
        Of the scan.

    Returns
    -------
    ndarray
        The values of ``data``; as they are where there are not three axes, or no affine that turns.
    ndarray, shape (4, 4)
        The affine that belongs to it.
    """
    if data.ndim != 3 or not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) == 0.0:
        return data, affine
    here, there = orientations.io_orientation(affine), orientations.io_orientation(target)
    way = orientations.ornt_transform(here, there)
    if (way == [[0, 1], [1, 1], [2, 1]]).all():
        return data, affine
    turned = np.ascontiguousarray(orientations.apply_orientation(data, way))
    return turned, affine @ orientations.inv_ornt_aff(way, data.shape)
