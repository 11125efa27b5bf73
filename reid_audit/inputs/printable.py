"""Text from outside as it may be printed: what moves a cursor or turns the direction of reading is written out."""

from __future__ import annotations

import unicodedata

__all__ = ["in_one_line", "printable"]

_LAYOUT = frozenset("\n\t")
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode: controls, formats (all marks of direction are), halves of a pair, ends of lines."""


def printable(text: str) -> str:
    """Return text without anything that a terminal or a page would obey instead of showing it.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The same but for control letters, marks of direction and the like, which stand as their numbers (``(U+001B)``,
        ``(U+202E)``: no backslash, which is half of a path). Ends of lines and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def in_one_line(text: str) -> str:
    """Return text as :func:`printable` does, with ends of lines and tabs written out too: no text makes two lines."""
    return "".join(f"(U+{ord(letter):04X})" if letter in _LAYOUT else letter for letter in printable(text))


def _shown(letter: str) -> str:
    if letter in _LAYOUT or unicodedata.category(letter) not in _OBEYED:
        return letter
    return f"(U+{ord(letter):04X})"
