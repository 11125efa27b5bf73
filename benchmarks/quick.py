"""An audit of few and small views: for runs in which something else than the numbers is looked at."""

from __future__ import annotations

from typing import Any

__all__ = ["QUICK", "quick_options"]

QUICK: dict[str, Any] = {
    "yaws": (0.0,),
    "pitches": (0.0,),
    "azimuths": (0.0, 30.0),
    "elevations": (38.0,),
    "triangles": 20_000,
    "size": 300,
    "resamples": 200,
}
"""Settings by name: one camera, two lights."""


def quick_options(*attackers: str, **changes: Any) -> list[str]:
    """Return :data:`QUICK` as words of the command line, quiet.

    Parameters
    ----------
    *attackers : str
        None for those that the command takes by itself.
    **changes
        Settings in place of those of :data:`QUICK`, or beside them.
    """
    words = [
        word for name, value in (QUICK | changes).items() for word in (f"--{name.replace('_', '-')}", _said(value))
    ]
    return [*words, *(word for name in attackers for word in ("--attacker", name)), "--quiet"]


def _said(value: Any) -> str:
    return ",".join(f"{each:g}" for each in value) if isinstance(value, tuple) else str(value)
