"""Tables that people write: CSV, TSV and Parquet, read as text with errors that name the line."""

from __future__ import annotations

import csv
import difflib
import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from reid_audit.errors import ManifestError
from reid_audit.inputs.parquet import read_parquet
from reid_audit.store import armed, open_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = ["TABLE_EXTENSIONS", "check_columns", "lines_of", "read_text_table"]

TABLE_EXTENSIONS = (".csv", ".tsv", ".parquet")

MAX_BYTES = 256 * 2**20
MAX_ROWS = 1_000_000


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a table with every cell as text.

    Parameters
    ----------
    path : Path
        CSV with comma, semicolon or tab, TSV, or Parquet.

    Returns
    -------
    pandas.DataFrame
        Strings without blanks around them; column names in lower case. The index is the line in the file (the row,
        counted from 1, of a Parquet table); empty lines are dropped.

    Raises
    ------
    ManifestError
        If the file cannot be read as a table of text in UTF-8, is empty, or names a column twice.
    """
    try:
        with open_file(path) as stream:  # a pipe would wait for a writer, a device never end
            size = stream.seek(0, io.SEEK_END)
        if size > MAX_BYTES:
            raise ManifestError(
                f"The table has {size / 2**20:.0f} MiB; at most {MAX_BYTES / 2**20:.0f} are allowed.",
                remedy="Name the table itself, not a file of data.",
            )
        table = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    except OSError as error:
        raise ManifestError(
            f"The table cannot be read: {error.strerror or 'not a file of this kind'}.", remedy="Correct the path."
        ) from None
    table.columns = pd.Index([str(name).strip().lower() for name in table.columns])
    twice = sorted({name for name in table.columns if list(table.columns).count(name) > 1})
    if twice:
        raise ManifestError(f"The table has the column '{twice[0]}' more than once.", remedy="Remove one of them.")
    if table.empty:
        raise ManifestError(
            "The table has no rows.", remedy="Add them; `reid-audit manifest DIR` drafts a manifest of scans."
        )
    return table


def _read_csv(path: Path) -> pd.DataFrame:
    with open_file(path) as stream:
        content = stream.read()
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise _encoding_error()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _encoding_error() from None
    if "\0" in text:
        raise ManifestError(
            "The file is not a text table: it holds binary data.", remedy="Save it as CSV, TSV or Parquet."
        )
    if not text.strip():
        raise ManifestError("The table is empty.", remedy="Add a header and rows.")
    header = text.lstrip("\r\n").splitlines()[0]
    separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        raise ManifestError("The file is not a text table.", remedy="Save it as CSV, TSV or Parquet.") from None
    if not rows:  # a lone quotation mark is a file that is not empty, and holds no cell
        raise ManifestError("The table is empty.", remedy="Add a header and rows.")
    (_, columns), body = rows[0], rows[1:]
    if len(body) > MAX_ROWS:
        raise ManifestError(f"The table has {len(body):,} rows; at most {MAX_ROWS:,} are allowed.", remedy="Split it.")
    ragged = [line for line, row in body if len(row) != len(columns)]
    if ragged:
        raise ManifestError(
            f"Line {lines_of(ragged)} of the table has another number of cells than the header's {len(columns)}.",
            remedy="Put a cell that holds the separator into quotation marks, and fill missing cells with n/a.",
        )
    cells = [[armed(cell.strip()) for cell in row] for _, row in body]
    return pd.DataFrame(cells, columns=columns, index=[line for line, _ in body], dtype=str)


def _encoding_error() -> ManifestError:
    return ManifestError("The table is not encoded in UTF-8.", remedy="Save it again as 'CSV UTF-8'.")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = read_parquet(path, max_rows=MAX_ROWS, max_bytes=MAX_BYTES)
        text = {str(name): [_text(cell) for cell in table[name]] for name in table.columns}  # text is decoded here
    except ManifestError:
        raise
    except Exception as error:  # pyarrow raises anything at all on a damaged file
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the system refused
        raise ManifestError("The file is not a Parquet table, or it is damaged.", remedy="Write it again.") from None
    return pd.DataFrame(text, index=range(1, len(table) + 1), dtype=str)


def _text(cell: Any) -> str:
    """Write a cell as text; a whole number that a missing neighbour made a float stays whole."""
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def check_columns(
    table: pd.DataFrame, what: str, *, allowed: Collection[str], required: Collection[str], meant: Mapping[str, str]
) -> None:
    """Refuse unknown and missing columns.

    Parameters
    ----------
    table : pandas.DataFrame
    what : str
        What the table is called in the message: ``"manifest"``.
    allowed, required : collection of str
    meant : mapping of str to str
        Other names that people use, to the name that is allowed.

    Raises
    ------
    ManifestError
        Lists what is allowed, and the nearest name.
    """
    for name in table.columns:
        if name not in allowed:
            near = meant.get(name) or next(iter(difflib.get_close_matches(name, list(allowed), 1, 0.6)), None)
            raise ManifestError(
                f"The {what} has an unknown column '{name}'; allowed are {', '.join(allowed)}.",
                remedy=f"Did you mean '{near}'?" if near else "Remove or rename it.",
            )
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise ManifestError(
            f"The {what} lacks the column '{missing[0]}'; needed are {', '.join(required)}.", remedy="Add it."
        )


def lines_of(numbers: Collection[int], limit: int = 5) -> str:
    """Write line numbers for a message: ``"3, 7, 9 and 4 more"``."""
    ordered = sorted(numbers)
    text = ", ".join(str(number) for number in ordered[:limit])
    return f"{text} and {len(ordered) - limit} more" if len(ordered) > limit else text
