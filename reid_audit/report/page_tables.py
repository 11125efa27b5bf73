"""The tables that the page shows: text in columns, nothing computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reid_audit.report.assessed import assessed
from reid_audit.report.numbers import MISSING, format_interval, format_value, metric_name, percent
from reid_audit.report.sides import result_group
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from reid_audit.types import Findings

__all__ = [
    "PageTable",
    "doubtful_table",
    "failures_table",
    "make_table",
    "models_table",
    "page_results",
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


def make_table(
    title: str,
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    most: int = _MOST_ROWS,
    labels: Sequence[str] = (),
    numeric: frozenset[str] = frozenset(),
    style: str = "",
) -> PageTable:
    """Return a table of text.

    Parameters
    ----------
    title, caption : str
    columns : sequence of str
    rows : sequence of sequence
        An empty cell becomes a dash.
    most : int
        Rows to show; those beyond are left to the folder of tables, and the caption says so.
    labels : sequence of str, optional
        The heading under which each row stands.
    numeric : frozenset of str
    style : str

    Returns
    -------
    PageTable
    """
    shown = tuple(
        tuple(zip(columns, (MISSING if cell is None or cell == "" else str(cell) for cell in row), strict=True))
        for row in rows[:most]
    )
    if len(rows) > most:
        caption = f"{caption} The first {most} of {len(rows)} rows; all of them are in the folder tables.".strip()
    grouped: dict[str, list[Cells]] = {}
    for label, cells in zip(labels or [""] * len(shown), shown, strict=False):
        grouped.setdefault(label, []).append(cells)
    groups = tuple((label, tuple(cells)) for label, cells in grouped.items())
    return PageTable(title, caption, tuple(columns), shown, groups, numeric, style)


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
    shown = assessed(findings)
    for result, row in zip(shown, results, strict=True):
        metric = result.metric
        if "_q1_" in metric or "_q3_" in metric:
            continue
        labels.append(result_group(result, shown))
        rows.append(
            (
                ", ".join(filter(None, (metric_name(metric, result.k), result.group))),
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
    return make_table(
        "All results", caption, columns, rows, labels=labels, numeric=numeric, style="all", most=_MOST_RESULTS
    )


def failures_table(failures: Sequence[Row]) -> PageTable:
    """Return the failures; equal ones of one scan are told once, with their number."""
    columns = ("Stage", "Person", "Scan or photo", "Condition", "What", "Remedy", "Times")
    keys = ("stage", "subject", "sample", "condition", "what", "remedy")
    counted = Counter(tuple(failure[key] for key in keys) for failure in failures)
    rows = [(*row, count) for row, count in sorted(counted.items())]
    caption = "Rows without a person concern the cohort as a whole."
    return make_table("Failures by stage", caption, columns, rows, numeric=frozenset({"Times"}))


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
    return make_table("Surfaces by condition", caption, columns, rows, numeric=numeric)


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
    return make_table(
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
    return make_table("Models and their licences", caption, columns, rows)
