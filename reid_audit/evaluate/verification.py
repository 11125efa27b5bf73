"""Verification: whether two samples come from one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.error_rates import ERROR_METRICS, error_results
from reid_audit.evaluate.linked import linkability_result
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.sides import EQUALLY, mean_of, two_sides
from reid_audit.evaluate.weighting import area_under, weigh
from reid_audit.statistics import (
    auc_of_counts,
    count_pairs,
    percentile_interval,
    quantile_of_counts,
    resample_pairs,
    score_levels,
    share_interval,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.sides import Side, Sides
    from reid_audit.types import Result, ScoreTable

__all__ = ["QUARTILES", "auc_by_resample", "score_prefix", "verification_results"]

QUARTILES = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
"""Name and share of each quantile of the scores that is reported."""

_MORE = (*ERROR_METRICS, ("linkability", None))


def score_prefix(table: ScoreTable) -> str:
    """Return what the scores are called in the names of metrics: ``cosine``, or ``score`` for any other matcher."""
    return "cosine" if table.matcher.startswith("cosine") else "score"


def verification_results(case: Case) -> tuple[Result, ...]:
    """ROC-AUC, the median and quartiles of mated and of non-mated scores, equal error rate, d' and linkability.

    Comparisons that did not take place are left out and counted in the note. Each person counts the same, however many
    comparisons they have: all mated ones of a person weigh 1 together, and so do all non-mated ones of an unordered
    pair of people. The intervals resample people (:mod:`reid_audit.statistics.pairs`), and only those that are the n:
    for the AUC and mated scores the people with a mated comparison that took place, for non-mated scores those with a
    non-mated one. Of nominal 95 % intervals 0.92 to 0.99 held the truth of the AUC and of the equal error rate in
    simulated studies, 0.91 to 0.98 that of d' and of quartiles (decision 0006).

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Result
        ``auc``; then ``cosine_q1_mated``, ``cosine_median_mated``, ``cosine_q3_mated``, and the same of ``nonmated``
        (``score_...`` where the matcher is not a cosine); ``eer`` and ``d_prime``
        (:mod:`reid_audit.evaluate.error_rates`); ``linkability`` (:mod:`reid_audit.evaluate.linked`). The control
        shuffles the references' identities 100 times, after scoring: it checks labels, weights and ties, and not
        whether scoring knew the answers.
    """
    if case.problem:
        return (
            case.result("auc", None, n_subjects=0, chance=0.5, note=case.problem),
            *_no_quartiles(case, case.problem),
            *(case.result(name, None, n_subjects=0, chance=chance, note=case.problem) for name, chance in _MORE),
        )
    sides = two_sides(case)
    quartiles = [found for side in (sides.mated, sides.nonmated) for found in _quartiles(case, side, sides)]
    return (_auc_result(case, sides), *quartiles, *error_results(case, sides), linkability_result(case, sides))


def auc_by_resample(comparisons: Comparisons, weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the area under the ROC curve, and what it is in resamples of people.

    Parameters
    ----------
    comparisons : Comparisons
        With a mated and a non-mated comparison that took place.
    weights : ndarray, shape (resamples, n_people), float64
        How often each person was drawn.

    Returns
    -------
    area : float
    replicates : ndarray, shape (resamples,), float64
        NaN where a resample has no comparison of one kind.
    """
    mated, nonmated = weigh(comparisons)
    pairs = count_pairs(comparisons.n_people, score_levels(mated.ordered, nonmated.ordered), comparisons.blocks())
    area = area_under(mated, nonmated)
    return (np.nan if area is None else area), auc_of_counts(*resample_pairs(pairs, weights))


def _auc_result(case: Case, sides: Sides) -> Result:
    mated, nonmated = sides.mated, sides.nonmated
    value = area_under(mated.scores, nonmated.scores)
    if value is None:
        why = sentence(sides.missing, sides.failed)
        return case.result("auc", None, n_subjects=mated.n_people, chance=0.5, note=why)
    low, high = (np.array([side.scores.ordered[end] for side in (mated, nonmated)]) for end in (0, -1))
    resampled = auc_of_counts(mated.resampled, nonmated.resampled)
    return case.result(
        "auc",
        value,
        interval=share_interval(value, resampled, mated.n_people, case.confidence),
        n_subjects=mated.n_people,
        chance=0.5,
        control=mean_of(auc_of_counts(mated.shuffled, nonmated.shuffled)),
        note=sentence(sides.note(case), "all scores are equal: they tell nothing" if low.min() == high.max() else ""),
    )


def _quartiles(case: Case, side: Side, sides: Sides) -> list[Result]:
    found = []
    resampled = side.resampled if side.kind == "mated" else sides.nonmated_alone
    for name, share in QUARTILES:
        metric = f"{score_prefix(case.table)}_{name}_{side.kind}"
        if not len(side.scores.ordered):
            word = "mated" if side.kind == "mated" else "non-mated"
            why = sentence(f"no {word} comparison took place", sides.failed)
            found.append(case.result(metric, None, n_subjects=side.n_people, note=why))
            continue
        value = side.scores.quantile(share)
        replicates = quantile_of_counts(resampled, sides.levels, share)
        interval = percentile_interval(replicates, side.n_people, case.confidence, value=value)
        control = mean_of(quantile_of_counts(side.shuffled, sides.levels, share))
        note = sentence(
            case.share_of_people(side.n_people),
            f"{len(side.scores.ordered)} comparisons",
            EQUALLY if side.scores.uneven else "",
            sides.failed,
        )
        people = side.n_people
        found.append(case.result(metric, value, interval=interval, n_subjects=people, control=control, note=note))
    return found


def _no_quartiles(case: Case, why: str) -> list[Result]:
    prefix = score_prefix(case.table)
    return [
        case.result(f"{prefix}_{name}_{kind}", None, n_subjects=0, note=why)
        for kind in ("mated", "nonmated")
        for name, _ in QUARTILES
    ]
