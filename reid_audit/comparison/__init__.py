"""Defacers side by side: how often each succeeds, what each costs, and what risk is left.

Above the audit, which it calls: nothing is attacked or judged here that an audit or a quality check would not.
"""

from __future__ import annotations

from reid_audit.comparison.comparing import GROUPS, Comparison, JudgedCohort, compare, judge_cohort
from reid_audit.comparison.failure_risk import FailureRisk, risk_by_failure
from reid_audit.comparison.figure import figure_costs
from reid_audit.comparison.rows import ConditionRow, condition_rows
from reid_audit.comparison.scans import MASK_LABELS, read_masks
from reid_audit.comparison.success import success_rates, with_age_bands
from reid_audit.comparison.success_tests import PairOfDefacers, SuccessTests, compare_success
from reid_audit.comparison.verdicts import OUTCOMES, checked_verdicts, outcome, verdict_table
from reid_audit.comparison.write import write_comparison

__all__ = [
    "GROUPS",
    "MASK_LABELS",
    "OUTCOMES",
    "Comparison",
    "ConditionRow",
    "FailureRisk",
    "JudgedCohort",
    "PairOfDefacers",
    "SuccessTests",
    "checked_verdicts",
    "compare",
    "compare_success",
    "condition_rows",
    "figure_costs",
    "judge_cohort",
    "outcome",
    "read_masks",
    "risk_by_failure",
    "success_rates",
    "verdict_table",
    "with_age_bands",
    "write_comparison",
]
