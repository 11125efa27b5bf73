"""People dealt out in several ways: each is an attack by itself, a person counts by the share that find them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import ScoreTable

__all__ = ["each_way", "over_ways"]


def each_way(table: ScoreTable) -> tuple[ScoreTable, ...]:
    """Return the searches of each way to deal people out as a table of its own; the table where there is one way.

    Parameters
    ----------
    table : ScoreTable
        Whose ``probes`` say by ``split`` in which way each was searched, where there are several.

    Returns
    -------
    tuple of ScoreTable
        At least one.
    """
    if "split" not in table.probes.columns or not len(table.probes):
        return (table,)
    split = table.probes["split"].to_numpy()
    return tuple(_rows(table, np.flatnonzero(split == way)) for way in np.unique(split))


def _rows(table: ScoreTable, kept: np.ndarray[tuple[int], np.dtype[np.intp]]) -> ScoreTable:
    probes = table.probes.iloc[kept].reset_index(drop=True)
    return replace(table, probes=probes, scores=table.scores[kept], compared=table.compared[kept])


def over_ways(ways: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the mean of each person's values over the ways in which they were searched for.

    Parameters
    ----------
    ways : sequence of pandas.DataFrame
        At least one; a row a person, who is its index, and numbers.

    Returns
    -------
    pandas.DataFrame
        A row for each person of any way, with the same columns.
    """
    return pd.concat(list(ways)).groupby(level=0, sort=False).mean() if len(ways) > 1 else ways[0]
