"""What several fields of one record say together: a key and its value, the parts of a name, the parts of a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.triage.concept_values import grade_of_value
from reid_audit.triage.concepts import held_by
from reid_audit.triage.identifiers import is_birth, plain
from reid_audit.triage.persons import form_of_name
from reid_audit.triage.vocabulary import KINDS, NUMBER_ENDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["combined", "is_part"]

_KEYS = (
    "name",
    "key",
    "field",
    "fieldname",
    "tag",
    "keyword",
    "attribute",
    "label",
    "parameter",
    "property",
    "variable",
)
_LOOSE_KEYS = ("name", "label")
_CERTAIN = ("name", "birth", "national", "number", "date")
_VALUES = ("value", "val", "content", "text", "data", "answer")
_FAMILY, _GIVEN = ("family", "last", "apellido"), ("given", "first", "middle")
_BIRTH_PARTS = (
    ("birthyear", "yearofbirth", "geburtsjahr", "anneedenaissance"),
    ("birthmonth", "monthofbirth", "geburtsmonat", "moisdenaissance"),
    ("birthday", "dayofbirth", "birthdayofmonth", "geburtstag", "jourdenaissance"),
)
_DATE_PARTS = (("year", "jahr"), ("month", "monat"), ("day", "tag"))
_BENEATH = frozenset(f"{KINDS} {NUMBER_ENDS}".split())
_PARTS = frozenset(
    [*_KEYS, *_VALUES, *_FAMILY, *_GIVEN, *(name for part in (*_BIRTH_PARTS, *_DATE_PARTS) for name in part)]
)


def is_part(name: str) -> bool:
    """Tell whether a field may say something together with others."""
    return plain(name) in _PARTS


def combined(record: Sequence[tuple[str, str]], inside: str = "") -> list[tuple[str, str]]:
    """Return fields that a record holds in pieces.

    Parameters
    ----------
    record : sequence of (str, str)
        Fields and values.
    inside : str
        What the record stands in, spelled plainly.

    Returns
    -------
    list of (str, str)
        ``{"name": "PatientName", "value": "X"}`` as the field that it names; ``family`` beside ``given`` as a surname;
        ``first`` beside ``last`` as a name; year, month and day of birth as one date; ``home`` beneath ``phone`` as
        a telephone.
    """
    beneath = _beneath(record, inside)
    if len(record) < 2:
        return beneath
    held = {known: value.strip() for name, value in record if (known := plain(name)) in _PARTS and value.strip()}
    if len(held) < 2:
        return beneath
    return [*beneath, *_keyed(held), *_named(held), *_born(held, inside)]


def _beneath(record: Sequence[tuple[str, str]], inside: str) -> list[tuple[str, str]]:
    """Return the kinds of what the record stands in; what describes it stands there too, and is none."""
    if held_by(inside) is None:
        return []
    return [(inside, value) for name, value in record if plain(name).rstrip("0123456789") in _BENEATH]


def _first(held: Mapping[str, str], names: Sequence[str]) -> str:
    return next((held[name] for name in names if name in held), "")


def _keyed(held: Mapping[str, str]) -> list[tuple[str, str]]:
    value = _first(held, _VALUES)
    keys = [(name, held[name]) for name in _KEYS if name in held] if value else []
    return [(key, value) for name, key in keys if _is_key(name, key, value)]


def _is_key(name: str, key: str, value: str) -> bool:
    """Tell whether a text is what a field is called; what stands under ``name`` or ``label`` may be a thing's."""
    if is_birth(plain(key)):
        return True
    holds = held_by(key)
    if holds is None or name not in _LOOSE_KEYS or holds.concept in _CERTAIN:
        return holds is not None
    return grade_of_value(holds._replace(sure=False), value, "open") is not None


def _named(held: Mapping[str, str]) -> list[tuple[str, str]]:
    family, given = _first(held, _FAMILY), _first(held, _GIVEN)
    if not family or not given or "none" in {form_of_name(family), form_of_name(given)}:
        return []
    return [("surname" if "family" in held else "name", f"{given} {family}")]


def _born(held: Mapping[str, str], inside: str) -> list[tuple[str, str]]:
    parts = [_first(held, names) for names in _BIRTH_PARTS]
    if not all(parts) and is_birth(inside):
        parts = [_first(held, names) for names in _DATE_PARTS]
    if not all(part.isdecimal() for part in parts):
        return []
    year, month, day = (part.zfill(2) for part in parts)
    return [("birthdate", f"{year}-{month}-{day}")]
