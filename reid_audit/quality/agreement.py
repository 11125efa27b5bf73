"""How far raters agree with one another, and the automatic verdict with them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.statistics import (
    Interval,
    cohen_kappa,
    fleiss_kappa,
    percentile_interval,
    person_weights,
    rate_interval,
)
from reid_audit.types import Result

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["agreement_results", "rater_results"]

_QUESTIONS = ("face", "brain")
_RESAMPLES = 2000


def agreement_results(
    joined: pd.DataFrame, rng: np.random.Generator, *, confidence: float = 0.95
) -> tuple[Result, ...]:
    """Return kappa between the raters, and sensitivity and specificity of the automatic verdict.

    Parameters
    ----------
    joined : pandas.DataFrame
        As :func:`reid_audit.quality.ratings.join_ratings` returns it.
    rng : numpy.random.Generator
        Resamples people.
    confidence : float

    Returns
    -------
    tuple of Result
        Metrics ``cohen_kappa_face``, ``fleiss_kappa_face``, ``sensitivity_face``, ``specificity_face``, and the same of
        the brain. What is to be found is a failure: sensitivity is the share of scans that the raters fail, by
        majority, and the verdict fails too. ``group`` names the pair of raters. A verdict that was not assessed
        is wrong either way.
    """
    results: list[Result] = []
    for question in _QUESTIONS:
        rated = joined[joined[f"{question}_pass"].notna()]
        results += rater_results(rated, question, rng, confidence)
        results += _of_verdict(rated, question, confidence)
    return tuple(results)


def rater_results(rated: pd.DataFrame, question: str, rng: np.random.Generator, confidence: float) -> list[Result]:
    """Return Cohen's kappa of every pair of raters and Fleiss' of all, with intervals over people.

    Parameters
    ----------
    rated : pandas.DataFrame
        ``rater, scan, subject`` and ``<question>_pass`` without NaN.
    question : {"face", "brain"}
    rng : numpy.random.Generator
    confidence : float

    Returns
    -------
    list of Result
    """
    answers = rated.pivot_table(index=["subject", "scan"], columns="rater", values=f"{question}_pass", aggfunc="first")
    raters = sorted(map(str, answers.columns))
    if len(raters) < 2:
        note = "one rater: there is nobody to agree with" if raters else "no rater answered"
        return [_none(f"fleiss_kappa_{question}", rated, note)]
    results = []
    for one, two in combinations(raters, 2):
        both = answers[[one, two]].dropna()
        group = f"raters: {one} and {two}"
        if both.empty:
            results.append(_none(f"cohen_kappa_{question}", rated, "no scan was rated by both", group))
            continue
        first, second = both[one].to_numpy(int), both[two].to_numpy(int)
        weights, n_people = _resampled(both, rng)
        values = float(cohen_kappa(first, second)), cohen_kappa(first, second, weights)
        results.append(_kappa(f"cohen_kappa_{question}", values, (n_people, len(both)), confidence, group))
    counts = np.stack([(answers == 0).sum(axis=1), (answers == 1).sum(axis=1)], axis=1)
    weights, n_people = _resampled(answers, rng)
    values = float(fleiss_kappa(counts)), fleiss_kappa(counts, weights)
    group = f"raters: all {len(raters)}"
    results.append(_kappa(f"fleiss_kappa_{question}", values, (n_people, len(answers)), confidence, group))
    return results


def _resampled(table: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Return how often each scan counts in each resample of people, and the number of people."""
    people, owner = np.unique(table.index.get_level_values("subject").to_numpy(str), return_inverse=True)
    return person_weights(rng, len(people), _RESAMPLES)[:, owner], len(people)


def _kappa(
    metric: str, values: tuple[float, np.ndarray], sizes: tuple[int, int], confidence: float, group: str
) -> Result:
    (value, spread), (n_people, n_scans) = values, sizes
    if not np.isfinite(value):
        note = "kappa is not defined: every answer is the same"
        return Result(None, None, None, "", metric, None, n_people, n_scans, chance=0.0, note=note, group=group)
    limits = percentile_interval(spread, n_people, confidence, value=value)
    low = None if limits.low is None else max(limits.low, -1.0)
    high = None if limits.high is None else min(limits.high, 1.0)
    return Result(
        attacker=None,
        matcher=None,
        embedder=None,
        condition="",
        metric=metric,
        value=value,
        n_subjects=n_people,
        n_probes=n_scans,
        low=low,
        high=high,
        confidence=None if low is None else confidence,
        chance=0.0,
        note=limits.note,
        group=group,
    )


def _none(metric: str, rated: pd.DataFrame, note: str, group: str = "") -> Result:
    people = int(rated["subject"].nunique())
    return Result(None, None, None, "", metric, None, people, int(rated["scan"].nunique()), note=note, group=group)


def _of_verdict(rated: pd.DataFrame, question: str, confidence: float) -> list[Result]:
    """Return sensitivity and specificity of the automatic verdict against the majority of the raters."""
    scans = rated.groupby("scan").agg(
        subject=("subject", "first"), passed=(f"{question}_pass", "mean"), verdict=(question, "first")
    )
    tied = scans["passed"] == 0.5
    clear = scans[~tied]
    open_ones = int((clear["verdict"] == "not assessed").sum())
    left_out = f"{int(tied.sum())} scans with as many raters for as against left out; {open_ones} not assessed"
    results = []
    for metric, asked, right in (
        (f"sensitivity_{question}", clear["passed"] < 0.5, "fail"),
        (f"specificity_{question}", clear["passed"] > 0.5, "pass"),
    ):
        chosen = clear[asked]
        if chosen.empty:
            word = "failed" if right == "fail" else "passed"
            results.append(_none(metric, rated, f"no scan was {word} by most raters"))
            continue
        hits = (chosen["verdict"] == right).groupby(chosen["subject"]).agg(["mean", "size"])
        value = float(hits["mean"].mean())
        limits: Interval = rate_interval(hits["mean"].to_numpy(), hits["size"].to_numpy(), confidence)
        results.append(
            Result(
                attacker=None,
                matcher=None,
                embedder=None,
                condition="",
                metric=metric,
                value=value,
                n_subjects=len(hits),
                n_probes=len(chosen),
                low=limits.low,
                high=limits.high,
                confidence=None if limits.low is None else confidence,
                chance=float((clear["verdict"] == right).mean()),
                note=f"{limits.note}; mean of people; {left_out}",
            )
        )
    return results
