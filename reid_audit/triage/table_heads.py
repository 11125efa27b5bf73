"""Where the heads of a table's columns are, what separates them, and which of them are asked."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.triage.combined import is_part
from reid_audit.triage.concepts import known_as
from reid_audit.triage.identifiers import is_date
from reid_audit.triage.persons import setting_of
from reid_audit.triage.records import is_asked, is_certain, is_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reid_audit.triage.persons import Setting

__all__ = ["Heads", "heads_of", "looks_like_table", "row_of", "rows_of"]

_SEPARATORS = "\t;,|"
_LONGEST_LINE = 2**20
_LONGEST_HEAD = 60
_LINES = 50


@dataclass(frozen=True)
class Heads:
    """What the first lines of a table say of its columns.

    Parameters
    ----------
    line : int
        The first line of heads, counted from 0: what stands before is a title or a comment.
    separator : str
    asked : tuple of (int, str)
        Columns that are looked at, with their heads.
    setting : Setting
        What the columns together are about.
    none : bool
        Whether the first line is data: the columns have no heads.
    names : tuple of str
        Heads of all columns, empty where they have none.
    """

    line: int
    separator: str
    asked: tuple[tuple[int, str], ...]
    setting: Setting
    none: bool
    names: tuple[str, ...] = ()

    def name(self, index: int) -> str:
        """Return what a column is called, or which it is."""
        named = self.names[index] if index < len(self.names) else ""
        return named or f"of column {index + 1}"


def heads_of(lines: Sequence[str]) -> Heads:
    """Find the heads among the first lines of a table.

    Parameters
    ----------
    lines : sequence of str

    Returns
    -------
    Heads
        Those of the first line of several cells, and of a later one that holds a field of a person's name, birth or
        number: an export may begin with a title, a comment, or another table.
    """
    several = [number for number, line in enumerate(lines) if len(_filled(line)) > 1]
    plainly = [number for number in several if not lines[number].lstrip().startswith("#") or _certain(lines[number])]
    start = next(iter(plainly or several), 0)
    certain = next((number for number in several if _certain(lines[number])), start)
    if not lines:
        return Heads(0, ",", (), "open", none=True)
    separator = _separator(lines[certain])
    rows = [row_of(lines[number], separator) for number in dict.fromkeys((start, certain))]
    asked = tuple(dict.fromkeys((index, name) for row in rows for index, name in enumerate(row) if _is_looked_at(name)))
    setting = setting_of({known_as(name) for row in rows for name in row})
    none = not asked and _is_data(rows[0])
    return Heads(start, separator, asked, setting, none, () if none else tuple(rows[0]))


def looks_like_table(text: str) -> bool:
    """Tell whether a text whose name promises no table begins with the heads of one, some of which are asked."""
    lines = [line[:_LONGEST_LINE] for line in text.lstrip().split("\n", _LINES)[:_LINES] if line.strip()]
    try:
        start = next((at for at, line in enumerate(lines) if len(_filled(line)) > 1 and line[0] != "#"), len(lines))
        columns = _filled(lines[start]) if start < len(lines) else []
        separator = _separator(lines[start]) if columns else ""
        # Behind a title any sentence with commas could be heads: the next line must have as many cells.
        sizes = [len(row_of(line, separator)) for line in lines[start : start + 2]] if columns else []
    except csv.Error:
        return False
    alike = len(sizes) > 1 and sizes[0] == sizes[1]
    asked = any(map(is_asked, columns)) if start == 0 and not alike else alike and any(map(is_identifier, columns))
    return asked and all(len(name) <= _LONGEST_HEAD for name in columns)


def rows_of(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """Yield rows; tables with tabs know no quotes in BIDS, and one that stands alone would swallow the rows behind."""
    if separator == "\t":
        return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=separator)


def row_of(line: str, separator: str) -> list[str]:
    """Return the cells of one line, without blanks and quotes around them."""
    return [name.strip().strip("\"'") for name in next(rows_of([line], separator), [])]


def _filled(line: str) -> list[str]:
    return [name for name in row_of(line, _separator(line)) if name]


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _certain(line: str) -> bool:
    cells = _filled(line)
    return len(cells) > 1 and any(map(is_certain, cells)) and not _is_data(cells)


def _is_looked_at(name: str) -> bool:
    return is_identifier(name) or is_part(name)


def _is_data(cells: Sequence[str]) -> bool:
    """Tell whether a cell is a number, a whole date, or the label of a person: heads are none of these."""
    return any(_is_number(cell) or is_date(cell) or cell.lower().startswith("sub-") for cell in cells)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
