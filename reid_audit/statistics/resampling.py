"""Resampling of people: never of renders, photos or comparisons, which are not independent within a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.statistics.intervals import check_confidence, clopper_pearson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "FEWEST_PEOPLE",
    "Interval",
    "jackknife_interval",
    "percentile_interval",
    "person_weights",
    "rate_interval",
    "share_interval",
]

FEWEST_PEOPLE = 5
"""Below this number of people the percentiles of a bootstrap say nothing: four people have 35 resamples."""


@dataclass(frozen=True)
class Interval:
    """Limits of a number, or the reason why there are none.

    Parameters
    ----------
    low, high : float or None
        Both None where no interval can be had.
    note : str
        How the limits were made, or why there are none.
    """

    low: float | None
    high: float | None
    note: str = ""


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"


def person_weights(rng: np.random.Generator, n_people: int, resamples: int) -> NDArray[np.float64]:
    """Draw how often each person stands in each resample of ``n_people`` people.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_people, resamples : int
        At least 1 each.

    Returns
    -------
    ndarray, shape (resamples, n_people), float64
        Whole numbers; each row sums to ``n_people``.

    Raises
    ------
    UsageError
        When either number is below 1.
    """
    if n_people < 1 or resamples < 1:
        raise UsageError(
            f"Resampling needs at least one person and one resample, got {n_people} and {resamples}.",
            remedy="Ask for 1,000 resamples or more.",
        )
    shares = np.full(n_people, 1.0 / n_people)
    return rng.multinomial(n_people, shares, size=resamples).astype(np.float64)


def percentile_interval(
    replicates: NDArray[Any], n_people: int, confidence: float, *, value: float | None = None
) -> Interval:
    """Interval from the percentiles of a statistic over resamples of people; for statistics without bounds.

    The percentiles are widened for small samples: a bootstrap of n people spreads as if divided by n and not by
    n - 1, and knows no heavier tail than the normal one. The tail probability is therefore that of the normal law
    at ``t * sqrt(n / (n - 1))``, where ``t`` is Student's quantile with n - 1 degrees of freedom.

    Parameters
    ----------
    replicates : ndarray, shape (resamples,)
        NaN where a resample left the statistic undefined; these are set aside.
    n_people : int
        People that were resampled.
    confidence : float
        Between 0 and 1.
    value : float, optional
        The statistic itself; the interval is made to hold it.

    Returns
    -------
    Interval
        Without limits for fewer than :data:`FEWEST_PEOPLE` people, where more than half of the resamples are
        undefined, or where all resamples give one number.

    Raises
    ------
    UsageError
        When the confidence is not in (0, 1).

    References
    ----------
    Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69:371-386, 2015,
    doi:10.1080/00031305.2015.1089789 (expanded percentile interval).
    """
    from scipy.stats import norm, t

    tail = (1.0 - check_confidence(confidence)) / 2
    if n_people < FEWEST_PEOPLE:
        few = f"no interval: {_people(n_people)}, and resampling takes at least {FEWEST_PEOPLE}"
        return Interval(None, None, few)
    defined, why = _defined(replicates)
    if why:
        return Interval(None, None, why)
    widened = float(norm.cdf(t.ppf(tail, n_people - 1) * np.sqrt(n_people / (n_people - 1))))
    low, high = (float(limit) for limit in np.quantile(defined, [widened, 1.0 - widened]))
    if value is not None:
        low, high = min(low, value), max(high, value)
    return Interval(low, high, f"interval: {n_people} people resampled")


def share_interval(value: float, replicates: NDArray[Any], n_people: int, confidence: float) -> Interval:
    """Interval for a share in [0, 1] from resamples of people: a mean of rates, an AUC, an accuracy.

    The spread over resamples is taken as standard error, widened by ``sqrt(n / (n - 1))``, and Student's interval is
    laid on the logit scale, which keeps it inside [0, 1] and longer on the side away from the bound. In
    simulations of 3 to 182 people it covered nearer to its level than percentiles, which miss often near 0 and 1.
    At 0 and 1, where a bootstrap is a single point, the interval is exact: everyone's own share is at the bound, and
    the share of people of whom this is true has Clopper-Pearson limits.

    Parameters
    ----------
    value : float
        The share itself.
    replicates : ndarray, shape (resamples,)
        NaN where a resample left the share undefined.
    n_people : int
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Without limits for one person, and where resamples do not spread.

    Raises
    ------
    UsageError
        When the confidence is not in (0, 1), or the value is not in [0, 1].

    """
    if value in (0.0, 1.0):
        return _extreme_interval(value, n_people, confidence)
    if n_people < 2:
        return Interval(None, None, "no interval: one person says nothing about the spread between people")
    defined, why = _defined(replicates)
    if why:
        return Interval(None, None, why)
    error = float(defined.std()) * np.sqrt(n_people / (n_people - 1))
    return _logit_interval(value, error, n_people, confidence)


def rate_interval(rates: ArrayLike, trials: ArrayLike, confidence: float = 0.95, *, inflation: float = 1.0) -> Interval:
    """Interval over people for the mean of their rates; the gallery that they were searched in stays as it is.

    Parameters
    ----------
    rates : array_like, shape (n_people,)
        Each person's share of hits, 0 to 1.
    trials : array_like, shape (n_people,)
        How many probes each share is the mean of, at least 1.
    confidence : float, default 0.95
    inflation : float, default 1
        How many times the variance is that of independent people, at least 1: the interval is that of so many times
        fewer people.

    Returns
    -------
    Interval
        Exact (Clopper-Pearson) where each person has one probe, and where all but a few people (fewer than
        :data:`FEWEST_PEOPLE`) are never hit, or always: what these few have says little of the spread, and an interval
        from it held a rate of 0.001 in 0.88 of simulated studies of 50 people. Else as
        :func:`share_interval`, with the spread that endless resampling of these people would give: it has a closed
        form, so that nothing is drawn.

    Raises
    ------
    UsageError
        When there is nobody, a rate is not in [0, 1], the shapes differ, the confidence is not in (0, 1), or the
        inflation is below 1.
    """
    shares, counts = np.asarray(rates, dtype=np.float64), np.asarray(trials)
    if not len(shares) or shares.shape != counts.shape or not np.all((shares >= 0) & (shares <= 1)):
        raise UsageError(
            f"Rates must be one share in [0, 1] a person, got shape {shares.shape} for trials of {counts.shape}.",
            remedy="Leave out people who were never tried.",
        )
    if not inflation >= 1.0:
        raise UsageError(
            f"An inflation of the variance must be at least 1, got {inflation}.", remedy="1 is for independent people."
        )
    n_people = len(shares)
    mean = min(float(shares.mean()), 1.0)
    apart = min(np.count_nonzero(shares > 0), np.count_nonzero(shares < 1))
    if np.all(counts == 1) or apart < min(FEWEST_PEOPLE, n_people):
        alike = max(1.0, n_people / inflation)
        low, high = clopper_pearson(mean * alike, alike, confidence)
        return Interval(low, high, f"interval: exact, over {_people(n_people)}{_widened(inflation)}")
    if n_people < 2:
        return Interval(None, None, "no interval: one person says nothing about the spread between people")
    error = float(shares.std(ddof=1)) * np.sqrt(inflation / n_people)
    if error == 0:
        return Interval(None, None, "no interval: everyone has the same rate, so that resampling shows no spread")
    limits = _logit_interval(mean, error, n_people, confidence)
    return Interval(limits.low, limits.high, limits.note + _widened(inflation))


def _widened(inflation: float) -> str:
    return "" if inflation == 1 else f", widened to a variance {inflation:.2g} times that of independent people"


def jackknife_interval(value: float, without: NDArray[Any], confidence: float, *, most: float = 1.0) -> Interval:
    """Interval from what a number is without each of several equal parts of the people.

    Student's interval with one degree of freedom less than parts, for numbers that take a fit each: on the logit scale
    for a share, as :func:`share_interval` has it from resamples, and on the logarithmic one for what has no upper
    bound.

    Parameters
    ----------
    value : float
        The number of all.
    without : ndarray, shape (parts,)
        The number without each part.
    confidence : float
        Between 0 and 1.
    most : {1, inf}
        Upper bound of the number; the lower one is 0.

    Returns
    -------
    Interval
        Without limits at the bounds, for fewer than :data:`FEWEST_PEOPLE` parts and where they do not spread.

    Raises
    ------
    UsageError
        When the confidence is not in (0, 1).
    """
    check_confidence(confidence)
    parts = len(without)
    if parts < FEWEST_PEOPLE:
        return Interval(None, None, f"no interval: {parts} parts of the people, and it takes {FEWEST_PEOPLE}")
    error = float(np.sqrt((parts - 1) * np.var(without)))
    if not 0.0 < value < most or error <= 1e-12 * value:
        return Interval(None, None, "no interval: it is the same whoever is left out")
    scaled = _logit_interval if np.isfinite(most) else _log_interval
    limits = scaled(value, error, parts, confidence)
    return Interval(limits.low, limits.high, f"interval: {parts} parts of the people left out in turn, model refitted")


def _defined(replicates: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """Keep the resamples in which the statistic is defined, or say why they are of no use."""
    defined = replicates[np.isfinite(replicates)]
    if not len(defined) or 2 * len(defined) < len(replicates):
        return defined, "no interval: most resamples of people leave the number undefined"
    if np.ptp(defined) <= 1e-12 * np.abs(defined).max():
        return defined, "no interval: every resample of people gives the same number"
    return defined, ""


def _logit_interval(value: float, error: float, n_people: int, confidence: float) -> Interval:
    from scipy.special import expit, logit
    from scipy.stats import t

    tail = (1.0 - check_confidence(confidence)) / 2
    reach = float(t.isf(tail, n_people - 1)) * error / (value * (1.0 - value))
    centre = float(logit(value))
    low, high = float(expit(centre - reach)), float(expit(centre + reach))
    return Interval(low, high, f"interval: {n_people} people resampled")


def _log_interval(value: float, error: float, n_people: int, confidence: float) -> Interval:
    from scipy.stats import t

    tail = (1.0 - check_confidence(confidence)) / 2
    reach = float(np.exp(t.isf(tail, n_people - 1) * error / value))
    return Interval(value / reach, value * reach, f"interval: {n_people} people resampled")


def _extreme_interval(value: float, n_people: int, confidence: float) -> Interval:
    low, high = clopper_pearson(n_people if value else 0, n_people, confidence)
    return Interval(low, high, f"interval: exact, over {_people(n_people)}")
