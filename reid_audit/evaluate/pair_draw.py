"""A fixed number of comparisons for each pair of people, so that nobody counts more for having more renders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.statistics import pair_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["MOST_PER_PAIR", "DrawnPairs", "draw_pairs"]

MOST_PER_PAIR = 8
"""Comparisons drawn for each pair of people, at most; fewer where people typically have fewer with themselves."""


@dataclass(frozen=True, eq=False)
class DrawnPairs:
    """Comparisons drawn from a table.

    Parameters
    ----------
    first, second : ndarray, shape (N,), int64
        Whose probe and whose reference, by number; equal for a mated comparison.
    score : ndarray, shape (N,), float64
        Finite.
    per_pair : int
        Comparisons of each pair of people; these stand in a row.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    score: NDArray[np.float64]
    per_pair: int

    @property
    def mated(self) -> NDArray[np.bool_]:
        """Which comparisons are of one person, shape (N,)."""
        return np.asarray(self.first == self.second)


def draw_pairs(comparisons: Comparisons, rng: np.random.Generator, most: int = MOST_PER_PAIR) -> DrawnPairs:
    """Draw the same number of comparisons for each unordered pair of people, a person with themself included.

    Parameters
    ----------
    comparisons : Comparisons
    rng : numpy.random.Generator
    most : int, default MOST_PER_PAIR
        The number is the median of what people have with themselves, and not more than this. Drawn without
        replacement; where a pair of people has fewer, these are repeated.

    Returns
    -------
    DrawnPairs
        Empty where no mated comparison took place.
    """
    available = np.zeros(comparisons.n_people, dtype=np.int64)
    for first, second, _ in comparisons.blocks():
        available += np.bincount(first[first == second], minlength=comparisons.n_people)
    if not available.any():
        empty = np.zeros(0, dtype=np.int64)
        return DrawnPairs(empty, empty, np.zeros(0), 0)
    per_pair = int(min(most, np.median(available[available > 0])))
    kept: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = []
    for first, second, score in comparisons.blocks():
        kept.append(_first_keys(first, second, score, rng.random(len(score)), per_pair))
    parts = [np.concatenate(column) for column in zip(*kept, strict=True)]
    first, second, score, _ = _first_keys(parts[0], parts[1], parts[2], parts[3], per_pair)
    chosen = _repeated(pair_rows(first, second), per_pair)
    return DrawnPairs(first[chosen], second[chosen], score[chosen], per_pair)


def _first_keys(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    score: NDArray[np.float64],
    key: NDArray[np.float64],
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Keep the ``count`` lowest keys of each pair of people: a draw without replacement, whatever the parts."""
    couple = pair_rows(first, second)
    order = np.argsort(couple + key)
    _, starts, sizes = np.unique(couple[order], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(starts, sizes)
    taken = order[place < count]
    return first[taken], second[taken], score[taken], key[taken]


def _repeated(couple: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return ``count`` positions of each run of equal values, in a circle where the run is shorter."""
    _, starts, sizes = np.unique(couple, return_index=True, return_counts=True)
    return np.asarray((starts[:, None] + np.arange(count)[None, :] % sizes[:, None]).ravel())
