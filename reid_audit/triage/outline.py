"""What a volume looks like from far away: cheap enough to be asked of every volume of a long series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import binary_dilation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Outline", "outline_of", "unlike"]

Array = np.ndarray[Any, Any]

_BLOCK = 8.0
"""Mm: edge of the blocks that are compared; a head may move by one of them from volume to volume."""
_LEVELS = (0.1, 0.3)
"""Shares of a volume's own brightness above air from which on a block counts as tissue."""
_FAINT = 0.5
"""Share of such a level that another volume must not even reach near by: noise carries blocks over a sharp limit."""
_LEAST_ML = 4.0
"""Tissue in another place from which on a volume is unlike: a nose alone has 10 to 20 ml."""
_SAMPLES = 200_000
_AROUND = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, eq=False)
class Outline:
    """Where something is in a volume.

    Parameters
    ----------
    marked : tuple of ndarray, shape (A, B, C), bool
        Blocks that are tissue, by each level; the last: blocks that hold more than one value.
    reached : tuple of ndarray, shape (A, B, C), bool
        The same by half of each level, one block wider.
    block_ml : float
    """

    marked: tuple[Array, ...]
    reached: tuple[Array, ...]
    block_ml: float


def outline_of(data: Array, voxel_size: Sequence[float]) -> Outline:
    """Return the outline of a volume.

    Parameters
    ----------
    data : ndarray, shape (I, J, K), real
        As it is stored.
    voxel_size : sequence of float
        Mm.

    Returns
    -------
    Outline
    """
    steps = [max(1, round(_BLOCK / size)) if size > 0 else 1 for size in voxel_size[:3]]
    low, high = _range(data)
    means = _blocks(data, steps, np.add, np.float64) / _sizes(data.shape, steps)
    with np.errstate(invalid="ignore"):
        varied = _blocks(data, steps, np.maximum, None) > _blocks(data, steps, np.minimum, None)
        marked = (*(means > low + share * (high - low) for share in _LEVELS), varied)
        faint = (*(means > low + _FAINT * share * (high - low) for share in _LEVELS), varied)
    reached = tuple(binary_dilation(one, _AROUND) for one in faint)
    edges = [step * size for step, size in zip(steps, voxel_size, strict=False)]
    return Outline(marked, reached, float(np.prod(edges)) / 1000.0)


def _range(data: Array) -> tuple[float, float]:
    """Return what is dark and what is bright in a volume, by a sample of its voxels."""
    sample = data.ravel(order="K")[:: max(data.size // _SAMPLES, 1)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 0.0
    low, high = np.percentile(sample, [2, 99])
    return float(low), float(high)


def _blocks(data: Array, steps: Sequence[int], how: Any, dtype: Any) -> Array:
    """Bring a volume to blocks, along one axis after another."""
    for axis, step in enumerate(steps):
        data = how.reduceat(data, np.arange(0, data.shape[axis], step), axis=axis, dtype=dtype)
    return data


def _sizes(shape: Sequence[int], steps: Sequence[int]) -> Array:
    """Return how many voxels each block holds: fewer at the far edges."""
    i, j, k = (np.diff([*range(0, count, step), count]) for count, step in zip(shape, steps, strict=True))
    return np.asarray(i[:, None, None] * j[:, None] * k)


def unlike(outline: Outline, others: Iterable[Outline]) -> bool:
    """Tell whether a volume looks like none of others of its series.

    Parameters
    ----------
    outline : Outline
    others : iterable of Outline
        Of the same grid.

    Returns
    -------
    bool
        Whether 4 ml or more are in another place, there or here, in comparison with every one of them.
    """
    return all(_apart_ml(outline, other) >= _LEAST_ML for other in others)


def _apart_ml(one: Outline, other: Outline) -> float:
    pairs = [*zip(one.marked, other.reached, strict=True), *zip(other.marked, one.reached, strict=True)]
    return max(int((marked & ~reached).sum()) for marked, reached in pairs) * one.block_ml
