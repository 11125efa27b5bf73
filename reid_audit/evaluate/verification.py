"""Verification: whether two samples come from one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.reasons import failed_comparisons
from reid_audit.statistics import (
    auc_of_counts,
    count_pairs,
    percentile_interval,
    person_weights,
    quantile_of_counts,
    resample_pairs,
    score_levels,
    share_interval,
    shuffle_pairs,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.outcome import Case
    from reid_audit.types import Result, ScoreTable

__all__ = ["QUARTILES", "auc", "score_prefix", "verification_results"]

QUARTILES = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
"""Name and share of each quantile of the scores that is reported."""


def auc(mated: NDArray[np.float64], nonmated: NDArray[np.float64]) -> float | None:
    """Area under the ROC curve: how often a mated score exceeds a non-mated one, ties counting one half.

    Parameters
    ----------
    mated, nonmated : ndarray, float64
        Finite scores, higher = more alike.

    Returns
    -------
    float or None
        0.5 for scores that tell nothing, 1 for full separation; None where either side is empty.
    """
    if not len(mated) or not len(nonmated):
        return None
    ordered = np.sort(mated)
    step = 2_000_000
    wins = 0.0
    for start in range(0, len(nonmated), step):
        part = nonmated[start : start + step]
        places = np.searchsorted(ordered, part, side="left") + np.searchsorted(ordered, part, side="right")
        wins += float(len(part)) * len(ordered) - float(places.sum()) / 2
    return wins / (float(len(mated)) * len(nonmated))


def score_prefix(table: ScoreTable) -> str:
    """Return what the scores are called in the names of metrics: ``cosine``, or ``score`` for any other matcher."""
    return "cosine" if table.matcher.startswith("cosine") else "score"


def verification_results(case: Case) -> tuple[Result, ...]:
    """ROC-AUC, and the median and quartiles of mated and of non-mated scores.

    Comparisons that did not take place are left out and counted in the note. Every comparison counts the same, so
    that who has more samples counts more; the intervals resample people (:mod:`reid_audit.statistics.pairs`). The n of
    the AUC and of mated scores, from which the interval is made, is the number of people with a mated comparison that
    took place; that of non-mated scores is the number of people with a non-mated one.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Result
        ``auc``; then ``cosine_q1_mated``, ``cosine_median_mated``, ``cosine_q3_mated``, and the same of ``nonmated``
        (``score_...`` where the matcher is not a cosine). The control shuffles the references' identities 100 times.
    """
    if case.problem:
        return (
            case.result("auc", None, n_subjects=0, chance=0.5, note=case.problem),
            *_no_quartiles(case, case.problem),
        )
    scores = case.comparisons
    mated, nonmated = scores.split()
    levels = score_levels(mated, nonmated)
    pairs = count_pairs(scores.n_people, levels, scores.blocks())
    resampled = resample_pairs(pairs, person_weights(case.rng("people"), scores.n_people, case.resamples))
    shuffled = shuffle_pairs(pairs, case.rng("identities"))
    n_mated, n_nonmated = (int(np.count_nonzero(met)) for met in scores.people_met())
    sides = (
        _Side("mated", n_mated, mated, levels, resampled[0], shuffled[0]),
        _Side("nonmated", n_nonmated, nonmated, levels, resampled[1], shuffled[1]),
    )
    failed = failed_comparisons(scores, "are left out")
    quartiles = [found for side in sides for found in _quartiles(case, side, failed)]
    return (_auc_result(case, *sides, failed), *quartiles)


@dataclass(frozen=True, eq=False)
class _Side:
    """Scores of one kind of comparison, and how many of them lie at each level once people are drawn or shuffled."""

    kind: str
    n_people: int
    values: NDArray[np.float64]
    levels: NDArray[np.float64]
    resampled: NDArray[np.float64]
    shuffled: NDArray[np.float64]


def _auc_result(case: Case, mated: _Side, nonmated: _Side, failed: str) -> Result:
    value = auc(mated.values, nonmated.values)
    if value is None:
        why = sentence(_missing(mated.values, nonmated.values), failed)
        return case.result("auc", None, n_subjects=mated.n_people, chance=0.5, note=why)
    resampled = auc_of_counts(mated.resampled, nonmated.resampled)
    everything = np.array([mated.values.min(), mated.values.max(), nonmated.values.min(), nonmated.values.max()])
    return case.result(
        "auc",
        value,
        interval=share_interval(value, resampled, mated.n_people, case.confidence),
        n_subjects=mated.n_people,
        chance=0.5,
        control=_mean(auc_of_counts(mated.shuffled, nonmated.shuffled)),
        note=sentence(
            case.share_of_people(mated.n_people),
            f"{len(mated.values)} mated and {len(nonmated.values)} non-mated comparisons",
            failed,
            "all scores are equal: they tell nothing" if np.ptp(everything) == 0 else "",
        ),
    )


def _quartiles(case: Case, side: _Side, failed: str) -> list[Result]:
    found = []
    for name, share in QUARTILES:
        metric = f"{score_prefix(case.table)}_{name}_{side.kind}"
        if not len(side.values):
            word = "mated" if side.kind == "mated" else "non-mated"
            why = sentence(f"no {word} comparison took place", failed)
            found.append(case.result(metric, None, n_subjects=side.n_people, note=why))
            continue
        value = float(np.quantile(side.values, share, method="averaged_inverted_cdf"))
        replicates = quantile_of_counts(side.resampled, side.levels, share)
        interval = percentile_interval(replicates, side.n_people, case.confidence, value=value)
        control = _mean(quantile_of_counts(side.shuffled, side.levels, share))
        note = sentence(case.share_of_people(side.n_people), f"{len(side.values)} comparisons", failed)
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


def _missing(mated: NDArray[np.float64], nonmated: NDArray[np.float64]) -> str:
    if not len(mated) and not len(nonmated):
        return "no comparison took place"
    return "no mated comparison took place" if not len(mated) else "no non-mated comparison took place"


def _mean(values: NDArray[np.float64]) -> float | None:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else None
