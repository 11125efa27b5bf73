"""How much could not be compared: failures are outcomes of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.comparisons import compare, without_distractors
from reid_audit.evaluate.reasons import failed_comparisons
from reid_audit.evaluate.searches import person_means
from reid_audit.statistics import person_weights, rate_interval, share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.outcome import Case
    from reid_audit.statistics import Interval
    from reid_audit.types import Result

__all__ = ["failure_results"]

_METRICS = ("failure_to_acquire_rate", "failure_to_enrol_rate", "comparisons_failed_share")


def failure_results(case: Case) -> tuple[Result, ...]:
    """Shares of probes and of references without a template, and of comparisons that did not take place.

    Which probes and references have a template is what the table says (``n_templates``). Where it does not, one counts
    as failed when none of its comparisons took place; where none took place at all, which side failed cannot be told.
    The share of each is the mean over people; that of comparisons is over all that were asked for. Distractors, which
    only pad a gallery, are in none of them.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Result
        ``failure_to_acquire_rate`` (probes), ``failure_to_enrol_rate`` (references) and ``comparisons_failed_share``.
        An attacker's skill does not enter, so that there is no chance level and no control.
    """
    if case.problem:
        return tuple(case.result(metric, None, n_subjects=0, note=case.problem) for metric in _METRICS)
    cohort = without_distractors(case.table)
    case = case if cohort is case.table else replace(case, comparisons=compare(cohort))
    scores = case.comparisons
    acquired, enrolled = _with_template(scores)
    share = scores.n_failed / scores.n_compared
    return (
        _rate(case, _METRICS[0], scores.probe, acquired),
        _rate(case, _METRICS[1], scores.reference, enrolled),
        case.result(
            _METRICS[2],
            share,
            interval=_pair_interval(case),
            n_subjects=scores.n_people,
            note=failed_comparisons(scores),
        ),
    )


def _with_template(scores: Comparisons) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    """Return which probes and which references have a template; None where that cannot be told."""
    acquired, enrolled = scores.acquired, scores.enrolled
    if (acquired is not None and enrolled is not None) or scores.n_failed == scores.n_compared:
        return acquired, enrolled
    made = [scores.compared[rows] & np.isfinite(scores.scores[rows]) for rows in scores.rows()]
    return (
        np.concatenate([part.any(axis=1) for part in made]) if acquired is None else acquired,
        np.logical_or.reduce([part.any(axis=0) for part in made]) if enrolled is None else enrolled,
    )


def _rate(case: Case, metric: str, person: NDArray[np.int64], there: NDArray[np.bool_] | None) -> Result:
    if there is None:
        note = "no comparison took place, so that which side failed cannot be told"
        return case.result(metric, None, n_subjects=len(np.unique(person)), n_probes=len(person), note=note)
    rates, counts = person_means(person, (~there).astype(np.float64))
    interval = rate_interval(rates, counts, case.confidence)
    value = float(rates.mean())
    return case.result(metric, value, interval=interval, n_subjects=len(rates), n_probes=len(person))


def _pair_interval(case: Case) -> Interval:
    """Resample people, each pair of people as often as both were drawn."""
    scores = case.comparisons
    n, share = scores.n_people, scores.n_failed / scores.n_compared
    if share in (0.0, 1.0):
        return share_interval(share, np.zeros(0), n, case.confidence)
    asked, failed = np.zeros(n * n), np.zeros(n * n)
    for rows in scores.rows():
        probe, reference = np.nonzero(scores.compared[rows])
        pair = scores.probe[rows][probe] * n + scores.reference[reference]
        lost = ~np.isfinite(scores.scores[rows][probe, reference])
        asked += np.bincount(pair, minlength=n * n)
        failed += np.bincount(pair[lost], minlength=n * n)
    weights = person_weights(case.rng("failures"), n, case.resamples)
    lost_often, asked_often = (_weighted(total.reshape(n, n), weights) for total in (failed, asked))
    shares = np.full(case.resamples, np.nan)
    np.divide(lost_often, asked_often, out=shares, where=asked_often > 0)
    return share_interval(share, shares, n, case.confidence)


def _weighted(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    own = np.diag(counts)
    between = np.einsum("rn,rn->r", weights @ (counts - np.diag(own)), weights)
    return np.asarray(between + weights @ own)
