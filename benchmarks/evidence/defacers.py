"""Defacers: what each leaves and costs, whether the verdicts on them are right, and what goes with being found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.defacers_compared import compare_real, failures_and_risk
from benchmarks.evidence.defacers_failing import failing, untouched
from benchmarks.evidence.defacers_quality import planted_failures, real_verdicts
from benchmarks.evidence.defacers_studies import s0, s1_main, s1_withheld
from benchmarks.evidence.defacers_table import phantoms, real_heads

if TYPE_CHECKING:
    from benchmarks.evidence.runner import Step

__all__ = ["STEPS"]

STEPS: dict[str, Step] = {
    "failing-defacers": failing,
    "untouched": untouched,
    "quality": planted_failures,
    "quality-real": real_verdicts,
    "defacers-real": real_heads,
    "defacers": phantoms,
    "compare-real": compare_real,
    "s0": s0,
    "s1-main": s1_main,
    "s1-withheld": s1_withheld,
    "failures-and-risk": failures_and_risk,
}
