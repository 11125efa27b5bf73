"""The tables that the page shows: text in columns, nothing computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reid_audit.report.numbers import MISSING, format_interval, format_value, metric_name, percent
from reid_audit.report.verdict import PHOTO, attacker_label, conditions_in_order
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from reid_audit.types import Findings, Result

__all__ = [
    "PageTable",
    "doubtful_table",
    "failures_table",
    "models_table",
    "page_results",
    "photos_sentence",
    "side_by_side",
    "surfaces_table",
]

Row = Mapping[str, Any]
Cells = tuple[tuple[str, str], ...]

_MOST_ROWS = 120
_MOST_RESULTS = 600
_MOST_DOUBTS = 40
_MOST_SIZES = 4
_WHOLE = 0.9
_POSED = 5
_LEADING = ("rank", "auc", "accuracy", "detection_rate", "render_detection_rate")
_BEFORE = "Face detection (before any attacker)"


@dataclass(frozen=True)
class PageTable:
    """A table as the page shows it.

    Parameters
    ----------
    title, caption : str
    columns : tuple of str
    rows : tuple of tuple of (str, str)
        Column and text of every cell.
    groups : tuple of (str, tuple)
        The same rows under a heading each; one group without a heading where there are none.
    numeric : frozenset of str
        Columns set flush right.
    style : str
        A class of the style sheet.
    """

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Cells, ...]
    groups: tuple[tuple[str, tuple[Cells, ...]], ...]
    numeric: frozenset[str] = frozenset()
    style: str = ""


def _table(
    title: str,
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    most: int = _MOST_ROWS,
    **more: Any,
) -> PageTable:
    shown = tuple(
        tuple(zip(columns, (MISSING if cell is None or cell == "" else str(cell) for cell in row), strict=True))
        for row in rows[:most]
    )
    if len(rows) > most:
        caption = f"{caption} The first {most} of {len(rows)} rows; all of them are in the folder tables.".strip()
    return PageTable(title, caption, tuple(columns), shown, (("", shown),), **more)


def side_by_side(findings: Findings) -> list[dict[str, Any]]:
    """Return the leading metrics, grouped by attacker, one cell a condition; rows without any number are left out."""
    chosen = [result for result in findings.results if result.metric in _LEADING and result.condition != PHOTO]
    groups: dict[str, dict[tuple[str, int | None], dict[str, Result]]] = {}
    for result in chosen:
        label = attacker_label(result, chosen) if result.attacker else _BEFORE
        rows = groups.setdefault(label, {})
        rows.setdefault((result.metric, result.k), {}).setdefault(result.condition, result)
    conditions = conditions_in_order(findings)
    return [
        {
            "label": label,
            "rows": [
                {"name": metric_name(*measure), "cells": [_cell(cells.get(name)) for name in conditions]}
                for measure, cells in _telling(rows)
            ],
        }
        for label, rows in groups.items()
    ]


def _telling(
    rows: dict[tuple[str, int | None], dict[str, Result]],
) -> list[tuple[tuple[str, int | None], dict[str, Result]]]:
    """Return the rows that hold a number; where none does, the first, which says why."""
    held = [row for row in rows.items() if any(result.value is not None for result in row[1].values())]
    return held or list(rows.items())[:1]


def _cell(result: Result | None) -> dict[str, Any]:
    if result is None:
        return {"value": "", "lines": ["not measured"]}
    if result.value is None:
        return {"value": "", "lines": [result.note or "no number", f"n = {_people(result)}"]}
    chance = format_value(result.metric, result.chance)
    control = format_value(result.metric, result.control)
    return {
        "value": format_value(result.metric, result.value),
        "lines": [
            f"interval {format_interval(result.metric, result.low, result.high)}",
            f"n = {_people(result)}, {result.n_probes} {_searched(result)}",
            f"chance {chance}, shuffled {control}" if result.attacker else "chance and shuffled labels do not apply",
        ],
    }


def photos_sentence(findings: Findings) -> str:
    """Say in how many photographs a face was found; empty where none was given."""
    for result in findings.results:
        if result.condition == PHOTO and result.metric == "detection_rate" and result.value is not None:
            interval = format_interval(result.metric, result.low, result.high)
            return (
                f"A face was found in {percent(result.value)} of the photographs (interval {interval}; "
                f"n = {result.n_subjects} people, {result.n_probes} photographs)."
            )
    return ""


def _people(result: Result) -> str:
    return "1 person" if result.n_subjects == 1 else f"{result.n_subjects} people"


def _searched(result: Result) -> str:
    return {"detection_rate": "heads", "render_detection_rate": "renders"}.get(result.metric, "probes")


def page_results(findings: Findings, results: Sequence[Row]) -> PageTable:
    """Return every result but the quartiles, one row each with everything that belongs to it, grouped by attacker.

    Parameters
    ----------
    findings : Findings
    results : sequence of mapping
        The same results in the same order, as ``report.json`` has them.
    """
    columns = ("Measure", "Condition", "Value", "Interval", "n", "Probes", "Chance", "Shuffled", "Note")
    rows, labels = [], []
    for result, row in zip(findings.results, results, strict=True):
        metric = result.metric
        if "_q1_" in metric or "_q3_" in metric:
            continue
        labels.append(attacker_label(result, findings.results) if result.attacker else _BEFORE)
        rows.append(
            (
                metric_name(metric, result.k),
                result.condition,
                format_value(metric, result.value),
                format_interval(metric, result.low, result.high),
                result.n_subjects,
                result.n_probes,
                format_value(metric, result.chance),
                format_value(metric, result.control),
                row["note"],
            )
        )
    levels = sorted({result.confidence for result in findings.results if result.confidence is not None})
    level = f"Intervals: {', '.join(map(percent, levels))}, over people. " if levels else ""
    caption = (
        f"{level}{MISSING} where a number does not apply or cannot be had. Shuffled: the same with shuffled labels. "
        "Quartiles of the scores stand in the folder tables."
    )
    numeric = frozenset({"Value", "Interval", "n", "Probes", "Chance", "Shuffled"})
    table = _table("All results", caption, columns, rows, numeric=numeric, style="all", most=_MOST_RESULTS)
    grouped: dict[str, list[Cells]] = {}
    for label, cells in zip(labels, table.rows, strict=False):
        grouped.setdefault(label, []).append(cells)
    return replace(table, groups=tuple((label, tuple(cells)) for label, cells in grouped.items()))


def failures_table(failures: Sequence[Row]) -> PageTable:
    """Return the failures; equal ones of one scan are told once, with their number."""
    columns = ("Stage", "Person", "Scan or photo", "Condition", "What", "Remedy", "Times")
    keys = ("stage", "subject", "sample", "condition", "what", "remedy")
    counted = Counter(tuple(failure[key] for key in keys) for failure in failures)
    rows = [(*row, count) for row, count in sorted(counted.items())]
    caption = "Rows without a person concern the cohort as a whole."
    return _table("Failures by stage", caption, columns, rows, numeric=frozenset({"Times"}))


def surfaces_table(surfaces: Sequence[Row]) -> PageTable:
    """Return what the scans of each condition show of the outside of the head, with the worst scan's figures."""
    columns = (
        "Condition",
        "Scans",
        "Voxel (mm)",
        "Field of view cuts through",
        "Largest piece, least",
        "Pose residual, most (mm)",
    )
    rows = []
    for condition in sorted({row["condition"] for row in surfaces}, key=lambda name: (name != ORIGINAL, name)):
        scans = [row for row in surfaces if row["condition"] == condition]
        cut = Counter(region for row in scans for region in row["cut_through"].split(", ") if region)
        residuals = [row["pose_residual"] for row in scans if row["pose_residual"] is not None]
        rows.append(
            (
                condition,
                len(scans),
                "; ".join(sorted({row["voxel_size"] for row in scans})[:_MOST_SIZES]),
                ", ".join(f"{region} in {count}" for region, count in cut.most_common()) or "no face region",
                percent(min((row["largest_share"] for row in scans if row["largest_share"] is not None), default=None)),
                f"{max(residuals):.0f}" if residuals else None,
            )
        )
    caption = (
        "A large pose residual means that a head may not have faced the cameras. Scan by scan: tables/surfaces.csv."
    )
    numeric = frozenset({"Scans", "Largest piece, least", "Pose residual, most (mm)"})
    return _table("Surfaces by condition", caption, columns, rows, numeric=numeric)


def doubtful_table(surfaces: Sequence[Row]) -> PageTable:
    """Return the scans whose surface a reader should doubt: cut at the face, in pieces, or badly posed."""
    columns = ("Scan", "Condition", "Field of view cuts through", "Largest piece", "Pose residual (mm)")
    rows = [
        (
            row["sample"],
            row["condition"],
            row["cut_through"] or "no face region",
            percent(row["largest_share"]),
            None if row["pose_residual"] is None else f"{row['pose_residual']:.0f}",
        )
        for row in surfaces
        if row["cut_through"] or (row["largest_share"] or 0) < _WHOLE or (row["pose_residual"] or 0) > _POSED
    ]
    caption = "Low ranks of these scans may come from the scan and not from what was done to it."
    return _table(
        "Scans to doubt",
        caption,
        columns,
        rows,
        most=_MOST_DOUBTS,
        numeric=frozenset({"Largest piece", "Pose residual (mm)"}),
    )


def models_table(models: Sequence[Row]) -> PageTable:
    """Return models with version, licence and the hashes of their weights."""
    columns = ("Model", "Version", "Licence", "SHA-256 of weights")
    rows = [
        (
            model["name"],
            model["version"],
            model["licence"],
            ", ".join(key[:16] + "…" for key in model["weights_sha256"]),
        )
        for model in models
    ]
    caption = "Hashes in full stand in report.json."
    return _table("Models and their licences", caption, columns, rows)
