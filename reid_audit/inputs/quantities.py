"""A quantity of each person, from a column of a table of participants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs.names import strip_prefix
from reid_audit.inputs.people import is_empty, read_age, read_sex
from reid_audit.inputs.tables import read_text_table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["participants_file", "read_quantity"]

_FEMALE = {"F": 1.0, "M": 0.0}


def participants_file(root: Path) -> Path | None:
    """Return the table of participants of a BIDS data set, or of the raw data in it.

    Parameters
    ----------
    root : Path

    Returns
    -------
    Path or None
    """
    places = (root / "participants.tsv", root / "rawdata" / "participants.tsv")
    return next((place for place in places if place.is_file()), None)


def read_quantity(path: Path, column: str) -> dict[str, float]:
    """Return what a column of a table says of each person.

    Parameters
    ----------
    path : Path
        ``participants.tsv`` of a BIDS data set, or any CSV, TSV or Parquet with a column ``participant_id`` (or
        ``subject``).
    column : str
        Numbers; ``age`` may be written as DICOM does, and ``sex`` gives 1 for female and 0 for male.

    Returns
    -------
    dict of str to float
        Person, without ``sub-``, to value; empty cells are left out.

    Raises
    ------
    ManifestError
        The table cannot be read, holds a person twice, or a cell is no number.
    UsageError
        There is no such column.
    """
    table = read_text_table(path)
    name, who = column.strip().lower(), next((n for n in ("participant_id", "subject") if n in table.columns), None)
    if who is None or name not in table.columns:
        raise UsageError(
            f"The table has no column '{column if who else 'participant_id'}'. Known: {', '.join(table.columns)}.",
            remedy="Name one of its columns.",
        )
    found: dict[str, float] = {}
    for line, row in zip(table.index, table.to_dict("records"), strict=True):
        text, person = str(row[name]), strip_prefix(str(row[who]), "sub")
        if is_empty(text):
            continue
        if person in found:
            raise ManifestError(
                f"A person stands twice in the table, again in line {line}.", remedy="Keep one line a person."
            )
        found[person] = _number(text, name, line)
    return found


def _number(text: str, name: str, line: object) -> float:
    try:
        value = read_age(text) if name == "age" else _FEMALE[read_sex(text)] if name == "sex" else float(text)
    except (ValueError, KeyError):
        value = math.nan
    if not math.isfinite(value):
        raise ManifestError(f"In line {line} the column '{name}' holds no number.", remedy="Correct it or empty it.")
    return value
