"""What the values of a scan are like, found without a copy of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reid_audit.inputs.slabs import chunks_of

__all__ = ["VoxelNumbers", "numbers_of"]

_SAMPLE = 1_000_000


@dataclass(frozen=True, eq=False)
class VoxelNumbers:
    """Facts of the values of a scan.

    Parameters
    ----------
    n_voxels, n_missing, n_infinite : int
        All, those that are NaN, those that are infinite.
    low, high : float
        Least and greatest value but NaN; infinite where some are.
    two_valued : bool
        True where none but these two, and NaN, occur.
    sample : ndarray, float32, one axis
        Every n-th value that is not NaN: at most 2 million.
    """

    n_voxels: int
    n_missing: int
    n_infinite: int
    low: float
    high: float
    two_valued: bool
    sample: np.ndarray[Any, Any]


def numbers_of(values: np.ndarray[Any, Any]) -> VoxelNumbers:
    """Look at the values of a scan, 4 million at a time.

    Parameters
    ----------
    values : ndarray, float32

    Returns
    -------
    VoxelNumbers
    """
    n_missing = n_infinite = 0
    low, high = np.inf, -np.inf
    for part in chunks_of(values):
        n_missing += int(np.isnan(part).sum())
        n_infinite += int(np.isinf(part).sum())
        low = min(low, float(np.fmin.reduce(part, initial=np.inf)))
        high = max(high, float(np.fmax.reduce(part, initial=-np.inf)))
    edges = np.float32(low), np.float32(high)
    two_valued = all(
        bool(((part == edges[0]) | (part == edges[1]) | np.isnan(part)).all()) for part in chunks_of(values)
    )
    sample = values.ravel(order="K")[:: max(1, values.size // _SAMPLE)]
    return VoxelNumbers(values.size, n_missing, n_infinite, low, high, two_valued, sample[~np.isnan(sample)])
