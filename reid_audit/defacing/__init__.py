"""Deface scans: a scan or a data set in, a defaced tree and one row a scan out.

Nothing is believed that was not checked, nothing that came in is written to, and one scan that fails costs only itself.
"""

from __future__ import annotations

from reid_audit.defacing.choosing import Readiness, make_defacer, readiness
from reid_audit.defacing.run import Defacing, deface_scans
from reid_audit.defacing.task import DONE, Row

__all__ = ["DONE", "Defacing", "Readiness", "Row", "deface_scans", "make_defacer", "readiness"]
