"""Numbers of an attack: distances of faces, what is gained over the average face, and the share that was recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.reconstruct.attacking import DEFACED, SWAPPED
from reid_audit.statistics import holm, mean_interval, percentile_interval, person_weights
from reid_audit.types import Difference, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["AVERAGE", "DISTANCES", "distance_differences", "distance_results", "recovered_results"]

Array = np.ndarray[Any, Any]

AVERAGE = "average"
DISTANCES = {"mean": "surface_distance_mean_mm", "p95": "surface_distance_p95_mm"}
"""Column of the faces to name of the metric."""


def distance_results(faces: pd.DataFrame, *, confidence: float = 0.95) -> tuple[Result, ...]:
    """Return how far faces lie from the true ones, in mm: the mean over people, with Student's interval.

    Parameters
    ----------
    faces : pandas.DataFrame
        As :class:`~reid_audit.reconstruct.study.Study` has them.
    confidence : float

    Returns
    -------
    tuple of Result
        Of every condition and attacker, for the mean and the 95th percentile over each face; ``control`` is that of
        other people's reconstructions in these heads, where they were made. ``n_subjects`` are the people whose
        distances the mean is of. A scan that is lost is counted in ``n_probes``, and the note says how many there are.
    """
    found = []
    for which, group in faces.groupby(["condition", "attacker"], sort=True):
        condition, attacker = map(str, which)
        for column, metric in DISTANCES.items():
            values = _by_person(group, column)
            if not len(values):
                note = f"not assessed: {_why(group)}"
                found.append(Result(_named(attacker), None, None, condition, metric, None, 0, len(group), note=note))
                continue
            value, limits = mean_interval(values.to_numpy(), confidence)
            swapped = faces[(faces["condition"] == condition) & (faces["attacker"] == f"{attacker}{SWAPPED}")]
            control = _by_person(swapped, column)
            found.append(
                Result(
                    _named(attacker),
                    None,
                    None,
                    str(condition),
                    metric,
                    value,
                    len(values),
                    len(group),
                    low=limits.low,
                    high=limits.high,
                    confidence=confidence if limits.low is not None else None,
                    control=float(control.mean()) if attacker and len(control) else None,
                    note="; ".join(filter(None, (_lost(group), limits.note))),
                )
            )
    return tuple(found)


def distance_differences(
    faces: pd.DataFrame, *, baseline: str = AVERAGE, confidence: float = 0.95
) -> tuple[Difference, ...]:
    """Compare every attacker with the average face over the same people.

    Parameters
    ----------
    faces : pandas.DataFrame
    baseline : str
        Attacker that the others are compared with.
    confidence : float

    Returns
    -------
    tuple of Difference
        ``value`` is the attacker's distance less the baseline's, mm: below 0 where it is nearer to the true face.
        ``p_value`` is of Wilcoxon's signed-rank test [1]_, exact without ties up to 50 people, two-sided;
        ``p_adjusted`` by Holm over the attackers of a condition and metric.

    References
    ----------
    .. [1] F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1(6), 1945, doi:10.2307/3001968
    """
    found: list[Difference] = []
    for condition, group in faces.groupby("condition", sort=True):
        for column, metric in DISTANCES.items():
            before = _by_person(group[group["attacker"] == baseline], column)
            names = _others(group, baseline)
            made = [
                _compared(
                    before,
                    _by_person(group[group["attacker"] == name], column),
                    (name, str(condition), metric),
                    baseline,
                    confidence,
                )
                for name in names
            ]
            found += _corrected(made)
    return tuple(found)


def _compared(
    before: pd.Series[Any], after: pd.Series[Any], which: tuple[str, str, str], baseline: str, confidence: float
) -> Difference:
    attacker, condition, metric = which
    both = before.index.intersection(after.index)
    alone = len(before) - len(both), len(after) - len(both)
    if not len(both):
        note = "not assessed: nobody has both faces"
        return Difference(attacker, "", "", "", baseline, condition, metric, None, None, 0, *alone, note=note)
    one, two = before[both].to_numpy(), after[both].to_numpy()
    value, limits = mean_interval(two - one, confidence)
    return Difference(
        attacker,
        "",
        "",
        "",
        baseline,
        condition,
        metric,
        None,
        value,
        len(both),
        *alone,
        before=float(one.mean()),
        after=float(two.mean()),
        low=limits.low,
        high=limits.high,
        confidence=confidence if limits.low is not None else None,
        p_value=_wilcoxon(two - one),
        note=f"mm; Wilcoxon's signed-rank test; {limits.note}",
    )


def _wilcoxon(changes: Array) -> float:
    from scipy.stats import wilcoxon

    return float(wilcoxon(changes).pvalue) if np.any(changes) else 1.0


def _corrected(found: Sequence[Difference]) -> list[Difference]:
    from dataclasses import replace

    known = [k for k, one in enumerate(found) if one.p_value is not None]
    adjusted = dict(zip(known, holm([found[k].p_value or 0.0 for k in known]).tolist(), strict=True)) if known else {}
    return [replace(one, p_adjusted=adjusted.get(k)) for k, one in enumerate(found)]


def recovered_results(
    faces: pd.DataFrame,
    *,
    rng: np.random.Generator,
    baseline: str = AVERAGE,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[Result, ...]:
    """Return the share of what the average face misses that an attacker recovers.

    One less the ratio of mean squared distances, attacker to average face: to be read beside the share of the face that
    regression predicts from the rest of the head. That is of corresponding points and these are distances of surfaces:
    neither is a limit of the other.

    Parameters
    ----------
    faces : pandas.DataFrame
    rng : numpy.random.Generator
        Draws people.
    baseline : str
    confidence : float
    resamples : int

    Returns
    -------
    tuple of Result
        Metric ``recovered_share``: 1 the true face, 0 the average one, below 0 worse than that; over the same people.
    """
    found = []
    for condition, group in faces.groupby("condition", sort=True):
        before = _by_person(group[group["attacker"] == baseline], "squared")
        for name in _others(group, baseline):
            after = _by_person(group[group["attacker"] == name], "squared")
            both = before.index.intersection(after.index)
            n = len(both)
            if n == 0 or not before[both].sum() > 0:
                note = "not assessed: nobody has both faces"
                found.append(Result(name, None, None, str(condition), "recovered_share", None, n, n, note=note))
                continue
            one, two = before[both].to_numpy(), after[both].to_numpy()
            value = 1.0 - float(two.sum() / one.sum())
            weights = person_weights(rng, n, resamples)
            limits = percentile_interval(1.0 - (weights @ two) / (weights @ one), n, confidence, value=value)
            found.append(
                Result(
                    name,
                    None,
                    None,
                    str(condition),
                    "recovered_share",
                    value,
                    n,
                    n,
                    low=limits.low,
                    high=limits.high,
                    confidence=confidence if limits.low is not None else None,
                    note=limits.note,
                )
            )
    return tuple(found)


def _others(group: pd.DataFrame, baseline: str) -> list[str]:
    """Return the attackers that are compared: no defaced scan, and no control."""
    names = sorted(set(group["attacker"]) - {baseline, DEFACED})
    return [name for name in names if not name.endswith(SWAPPED)]


def _by_person(group: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return one number a person: the mean over their scans that were measured."""
    if column not in group or not len(group):
        return group["subject"].iloc[:0].astype(float)
    measured: pd.Series[Any] = group.dropna(subset=[column]).groupby("subject")[column].mean()
    return measured


def _named(attacker: str) -> str | None:
    return attacker or None


def _lost(group: pd.DataFrame) -> str:
    n = int(group["mean"].isna().sum())
    return f"{n} of {len(group)} scans without a distance: {_why(group)}" if n else ""


def _why(group: pd.DataFrame) -> str:
    return "; ".join(dict.fromkeys(str(why) for why in group["reason"] if why)) or "nothing was measured"
