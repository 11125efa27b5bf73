"""Leaks of each kind, planted in a small release of a person who does not exist, and what must be said of each."""

from __future__ import annotations

from benchmarks.leaks.ground import Ground
from benchmarks.leaks.kinds import CLEAN, LEAKS, Leak, plant, planted

__all__ = ["CLEAN", "LEAKS", "Ground", "Leak", "plant", "planted"]
