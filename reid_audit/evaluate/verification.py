"""Verification: whether two samples come from one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.reasons import failed_comparisons
from reid_audit.evaluate.weighting import area_under, weigh
from reid_audit.statistics import (
    auc_of_counts,
    count_pairs,
    percentile_interval,
    quantile_of_counts,
    resample_pairs,
    score_levels,
    share_interval,
    shuffle_pairs,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.weighting import WeighedScores
    from reid_audit.types import Result, ScoreTable

__all__ = ["QUARTILES", "auc_by_resample", "score_prefix", "verification_results"]

QUARTILES = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
"""Name and share of each quantile of the scores that is reported."""

_EQUALLY = "each person counts the same, however many comparisons"


def score_prefix(table: ScoreTable) -> str:
    """Return what the scores are called in the names of metrics: ``cosine``, or ``score`` for any other matcher."""
    return "cosine" if table.matcher.startswith("cosine") else "score"


def verification_results(case: Case) -> tuple[Result, ...]:
    """ROC-AUC, and the median and quartiles of mated and of non-mated scores.

    Comparisons that did not take place are left out and counted in the note. Each person counts the same, however many
    comparisons they have: all mated ones of a person weigh 1 together, and so do all non-mated ones of an unordered
    pair of people. The intervals resample people (:mod:`reid_audit.statistics.pairs`), and only those that are the n:
    for the AUC and mated scores the people with a mated comparison that took place, for non-mated scores those with a
    non-mated one.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Result
        ``auc``; then ``cosine_q1_mated``, ``cosine_median_mated``, ``cosine_q3_mated``, and the same of ``nonmated``
        (``score_...`` where the matcher is not a cosine). The control shuffles the references' identities 100 times,
        after scoring: it checks labels, weights and ties, and not whether scoring knew the answers.
    """
    if case.problem:
        return (
            case.result("auc", None, n_subjects=0, chance=0.5, note=case.problem),
            *_no_quartiles(case, case.problem),
        )
    scores = case.comparisons
    mated, nonmated = weigh(scores)
    levels = score_levels(mated.ordered, nonmated.ordered)
    pairs = count_pairs(scores.n_people, levels, scores.blocks())
    met = scores.people_met()
    with_mate = resample_pairs(pairs, case.drawn_people("people", met[0]))
    among_met = with_mate if np.array_equal(*met) else resample_pairs(pairs, case.drawn_people("people", met[1]))
    shuffled = shuffle_pairs(pairs, np.flatnonzero(np.logical_or(*met)), case.rng("identities"))
    n_mated, n_nonmated = (int(np.count_nonzero(each)) for each in met)
    sides = (
        _Side("mated", n_mated, mated, levels, with_mate[0], shuffled[0]),
        _Side("nonmated", n_nonmated, nonmated, levels, among_met[1], shuffled[1]),
    )
    failed = failed_comparisons(scores, "are left out")
    quartiles = [found for side in sides for found in _quartiles(case, side, failed)]
    return (_auc_result(case, *sides, auc_of_counts(*with_mate), failed), *quartiles)


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


@dataclass(frozen=True, eq=False)
class _Side:
    """Scores of one kind of comparison, and how many of them lie at each level once people are drawn or shuffled."""

    kind: str
    n_people: int
    scores: WeighedScores
    levels: NDArray[np.float64]
    resampled: NDArray[np.float64]
    shuffled: NDArray[np.float64]


def _auc_result(case: Case, mated: _Side, nonmated: _Side, resampled: NDArray[np.float64], failed: str) -> Result:
    value = area_under(mated.scores, nonmated.scores)
    if value is None:
        why = sentence(_missing(mated, nonmated), failed)
        return case.result("auc", None, n_subjects=mated.n_people, chance=0.5, note=why)
    low, high = (np.array([side.scores.ordered[end] for side in (mated, nonmated)]) for end in (0, -1))
    return case.result(
        "auc",
        value,
        interval=share_interval(value, resampled, mated.n_people, case.confidence),
        n_subjects=mated.n_people,
        chance=0.5,
        control=_mean(auc_of_counts(mated.shuffled, nonmated.shuffled)),
        note=sentence(
            case.share_of_people(mated.n_people),
            f"{len(mated.scores.ordered)} mated and {len(nonmated.scores.ordered)} non-mated comparisons",
            _EQUALLY if mated.scores.uneven or nonmated.scores.uneven else "",
            failed,
            "all scores are equal: they tell nothing" if low.min() == high.max() else "",
        ),
    )


def _quartiles(case: Case, side: _Side, failed: str) -> list[Result]:
    found = []
    for name, share in QUARTILES:
        metric = f"{score_prefix(case.table)}_{name}_{side.kind}"
        if not len(side.scores.ordered):
            word = "mated" if side.kind == "mated" else "non-mated"
            why = sentence(f"no {word} comparison took place", failed)
            found.append(case.result(metric, None, n_subjects=side.n_people, note=why))
            continue
        value = side.scores.quantile(share)
        replicates = quantile_of_counts(side.resampled, side.levels, share)
        interval = percentile_interval(replicates, side.n_people, case.confidence, value=value)
        control = _mean(quantile_of_counts(side.shuffled, side.levels, share))
        note = sentence(
            case.share_of_people(side.n_people),
            f"{len(side.scores.ordered)} comparisons",
            _EQUALLY if side.scores.uneven else "",
            failed,
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


def _missing(mated: _Side, nonmated: _Side) -> str:
    if not mated.n_people and not nonmated.n_people:
        return "no comparison took place"
    return "no mated comparison took place" if not mated.n_people else "no non-mated comparison took place"


def _mean(values: NDArray[np.float64]) -> float | None:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else None
