"""Attackers and evaluators: the published studies again, and what a defacer leaves to each attacker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.attackers_coverage import coverage
from benchmarks.evidence.attackers_degenerate import degenerate
from benchmarks.evidence.attackers_gallery import gallery_size
from benchmarks.evidence.attackers_meanface import meanface
from benchmarks.evidence.attackers_scale import comparisons
from benchmarks.evidence.attackers_studies import own_scans, s2, s2_withheld, s4, s4_withheld

if TYPE_CHECKING:
    from benchmarks.evidence.runner import Step

__all__ = ["STEPS"]

STEPS: dict[str, Step] = {
    "comparisons": comparisons,
    "coverage": coverage,
    "degenerate": degenerate,
    "s2": s2,
    "s2-withheld": s2_withheld,
    "s4": s4,
    "own-scans": own_scans,
    "s4-withheld": s4_withheld,
    "meanface": meanface,
    "gallery-size": gallery_size,
}
