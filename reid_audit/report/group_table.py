"""Rank 1 by group of people, of the attack that the verdict quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.numbers import format_interval, format_value
from reid_audit.report.page_tables import PageTable, make_table
from reid_audit.report.verdict import identifications
from reid_audit.report.wording import attack_of, attacker_label

if TYPE_CHECKING:
    from reid_audit.types import Findings

__all__ = ["groups_table"]


def groups_table(findings: Findings) -> PageTable:
    """Return rank 1 of every group under each condition's leading attack; without rows where none was asked for."""
    columns = ("Group", "Condition", "Value", "Interval", "n", "Searches", "Chance", "Note")
    rows, labels = [], []
    for condition, lead in identifications(findings).items():
        for result in findings.results:
            if (
                result.metric != "rank_by_group"
                or result.condition != condition
                or attack_of(result) != attack_of(lead)
            ):
                continue
            labels.append(attacker_label(result, findings.results))
            told = result.n_subjects or None
            rows.append(
                (
                    result.group,
                    condition,
                    format_value(result.metric, result.value),
                    format_interval(result.metric, result.low, result.high),
                    told,
                    result.n_probes or None,
                    format_value(result.metric, result.chance),
                    result.note,
                )
            )
    caption = (
        "Rank 1 of each group's searches among all people, under the attack that the verdict quotes of the condition; "
        "the other attacks stand in the table of every result. Small groups are not shown, nor as many others as it "
        "takes to keep them from being worked out. Intervals are each for itself: of many groups some look different "
        "by luck."
    )
    numeric = frozenset({"Value", "Interval", "n", "Searches", "Chance"})
    return make_table("Rank 1 by group", caption, columns, rows, labels=labels, numeric=numeric)
