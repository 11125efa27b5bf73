"""Tables in Markdown: each cell below the head of its column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reid_audit.triage.concepts import known_as
from reid_audit.triage.persons import setting_of
from reid_audit.triage.records import Found, told_by_found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reid_audit.triage.answer import Told

__all__ = ["told_by_markdown"]

_RULE = re.compile(r"^[ \t]{0,20}\|?[ \t]{0,20}:?-{2,200}:?[ \t]{0,20}(?:\|[ \t:-]{0,200}){1,500}\r?$", re.MULTILINE)
"""The line between the heads of a table and its rows."""
_LONGEST = 20_000
_SIGNS = "*_` \t"


def told_by_markdown(text: str, labels: Collection[str]) -> Told:
    """Answer for the tables of a document in Markdown; in any other text there is nothing to find.

    Parameters
    ----------
    text : str
    labels : collection of str
        Of the file's own path.

    Returns
    -------
    Told
    """
    found = Found()
    behind = 0
    for match in _RULE.finditer(text) if "--" in text and "|" in text else ():
        if match.start() < behind:  # a line of the table before
            continue
        heads = _cells(text[text.rfind("\n", 0, max(match.start() - 1, 0)) + 1 : match.start()])
        setting = setting_of({known_as(name) for name in heads})
        behind = match.end() + 1
        for line in _rows(text, behind):
            found.ask(list(zip(heads, _cells(line), strict=False)), setting, labels)
            behind += len(line) + 1
    return told_by_found(found, "no table names a person")


def _rows(text: str, start: int) -> Iterator[str]:
    """Yield the lines of a table, up to the first that is none of its rows."""
    while start < len(text):
        end = text.find("\n", start)
        line = text[start : min(end if end >= 0 else len(text), start + _LONGEST)]
        if "|" not in line:
            return
        yield line
        if end < 0:
            return
        start = end + 1


def _cells(line: str) -> list[str]:
    return [cell.strip(_SIGNS) for cell in line[:_LONGEST].strip().strip("|").split("|")]
