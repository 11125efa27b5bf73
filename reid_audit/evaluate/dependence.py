"""Hits that depend on each other: an attacker who names each person once makes two mistakes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.statistics import rate_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.statistics import Interval

__all__ = ["hits_interval", "inflation_of"]

_GROWTH = {"assignment": 1.8}
"""Matchers whose hits depend on each other, and how the variance grows: by one and this times the rate."""


def hits_interval(matcher: str, rates: NDArray[np.float64], trials: NDArray[np.int64], confidence: float) -> Interval:
    """Interval over people for the mean of their rates of hits, wider where these depend on each other.

    Whoever is assigned wrongly takes the place of another: the wrong ones come in rings of two or more, and the
    variance of the rate is larger than that of independent hits.

    Parameters
    ----------
    matcher : str
        Of the score table.
    rates, trials : ndarray, shape (n_people,)
        As for :func:`~reid_audit.statistics.rate_interval`.
    confidence : float

    Returns
    -------
    Interval
        For an assignment that of fewer people: n over one and 1.8 times the rate.

    Notes
    -----
    In simulations of 16, 32 and 100 people with independent scores, with levels of people, with mates of unequal
    distance and with faces in 48 dimensions the variance was that of independent hits at rates near chance, 1.6 times
    it at one half and 2 to 3.6 times it at 0.9 and above. Exact 95 % intervals covered as little as 0.68; widened so,
    0.967 to 0.998 (decision 0006).
    """
    return rate_interval(rates, trials, confidence, inflation=inflation_of(matcher, float(np.mean(rates))))


def inflation_of(matcher: str, rate: float) -> float:
    """Return how many times the variance of a rate of hits is that of independent people: 1 for most matchers."""
    return 1.0 + _GROWTH.get(matcher, 0.0) * rate
