"""What a field holds that says who somebody is, by what it is called."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reid_audit.triage.field_words import by_words, without_brackets
from reid_audit.triage.identifiers import is_birth, plain
from reid_audit.triage.vocabulary import COMMENTS, KINDS, NAME_ENDS, NAMED, NUMBER_ENDS, OPEN, PERSONS, SURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid_audit.triage.vocabulary import Concept

__all__ = ["Held", "held_by", "known_as"]


class Held(NamedTuple):
    """What a field holds.

    Parameters
    ----------
    concept : Concept
    sure : bool
        Whether a field of this name holds hardly anything else.
    """

    concept: Concept
    sure: bool


_HELD = {
    **{word: Held(concept, sure=False) for concept, words in OPEN.items() for word in words.split()},
    **{word: Held(concept, sure=True) for concept, words in SURE.items() for word in words.split()},
}
_NAMED = frozenset(f"{NAMED} {COMMENTS}".split())
_PERSONS, _KINDS = tuple(PERSONS.split()), tuple(KINDS.split())
_NAME_ENDS, _NUMBER_ENDS = tuple(NAME_ENDS.split()), tuple(NUMBER_ENDS.split())
_NAMED_THINGS = ("relative", "alias")
_LONGEST = 60
"""Letters from which on something is a sentence."""


def held_by(field: str) -> Held | None:
    """Return what a field holds.

    Parameters
    ----------
    field : str
        As it is spelled in the file: ``PhoneNumber``, ``patient_phone``, ``home.phone`` and ``phone`` hold the same.

    Returns
    -------
    Held or None
        None where the name says nothing of a person.
    """
    return _held(known_as(field))


@lru_cache(maxsize=65_536)
def known_as(field: str) -> str:
    """Return what the vocabulary calls a field, as :func:`reid_audit.triage.identifiers.plain` spells names.

    Parameters
    ----------
    field : str
        As it is spelled in the file.

    Returns
    -------
    str
        ``dob`` for ``DOB (mm/dd/yyyy)``, ``dateofbirth`` for ``birth_dt``; where it is not known, its own plain name.
    """
    whole, bare = plain(field), plain(without_brackets(field))
    known = next((name for name in (whole, bare) if _is_known(name)), None)
    return known or by_words(without_brackets(field)) or whole


def _is_known(known: str) -> bool:
    return known in _NAMED or is_birth(known) or _held(known) is not None


@lru_cache(maxsize=65_536)
def _held(known: str) -> Held | None:
    if len(known) > _LONGEST:
        return None
    for stem, sure in _stems(known):
        held = _HELD.get(stem)
        if held is not None:  # things have names of parents and others as well
            return Held(held.concept, held.sure or (sure and held.concept not in _NAMED_THINGS))
    return None


def _stems(known: str) -> Iterator[tuple[str, bool]]:
    """Yield a name, and what is left of it without its ends, each with whether an end says that it is a person's."""
    for inner, named in _without_ends(known):
        yield inner, named
        for stem, whose in _without_beginnings(inner):
            yield stem, named or whose


def _without_ends(known: str) -> Iterator[tuple[str, bool]]:
    yield known, False
    bare = known.rstrip("0123456789")
    if bare != known:
        yield bare, False
    for end in (*_NAME_ENDS, *_PERSONS):
        yield from ((bare.removesuffix(end), True),) if bare.endswith(end) else ()
    for end in _NUMBER_ENDS:
        yield from ((bare.removesuffix(end), False),) if bare.endswith(end) else ()


def _without_beginnings(known: str) -> Iterator[tuple[str, bool]]:
    for words, whose in ((_PERSONS, True), (_KINDS, False)):
        for word in words:
            if known.startswith(word):
                stem = known.removeprefix(word)
                yield stem, whose
                yield from ((stem.removeprefix(kind), whose) for kind in _KINDS if whose and stem.startswith(kind))
