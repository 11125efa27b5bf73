"""Scores of comparisons, weighed so that each person counts the same, however many comparisons they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from reid_audit.statistics import pair_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["WeighedScores", "area_under", "weigh", "weigh_evenly"]

_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class WeighedScores:
    """Scores of one kind of comparison, mated or non-mated.

    Parameters
    ----------
    ordered : ndarray, shape (N,), float64
        Finite, rising.
    weights : ndarray, shape (N,), float64
        Positive.
    running : ndarray, shape (N + 1,), float64
        Share of all weight that lies before each value; from 0 to 1.
    uneven : bool
        Not all people, or pairs of people, have equally many.
    """

    ordered: NDArray[np.float64]
    weights: NDArray[np.float64]
    running: NDArray[np.float64]
    uneven: bool

    def below(self, levels: NDArray[np.float64], side: Literal["left", "right"] = "left") -> NDArray[np.float64]:
        """Return the share of weight below each level, or with ``"right"`` up to it."""
        return np.asarray(self.running[np.searchsorted(self.ordered, levels, side=side)])

    def quantile(self, share: float) -> float:
        """Return the score that this share of weight lies below; 0.5 for the median.

        The mean of the two neighbours where the share falls between two scores.
        """
        last = len(self.ordered) - 1
        lower = int(np.searchsorted(self.running[1:], share - _SLACK, side="left"))
        upper = int(np.searchsorted(self.running[1:], share + _SLACK, side="right"))
        return float(self.ordered[min(lower, last)] + self.ordered[min(upper, last)]) / 2


def weigh(comparisons: Comparisons) -> tuple[WeighedScores, WeighedScores]:
    """Return the mated and the non-mated scores of the comparisons that took place.

    All mated comparisons of one person weigh 1 together, and so do all non-mated ones of one unordered pair of people.

    Parameters
    ----------
    comparisons : Comparisons

    Returns
    -------
    mated, nonmated : WeighedScores
        Empty where there are none.
    """
    people = np.arange(comparisons.n_people)
    couples = comparisons.n_people * (comparisons.n_people + 1) // 2
    counts = np.zeros(couples, dtype=np.int32)
    for first, second, _ in comparisons.blocks():
        counts += np.bincount(pair_rows(first, second), minlength=couples).astype(np.int32)
    own = np.zeros(couples, dtype=bool)
    own[pair_rows(people, people)] = True
    return _kind(comparisons, own, counts), _kind(comparisons, ~own, counts)


def _kind(comparisons: Comparisons, wanted: NDArray[np.bool_], counts: NDArray[np.int32]) -> WeighedScores:
    """Return the scores of some of the pairs of people, of which each has so many."""
    sizes = counts[wanted & (counts > 0)]
    even = not len(sizes) or sizes.min() == sizes.max()
    values, shared = [np.zeros(0)], [np.zeros(0, dtype=np.int32)]
    for first, second, score in comparisons.blocks():
        couple = pair_rows(first, second)
        chosen = wanted[couple]
        values.append(score[chosen])
        if not even:
            shared.append(counts[couple[chosen]])
    every = np.concatenate(values)
    if even:
        return weigh_evenly(every)
    del values
    order = np.argsort(every, kind="stable")
    weights = 1.0 / np.concatenate(shared)[order]
    running = np.concatenate([[0.0], np.cumsum(weights)])
    running /= running[-1]
    return WeighedScores(every[order], weights, running, uneven=True)


def weigh_evenly(values: NDArray[np.float64]) -> WeighedScores:
    """Return scores that all weigh the same."""
    running = np.arange(len(values) + 1) / max(1, len(values))
    return WeighedScores(np.sort(values), np.broadcast_to(1.0, values.shape), running, uneven=False)


def area_under(mated: WeighedScores, nonmated: WeighedScores) -> float | None:
    """Area under the ROC curve: how often a mated score exceeds a non-mated one, ties counting one half.

    Parameters
    ----------
    mated, nonmated : WeighedScores
        Higher = more alike.

    Returns
    -------
    float or None
        0.5 for scores that tell nothing, exactly 1 for full separation; None where either side is empty.
    """
    if not len(mated.ordered) or not len(nonmated.ordered):
        return None
    won = (nonmated.below(mated.ordered, "left") + nonmated.below(mated.ordered, "right")) / 2
    return float((mated.weights * won).sum() / mated.weights.sum())
