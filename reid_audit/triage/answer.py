"""An answer for one file, and which of several counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reid_audit.triage.result import Answer

__all__ = ["Told", "cannot_tell", "gives_away", "nothing", "worst"]

_ORDER: tuple[Answer, ...] = ("none", "cannot tell", "unaudited", "face")
"""What counts where a file was asked several things: what was found stands above what could not be looked at."""


@dataclass(frozen=True)
class Told:
    """What one look at a file told.

    Parameters
    ----------
    answer : {"face", "none", "cannot tell", "unaudited"}
    why : str
        ``"WORD: sentence"``; no label, no value, no path.
    """

    answer: Answer
    why: str


def gives_away(word: str, why: str) -> Told:
    """Return that a file gives a person away."""
    return Told("face", f"{word}: {why}")


def cannot_tell(word: str, why: str) -> Told:
    """Return that a file was looked at and that nobody can say."""
    return Told("cannot tell", f"{word}: {why}")


def nothing(word: str, why: str) -> Told:
    """Return that nothing was found."""
    return Told("none", f"{word}: {why}")


def worst(told: Iterable[Told]) -> Told:
    """Return the answer that counts; of equals the first.

    Parameters
    ----------
    told : iterable of Told
        At least one.
    """
    return max(told, key=lambda one: _ORDER.index(one.answer))
