"""A fixed number of comparisons for each pair of people, so that nobody counts more for having more renders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.statistics import pair_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["MOST_DRAWN", "MOST_PER_PAIR", "DrawnPairs", "draw_pairs"]

MOST_PER_PAIR = 8
"""Comparisons drawn for each pair of people, at most; fewer where people typically have fewer with themselves."""

MOST_DRAWN = 100_000
"""Comparisons drawn of all non-mated pairs together, at most; more of them make no number steadier than people do."""


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
    n_left_out : int
        Pairs of two people that were compared, and not drawn because there are so many.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    score: NDArray[np.float64]
    per_pair: int
    n_left_out: int = 0

    @property
    def mated(self) -> NDArray[np.bool_]:
        """Which comparisons are of one person, shape (N,)."""
        return np.asarray(self.first == self.second)


def draw_pairs(
    comparisons: Comparisons, rng: np.random.Generator, most: int = MOST_PER_PAIR, most_drawn: int = MOST_DRAWN
) -> DrawnPairs:
    """Draw the same number of comparisons for each unordered pair of people, a person with themself included.

    Parameters
    ----------
    comparisons : Comparisons
    rng : numpy.random.Generator
    most : int, default MOST_PER_PAIR
        The number is the median of what people have with themselves, and not more than this. Drawn without
        replacement; where a pair of people has fewer, these are repeated.
    most_drawn : int, default MOST_DRAWN
        Of non-mated comparisons. Where there would be more, the number a pair is lowered, and when it is 1, so many
        pairs of two people are drawn.

    Returns
    -------
    DrawnPairs
        Empty where no mated comparison took place.
    """
    available = np.zeros(comparisons.n_people, dtype=np.int64)
    met = np.zeros(comparisons.n_people * (comparisons.n_people + 1) // 2, dtype=bool)
    for first, second, _ in comparisons.blocks():
        available += np.bincount(first[first == second], minlength=comparisons.n_people)
        met[pair_rows(first, second)] = True
    if not available.any():
        empty = np.zeros(0, dtype=np.int64)
        return DrawnPairs(empty, empty, np.zeros(0), 0)
    n_others = int(np.count_nonzero(met)) - int(np.count_nonzero(available))
    per_pair = int(min(most, np.median(available[available > 0]), max(1, most_drawn // max(1, n_others))))
    _leave_out(met, n_others - most_drawn, rng)
    kept: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = []
    for first, second, score in comparisons.blocks():
        wanted = met[pair_rows(first, second)]
        key = rng.random(len(score))
        kept.append(_first_keys(first[wanted], second[wanted], score[wanted], key[wanted], per_pair))
    parts = [np.concatenate(column) for column in zip(*kept, strict=True)]
    first, second, score, _ = _first_keys(parts[0], parts[1], parts[2], parts[3], per_pair)
    chosen = _repeated(pair_rows(first, second), per_pair)
    return DrawnPairs(first[chosen], second[chosen], score[chosen], per_pair, max(0, n_others - most_drawn))


def _leave_out(met: NDArray[np.bool_], count: int, rng: np.random.Generator) -> None:
    """Mark so many pairs of two people, drawn at random, as not met."""
    if count <= 0:
        return
    others = met.copy()
    people = np.arange((int(np.sqrt(8 * len(met) + 1)) - 1) // 2)
    others[pair_rows(people, people)] = False
    met[rng.choice(np.flatnonzero(others), count, replace=False, shuffle=False)] = False


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
