"""Fields of headers and tables that say who somebody is: a name, a date of birth, an address, a hospital's number."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from reid_audit.triage.vocabulary import BIRTHS as _BIRTHS
from reid_audit.triage.vocabulary import PEOPLE as _PEOPLE
from reid_audit.triage.vocabulary import SURE

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["BIRTHS", "NAMES", "NUMBERS", "is_birth", "is_date", "plain", "says", "tells", "tree_labels"]

BIRTHS = frozenset(_BIRTHS.split())
"""Fields that hold a date of birth."""
_BIRTH_WITHIN = ("birthdate", "dateofbirth", "geburtsdatum", "datedenaissance", "fechadenacimiento")
_CONTACT = " ".join(SURE[concept] for concept in ("telephone", "mail", "street"))
NAMES = frozenset(f"{_PEOPLE} {_CONTACT}".split()) | BIRTHS
"""Fields whose value gives a person away, in small letters and digits alone (``00100010`` is the DICOM tag)."""
NUMBERS = frozenset(f"{SURE['national']} {SURE['number']}".split())
"""Fields whose value may be a number of the person, or only the label in the study."""

_NOTHING_WORDS = """
    anonymous anonymised anonymized anon anonym deidentified de-identified pseudonymised pseudonymized removed
    none null nan unknown unspecified unbekannt withheld redacted entfernt na n/a nil patient subject volunteer
    proband phantom test name yes no true false y n ja nein oui non si missing
"""
_NOTHING = frozenset(_NOTHING_WORDS.split())
"""Words that say that nothing is said."""
_NO_DATE = frozenset({"19000101", "18000101", "17000101", "99991231", "10101010", "11111111", "00010101"})
"""Dates that fill an empty field. 1 January 1970 is none of them: people were born on it."""
_EMPTY = re.compile(r"[\s^xX*?_.,/0=-]*")
_DATE = re.compile(
    r"(?<!\d)(?:\d{8}|\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}|\d{4}:\d\d:\d\d"
    r"|\d{1,2}(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\d{2,4}"
    r"|\d{1,2}\.?[ -][^\W\d_]{3,10}\.?,?[ -]\d{2,4}|[^\W\d_]{3,10}\.? \d{1,2},? \d{4})(?!\d)"
)
_YEARS = range(1800, 2101)


@lru_cache(maxsize=65_536)
def plain(field: str) -> str:
    """Return the name of a field as the sets above spell it: small letters without accents, and digits."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", field[:200].casefold()))


def tree_labels(name: str) -> frozenset[str]:
    """Return the labels that a path carries: a field that repeats one tells nothing more than the file's name.

    Parameters
    ----------
    name : str
        Relative path of a file.
    """
    pairs = re.findall(r"(?:^|[/_])(sub|ses)-([A-Za-z0-9+]+)", name)
    return frozenset(text.lower() for key, label in pairs for text in (label, f"{key}-{label}", f"{key}{label}"))


def is_birth(known: str) -> bool:
    """Tell whether a field, spelled plainly, holds a date of birth."""
    return known in BIRTHS or any(word in known for word in _BIRTH_WITHIN)


def is_date(text: str) -> bool:
    """Tell whether a text holds a whole date: day, month and year; eight digits are one where they can be."""
    return any(not match[0].isdecimal() or _is_joined(match[0]) for match in _DATE.finditer(text[:1000]))


def _is_joined(digits: str) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    first, second, last = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    forwards = year in _YEARS and 1 <= month <= 12 and 1 <= day <= 31
    return forwards or (last in _YEARS and min(first, second) in range(1, 13) and max(first, second) in range(1, 32))


def says(value: str, labels: Collection[str] = ()) -> bool:
    """Tell whether a value says anything but that something was removed, or the label of the study itself."""
    text = value.strip()
    bare = re.sub(r"[\s^]+", " ", text).strip().lower()
    if _EMPTY.fullmatch(text) or bare in _NOTHING or bare in labels:
        return False
    return not all(word in _NOTHING or word in labels for word in bare.split())


def tells(field: str, value: str, labels: Collection[str] = ()) -> bool:
    """Tell whether what a field holds says something about a person.

    Parameters
    ----------
    field : str
        As it is spelled in the file.
    value : str
    labels : collection of str
        Of :func:`tree_labels`.

    Returns
    -------
    bool
        False for an empty value, one that says that something was removed, and the label of the study itself.
    """
    text = value.strip()
    if plain(field) not in BIRTHS or not says(text, labels):
        return says(text, labels)
    digits = re.sub(r"\D", "", text)
    return (is_date(text) or (digits == text and len(digits) == 6)) and digits[:8] not in _NO_DATE
