"""Whether defacers differ in how often they succeed, on the same people: Cochran's Q, then McNemar by pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.comparison.verdicts import SCAN, checked_verdicts, outcome
from reid_audit.statistics import CochranQ, check_confidence, cochran_q, holm, mcnemar, paired_interval

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PairOfDefacers", "SuccessTests", "compare_success"]


@dataclass(frozen=True)
class PairOfDefacers:
    """Two defacers on the same people.

    Parameters
    ----------
    outcome : str
    first, second : str
        Conditions.
    n_subjects, n_scans : int
        People and scans with a verdict under both.
    first_only, second_only : int
        People for whom the one did well in all their scans and the other did not.
    difference : float or None
        Mean over people of the share of scans that second did well, less first's.
    low, high : float or None
    p_value, p_adjusted : float or None
        McNemar's exact test, and corrected by Holm over the pairs.
    note : str
    """

    outcome: str
    first: str
    second: str
    n_subjects: int
    n_scans: int
    first_only: int = 0
    second_only: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    note: str = ""


@dataclass(frozen=True)
class SuccessTests:
    """All defacers at once, and two by two.

    Parameters
    ----------
    outcome : str
    overall : CochranQ or None
        None where it cannot be had; ``note`` says why.
    conditions : tuple of str
        That entered the overall test.
    pairs : tuple of PairOfDefacers
    note : str
    """

    outcome: str
    overall: CochranQ | None
    conditions: tuple[str, ...]
    pairs: tuple[PairOfDefacers, ...]
    note: str = ""


def compare_success(verdicts: pd.DataFrame, name: str = "success", *, confidence: float = 0.95) -> SuccessTests:
    """Test whether defacers differ in how often they do well, on the same people.

    A person is one outcome: well where *all* their scans came out well, of those with a verdict under every condition
    that is compared; one bad scan is enough to show a face.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        As for :func:`~reid_audit.comparison.verdicts.checked_verdicts`.
    name : str
        One of :data:`~reid_audit.comparison.verdicts.OUTCOMES`.
    confidence : float, default 0.95
        Of the difference of each pair, by itself.

    Returns
    -------
    SuccessTests
        A condition of which no scan was assessed is left out of the overall test, and its pairs have no p value.

    Raises
    ------
    UsageError
        As ``checked_verdicts``, or for an unknown outcome.
    """
    check_confidence(confidence)
    table = checked_verdicts(verdicts)
    came = table.assign(came=outcome(table, name)).set_index([*SCAN, "condition"])["came"]
    wide = came.unstack("condition")  # noqa: PD010 - rows are unique, and yes and no have no mean
    wide = wide[[str(each) for each in dict.fromkeys(table["condition"])]]
    present = [str(each) for each in wide.columns if wide[each].notna().any()]
    pairs = [_pair(wide, name, first, second, confidence) for first, second in combinations(wide.columns, 2)]
    overall, note = _overall(wide, present)
    return SuccessTests(name, overall, tuple(present), _corrected(pairs), note)


def _overall(wide: pd.DataFrame, present: list[str]) -> tuple[CochranQ | None, str]:
    if len(present) < 2:
        return None, "fewer than two conditions were assessed"
    whole = wide[present].dropna()
    if not len(whole):
        return None, "no scan was assessed under every condition"
    left_out = [each for each in wide.columns if each not in present]
    notes = [f"without {', '.join(left_out)}, of which no scan was assessed"] if left_out else []
    gaps = {name: count for name in present if (count := int(wide[name].isna().sum()))}
    if len(whole) < len(wide):
        own = ", ".join(f"{name} {count}" for name, count in gaps.items())
        notes.append(f"on the {len(whole)} of {len(wide)} scans assessed under all (without a verdict: {own})")
    return cochran_q(_all_well(whole)), "; ".join(notes)


def _all_well(whole: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return one row a person: whether all of their scans came out well, shape (n_people, n_conditions), bool."""
    return np.asarray(whole.astype(float).groupby(level="subject").min() > 0.5)


def _pair(wide: pd.DataFrame, name: str, first: str, second: str, confidence: float) -> PairOfDefacers:
    whole = wide[[first, second]].dropna()
    if not len(whole):
        return PairOfDefacers(name, first, second, 0, 0, note="no scan was assessed under both")
    well = _all_well(whole)
    shares = whole.astype(float).groupby(level="subject").mean().to_numpy()
    first_only = int(np.count_nonzero(well[:, 0] & ~well[:, 1]))
    second_only = int(np.count_nonzero(well[:, 1] & ~well[:, 0]))
    changed = shares[:, 1] - shares[:, 0]
    interval = paired_interval(changed, confidence)
    several = len(whole) > len(well)
    return PairOfDefacers(
        name,
        first,
        second,
        len(well),
        len(whole),
        first_only,
        second_only,
        float(changed.mean()),
        interval.low,
        interval.high,
        mcnemar(first_only, second_only),
        note="; ".join(filter(None, ("a person does well where all their scans do" if several else "", interval.note))),
    )


def _corrected(pairs: list[PairOfDefacers]) -> tuple[PairOfDefacers, ...]:
    tested = [place for place, each in enumerate(pairs) if each.p_value is not None]
    made = list(pairs)
    corrected = holm([p for each in pairs if (p := each.p_value) is not None])
    for place, p in zip(tested, corrected, strict=True):
        made[place] = replace(made[place], p_adjusted=float(p))
    return tuple(made)
