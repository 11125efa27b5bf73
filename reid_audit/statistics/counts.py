"""Scores of more comparisons than memory holds, counted between the mated ones: area, curve and rates stay exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["ScoreCounts", "count_scores"]


@dataclass(frozen=True, eq=False)
class ScoreCounts:
    """The mated scores, and how many non-mated ones lie below each and at each.

    That is all that verification depends on: between two mated scores that follow one another, the order of the
    non-mated ones changes nothing that is said here.

    Parameters
    ----------
    levels : ndarray, shape (T,), float64
        The different mated scores, rising.
    mated : ndarray, shape (T,), int64
        Mated comparisons at each.
    below, equal : ndarray, shape (T,), int64
        Non-mated comparisons that score less, and the same.
    n_nonmated : int
        All non-mated comparisons that took place.
    """

    levels: NDArray[np.float64]
    mated: NDArray[np.int64]
    below: NDArray[np.int64]
    equal: NDArray[np.int64]
    n_nonmated: int

    def __repr__(self) -> str:
        return f"ScoreCounts({self.n_mated} mated and {self.n_nonmated} non-mated comparisons)"

    @property
    def n_mated(self) -> int:
        """All mated comparisons that took place."""
        return int(self.mated.sum())

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve, ties counting one half; None where either side is empty.

        A ratio of two whole numbers of any size, rounded once.
        """
        trials = self.n_mated * self.n_nonmated
        twice = sum(
            times * (2 * below + equal)
            for times, below, equal in zip(self.mated.tolist(), self.below.tolist(), self.equal.tolist(), strict=True)
        )
        return twice / (2 * trials) if trials else None

    @property
    def tmr(self) -> NDArray[np.float64]:
        """Share of the mated comparisons that score at least each level; shape (T,), falling."""
        return np.asarray(np.cumsum(self.mated[::-1])[::-1] / max(1, self.n_mated))

    @property
    def fmr(self) -> NDArray[np.float64]:
        """Share of the non-mated comparisons that score at least each level; shape (T,), NaN where there are none."""
        if not self.n_nonmated:
            return np.full(len(self.levels), np.nan)
        return np.asarray((self.n_nonmated - self.below) / self.n_nonmated)

    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Corners of the ROC curve.

        Returns
        -------
        fmr, tmr : ndarray, shape (2 T + 2,), float64
            From (0, 0) to (1, 1): just above and at each level, highest first. The curve is straight between them, so
            that the area under them by trapezoids is the area under the curve. Empty where either side is empty.
        """
        if not self.n_mated or not self.n_nonmated:
            return np.zeros(0), np.zeros(0)
        above = (self.n_nonmated - self.below - self.equal) / self.n_nonmated
        fmr = np.column_stack([above, self.fmr])[::-1].ravel()
        tmr = np.column_stack([np.append(self.tmr[1:], 0.0), self.tmr])[::-1].ravel()
        return np.concatenate([[0.0], fmr, [1.0]]), np.concatenate([[0.0], tmr, [1.0]])

    def threshold_at(self, fmr: float) -> tuple[float, float] | None:
        """Return the threshold with the most true matches of those with at most this share of false ones.

        Parameters
        ----------
        fmr : float
            False match rate, 0 to 1.

        Returns
        -------
        threshold, tmr : float
            The lowest mated score with that rate or less, and the share of mated comparisons at or above it: no
            threshold between mated scores does better. None where every mated score lets more through.
        """
        allowed = np.flatnonzero(self.fmr <= fmr)
        return (float(self.levels[allowed[0]]), float(self.tmr[allowed[0]])) if len(allowed) else None


def count_scores(mated: NDArray[Any], nonmated: Iterable[NDArray[Any]]) -> ScoreCounts:
    """Count non-mated scores between the mated ones, holding no more than one block of them.

    Parameters
    ----------
    mated : ndarray, float
        NaN: a comparison that did not take place, left out.
    nonmated : iterable of ndarray, float
        Read once, in any order and any blocks; each array of any shape. NaN as above. The scores must come from the
        same arithmetic as the mated ones, or what is equal will not compare equal.

    Returns
    -------
    ScoreCounts
        Exact. Time grows with the logarithm of a block for each score, memory with the mated scores and one block.
    """
    asked = np.asarray(mated, dtype=np.float64).ravel()
    levels, times = np.unique(asked[~np.isnan(asked)], return_counts=True)
    below = np.zeros(len(levels), dtype=np.int64)
    up_to = np.zeros(len(levels), dtype=np.int64)
    total = 0
    for block in nonmated:
        ordered = np.sort(np.asarray(block), axis=None)
        ordered = ordered[: np.searchsorted(ordered, np.nan)]
        total += len(ordered)
        below += np.searchsorted(ordered, levels, side="left")
        up_to += np.searchsorted(ordered, levels, side="right")
    return ScoreCounts(levels, times.astype(np.int64), below, up_to - below, total)
