"""Whether elements of XML or HTML name somebody: their names, their attributes, and the cells of tables."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from reid_audit.triage.concepts import known_as
from reid_audit.triage.identifiers import plain
from reid_audit.triage.persons import setting_of
from reid_audit.triage.records import Found, is_asked, told_by_found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reid_audit.triage.answer import Told

__all__ = ["told_by_markup"]

_ELEMENT = re.compile(r"<([A-Za-z_][\w:.-]{0,60})(?=[\s/>])([^<>]{0,2000})>([^<>]{0,300})")
_ATTRIBUTE = re.compile(r"([\w:.-]{1,60})\s{0,5}=\s{0,5}(?:\"([^\"<>]{0,300})\"|'([^'<>]{0,300})')")
_KEYED = frozenset(["name", "keyword", "tag", "key", "id", "label"])
"""Attributes whose value says what the element's own text, or its attribute ``value``, is."""
_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]{0,2000}>", re.IGNORECASE)
_DEFINED = re.compile(r"<dl\b[^<>]{0,2000}>", re.IGNORECASE)
_CELL = re.compile(r"<(?:t[dh]|d[td])\b[^<>]{0,2000}>", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:t[dhr]|d[tdl]|table)\b", re.IGNORECASE)
_LONGEST = 2000
"""Characters of a cell that are read."""
_PEOPLE = re.compile(r"<(?:[\w.-]{1,30}:)?(?:patient|subject|participant|person|proband|birth)", re.IGNORECASE)
"""Elements by which a document speaks of people."""
_TAG = re.compile(r"<[^<>]{0,2000}>")
_HTML_WORDS = """
    meta input a img link script button form iframe map param select textarea html
"""
_HTML = frozenset(_HTML_WORDS.split())
"""Elements of HTML whose attribute ``name`` names no person."""


def told_by_markup(text: str, labels: Collection[str]) -> Told:
    """Answer for what elements, attributes and cells of a document say.

    Parameters
    ----------
    text : str
        Of XML or HTML; in any other text there is nothing to find.
    labels : collection of str
        Of the file's own path.

    Returns
    -------
    Told
    """
    found = Found()
    if "<" in text:
        about_people = bool(_PEOPLE.search(text))
        for inside, record in _elements(text):
            setting = setting_of({known_as(name) for name, _ in record}, inside)
            # Elements called "name" are everywhere; they are asked where the document speaks of people.
            found.ask(record, "thing" if setting == "open" and not about_people else setting, labels)
        for table in _TABLE.split(text)[1:]:
            _ask_table(table, found, labels)
        for part in _DEFINED.split(text)[1:]:
            found.ask(_pairs(_cells(part)), "open", labels)
    return told_by_found(found, "no element names a person")


def _elements(text: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield what each element is called, and the fields that it holds: its own text, and its attributes."""
    for match in _ELEMENT.finditer(text):
        name, inner = match[1].rpartition(":")[2], html.unescape(match[3]).strip()
        pairs = [(each[1], html.unescape(each[2] or each[3] or "")) for each in _ATTRIBUTE.finditer(match[2])]
        record = [] if name.lower() in _HTML else [each for each in pairs if is_asked(each[0])]
        if inner and is_asked(name):
            record.append((name, inner))
        said = inner or next((value for key, value in pairs if key.lower() in {"value", "content"}), "")
        record += [(value, said) for key, value in pairs if said and key.lower() in _KEYED and is_asked(value)]
        if record:
            yield plain(name), record


def _cells(row: str) -> list[str]:
    """Return the text of each cell, up to where it is closed."""
    shown = (_CLOSED.split(part[:_LONGEST], maxsplit=1)[0] for part in _CELL.split(row)[1:])
    return [" ".join(html.unescape(_TAG.sub(" ", cell)).split()).rstrip(" :") for cell in shown]


def _pairs(cells: list[str]) -> list[tuple[str, str]]:
    """Return every cell with the one behind it."""
    return [(name, value) for name, value in pairwise(cells) if is_asked(name)]


def _ask_table(table: str, found: Found, labels: Collection[str]) -> None:
    """Ask the cells of one table: each beside the next, and each below the head of its column."""
    heads: list[str] = []
    beside: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _ROW.split(table)[1:]:
        cells = _cells(row)
        if heads:
            found.ask(list(zip(heads, cells, strict=False)), setting_of({known_as(name) for name in heads}), labels)
        else:
            heads = cells
        for name, value in _pairs(cells):
            beside[name].append((name, value))
    setting = setting_of({known_as(name) for name in beside})
    for pairs in beside.values():
        # A head of a column stands beside the next head: that one is no value.
        found.ask([(name, value) for name, value in pairs if not is_asked(value)], setting, labels)
