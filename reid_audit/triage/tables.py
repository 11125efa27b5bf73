"""Whether a table names somebody: columns that name people, with anything in any row."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from contextlib import ExitStack
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, BinaryIO

from reid_audit.store import open_file
from reid_audit.triage.answer import Told, worst
from reid_audit.triage.decoding import open_text, spelled
from reid_audit.triage.identifiers import is_date
from reid_audit.triage.packing import told_by_packing
from reid_audit.triage.persons import form_of_name
from reid_audit.triage.records import Found, grade_of_any, is_asked, is_named, told_by_found, value_agrees
from reid_audit.triage.table_heads import Heads, heads_of, row_of, rows_of
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    import io
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

__all__ = ["told_by_table"]

_LINE = 2**20
_MAX_TEXT = 2**30
_MAX_ROWS = 1_000_000
_FIRST = 50
"""Lines among which the heads of columns are looked for."""
_FIELD_AND_VALUE = 2
_CAPITAL = re.compile(r"[^\W\d_a-z]")
_FORMED = re.compile(r"[\^@+]|\d[-/.]\d\d?[-/.]\d|\.\d{3,}[,; ]|[^\W\d_]{3}.{4}", re.DOTALL)
"""What a cell must hold to tell anything by itself."""
_GZIP = b"\x1f\x8b"


class _TooLongError(Exception):
    """The table has more than is read."""


def told_by_table(path: Path, labels: Collection[str]) -> Told:
    """Answer for a table with tabs, semicolons, commas or bars, whatever its ending: its worst row counts.

    Parameters
    ----------
    path : Path
        Packed by gzip, or not, by its first bytes.
    labels : collection of str
        Of the file's own path.

    Returns
    -------
    Told
    """
    found = Found()
    told: list[Told] = []
    with ExitStack() as opened:
        raw: BinaryIO = opened.enter_context(open_file(path))
        packed = raw.peek(len(_GZIP)).startswith(_GZIP)  # type: ignore[attr-defined]
        if packed:
            raw = opened.enter_context(gzip.GzipFile(fileobj=raw, mode="rb"))  # type: ignore[assignment]
        try:
            told.append(_ask(_bounded_lines(opened.enter_context(open_text(raw))), found, labels))
        except _TooLongError:
            told.append(
                Told("unaudited", f"size: the table has more than {_MAX_ROWS:,} lines, or more text than is read")
            )
        except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error, OSError):
            told.append(Told("unaudited", "damaged: the table cannot be read to its end"))
    if packed:
        told.append(told_by_packing(path, labels))
    return worst([told_by_found(found, "no column names a person"), *told])


def _ask(lines: Iterator[str], found: Found, labels: Collection[str]) -> Told:
    """Note what the columns tell; return what stands before their heads tells."""
    first = list(islice((line for line in lines if line.strip() and not line.lower().startswith("sep=")), _FIRST))
    heads = heads_of(first)
    for line in first:
        _ask_beside(row_of(line, heads.separator), found, labels)
    for number, row in enumerate(rows_of(chain(first[heads.line + 1 :], lines), heads.separator)):
        if number >= _MAX_ROWS:
            raise _TooLongError
        _ask_any(row, heads, found, labels)
        if heads.asked:
            found.ask(_fields(heads.asked, row), heads.setting, labels)
        elif heads.none:
            _ask_form(row, heads, found)
    if heads.none and first:
        _ask_form(row_of(first[heads.line], heads.separator), heads, found)
    return told_by_words("\n".join(first[: heads.line]), labels, "no title names a person")


def _ask_beside(row: Sequence[str], found: Found, labels: Collection[str]) -> None:
    """Note a field with its value in the next cell, as lists of fields and values have them."""
    for name, value in pairwise(row):
        if is_asked(value):
            continue
        named = is_named(name) and (is_date(value) or form_of_name(value) in {"dicom", "words"})
        # A number of so many digits beside a word is any number, but in a list of fields and values.
        told = (len(row) == _FIELD_AND_VALUE or not value.isdecimal()) and value_agrees(name, value)
        if told and not named and value.isdecimal() and value[0] != "0":  # how often a word is used, perhaps
            found.add(name, "doubtful")
        elif named or told:
            found.ask([(name, value)], "person", labels)


def _ask_any(row: Sequence[str], heads: Heads, found: Found, labels: Collection[str]) -> None:
    """Note what a cell tells whatever its column is called; a column that is asked tells more."""
    asked = {index for index, _ in heads.asked}
    for index, cell in enumerate(row):
        if _FORMED.search(cell) and index not in asked:
            name, value = heads.name(index), cell.strip().strip('"')
            found.add(name, grade_of_any(name, value, heads.setting, labels))


def _ask_form(row: Sequence[str], heads: Heads, found: Found) -> None:
    """Note names by their form, in a table whose columns have no heads."""
    for index, cell in enumerate(row):
        if _CAPITAL.search(cell[:1]) and form_of_name(cell) in {"dicom", "words"}:
            found.add(heads.name(index), "doubtful")


def _fields(asked: Sequence[tuple[int, str]], row: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, row[index].strip().strip('"')) for index, name in asked if index < len(row)]


def _bounded_lines(stream: io.TextIOWrapper) -> Iterator[str]:
    read = 0
    while line := stream.readline(_LINE):
        read += len(line)
        if read > _MAX_TEXT:
            raise _TooLongError
        yield spelled(line.replace("\0", ""))
