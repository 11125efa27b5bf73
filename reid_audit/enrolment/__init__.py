"""Enrolment: from scans and photos to templates, one task a file, finished work kept in the store.

``tasks`` is what one worker does with one file; ``cohort`` does them all and keeps what was lost in the count.
"""

from __future__ import annotations

from reid_audit.enrolment.cohort import (
    Enrolled,
    enrol_cohort,
    enrol_distractors,
    people_to_enrol,
    rows_of,
    scan_task,
    tell_nobody,
)
from reid_audit.enrolment.sheets import contact_sheets
from reid_audit.enrolment.shown import check_shown
from reid_audit.enrolment.tasks import PhotoTask, Sample, ScanTask, enrol, failed, render_scan, specs_of

__all__ = [
    "Enrolled",
    "PhotoTask",
    "Sample",
    "ScanTask",
    "check_shown",
    "contact_sheets",
    "enrol",
    "enrol_cohort",
    "enrol_distractors",
    "failed",
    "people_to_enrol",
    "render_scan",
    "rows_of",
    "scan_task",
    "specs_of",
    "tell_nobody",
]
