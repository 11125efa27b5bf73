"""Scores of comparisons, weighed so that each person counts the same, however many comparisons they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from reid_audit.statistics import pair_rows, quantile_of_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["WeighedScores", "area_under", "weigh", "weigh_evenly"]


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
        """Return the score that this share of weight lies below; 0.5 for the median."""
        return float(quantile_of_counts(self.weights[None, :], self.ordered, share)[0])


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
    parts = [(first == second, pair_rows(first, second), score) for first, second, score in comparisons.blocks()]
    if not parts:
        return weigh_evenly(np.zeros(0)), weigh_evenly(np.zeros(0))
    own, couple, score = (np.concatenate(column) for column in zip(*parts, strict=True))
    count = np.bincount(couple)[couple]
    return _weighed(score[own], count[own]), _weighed(score[~own], count[~own])


def weigh_evenly(values: NDArray[np.float64]) -> WeighedScores:
    """Return scores that all weigh the same."""
    return _weighed(values, np.ones(len(values), dtype=np.int64))


def _weighed(values: NDArray[np.float64], counts: NDArray[np.int64]) -> WeighedScores:
    """Weigh each score by one over the number that it shares its weight with."""
    order = np.argsort(values, kind="stable")
    weights = 1.0 / counts[order]
    running = np.concatenate([[0.0], np.cumsum(weights)])
    if len(values):
        running /= running[-1]
    return WeighedScores(values[order], weights, running, bool(len(counts) and np.ptp(counts)))


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
    lost = (mated.below(nonmated.ordered, "left") + mated.below(nonmated.ordered, "right")) / 2
    return 1.0 - float((nonmated.weights * lost).sum() / nonmated.weights.sum())
