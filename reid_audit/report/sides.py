"""Conditions side by side: one cell a number, and on whom it rests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reid_audit.report.assessed import assessed
from reid_audit.report.changes import assessed_differences
from reid_audit.report.numbers import MISSING, format_interval, format_value, metric_name
from reid_audit.report.verdict import conditions_in_order
from reid_audit.report.wording import PHOTO, attacker_label, counted, people_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reid_audit.types import Findings, Result

__all__ = ["result_group", "side_by_side", "uneven_people"]

_LEADING = ("rank", "auc", "accuracy", "detection_rate", "render_detection_rate")
_BEFORE = "Face detection (before any attacker)"

_TEMPLATES = "What templates tell (before any attacker)"

_Measure = tuple[str, int | None]


def result_group(result: Result, results: Sequence[Result]) -> str:
    """Return under which heading a result stands: its attacker, face detection, or what templates tell."""
    if result.attacker:
        return attacker_label(result, results)
    if result.metric == "biometric_information":
        return f"{_TEMPLATES}, embedder {result.embedder}"
    embedders = {other.embedder for other in results if not other.attacker}
    return f"{_BEFORE}, embedder {result.embedder}" if len(embedders) > 1 else _BEFORE


def side_by_side(findings: Findings) -> list[dict[str, Any]]:
    """Return the leading metrics, grouped by attacker, one cell a condition; rows without any number are left out."""
    conditions = conditions_in_order(findings)
    return [
        {
            "label": label,
            "rows": [
                {"name": metric_name(*measure), "cells": [_cell(cells.get(name)) for name in conditions]}
                for measure, cells in _telling(rows)
            ],
        }
        for label, rows in _grouped(findings).items()
    ]


def uneven_people(findings: Findings) -> tuple[str, ...]:
    """Say where the conditions of one attack rest on different people, so that they compare badly."""
    attacks: dict[str, list[str]] = {}
    for label, rows in _grouped(findings).items():
        for said in _uneven(rows, conditions_in_order(findings)):
            attacks.setdefault(said, []).append(label)
    shown = assessed_differences(findings)
    for each in shown:
        if each.metric == "rank" and each.n_before_only and each.n_before_only == each.n_after_only:
            said = f"{people_of(each.n_before_only)} only in {each.baseline}, as many others only in {each.condition}"
            attacks.setdefault(said, []).append(attacker_label(each, shown))
    if not attacks:
        return ()
    uneven = " ".join(f"{_listed(labels)}: {said}." for said, labels in attacks.items())
    return (
        (
            f"The conditions do not rest on the same people. {uneven} Part of a difference between such conditions "
            "may come from who is missing, and not from what was done to the scans."
        ),
    )


def _listed(labels: Sequence[str]) -> str:
    """Write attacks one after the other, what tells them apart behind a comma."""
    plain = [label.replace(" (", ", ").replace(")", "") for label in labels]
    return ("; " if any("," in label for label in plain) else ", ").join(plain)


def _grouped(findings: Findings) -> dict[str, dict[_Measure, dict[str, Result]]]:
    """Sort the leading metrics by attacker, measure and condition."""
    shown = [result for result in assessed(findings) if result.metric in _LEADING and result.condition != PHOTO]
    groups: dict[str, dict[_Measure, dict[str, Result]]] = {}
    for result in shown:
        rows = groups.setdefault(result_group(result, shown), {})
        rows.setdefault((result.metric, result.k), {}).setdefault(result.condition, result)
    return groups


def _uneven(rows: dict[_Measure, dict[str, Result]], conditions: Sequence[str]) -> Iterator[str]:
    """Yield the people behind the first measure of an attack whose conditions have different n."""
    for measure, cells in rows.items():
        people = {
            name: cells[name].n_subjects for name in conditions if name in cells and cells[name].value is not None
        }
        if len(set(people.values())) > 1:
            rests = ", ".join(f"{people_of(count)} in {name}" for name, count in people.items())
            yield f"{metric_name(*measure)} rests on {rests}"
            return


def _telling(rows: dict[_Measure, dict[str, Result]]) -> list[tuple[_Measure, dict[str, Result]]]:
    """Return the rows that hold a number; where none does, the first, which says why."""
    held = [row for row in rows.items() if any(result.value is not None for result in row[1].values())]
    return held or list(rows.items())[:1]


def _cell(result: Result | None) -> dict[str, Any]:
    if result is None:
        return {"value": "", "lines": ["not measured"]}
    if result.value is None:
        return {"value": MISSING, "lines": [result.note or "no number", f"n = {people_of(result.n_subjects)}"]}
    rests_on = f"n = {people_of(result.n_subjects)}, {counted(result.n_probes, _searched(result))}"
    interval = f"interval {format_interval(result.metric, result.low, result.high)}"
    if result.attacker:
        chance = format_value(result.metric, result.chance)
        beside = [f"chance {chance}, shuffled {format_value(result.metric, result.control)}"]
    else:
        beside = ["chance and shuffled labels do not apply", *filter(None, [result.note])]
    return {"value": format_value(result.metric, result.value), "lines": [interval, rests_on, *beside]}


def _searched(result: Result) -> str:
    return {"detection_rate": "head", "render_detection_rate": "render"}.get(result.metric, "probe")
