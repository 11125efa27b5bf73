"""The variation that is usual: the same measures of the same people, scanned or converted twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Yardstick", "yardsticks"]

_FEWEST = 2


@dataclass(frozen=True)
class Yardstick:
    """How far a measure varies without any defacing.

    Parameters
    ----------
    measure, modality : str
    n_subjects : int
    absolute_relative : float or None
        Mean over people of the difference between two measurements, without sign, as a share of their mean; None where
        a mean is not above 0.
    sd : float
        Of the difference of two measurements, in the unit of the measure.
    """

    measure: str
    modality: str
    n_subjects: int
    absolute_relative: float | None
    sd: float


def yardsticks(measures: pd.DataFrame) -> tuple[Yardstick, ...]:
    """Return the usual variation of every measure that was made twice.

    Parameters
    ----------
    measures : pandas.DataFrame
        As :func:`~reid_audit.utility.tables.read_measures` returns it, with exactly two conditions, whatever they are
        called: two scans, two converters.

    Returns
    -------
    tuple of Yardstick
        One a measure and modality with two people or more. Sessions of a person are averaged.

    Raises
    ------
    UsageError
        When there are not two conditions.
    """
    conditions = sorted(set(measures["condition"]))
    if len(conditions) != 2:
        raise UsageError(
            f"A yardstick compares two measurements of the same people, got {len(conditions)} conditions.",
            remedy="Name two conditions in its column 'condition', for example scan1 and scan2.",
        )
    made = []
    for (measure, modality), rows in measures.groupby(["measure", "modality"], sort=True):
        wide = rows.pivot_table(index=["subject", "session"], columns="condition", values="value").dropna()
        if len(wide.columns) < 2 or wide.index.get_level_values("subject").nunique() < _FEWEST:
            continue
        first, second = (wide[name].to_numpy(dtype=np.float64) for name in conditions)
        owner = wide.index.get_level_values("subject").to_numpy(dtype=str)
        middle = (first + second) / 2
        apart = _by_person(owner, second - first)
        relative = float(_by_person(owner, np.abs(second - first) / middle).mean()) if (middle > 0).all() else None
        made.append(Yardstick(str(measure), str(modality), len(apart), relative, float(apart.std(ddof=1))))
    return tuple(made)


def _by_person(owner: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    _, place, counts = np.unique(owner, return_inverse=True, return_counts=True)
    return np.asarray(np.bincount(place, weights=values) / counts)
