"""The table of a repeated study: for a terminal, as CSV, and as a page."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from reid_audit.report.page import render_page
from reid_audit.reproduce.rows import Row
from reid_audit.store import private_folder, take_back, write_csv, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.reproduce.published import Study

__all__ = ["table_in_words", "write_rows"]

_NONE = "–"


def write_rows(study: Study, rows: Sequence[Row], out: Path | str, *, phantoms: bool) -> Path:
    """Write ``<study>.csv`` and ``<study>.html``.

    Parameters
    ----------
    study : Study
    rows : sequence of Row
    out : path-like
        Folder.
    phantoms : bool
        True for people who do not exist: the page says so.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    StoreError
        If a file cannot be written.
    """
    folder = private_folder(Path(out))
    take_back(folder, f"{study.name}.html")
    columns = [field.name for field in fields(Row)]
    write_csv(folder / f"{study.name}.csv", pd.DataFrame([asdict(row) for row in rows], columns=columns, dtype=object))
    page = folder / f"{study.name}.html"
    write_text(page, _page(study, rows, phantoms))
    return page


def table_in_words(rows: Sequence[Row]) -> str:
    """Return the rows as lines of a terminal: what, our number with interval, chance and n, the paper's."""
    lines = []
    for population in dict.fromkeys(row.population for row in rows):
        lines.append(f"Population {population}:")
        for row in rows:
            if row.population == population:
                paper = f"; paper {row.published}" if row.published else ""
                standing = f" [{row.standing}]" if row.standing != "finding" else ""
                kind = f", {row.metric}" if row.metric.endswith("difference") else ""
                lines.append(f"  {row.condition}, {row.method}{kind}: {_value(row)}{paper}{standing}")
    return "\n".join(lines)


def _value(row: Row) -> str:
    """Write value, interval, chance and n."""
    if row.value is None:
        return f"{_NONE} ({row.note})"
    interval = "" if row.low is None or row.high is None else f" ({row.low:.2f} to {row.high:.2f})"
    chance = "" if row.chance is None else f", chance {row.chance:.3g}"
    return f"{row.value:.2f}{interval}{chance}, n = {row.n_subjects}"


def _page(study: Study, rows: Sequence[Row], phantoms: bool) -> str:
    populations = {
        population: [(row, _NONE if row.value is None else _value(row)) for row in rows if row.population == population]
        for population in dict.fromkeys(row.population for row in rows)
    }
    return render_page(
        "reid_audit.reproduce",
        "study.html",
        study=study,
        phantoms=phantoms,
        populations=populations,
    )
