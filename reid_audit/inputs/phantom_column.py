"""The column ``phantom`` of a table of scans or photos: whether the people in it exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError
from reid_audit.inputs.tables import lines_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PHANTOM_COLUMN", "called_phantoms"]

PHANTOM_COLUMN = "phantom"

_YES, _NO = {"true", "1", "yes", "t"}, {"false", "0", "no", "f", ""}


def called_phantoms(table: pd.DataFrame) -> bool | None:
    """Tell whether a table calls the people of all its rows phantoms.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`~reid_audit.inputs.tables.read_text_table` returns it.

    Returns
    -------
    bool or None
        None where there is no such column.

    Raises
    ------
    ManifestError
        A cell is neither true nor false; lines are named.
    """
    if PHANTOM_COLUMN not in table.columns:
        return None
    words = [cell.strip().lower() for cell in table[PHANTOM_COLUMN]]
    wrong = [line for line, word in zip(table.index, words, strict=True) if word not in _YES | _NO]
    if wrong:
        raise ManifestError(
            f"The column '{PHANTOM_COLUMN}' holds neither true nor false in line {lines_of(wrong)}.",
            remedy="Correct it.",
        )
    return all(word in _YES for word in words)
