"""The release gate: it survives what happens to machines and what people hand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.gate_hostile import hostile_inputs
from benchmarks.evidence.gate_survival import full_disk, killed_again_and_again

if TYPE_CHECKING:
    from benchmarks.evidence.runner import Step

__all__ = ["STEPS"]

STEPS: dict[str, Step] = {
    "killed": killed_again_and_again,
    "full-disk": full_disk,
    "hostile": hostile_inputs,
}
