"""Did the defacer work: what is left of the face, what is lost of the brain, what else was changed.

Verdicts rest on the skin and the brain of the original where it is at hand, on the head model where it is not, and
never on a phantom's own truth. What is true, and where the limits come from: ``docs/decisions/0009-quality.md``.
"""

from __future__ import annotations

from reid_audit.quality.judging import Reference, judge_alone, judge_scan, reference_of
from reid_audit.quality.limits import CALIBRATION, LIMITS, Limits
from reid_audit.quality.pairs import ScanPair, find_pairs
from reid_audit.quality.running import judge_pairs

__all__ = [
    "CALIBRATION",
    "LIMITS",
    "Limits",
    "Reference",
    "ScanPair",
    "find_pairs",
    "judge_alone",
    "judge_pairs",
    "judge_scan",
    "reference_of",
]
