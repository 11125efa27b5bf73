"""What the scores of an attacker are worth: identification, verification, failures, each with interval and control.

Numbers about people: the person is the unit of every interval, a missing template is a miss, ties count by their
share, and a number that cannot be had is None with the reason beside it. Curves come as tables; nothing is drawn here.
"""

from __future__ import annotations

from reid_audit.evaluate.asked import searches_closed_set
from reid_audit.evaluate.cohort_groups import GROUPINGS, people_table
from reid_audit.evaluate.curves import cmc_points, det_points, dir_points, roc_points, score_samples
from reid_audit.evaluate.detected import detection
from reid_audit.evaluate.differences import compare_conditions
from reid_audit.evaluate.evaluator import evaluate
from reid_audit.evaluate.fold_table import fold_table
from reid_audit.evaluate.gallery_size import gallery_points
from reid_audit.evaluate.groups import bands, by_group
from reid_audit.evaluate.informed import biometric_information
from reid_audit.evaluate.person_risk import person_risk

__all__ = [
    "GROUPINGS",
    "bands",
    "biometric_information",
    "by_group",
    "cmc_points",
    "compare_conditions",
    "det_points",
    "detection",
    "dir_points",
    "evaluate",
    "fold_table",
    "gallery_points",
    "people_table",
    "person_risk",
    "roc_points",
    "score_samples",
    "searches_closed_set",
]
