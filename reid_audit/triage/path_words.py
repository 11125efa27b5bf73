"""Whether the name of a file, or of a folder that it lies in, may be a person's name or hold a date of birth."""

from __future__ import annotations

import re
from itertools import groupby

from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing
from reid_audit.triage.persons import form_of_name, names_within

__all__ = ["told_by_path"]

_ENTITY = re.compile(r"(?<![A-Za-z0-9])[a-z]{1,20}-[A-Za-z0-9+]{1,60}(?![A-Za-z0-9+])")
"""Labels of BIDS: they are the study's own."""
_ENDING = re.compile(r"(?:\.(?:[a-z][a-z0-9]{0,9}|[A-Z][A-Z0-9]{0,9})){1,2}$")
_TOKENS = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_NAME = re.compile(r"[^\W\d_]['’]?[^\W\d_]+")
_DATE = re.compile(
    r"(?<![\dA-Za-z.])(?:(?:18|19|20)\d\d([-._]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[1-9]|[12]\d|3[01])([-._])(?:0[1-9]|1[0-2])\2(?:18|19|20)\d\d)(?![\d.]*\d|[T_-]\d{4,6}(?!\d)|T\d)"
)
"""A whole date. With a time of day behind it, or within a number of several parts, it stamps a file."""


def told_by_path(name: str, what: str = "the name of the file or of its folder") -> Told:
    """Answer for what a file and its folders are called.

    Parameters
    ----------
    name : str
        Relative to the release, POSIX.
    what : str
        Whose name it is.

    Returns
    -------
    Told
        ``"face"`` for FAMILY^GIVEN, which nothing but DICOM writes; ``"cannot tell"`` for two or three words with
        capitals that are no words of studies, and for a whole date. Labels of BIDS (``sub-``, ``ses-``) are not asked.
    """
    parts = [_ENTITY.sub("/", part) for part in name.split("/")]
    if any(names_within(part) for part in parts):
        return gives_away("name", f"{what} has the form of a DICOM name (FAMILY^GIVEN)")
    held = [what for what, found in _HELD.items() if any(map(found, parts))]
    if not held:
        return nothing("no name", "the path has no form of a name")
    return cannot_tell("name", f"{what} holds {' and '.join(held)}")


def _has_words(part: str) -> bool:
    """Tell whether two or three words with capitals stand beside each other."""
    words = _TOKENS.findall(_ENDING.sub("", part))
    runs = [list(run) for named, run in groupby(words, _is_name) if named]
    return any(2 <= len(run) <= 3 for run in runs)


def _is_name(word: str) -> bool:
    """Tell whether a word is spelled as a name, and is none of those of studies, files and software."""
    spelled = len(word) > 2 and bool(_NAME.fullmatch(word)) and word[0].isupper() and word[1:].islower()
    return spelled and form_of_name(word) != "none"


_HELD = {"words that may be a person's name": _has_words, "a date": lambda part: bool(_DATE.search(part))}
