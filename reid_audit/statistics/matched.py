"""A test of several yes-or-no outcomes of the same people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["CochranQ", "cochran_q"]

_ENOUGH = 24
"""Outcomes of people who differ between conditions from which on the chi-squared distribution holds."""


@dataclass(frozen=True)
class CochranQ:
    """What a test of several conditions found.

    Parameters
    ----------
    statistic : float
    freedom : int
        Conditions less one.
    p_value : float
        1 where nobody differs between conditions.
    n_people, n_differing : int
        All, and those whose outcome is not the same in all conditions: only they enter the statistic.
    note : str
        Says where the approximation is doubtful.
    """

    statistic: float
    freedom: int
    p_value: float
    n_people: int
    n_differing: int
    note: str = ""


def cochran_q(outcomes: ArrayLike) -> CochranQ:
    """Test that the share of yes is the same in all conditions.

    Parameters
    ----------
    outcomes : array_like, shape (n_people, n_conditions), bool
        The same people under each condition, one outcome each.

    Returns
    -------
    CochranQ
        With two conditions it is McNemar's statistic without correction.

    Raises
    ------
    UsageError
        When there is nobody, fewer than two conditions, or a value is neither yes nor no.

    References
    ----------
    Cochran, Biometrika 37:256-266, 1950, doi:10.1093/biomet/37.3-4.256.
    Tate and Brown, Journal of the American Statistical Association 65:155-160, 1970,
    doi:10.1080/01621459.1970.10481068 (how many differing people the approximation takes).
    """
    from scipy.stats import chi2

    given = np.asarray(outcomes)
    if given.ndim != 2 or not len(given) or given.shape[1] < 2 or not np.isin(given, (0, 1)).all():
        raise UsageError(
            f"The test takes yes or no of people under two or more conditions, got shape {given.shape}.",
            remedy="Leave out people without an outcome under each condition.",
        )
    table = given.astype(np.float64)
    people, conditions = table.shape
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    differing = int(np.count_nonzero((rows > 0) & (rows < conditions)))
    if not differing:
        return CochranQ(0.0, conditions - 1, 1.0, people, 0, "nobody's outcome differs between conditions")
    total = float(table.sum())
    above = (conditions - 1) * (conditions * float(np.square(columns).sum()) - total**2)
    statistic = above / (conditions * total - float(np.square(rows).sum()))
    few = differing * conditions < _ENOUGH
    note = f"approximate: {differing} people differ between conditions, too few for it to be exact" if few else ""
    return CochranQ(statistic, conditions - 1, float(chi2.sf(statistic, conditions - 1)), people, differing, note)
