"""The engine: how fast, how lean, with the same conclusions as the loop that a user would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.engine_scale import gallery, svm
from benchmarks.evidence.engine_speed import against_naive, many_scans, naive_itself, stages, surface
from benchmarks.evidence.engine_stops import killed_worker, stopped
from benchmarks.evidence.phantoms import demo_time

if TYPE_CHECKING:
    from benchmarks.evidence.runner import Step

__all__ = ["STEPS"]

STEPS: dict[str, Step] = {
    "gallery": gallery,
    "stopped": stopped,
    "killed-worker": killed_worker,
    "stages": stages,
    "surface": surface,
    "demo-time": demo_time,
    "against-naive": against_naive,
    "naive-itself": naive_itself,
    "many-scans": many_scans,
    "svm": svm,
}
