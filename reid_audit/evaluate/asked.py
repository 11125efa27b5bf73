"""Which question each attacker asks, and so which numbers answer it."""

from __future__ import annotations

__all__ = ["OPEN_SET", "PAIRS_ONLY", "searches_closed_set"]

PAIRS_ONLY = ("scan-to-scan",)
"""Attackers who ask whether two samples are of one person, and search nobody."""

OPEN_SET = ("open-set",)
"""Attackers who search a collection that need not hold the one whom they look for."""


def searches_closed_set(attacker: str) -> bool:
    """Tell whether an attacker searches a collection that holds the one whom they look for, so that there is a rank."""
    return attacker not in (*PAIRS_ONLY, *OPEN_SET)
