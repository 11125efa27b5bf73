"""Conditions side by side with what each changed for the same people: one row a number, for a paper or a plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reid_audit.report.assessed import assessed
from reid_audit.report.changes import assessed_differences, difference_limits, difference_value, p_value
from reid_audit.report.numbers import format_interval, format_value, metric_name, plain
from reid_audit.report.verdict import conditions_in_order
from reid_audit.report.wording import attack_of, attacker_label

if TYPE_CHECKING:
    from reid_audit.types import Difference, Findings, Result

__all__ = ["CONDITION_KEYS", "condition_rows", "words_of_conditions"]

_OF_RESULT = (
    *("attacker", "matcher", "embedder", "relation", "metric", "k", "condition", "value", "low", "high", "confidence"),
    *("n_subjects", "n_probes", "chance", "control"),
)
_OF_DIFFERENCE = {
    "baseline": "baseline",
    "change": "value",
    "change_low": "low",
    "change_high": "high",
    "n_paired": "n_subjects",
    "lost": "lost",
    "gained": "gained",
    "p_value": "p_value",
    "p_adjusted": "p_adjusted",
}
CONDITION_KEYS = (*_OF_RESULT, *_OF_DIFFERENCE, "note")
"""Columns of ``tables/conditions.csv``, in order."""

_MEASURES = (("rank", 1), ("auc", None))


def condition_rows(findings: Findings) -> list[dict[str, Any]]:
    """Return rank 1 and ROC-AUC of every attack, its conditions beneath each other, each with its paired test.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    list of dict
        With :data:`CONDITION_KEYS`. ``change`` is after minus before over the people who are in both conditions, with
        limits over people; ``p_adjusted`` McNemar's exact test, corrected by Holm over the conditions of one attack.
        None where a number does not apply or cannot be had.
    """
    tests = {(attack_of(each), each.condition, each.metric, each.k): each for each in assessed_differences(findings)}
    return [_row(result, tests.get((attack_of(result), *_key(result)))) for result in _in_order(findings)]


def _key(result: Result) -> tuple[str, str, int | None]:
    return result.condition, result.metric, result.k


def _in_order(findings: Findings) -> list[Result]:
    """Return rank 1 and AUC over everybody, attack by attack, its conditions in the order of the report."""
    shown = [each for each in assessed(findings) if (each.metric, each.k) in _MEASURES and each.attacker]
    shown = [each for each in shown if not each.group]
    attacks = list(dict.fromkeys(attack_of(each) for each in shown))
    conditions = conditions_in_order(findings)
    return sorted(
        shown,
        key=lambda each: (
            attacks.index(attack_of(each)),
            _MEASURES.index((each.metric, each.k)),
            conditions.index(each.condition),
        ),
    )


def _row(result: Result, test: Difference | None) -> dict[str, Any]:
    row = {name: plain(getattr(result, name)) for name in _OF_RESULT}
    row |= {name: None if test is None else plain(getattr(test, field)) for name, field in _OF_DIFFERENCE.items()}
    notes = (result.note, test.note if test is not None and test.value is None else "")
    return row | {"note": "; ".join(dict.fromkeys(filter(None, notes)))}


def words_of_conditions(findings: Findings) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return the same in words: columns, and rows of text; attack and measure stand where they change.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    columns : tuple of str
    rows : list of list of str
    """
    tested = ("Change", "Limits", "p")
    columns = ("Attack", "Measure", "Condition", "Value", "Interval", "n", "Chance", "Shuffled", *tested)
    shown = _in_order(findings)
    tests = {(attack_of(each), each.condition, each.metric, each.k): each for each in assessed_differences(findings)}
    rows: list[list[str]] = []
    before = ("", "")
    for result in shown:
        label = ", ".join(filter(None, (attacker_label(result, shown), result.relation)))
        name = metric_name(result.metric, result.k)
        test = tests.get((attack_of(result), *_key(result)))
        rows.append(
            [
                label if label != before[0] else "",
                name if (label, name) != before else "",
                result.condition,
                format_value(result.metric, result.value),
                format_interval(result.metric, result.low, result.high),
                str(result.n_subjects),
                format_value(result.metric, result.chance),
                format_value(result.metric, result.control),
                *(("", "", "") if test is None else _tested(test)),
            ]
        )
        before = (label, name)
    return columns, rows


def _tested(test: Difference) -> tuple[str, str, str]:
    return difference_value(test.metric, test.value), difference_limits(test), p_value(test.p_adjusted)
