"""Whether what came back is of the scan that went in, where all of its values were changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from reid_audit.anatomy.detail import detail_inside

__all__ = ["SAME_HEAD", "is_rescaled", "likeness_of_blocks"]

Array = np.ndarray[Any, Any]

SAME_HEAD = 0.9
"""Likeness from which on a result is of the scan; where it comes from: ``docs/decisions/0008-defacers.md``."""
_BLOCK = 24.0
"""Mm, edge of a block: large enough for folds and the skull, small enough that a face has few of them."""
_LEAST = 0.1
"""Share of a block that must be compared for it to count."""
_ON_THE_LINE = 0.003
"""Share of the range of a result's values by which they may lie off a line: more than 256 steps lose by rounding."""


def is_rescaled(before: Array, after: Array) -> bool:
    """Tell whether one line through the values explains all of them: nothing was removed.

    Parameters
    ----------
    before, after : ndarray of one shape
        Values; what was cut off at the ends of the type lies at the ends of the line.
    """
    low, high = float(after.min()), float(after.max())
    if not (high > low and np.isfinite(high - low)):
        return False
    one, two = np.asarray(before, np.float32), np.asarray(after, np.float32)
    between = (two > low) & (two < high)
    if not between.any():
        return False
    x, y = one[between].astype(np.float64), two[between].astype(np.float64)
    spread = float(x.var())
    slope = float(((x - x.mean()) * (y - y.mean())).mean()) / spread if spread > 0.0 else 0.0
    line = np.clip(slope * (one - x.mean()) + y.mean(), low, high)
    return slope != 0.0 and bool(np.abs(two - line).max() <= _ON_THE_LINE * (high - low))


def likeness_of_blocks(before: Array, after: Array, left: Array, size: Array) -> float | None:
    """Return how well the detail of a result agrees with the scan's, in the middle one of all blocks of 24 mm.

    Parameters
    ----------
    before, after : ndarray, shape (I, J, K)
    left : ndarray, shape (I, J, K), bool
        Tissue that is left, the altered region among it: fewer than half of the blocks lie there.
    size : ndarray, shape (3,)
        Of a voxel, mm.

    Returns
    -------
    float or None
        Correlation of the detail (1.5 to 6 mm), median of the blocks by their tissue, -1 to 1, whatever factor, drift
        of brightness or moderate noise was put on one of them. None where no block holds enough.
    """
    if not left.any():
        return None
    where = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(left))
    inside = left[where]
    block = _blocks(inside, size)
    count = np.bincount(block)

    def mean(values: Array) -> Array:
        return np.asarray(np.bincount(block, values) / np.maximum(count, 1))

    one, two = (detail_inside(np.asarray(data[where], np.float32), inside, size) for data in (before, after))
    spread = (mean(one**2) - mean(one) ** 2) * (mean(two**2) - mean(two) ** 2)
    enough = count * float(size.prod()) > _LEAST * _BLOCK**3
    if not enough.any():
        return None
    common = (mean(one * two) - mean(one) * mean(two))[enough]
    alike = common / np.sqrt(np.where(spread[enough] > 0.0, spread[enough], np.inf))
    order = np.argsort(alike)
    share = np.cumsum(count[enough][order])
    return float(alike[order][np.searchsorted(share, share[-1] / 2)])


def _blocks(inside: Array, size: Array) -> Array:
    """Return the number of the block that each voxel inside lies in."""
    places = (np.argwhere(inside) * size // _BLOCK).astype(np.int64)
    return np.asarray(np.ravel_multi_index(tuple(places.T), tuple(places.max(axis=0) + 1)))
