"""Published studies repeated: one command a study, one row a method, beside what the paper reported."""

from __future__ import annotations

from reid_audit.reproduce.published import STUDIES, Study
from reid_audit.reproduce.rows import Repeated, Row
from reid_audit.reproduce.s0 import reproduce_s0
from reid_audit.reproduce.s1 import reproduce_s1
from reid_audit.reproduce.s2 import reproduce_s2
from reid_audit.reproduce.s3 import reproduce_s3
from reid_audit.reproduce.s4 import reproduce_s4
from reid_audit.reproduce.write import write_rows

__all__ = [
    "STUDIES",
    "Repeated",
    "Row",
    "Study",
    "reproduce_s0",
    "reproduce_s1",
    "reproduce_s2",
    "reproduce_s3",
    "reproduce_s4",
    "write_rows",
]
