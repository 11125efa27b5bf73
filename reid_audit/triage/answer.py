"""An answer for one file, and which of several counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reid_audit.triage.result import Answer

__all__ = ["HEADLESS", "Told", "cannot_tell", "gives_away", "nothing", "of_volumes", "words_of", "worst"]

_ORDER: tuple[Answer, ...] = ("none", "cannot tell", "unaudited", "face")
"""What counts where a file was asked several things: what was found stands above what could not be looked at."""

_BESIDE = " | "
_OF_NAMES = ("name:", "number:", "date:", "age:")
_LONGEST, _MOST = 400, 1500
"""Characters of one reason, and of all that are joined."""


@dataclass(frozen=True)
class Told:
    """What one look at a file told.

    Parameters
    ----------
    answer : {"face", "none", "cannot tell", "unaudited"}
    why : str
        ``"WORD: sentence"``, several of them joined by a bar; no label, no value, no path.
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


HEADLESS = frozenset({"no head", "empty"})
"""Words for volumes in which there is nothing to attack."""


def of_volumes(told: Iterable[Told]) -> Told:
    """Return the answer of several volumes in one file; where nothing was found, that of one with a head in it."""
    return worst(sorted(told, key=lambda one: words_of(one.why)[0] in HEADLESS))


def words_of(why: str) -> tuple[str, ...]:
    """Return the word of each reason that an answer gives, ``("doubtful", "ears")``."""
    return tuple(reason.split(":")[0] for reason in why.split(_BESIDE))


def worst(told: Iterable[Told]) -> Told:
    """Return the answer that counts, with every reason against the file.

    Parameters
    ----------
    told : iterable of Told
        At least one.

    Returns
    -------
    Told
        The worst answer. Its reasons first, then those of lesser answers other than ``"none"``: whoever waives one must
        see the others. Each stands once; what does not fit is counted, and reasons that speak of a name are kept before
        others. Of answers that are all ``"none"`` the first.
    """
    ranked = sorted(told, key=lambda one: -_ORDER.index(one.answer))
    if ranked[0].answer == "none":
        return ranked[0]
    reasons = [reason for one in ranked if one.answer != "none" for reason in one.why.split(_BESIDE)]
    return Told(ranked[0].answer, _joined(list(dict.fromkeys(reason[:_LONGEST] for reason in reasons))))


def _joined(reasons: list[str]) -> str:
    """Join reasons in their order; the first is kept, then those of names, then others, as many as fit."""
    first = reasons[0]
    kept, room = {first}, _MOST - len(first)
    for reason in sorted(reasons[1:], key=lambda one: not one.startswith(_OF_NAMES)):
        room -= len(reason) + len(_BESIDE)
        if room < 0:
            break
        kept.add(reason)
    left = len(reasons) - len(kept)
    said = [reason for reason in reasons if reason in kept]
    return _BESIDE.join([*said, f"more: {left} further reasons"] if left else said)
