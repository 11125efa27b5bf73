"""Ten million comparisons evaluated: how long, and in how much memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.evidence.runner import ROOT, Claim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evidence.runner import Context

__all__ = ["comparisons"]

_SECONDS, _GIBIBYTES = 60.0, 2.0
_THREADS = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
_SHAPES = {"many-samples": "several probes and references a person", "many-people": "one probe and reference a person"}


def comparisons(context: Context) -> Sequence[Claim]:
    """Evaluate a table with the default settings, in a process of its own, in two shapes."""
    size = "1e5" if context.small else "1e7"
    claims = []
    for shape, words in _SHAPES.items():
        line = [sys.executable, "-m", "benchmarks.evaluation", "--shape", shape, "--comparisons", size]
        done = subprocess.run(line, cwd=ROOT, env=os.environ | _THREADS, capture_output=True, text=True, check=True)
        said = done.stdout.strip()
        made, people, wall, peak = _figures(said)
        what = f"{made:,} comparisons, {people:,} people, {words}"
        claims.append(
            Claim(f"Time to evaluate {what}", wall, f"s, below {_SECONDS:g}", wall < _SECONDS, f"{said}; 2 threads")
        )
        claims.append(
            Claim(f"Peak memory to evaluate {what}", peak, f"GiB, below {_GIBIBYTES:g}", peak < _GIBIBYTES, said)
        )
    return claims


def _figures(said: str) -> tuple[int, int, float, float]:
    """Read comparisons, people, seconds and GiB out of the line that the program prints."""
    found = re.match(r"(\d+) comparisons of (\d+) people: ([\d.]+) s wall, .* peak ([\d.]+) GiB", said)
    if found is None:
        raise ValueError(f"the program said something else: {said}")
    return int(found[1]), int(found[2]), float(found[3]), float(found[4])
