"""Before and after: what each condition changed for the same people, in rows and in a sentence."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from reid_audit.report.assessed import idle_attacks
from reid_audit.report.numbers import MISSING, is_share, percent, plain
from reid_audit.report.wording import attack_of, attacker_label, people_of
from reid_audit.types import ORIGINAL, Difference

if TYPE_CHECKING:
    from reid_audit.types import Findings, Result

__all__ = [
    "DIFFERENCE_KEYS",
    "about_change",
    "assessed_differences",
    "difference_limits",
    "difference_rows",
    "difference_value",
    "p_value",
]

DIFFERENCE_KEYS = tuple(Difference.__dataclass_fields__)
"""Keys of one object of ``differences`` in ``report.json``, in order."""

_MINUS = "\N{MINUS SIGN}"
_NO_NUMBER: dict[str, Any] = {
    "value": None,
    "before": None,
    "after": None,
    "low": None,
    "high": None,
    "confidence": None,
    "lost": None,
    "gained": None,
    "p_value": None,
    "p_adjusted": None,
}


def assessed_differences(findings: Findings) -> tuple[Difference, ...]:
    """Return the differences, without a number where one of the two conditions could not be attacked.

    A rank of 0 because nobody had a template is no rank (:func:`~reid_audit.report.assessed.assessed`), and what
    lies between two ranks of which one is none is no difference.
    """
    idle = idle_attacks(findings)
    return tuple(_without_idle(each, idle) for each in findings.differences)


def _without_idle(each: Difference, idle: dict[tuple[tuple[str | None, ...], str], str]) -> Difference:
    notes = [idle[key] for name in (each.baseline, each.condition) if (key := (attack_of(each), name)) in idle]
    return replace(each, **_NO_NUMBER, note="; ".join(dict.fromkeys(notes))) if notes else each


def difference_rows(findings: Findings) -> list[dict[str, Any]]:
    """Return every difference as a flat mapping with :data:`DIFFERENCE_KEYS`, without NaN."""
    rows: list[dict[str, Any]] = [plain(asdict(each)) for each in assessed_differences(findings)]
    return rows


def about_change(condition: str, leading: Result | None, findings: Findings) -> tuple[str, ...]:
    """Say what a condition changed under the attack that leads on the original scans, or else under its own leader.

    Parameters
    ----------
    condition : str
    leading : Result or None
        The identification that the verdict quotes of the original scans.
    findings : Findings

    Returns
    -------
    tuple of str
        One sentence; none for the original, and none where there is no difference with an interval.
    """
    shown = assessed_differences(findings)
    made = [d for d in shown if d.condition == condition and d.metric == "rank" and d.low is not None]
    chosen = [d for d in made if leading is not None and attack_of(d) == attack_of(leading)] or made
    return (_sentence(chosen[0], shown),) if chosen else ()


def _sentence(each: Difference, shown: tuple[Difference, ...]) -> str:
    before = "the originals" if each.baseline == ORIGINAL else f"condition “{each.baseline}”"
    level = f"{percent(each.confidence)} interval {difference_limits(each)}"
    said = (
        f"Against {before}, over the same {people_of(each.n_subjects)}: attacker {attacker_label(each, shown)} "
        f"identifies {percent(each.after)} after and {percent(each.before)} before "
        f"({difference_value(each.metric, each.value)}, {level})"
    )
    tested = (
        ""
        if each.p_adjusted is None
        else f"; people found only before {each.lost}, only after {each.gained} (McNemar's exact test, "
        f"p {_equals(each.p_adjusted)} corrected over the conditions)"
    )
    return f"{said}{tested}.{_read(each)}"


def _read(each: Difference) -> str:
    if each.low is None or each.high is None or not each.low <= 0 <= each.high:
        return ""
    return " The interval holds no change at all: neither a loss nor a gain of protection is shown."


def difference_value(metric: str, value: float | None) -> str:
    """Write a difference with its sign: percentage points for a share."""
    if value is None:
        return MISSING
    if is_share(metric):
        points = round(100 * value)
        return f"{_signed(points, f'{abs(points)}')} points"
    return _signed(round(value, 2), f"{abs(value):.2f}")


def _signed(value: float, digits: str) -> str:
    return digits if value == 0 else f"{'+' if value > 0 else _MINUS}{digits}"


def difference_limits(each: Difference) -> str:
    """Write the confidence limits of a difference: ``−95 to −60``."""
    if each.low is None or each.high is None:
        return MISSING
    low, high = (difference_value(each.metric, limit).removesuffix(" points") for limit in (each.low, each.high))
    return f"{low} to {high}"


def p_value(p: float | None) -> str:
    """Write a probability with three digits."""
    if p is None:
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _equals(p: float) -> str:
    shown = p_value(p)
    return shown if shown.startswith("<") else f"= {shown}"
