"""How far measures of defaced scans agree with those of the originals, one row a measure, sequence and condition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.statistics import (
    bland_altman,
    check_confidence,
    check_margin,
    equivalence,
    intraclass_correlation,
    mean_interval,
    spearman,
)
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from reid_audit.utility.yardstick import Yardstick

__all__ = ["ALPHA", "Agreement", "agreement"]

ALPHA = 0.05
"""Level of the test of equivalence."""


@dataclass(frozen=True)
class Agreement:
    """One measure of originals against one condition.

    Every number is over people with the measure in both; a number that cannot be had is None and the note says why.

    Parameters
    ----------
    condition, modality, measure, unit : str
    n_subjects, n_scans : int
    n_lost : int
        Scans with the measure in the original and not in the defaced scan.
    spearman, spearman_low, spearman_high : float or None
        Rank correlation; interval from resamples of people.
    icc, icc_low, icc_high : float or None
        Absolute agreement of single measurements, ICC(A,1).
    bias, bias_low, bias_high : float or None
        Mean of defaced less original, in the unit.
    limit_low, limit_high : float or None
        Limits of agreement (Bland and Altman).
    relative, relative_low, relative_high : float or None
        Mean difference as a share of the original.
    absolute_relative : float or None
        Mean difference without sign, as a share of the original.
    margin : float or None
        Of equivalence, as a share of the original.
    equivalence_p : float or None
        Two one-sided tests that the mean relative difference lies within the margin.
    equivalent : bool or None
    usual : float or None
        ``absolute_relative`` of the yardstick.
    times_usual : float or None
        ``absolute_relative`` over that: 1 or less is within usual variation.
    confidence : float
    note : str
    """

    condition: str
    modality: str
    measure: str
    unit: str
    n_subjects: int
    n_scans: int
    n_lost: int = 0
    spearman: float | None = None
    spearman_low: float | None = None
    spearman_high: float | None = None
    icc: float | None = None
    icc_low: float | None = None
    icc_high: float | None = None
    bias: float | None = None
    bias_low: float | None = None
    bias_high: float | None = None
    limit_low: float | None = None
    limit_high: float | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    absolute_relative: float | None = None
    margin: float | None = None
    equivalence_p: float | None = None
    equivalent: bool | None = None
    usual: float | None = None
    times_usual: float | None = None
    confidence: float = 0.95
    note: str = ""


def agreement(
    measures: pd.DataFrame,
    *,
    rng: np.random.Generator,
    margin: float = 0.05,
    usual: Iterable[Yardstick] = (),
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[Agreement, ...]:
    """Compare each measure of each condition with the same measure of the original scan.

    Scans of a person are not independent: of every statistic but the limits of agreement the unit is the person's mean
    over their scans of one sequence; the limits are those of a single scan.

    Parameters
    ----------
    measures : pandas.DataFrame
        ``subject, session, modality, condition, measure, value`` and, if there is one, ``unit``; one row a number. A
        value that could not be had is NaN.
    rng : numpy.random.Generator
        Resamples people. One number is drawn from it, so that other measures change none.
    margin : float, default 0.05
        Of equivalence, as a share of the original, stated beforehand.
    usual : iterable of Yardstick
        Variation without defacing, by measure; of the same sequence where it names one.
    confidence : float, default 0.95
    resamples : int, default 1000

    Returns
    -------
    tuple of Agreement
        In the order of conditions, sequences and measures in the table.

    Raises
    ------
    UsageError
        When there is no original, the margin is not above 0, or the confidence is not in (0, 1).
    """
    check_confidence(confidence)
    check_margin(margin)
    if len(measures) and ORIGINAL not in set(measures["condition"]):
        raise UsageError(
            f"No measure is of the condition '{ORIGINAL}'.", remedy=f"Call the scans that nobody altered '{ORIGINAL}'."
        )
    seed = int(rng.integers(2**63))
    yard = {(each.measure, each.modality): each for each in usual}
    keys = ["subject", "session"]
    made = []
    for (modality, measure), rows in measures.groupby(["modality", "measure"], sort=False):
        originals = rows[rows["condition"] == ORIGINAL].set_index(keys)["value"]
        before = originals.dropna()
        unit = str(rows["unit"].iloc[0]) if "unit" in rows.columns else ""
        ruler = yard.get((str(measure), str(modality))) or yard.get((str(measure), ""))
        for condition in dict.fromkeys(rows["condition"]):
            if condition == ORIGINAL:
                continue
            after = rows[rows["condition"] == condition].set_index(keys)["value"].dropna()
            own = np.random.default_rng([seed, crc32(f"{condition}/{modality}/{measure}".encode())])
            case = _Case(own, margin, ruler, confidence, resamples)
            both = before.index.intersection(after.index)
            words = (str(condition), str(modality), str(measure), unit)
            row = _agreement(words, before[both], after[both], len(before) - len(both), case)
            if len(both) and len(before) < len(originals):
                row = replace(row, note="; ".join(filter(None, (row.note, _lacking(rows, originals)))))
            made.append(row if len(both) else replace(row, note=f"{row.note}{_reasons(rows, str(condition))}"))
    order = {name: place for place, name in enumerate(dict.fromkeys(measures["condition"]))}
    return tuple(sorted(made, key=lambda each: order[each.condition]))


def _lacking(rows: pd.DataFrame, originals: pd.Series[Any]) -> str:
    """Say of how many originals a measure was not made, and why where the table knows."""
    count = int(originals.isna().sum())
    lost = rows[(rows["condition"] == ORIGINAL) & rows["value"].isna()]
    return f"{count} of {len(originals)} originals lack the measure{_reasons(lost, ORIGINAL)}"


def _reasons(rows: pd.DataFrame, condition: str) -> str:
    """Say why a measure was not made, by what the table says of its rows."""
    if "why" not in rows.columns:
        return ""
    asked = rows[rows["condition"].isin([ORIGINAL, condition])]
    whys = dict.fromkeys(str(why) for why in asked["why"] if isinstance(why, str) and why)
    return f": {'; '.join(whys)}" if whys else ""


@dataclass(frozen=True, eq=False)
class _Case:
    rng: np.random.Generator
    margin: float
    ruler: Yardstick | None
    confidence: float
    resamples: int


def _agreement(
    words: tuple[str, str, str, str], before: pd.Series[Any], after: pd.Series[Any], lost: int, case: _Case
) -> Agreement:
    if not len(before):
        note = "the measure was made of no scan in both conditions"
        return Agreement(*words, 0, 0, lost, margin=case.margin, confidence=case.confidence, note=note)
    owner = before.index.get_level_values("subject").to_numpy(dtype=str)
    first, second = before.to_numpy(dtype=np.float64), after.to_numpy(dtype=np.float64)
    one, two = _means(owner, first), _means(owner, second)
    rank, rank_interval = spearman(one, two, rng=case.rng, confidence=case.confidence, resamples=case.resamples)
    icc, icc_interval = intraclass_correlation(np.column_stack([one, two]), case.confidence)
    limits = bland_altman(second - first, owner, confidence=case.confidence)
    facts, why = _relative(owner, first, second, case)
    notes = [
        f"Spearman: {rank_interval.note}" if rank_interval.low is None else "",
        f"ICC: {icc_interval.note}" if icc_interval.low is None else "",
        f"limits: {limits.bias_interval.note}" if limits.low is None else "",
        why,
        "scans of a person are averaged; limits are those of a single scan" if len(first) > len(one) else "",
        f"{lost} defaced {'scan lacks' if lost == 1 else 'scans lack'} the measure" if lost else "",
    ]
    return Agreement(
        *words,
        len(one),
        len(first),
        lost,
        spearman=rank,
        spearman_low=rank_interval.low,
        spearman_high=rank_interval.high,
        icc=icc,
        icc_low=icc_interval.low,
        icc_high=icc_interval.high,
        bias=limits.bias,
        bias_low=limits.bias_interval.low,
        bias_high=limits.bias_interval.high,
        limit_low=limits.low,
        limit_high=limits.high,
        margin=case.margin,
        confidence=case.confidence,
        note="; ".join(filter(None, notes)),
        **facts,
    )


def _relative(owner: Any, first: Any, second: Any, case: _Case) -> tuple[dict[str, Any], str]:
    """Return what depends on relative differences, or why there are none."""
    if not (first > 0).all():
        return {}, "no relative difference: an original is not above 0"
    changed = _means(owner, (second - first) / first)
    size = float(_means(owner, np.abs(second - first) / first).mean())
    mean, interval = mean_interval(changed, case.confidence)
    p = equivalence(changed, case.margin)
    usual = case.ruler.absolute_relative if case.ruler else None
    return {
        "relative": mean,
        "relative_low": interval.low,
        "relative_high": interval.high,
        "absolute_relative": size,
        "equivalence_p": p,
        "equivalent": None if p is None else p < ALPHA,
        "usual": usual,
        "times_usual": size / usual if usual else None,
    }, ("equivalence: it takes two people" if p is None else "")


def _means(owner: Any, values: Any) -> Any:
    _, place, counts = np.unique(owner, return_inverse=True, return_counts=True)
    return np.bincount(place, weights=values) / counts
