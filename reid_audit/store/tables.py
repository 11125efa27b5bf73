"""Tables as Parquet (exact) and CSV (for every other tool)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import StoreError
from reid_audit.store.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_table", "write_table", "write_tsv"]


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
    csv = write_bytes(base.with_name(base.name + ".csv"), _guarded(table).to_csv(index=False).encode())
    return parquet, csv


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


def _guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Disarm text that a spreadsheet would run as a formula (OWASP: CSV injection)."""

    def disarm(value: object) -> object:
        return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value

    text = [name for name in table.columns if table[name].dtype == object or str(table[name].dtype).startswith("str")]
    return table.assign(**{str(name): table[name].map(disarm) for name in text})


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
