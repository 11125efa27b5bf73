"""Tables as Parquet (exact) and as text (for every other tool)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.errors import StoreError
from reid_audit.store.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["armed", "csv_text", "disarmed", "read_table", "write_csv", "write_table", "write_tsv"]

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""Letters that begin a formula, wide forms included (OWASP: CSV injection)."""


def write_table(stem: Path | str, table: pd.DataFrame) -> tuple[Path, Path]:
    """Write a table as ``STEM.parquet`` and ``STEM.csv``, both 0600.

    Parameters
    ----------
    stem : path-like
        Path without suffix; its folder exists.
    table : pandas.DataFrame
        The index is left out.

    Returns
    -------
    tuple of Path
        Parquet and CSV.
    """
    base = Path(stem)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    parquet = write_bytes(base.with_name(base.name + ".parquet"), buffer.getvalue())
    return parquet, write_csv(base.with_name(base.name + ".csv"), table)


def write_csv(path: Path | str, table: pd.DataFrame) -> Path:
    """Write a table as CSV, 0600, in which no cell is a formula.

    Parameters
    ----------
    path : path-like
        Its folder exists.
    table : pandas.DataFrame
        The index is left out.

    Returns
    -------
    Path
    """
    return write_bytes(path, csv_text(table).encode())


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV in which no cell is a formula, without the index."""
    return _guarded(table).to_csv(index=False, lineterminator="\n")


def write_tsv(path: Path | str, table: pd.DataFrame) -> Path:
    """Write a table as BIDS has it, tabs between cells and ``n/a`` where there is nothing, 0600.

    Parameters
    ----------
    path : path-like
        Its folder exists.
    table : pandas.DataFrame
        The index is left out.

    Returns
    -------
    Path
    """
    text = _guarded(table).replace("", None).to_csv(index=False, sep="\t", na_rep="n/a", lineterminator="\n")
    return write_bytes(path, text.encode())


def disarmed(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run as a formula; anything else stays as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _plain(value: object) -> object:
    """Disarm text, and let no line end in it begin another record: of the two kinds one is put in quotes."""
    return disarmed(value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value)


def armed(text: str) -> str:
    """Undo :func:`disarmed`, on reading a table that we wrote and somebody may have corrected."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Disarm every text of a table, its header included."""
    text = [name for name in table.columns if table[name].dtype.kind not in "biufcmM" and _has_formula(table[name])]
    return table.assign(**{str(name): table[name].astype(object).map(_plain) for name in text}).rename(columns=_plain)


def _has_formula(column: pd.Series[Any]) -> bool:
    """Tell whether a column of text has a cell to disarm; of a categorical one the categories are looked at."""
    import pandas as pd

    texts = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return any(_plain(value) is not value for value in texts)


def read_table(path: Path | str) -> pd.DataFrame:
    """Read a Parquet table that :func:`write_table` wrote.

    Raises
    ------
    StoreError
        If the file is missing or damaged.
    """
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StoreError(
            f"'{Path(path).name}' is not a whole Parquet table.",
            remedy="Delete it and run again; the rest is kept.",
        ) from error
