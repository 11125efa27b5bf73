"""The release gate: what it says where the truth is known, and what it survives of machines and of inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.gate_hostile import hostile_inputs
from benchmarks.evidence.gate_leaks import leaks
from benchmarks.evidence.gate_releases import releases
from benchmarks.evidence.gate_report import report
from benchmarks.evidence.gate_survival import full_disk, killed_again_and_again
from benchmarks.evidence.gate_triage import triage

if TYPE_CHECKING:
    from benchmarks.evidence.runner import Step

__all__ = ["STEPS"]

STEPS: dict[str, Step] = {
    "triage": triage,
    "leaks": leaks,
    "report": report,
    "releases": releases,
    "killed": killed_again_and_again,
    "full-disk": full_disk,
    "hostile": hostile_inputs,
}
