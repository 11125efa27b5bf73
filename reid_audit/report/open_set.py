"""Searches for people who may not be there, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.numbers import format_interval, percent
from reid_audit.report.wording import people_of, scans_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Result

__all__ = ["OPEN_SET_BEGINS", "about_open_set", "found_in_open_set"]

OPEN_SET_BEGINS = "In an open set"
"""How the sentence begins."""

_METRIC = "fnir_at_fpir_"
_REALISED = "fpir_realised_"


def about_open_set(condition: str, results: Sequence[Result]) -> tuple[str, ...]:
    """Say how many owners are found at fixed rates of false alarms, or why that cannot be said.

    Parameters
    ----------
    condition : str
    results : sequence of Result

    Returns
    -------
    tuple of str
        One sentence; none where attacker ``open-set`` gave nothing.
    """
    asked = [r for r in _asked(condition, results) if r.note or r.value is not None]
    told = [result for result in asked if result.value is not None]
    if not told:
        why = asked[0].note.split("; ")[0] if asked else ""
        return (f"{OPEN_SET_BEGINS}, {scans_of(condition)}: {why}.",) if why else ()
    realised = {(r.condition, r.metric): r.value for r in results if r.metric.startswith(_REALISED)}
    lines = []
    for result in told:
        rate = result.metric.removeprefix(_METRIC)
        lines.append(
            f"{percent(_found(result.value))} ({percent(result.confidence)} interval "
            f"{format_interval(result.metric, _found(result.high), _found(result.low))}; chance "
            f"{percent(_found(result.chance))}) where {percent(float(rate))} of the searches for people who are not "
            f"there were to raise a false alarm, and {percent(realised.get((condition, _REALISED + rate)))} did"
        )
    whole = (
        f"{OPEN_SET_BEGINS}, {scans_of(condition)}: of {people_of(told[0].n_subjects)} who are there, the right one "
        f"comes first and above the threshold for {'; '.join(lines)}."
    )
    return (whole,)


def found_in_open_set(condition: str, results: Sequence[Result]) -> str:
    """Return the share of owners found at the highest rate of false alarms that gave a number; a dash for none."""
    return next((percent(_found(r.value)) for r in _asked(condition, results) if r.value is not None), percent(None))


def _asked(condition: str, results: Sequence[Result]) -> list[Result]:
    """Return the miss rates of the first rank, the most false alarms first."""
    asked = [r for r in results if r.condition == condition and r.metric.startswith(_METRIC) and r.k == 1]
    return sorted(asked, key=lambda result: -float(result.metric.removeprefix(_METRIC)))


def _found(missed: float | None) -> float | None:
    return None if missed is None else 1.0 - missed
