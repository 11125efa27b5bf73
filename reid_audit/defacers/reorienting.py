"""The way back from RAS order, in which tools are given a scan because they go wrong on others."""

from __future__ import annotations

from typing import Any

import numpy as np
from nibabel import orientations

__all__ = ["turned_back"]

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
