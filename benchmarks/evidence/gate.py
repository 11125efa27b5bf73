"""The release gate: what it says of releases of which the truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.gate_releases import releases

if TYPE_CHECKING:
    from benchmarks.evidence.runner import Step

__all__ = ["STEPS"]

STEPS: dict[str, Step] = {"releases": releases}
