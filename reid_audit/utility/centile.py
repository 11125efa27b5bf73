"""Centiles of a growth chart: where a measure lies among people of the same age and sex."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import ManifestError
from reid_audit.inputs.tables import read_text_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GrowthChart", "centile", "read_chart"]

_COLUMNS = ("age", "l", "m", "s")


@dataclass(frozen=True, eq=False)
class GrowthChart:
    """L, M and S over age, for each sex or for both.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (n_ages, 4), float64
        ``"F"``, ``"M"`` or ``""`` (both) to rows of age in years, L, M and S, ages rising.
    """

    curves: Mapping[str, np.ndarray[Any, Any]]

    def __repr__(self) -> str:
        return f"GrowthChart({', '.join(sorted(self.curves)) or 'both'})"


def read_chart(path: Path | str) -> GrowthChart:
    """Read a growth chart.

    Parameters
    ----------
    path : path-like
        CSV, TSV or Parquet with the columns ``age`` (years), ``l``, ``m``, ``s`` and, where the sexes differ, ``sex``
        (F or M).

    Returns
    -------
    GrowthChart

    Raises
    ------
    ManifestError
        When a column is missing, a cell is no number, M or S is not above 0, or an age stands twice.
    """
    table = read_text_table(Path(path))
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise ManifestError(
            f"The growth chart lacks the column '{missing[0]}'; needed are {', '.join(_COLUMNS)}.", remedy="Add it."
        )
    try:
        numbers = table[list(_COLUMNS)].to_numpy(dtype=np.float64)
    except ValueError:
        raise ManifestError("A cell of the growth chart is no number.", remedy="Correct it.") from None
    if not np.isfinite(numbers).all() or (numbers[:, 2:] <= 0).any():
        raise ManifestError("M and S of a growth chart are above 0, and all is finite.", remedy="Correct the chart.")
    sexes = np.asarray([cell.upper()[:1] for cell in table["sex"]] if "sex" in table.columns else [""] * len(table))
    curves = {}
    for sex in np.unique(sexes):
        rows = numbers[sexes == sex]
        rows = rows[np.argsort(rows[:, 0])]
        if (np.diff(rows[:, 0]) <= 0).any():
            raise ManifestError("An age stands twice in the growth chart.", remedy="Give one row an age and sex.")
        curves[str(sex)] = rows
    return GrowthChart(curves)


def centile(value: float, age: float, sex: str, chart: GrowthChart) -> tuple[float | None, str]:
    """Return the centile of a measure by the LMS method.

    Parameters
    ----------
    value : float
        In the unit of the chart.
    age : float
        Years; between two ages of the chart L, M and S run straight.
    sex : str
        ``"F"`` or ``"M"``; anything else looks for a chart of both.
    chart : GrowthChart

    Returns
    -------
    value : float or None
        0 to 100; None where the chart has no such person.
    why : str
        Empty, or why there is none.

    References
    ----------
    Cole and Green, Statistics in Medicine 11:1305-1319, 1992, doi:10.1002/sim.4780111005.
    """
    from scipy.stats import norm

    curve = chart.curves.get(sex.upper()[:1] if sex.upper()[:1] in {"F", "M"} else "", chart.curves.get(""))
    if curve is None:
        return None, "the growth chart has no curve for this sex"
    if not curve[0, 0] <= age <= curve[-1, 0]:
        return None, f"the growth chart covers {curve[0, 0]:g} to {curve[-1, 0]:g} years"
    if not value > 0:
        return None, "the measure is not above 0"
    power, median, spread = (float(np.interp(age, curve[:, 0], curve[:, column])) for column in (1, 2, 3))
    ratio = value / median
    z = np.log(ratio) / spread if abs(power) < 1e-9 else (ratio**power - 1) / (power * spread)
    return float(100 * norm.cdf(z)), ""
