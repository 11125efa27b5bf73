"""Voxels of a file as float32, read a slab at a time: what they are stored as never lies in memory as a whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from nibabel.arrayproxy import ArrayProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["chunks_of", "read_in_slabs"]

_SLAB_BYTES = 2**26
_CHUNK = 2**22


def read_in_slabs(values: Any, shape: tuple[int, int, int]) -> np.ndarray[Any, Any]:
    """Read voxels, scaled as their header says.

    Parameters
    ----------
    values : nibabel.arrayproxy.ArrayProxy or array_like
        Of three axes, or more of length 1.
    shape : tuple of int
        Of the three axes.

    Returns
    -------
    ndarray, float32
        In the order of the file (the first axis runs fastest) where it is read from one.

    Raises
    ------
    OSError, ValueError
        If the file ends too early or is damaged.
    """
    if not isinstance(values, ArrayProxy):
        return np.array(values, dtype=np.float32).reshape(shape)
    plane = shape[0] * shape[1] * values.dtype.itemsize
    thick = max(1, _SLAB_BYTES // plane)
    data = np.empty(shape, np.float32, order="F")
    for first in range(0, shape[2], thick):
        part = (*shape[:2], min(thick, shape[2] - first))
        stored = (part, values.dtype, values.offset + first * plane, values.slope, values.inter)
        data[:, :, first : first + thick] = np.asarray(ArrayProxy(values.file_like, stored), dtype=np.float32)
    return data


def chunks_of(values: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    """Yield an array in pieces of 4 million values, so that what is computed of them stays small.

    Parameters
    ----------
    values : ndarray
        Copied as a whole only where it is contiguous in no order.

    Yields
    ------
    ndarray, one axis
    """
    flat = values.ravel(order="K")
    for first in range(0, math.prod(values.shape), _CHUNK):
        yield flat[first : first + _CHUNK]
