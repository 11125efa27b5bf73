"""Files that somebody could hand in to break an audit: what each is, and what must be said of it."""

from __future__ import annotations

from benchmarks.hostile.cases import Hostile
from benchmarks.hostile.dicoms import DICOMS
from benchmarks.hostile.headers import HEADERS
from benchmarks.hostile.niftis import NIFTIS
from benchmarks.hostile.photos import PHOTOS
from benchmarks.hostile.places import PLACES
from benchmarks.hostile.tables import TABLES

__all__ = ["PHOTOS", "SCANS", "TABLES", "Hostile"]

SCANS: tuple[Hostile, ...] = (*NIFTIS, *HEADERS, *DICOMS, *PLACES)
