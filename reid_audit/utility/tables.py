"""Measures that others made of original and defaced scans: FreeSurfer's, or any table with a row a scan."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError
from reid_audit.inputs.names import canonical_modality
from reid_audit.inputs.tables import read_text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MEASURE_COLUMNS", "read_measures"]

MEASURE_COLUMNS = ("subject", "session", "modality", "condition", "measure", "value")
"""Columns of a table of measures, one row a number."""

_NEEDED = ("subject", "condition")
_KEYS = ("subject", "session", "modality", "condition")
_NOT_MEASURES = (*_KEYS, "age", "sex", "site", "cohort", "path", "sample")
_NAMED = 12
"""Columns of a table that are told by name."""
_MISSING = {"", "n/a", "na", "nan", "null", "none", "-"}


def read_measures(path: Path | str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table with one row a scan and one column a measure.

    Parameters
    ----------
    path : path-like
        CSV, TSV or Parquet with the columns ``subject`` and ``condition`` (``original``, or a defacer's name),
        ``session`` and ``modality`` where they are needed to tell scans apart, and one column a measure. Columns
        without any number are no measures. Labels may begin with ``sub-`` and ``ses-``.

    Returns
    -------
    pandas.DataFrame
        :data:`MEASURE_COLUMNS`, one row a scan and measure; ``value`` is float64, NaN where the table has no number: a
        measure that failed on the scan.
    tuple of str
        Which columns are measures, and what was left out.

    Raises
    ------
    ManifestError
        If the file is no such table, holds no measure, or lists a scan twice.
    """
    import pandas as pd

    table = read_text_table(Path(path))
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise ManifestError(
            f"The table of measures lacks the column '{missing[0]}'; needed are {', '.join(_NEEDED)}, and one column a "
            "measure.",
            remedy="Add it: one row a scan, with what was done to the scan as its condition.",
        )
    keys = pd.DataFrame(
        {
            "subject": [cell.removeprefix("sub-") for cell in table["subject"]],
            "session": [cell.removeprefix("ses-") for cell in table["session"]] if "session" in table.columns else "",
            "modality": [canonical_modality(cell) if cell else "" for cell in table["modality"]]
            if "modality" in table.columns
            else "",
            "condition": table["condition"],
        },
        index=table.index,
    )
    twice = int(keys.duplicated().sum())
    if twice:
        raise ManifestError(
            f"{twice} rows of the table of measures repeat a subject, session, modality and condition.",
            remedy="Add a column 'session' or 'modality' that tells them apart, or remove the repeats.",
        )
    parts, notes = [], []
    for name in table.columns:
        if name in _NOT_MEASURES:
            continue
        values = [_number(cell) for cell in table[name]]
        known = [not math.isnan(value) for value in values]
        if any(known):
            parts.append(keys.assign(measure=str(name), value=values))
        wrong = sum(cell.lower() not in _MISSING for cell, fine in zip(table[name], known, strict=True) if not fine)
        if wrong:
            notes.append(f"column '{name}': {wrong} cells are no finite number and count as missing")
    if not parts:
        raise ManifestError("The table of measures has no column with a number.", remedy="Add one column a measure.")
    names = [str(part["measure"].iloc[0]) for part in parts]
    taken = f"measures of the table: {', '.join(names[:_NAMED])}"
    taken += f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return pd.concat(parts, ignore_index=True)[list(MEASURE_COLUMNS)], (taken, *notes)


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
