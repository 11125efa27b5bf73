"""Verification in two numbers that need no threshold of their own: the equal error rate and d'."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.sides import mean_of
from reid_audit.statistics import (
    d_prime_of_counts,
    eer_of_counts,
    equal_error,
    percentile_interval,
    share_interval,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.sides import Sides
    from reid_audit.evaluate.weighting import WeighedScores
    from reid_audit.types import Result

__all__ = ["ERROR_METRICS", "d_prime", "equal_error_rate", "error_results"]

ERROR_METRICS = (("eer", 0.5), ("d_prime", 0.0))
"""Name and chance level of each."""


def error_results(case: Case, sides: Sides) -> tuple[Result, ...]:
    """Equal error rate and d', over the comparisons that took place.

    Parameters
    ----------
    case : Case
    sides : Sides

    Returns
    -------
    tuple of Result
        ``eer``: lower is a better attacker, chance one half, above it where scores run the wrong way. ``d_prime``:
        in standard deviations, chance 0, higher is a better attacker. Intervals and controls are made like those of
        the AUC: people with a mated comparison are resampled, identities are shuffled.
    """
    mated, nonmated = sides.mated, sides.nonmated
    if sides.missing:
        why = sentence(sides.missing, sides.failed)
        return tuple(
            case.result(name, None, n_subjects=mated.n_people, chance=chance, note=why)
            for name, chance in ERROR_METRICS
        )
    rate = equal_error_rate(mated.scores, nonmated.scores)
    replicates = eer_of_counts(mated.resampled, nonmated.resampled)
    eer = case.result(
        "eer",
        rate,
        interval=share_interval(rate, replicates, mated.n_people, case.confidence),
        n_subjects=mated.n_people,
        chance=0.5,
        control=mean_of(eer_of_counts(mated.shuffled, nonmated.shuffled)),
        note=sentence(sides.note(case), "the threshold is the one at which both errors are equal in these people"),
    )
    return eer, _d_prime_result(case, sides)


def _d_prime_result(case: Case, sides: Sides) -> Result:
    mated, nonmated = sides.mated, sides.nonmated
    value = d_prime(mated.scores, nonmated.scores) if mated.n_people > 1 else None
    if value is None:
        why = sentence("the spread of scores takes two different ones of one kind, and two people", sides.failed)
        return case.result("d_prime", None, n_subjects=mated.n_people, chance=0.0, note=why)
    replicates = d_prime_of_counts(mated.resampled, nonmated.resampled, sides.levels)
    return case.result(
        "d_prime",
        value,
        interval=percentile_interval(replicates, mated.n_people, case.confidence, value=value),
        n_subjects=mated.n_people,
        chance=0.0,
        control=mean_of(d_prime_of_counts(mated.shuffled, nonmated.shuffled, sides.levels)),
        note=sides.note(case),
    )


def equal_error_rate(mated: WeighedScores, nonmated: WeighedScores) -> float:
    """Equal error rate, exact for all scores.

    Parameters
    ----------
    mated, nonmated : WeighedScores
        Neither empty.

    Returns
    -------
    float
        See :func:`~reid_audit.statistics.equal_error`; only the two points around the crossing are looked at, found
        by halving, so that millions of scores cost no more than their order.
    """

    def rates(levels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return 1.0 - nonmated.below(levels), mated.below(levels)

    def past(level: float) -> int:
        fmr, fnmr = rates(np.array([level]))
        return int(fmr[0] < fnmr[0])

    before: list[float] = []
    after: list[float] = []
    for ordered in (mated.ordered, nonmated.ordered):
        first = bisect_left(ordered, 1, key=past)
        before.extend(ordered[max(first - 1, 0) : first])
        after.extend(ordered[first : first + 1])
    levels = np.array([max(before), *([min(after)] if after else [])])
    fmr, fnmr = rates(levels)
    return float(equal_error(fmr[None, :], fnmr[None, :])[0])


def d_prime(mated: WeighedScores, nonmated: WeighedScores) -> float | None:
    """Distance of the means of mated and non-mated scores, in units of the root mean square of their two SDs.

    Parameters
    ----------
    mated, nonmated : WeighedScores
        Neither empty.

    Returns
    -------
    float or None
        None where neither kind spreads.
    """
    unit = max(float(np.abs(side.ordered[[0, -1]]).max()) for side in (mated, nonmated)) or 1.0
    low, high = (
        pick(float(side.ordered[end]) for side in (mated, nonmated)) / unit for pick, end in ((min, 0), (max, -1))
    )
    if low == high:
        return None
    means, variances = [], []
    for side in (mated, nonmated):
        share = side.weights / side.weights.sum()
        score = (side.ordered / unit - low) / (high - low)
        mean = float(share @ score)
        means.append(mean)
        variances.append(float(share @ (score - mean) ** 2))
    spread = float(np.sqrt(sum(variances) / 2))
    return (means[0] - means[1]) / spread if spread > 1e-9 else None
