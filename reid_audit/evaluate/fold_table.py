"""In which fold each person was tested: what somebody needs to repeat a cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.evaluate.comparisons import compare, people_of
from reid_audit.evaluate.folds import folds_of
from reid_audit.evaluate.outcome import Case

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from reid_audit.types import ScoreTable

__all__ = ["fold_table"]


def fold_table(table: ScoreTable, *, rng: np.random.Generator) -> pd.DataFrame:
    """Return the folds behind ``accuracy`` and ``auc_folds`` of :func:`~reid_audit.evaluate.evaluate`.

    Parameters
    ----------
    table : ScoreTable
    rng : numpy.random.Generator
        In the state in which ``evaluate`` was given it.

    Returns
    -------
    pandas.DataFrame
        ``subject, fold``, one row a person who was in a fold; empty where people are too few.
    """
    import pandas as pd

    case = Case(table, compare(table), int(rng.integers(2**63)), 0.95, 1)
    fold = folds_of(case)
    rows = pd.DataFrame({"subject": people_of(table), "fold": fold})
    return rows[rows["fold"] >= 0].reset_index(drop=True)
