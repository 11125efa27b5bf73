"""How much could not be compared: failures are outcomes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.identification import person_means
from reid_audit.statistics import person_weights, rate_interval, share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.outcome import Case
    from reid_audit.statistics import Interval
    from reid_audit.types import Result

__all__ = ["failure_results"]

_METRICS = ("failure_to_acquire_rate", "failure_to_enrol_rate", "comparisons_failed_share")


def failure_results(case: Case) -> tuple[Result, ...]:
    """Shares of probes and of references without a template, and of comparisons that did not take place.

    A probe or reference counts as failed when none of its comparisons took place. The share of each is the mean over
    people; that of comparisons is over all that were asked for.

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
        return tuple(case.result(metric, None, note=case.problem) for metric in _METRICS)
    scores = case.comparisons
    made = [scores.compared[rows] & np.isfinite(scores.scores[rows]) for rows in scores.rows()]
    probe_failed = ~np.concatenate([part.any(axis=1) for part in made])
    reference_failed = ~np.logical_or.reduce([part.any(axis=0) for part in made])
    note = "no comparison took place, so that which side failed cannot be told" if probe_failed.all() else ""
    share = case.result(_METRICS[2], scores.n_failed / scores.n_compared, interval=_pair_interval(case), note=note)
    return (
        _rate(case, _METRICS[0], scores.probe, probe_failed, note),
        _rate(case, _METRICS[1], scores.reference, reference_failed, note),
        share,
    )


def _rate(case: Case, metric: str, person: NDArray[np.int64], failed: NDArray[np.bool_], note: str) -> Result:
    rates, counts = person_means(person, failed.astype(np.float64))
    interval = rate_interval(rates, counts, case.confidence)
    value = float(rates.mean())
    return case.result(metric, value, interval=interval, n_subjects=len(rates), n_probes=len(person), note=note)


def _pair_interval(case: Case) -> Interval:
    """Resample people, each pair of people as often as both were drawn."""
    scores = case.comparisons
    n = scores.n_people
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
    return share_interval(scores.n_failed / scores.n_compared, shares, n, case.confidence)


def _weighted(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    own = np.diag(counts)
    between = np.einsum("rn,rn->r", weights @ (counts - np.diag(own)), weights)
    return np.asarray(between + weights @ own)
