"""The mated and the non-mated scores of a table, as they are, with people drawn again, and with identities shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.reasons import failed_comparisons
from reid_audit.statistics import count_pairs, resample_pairs, score_levels, shuffle_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.weighting import WeighedScores

__all__ = ["EQUALLY", "SHUFFLES", "Side", "Sides", "mean_of", "two_sides"]

SHUFFLES = 100
"""How often identities are shuffled."""

EQUALLY = "each person counts the same, however many comparisons"


@dataclass(frozen=True, eq=False)
class Side:
    """One kind of comparison.

    Parameters
    ----------
    kind : {"mated", "nonmated"}
    n_people : int
        With a comparison of this kind that took place.
    scores : WeighedScores
    observed : ndarray, shape (1, T), float64
        Weight at each level.
    resampled : ndarray, shape (resamples, T), float64
        ... in each resample of the people with a mated comparison.
    shuffled : ndarray, shape (permutations, T), float64
        ... after identities were shuffled.
    """

    kind: str
    n_people: int
    scores: WeighedScores
    observed: NDArray[np.float64]
    resampled: NDArray[np.float64]
    shuffled: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sides:
    """Both kinds of comparison, at the same levels of score.

    Parameters
    ----------
    mated, nonmated : Side
    levels : ndarray, shape (T,), float64
    nonmated_alone : ndarray, shape (resamples, T), float64
        Weight of non-mated comparisons in each resample of the people who have one.
    failed : str
        How many comparisons failed, in words; may be empty.
    """

    mated: Side
    nonmated: Side
    levels: NDArray[np.float64]
    nonmated_alone: NDArray[np.float64]
    failed: str

    @property
    def missing(self) -> str:
        """Empty, or which kind of comparison is lacking."""
        if not self.mated.n_people and not self.nonmated.n_people:
            return "no comparison took place"
        if not self.mated.n_people:
            return "no mated comparison took place"
        return "" if self.nonmated.n_people else "no non-mated comparison took place"

    def note(self, case: Case) -> str:
        """Say on how many people and comparisons a number about both kinds rests."""
        return sentence(
            case.share_of_people(self.mated.n_people),
            f"{len(self.mated.scores.ordered)} mated and {len(self.nonmated.scores.ordered)} non-mated comparisons",
            EQUALLY if self.mated.scores.uneven or self.nonmated.scores.uneven else "",
            self.failed,
            case.fewer_resamples,
        )


def two_sides(case: Case) -> Sides:
    """Count the comparisons of a table that took place by level of score, and resample and shuffle its people.

    Parameters
    ----------
    case : Case
        Without a :attr:`~reid_audit.evaluate.outcome.Case.problem`.

    Returns
    -------
    Sides
    """
    scores = case.comparisons
    mated, nonmated = case.weighed
    levels = score_levels(mated.ordered, nonmated.ordered)
    pairs = count_pairs(scores.n_people, levels, scores.blocks())
    met = scores.people_met()
    with_mate = resample_pairs(pairs, case.drawn_people("people", met[0]))
    among_met = with_mate if np.array_equal(*met) else resample_pairs(pairs, case.drawn_people("people", met[1]))
    shuffled = shuffle_pairs(pairs, np.flatnonzero(np.logical_or(*met)), case.rng("identities"), SHUFFLES)
    observed = resample_pairs(pairs, np.ones((1, scores.n_people)))
    n_mated, n_nonmated = (int(np.count_nonzero(each)) for each in met)
    return Sides(
        Side("mated", n_mated, mated, observed[0], with_mate[0], shuffled[0]),
        Side("nonmated", n_nonmated, nonmated, observed[1], with_mate[1], shuffled[1]),
        levels,
        among_met[1],
        failed_comparisons(scores, "are left out"),
    )


def mean_of(values: NDArray[np.float64]) -> float | None:
    """Return the mean of the values that are numbers, or None where none is."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else None
