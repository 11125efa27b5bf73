"""The main job: scans and photos in, measured re-identification risk out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.geometry import left_is_left, surface_distance
from benchmarks.evidence.phantoms import demo, sessions
from benchmarks.evidence.photographs import london, real_man
from benchmarks.evidence.real_heads import cohort_of_three, one_by_one

if TYPE_CHECKING:
    from benchmarks.evidence.runner import Step

__all__ = ["STEPS"]

STEPS: dict[str, Step] = {
    "left-is-left": left_is_left,
    "surface-distance": surface_distance,
    "london": london,
    "real-heads": one_by_one,
    "cohort-of-three": cohort_of_three,
    "demo": demo,
    "sessions": sessions,
    "real-man": real_man,
}
