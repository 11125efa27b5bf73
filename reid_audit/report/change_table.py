"""Before and after, as a table of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.changes import assessed_differences, difference_limits, difference_value, p_value
from reid_audit.report.numbers import format_value, metric_name
from reid_audit.report.page_tables import PageTable, make_table
from reid_audit.report.wording import attacker_label

if TYPE_CHECKING:
    from reid_audit.types import Findings

__all__ = ["changes_table"]


def changes_table(findings: Findings) -> PageTable:
    """Return the differences of rank 1 and ROC-AUC, one row each, grouped by attacker."""
    columns = (
        "Condition",
        "Measure",
        "Before",
        "After",
        "Change",
        "Interval",
        "n",
        "Left out",
        "Found before only",
        "Found after only",
        "p",
    )
    shown = assessed_differences(findings)
    rows, labels = [], []
    for each in shown:
        labels.append(attacker_label(each, shown))
        rows.append(
            (
                each.condition,
                metric_name(each.metric, each.k) + (f" ({each.note})" if each.value is None else ""),
                format_value(each.metric, each.before),
                format_value(each.metric, each.after),
                difference_value(each.metric, each.value),
                difference_limits(each),
                each.n_subjects,
                each.n_before_only + each.n_after_only,
                each.lost,
                each.gained,
                p_value(each.p_adjusted),
            )
        )
    caption = (
        "Only people who are in both conditions, searched among the same people; left out: those in one of them. Below "
        "0: less is recognised than before. Found: by more than half of the own searches. p: McNemar's exact test on "
        "people found, corrected by Holm over the conditions of one attack, not over attacks. Intervals: over people, "
        "each for itself."
    )
    numeric = frozenset(columns[2:])
    return make_table("Before and after, the same people", caption, columns, rows, labels=labels, numeric=numeric)
