"""The most memory this process has held."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["peak_gib"]


def peak_gib() -> float:
    """Return the peak of resident memory since this program started, GiB.

    From the kernel's account of the program that runs, not from ``ru_maxrss``, which a process takes over from the one
    that started it: beside a large test run every small program would seem large.
    """
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise OSError("the kernel does not tell the peak of resident memory (VmHWM in /proc/self/status)")
    return int(found[1]) / 2**20
