"""Where faces hide: every file of a release is asked whether it gives somebody away.

Volumes are judged by their voxels, whatever their names say; pictures, reports, headers and tables by what they hold.
An answer is ``"face"``, ``"none"``, ``"cannot tell"`` or ``"unaudited"``; the third is honest, and frequent.
"""

from __future__ import annotations

from reid_audit.triage.result import ANSWERS, PLACE, Answer, Triage, TriagedFile, read_triage, write_triage
from reid_audit.triage.running import check_places, triage_release

__all__ = [
    "ANSWERS",
    "PLACE",
    "Answer",
    "Triage",
    "TriagedFile",
    "check_places",
    "read_triage",
    "triage_release",
    "write_triage",
]
