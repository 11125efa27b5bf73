"""Age and sex as people write them."""

from __future__ import annotations

import math
import re

__all__ = ["MAX_AGE", "MISSING", "is_empty", "read_age", "read_sex"]

MAX_AGE = 130.0

MISSING = "n/a"
"""How BIDS writes an unknown value."""

_EMPTY = {"", "n/a", "na", "nan", "none", "null", "unknown", "u", "-", "?", "<na>"}
_SEX = {
    "F": "f female w woman girl females weiblich femme",
    "M": "m male man boy males homme",
    "O": "o other d diverse divers nonbinary non-binary nb x intersex",
}
_SEX_OF = {word: letter for letter, words in _SEX.items() for word in words.split()}
_AGE = re.compile(r"[<>=~]*\s*(\d+(?:\.\d+)?)\s*\+?\s*(y|yr|yrs|years?|m|mo|months?|w|weeks?|d|days?)?\s*\+?$")
_YEARS_PER = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}


def read_age(text: object) -> float:
    """Return an age in years: 34.0 of ``"34"``, ``"034Y"`` or ``"34 years"``, 89.0 of ``"89+"``, 0.5 of ``"6 months"``.

    Parameters
    ----------
    text : object
        A cell of a table.

    Returns
    -------
    float
        NaN for an empty cell.

    Raises
    ------
    ValueError
        If the cell holds something else, or an age above :data:`MAX_AGE`.
    """
    word = str(text).strip().lower()
    if is_empty(word):
        return math.nan
    match = _AGE.match(word)
    if match is None:
        raise ValueError("not an age")
    years = float(match[1]) * _YEARS_PER[(match[2] or "y")[0]]
    if years > MAX_AGE:
        raise ValueError("not an age")
    return years


def read_sex(text: object) -> str:
    """Return ``"F"``, ``"M"``, ``"O"`` or, for an empty cell, ``"n/a"``.

    Raises
    ------
    ValueError
        If the cell holds something else; numbers are refused because no two coding books agree.
    """
    word = str(text).strip().lower()
    if is_empty(word):
        return MISSING
    if word not in _SEX_OF:
        raise ValueError("not a sex")
    return _SEX_OF[word]


def is_empty(text: object) -> bool:
    """Tell whether a cell says nothing."""
    return str(text).strip().lower() in _EMPTY
