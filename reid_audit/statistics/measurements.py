"""How far two measurements of the same people agree: rank correlation, intraclass correlation, limits, equivalence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.statistics.intervals import check_confidence
from reid_audit.statistics.resampling import Interval, percentile_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Limits",
    "bland_altman",
    "check_margin",
    "equivalence",
    "intraclass_correlation",
    "mean_interval",
    "rank_correlation",
    "spearman",
]

_NOTHING = 1e-12
"""Share of a sum of squares that rounding alone leaves."""


def spearman(
    first: ArrayLike,
    second: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[float | None, Interval]:
    """Rank correlation of two measurements, with an interval from resamples of people.

    Parameters
    ----------
    first, second : array_like, shape (n_people,)
        One number a person each, finite.
    rng : numpy.random.Generator
        Draws people.
    confidence : float, default 0.95
    resamples : int, default 1000

    Returns
    -------
    value : float or None
        -1 to 1, ties at their mean rank; None for fewer than three people and where a measurement does not vary.
    interval : Interval
        Percentiles widened for small samples; the reason where there is none. A resample in which a measurement does
        not vary counts as 0: set aside, such resamples leave intervals too short where most people share one number.

    Raises
    ------
    UsageError
        When the lengths differ, a number is not finite, there is no resample, or the confidence is not in (0, 1).

    References
    ----------
    Spearman, The American Journal of Psychology 15:72-101, 1904, doi:10.2307/1412159.
    """
    check_confidence(confidence)
    if resamples < 1:
        raise UsageError(f"Resampling takes at least one resample, got {resamples}.", remedy="Ask for 1,000.")
    pairs = np.stack(_pairs(first, second))
    people = pairs.shape[1]
    why = _no_correlation(pairs)
    if why:
        return None, Interval(None, None, why)
    value = float(rank_correlation(pairs[:, None])[0])
    drawn = rng.integers(people, size=(resamples, people))
    again = np.nan_to_num(rank_correlation(pairs[:, drawn]), nan=0.0)
    return value, percentile_interval(again, people, confidence, value=value)


def _pairs(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.ndim != 1 or one.shape != two.shape or not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise UsageError(
            f"Two measurements must be one finite number a person each, got shapes {one.shape} and {two.shape}.",
            remedy="Leave out people without both.",
        )
    return one, two


def _no_correlation(pairs: NDArray[np.float64]) -> str:
    if pairs.shape[1] < 3:
        return f"a correlation takes three people, and there are {pairs.shape[1]}"
    return "" if all(np.ptp(row) > 0 for row in pairs) else "a measurement is the same for everybody"


def rank_correlation(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate ranks along the last axis; shape (2, R, n) to (R,), NaN where one does not vary.

    Parameters
    ----------
    pairs : ndarray, shape (2, R, n), float64

    Returns
    -------
    ndarray, shape (R,), float64
    """
    from scipy.stats import rankdata

    ranks = rankdata(pairs, axis=-1)
    ranks -= ranks.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(ranks).sum(axis=-1).prod(axis=0))
    products = (ranks[0] * ranks[1]).sum(axis=-1)
    nowhere = np.full(len(spread), np.nan)
    return np.asarray(np.clip(np.divide(products, spread, out=nowhere, where=spread > 0), -1.0, 1.0))


def intraclass_correlation(table: ArrayLike, confidence: float = 0.95) -> tuple[float | None, Interval]:
    """Absolute agreement of single measurements: ICC(A,1) of McGraw and Wong, ICC(2,1) of Shrout and Fleiss.

    Parameters
    ----------
    table : array_like, shape (n_people, n_measurements)
        Finite; two measurements or more.
    confidence : float, default 0.95

    Returns
    -------
    value : float or None
        At most 1; may lie below 0. None for fewer than two people and where people do not differ in their means.
    interval : Interval
        From F distributions, which rest on normal errors.

    Raises
    ------
    UsageError
        When the table is not two-dimensional, has one column, holds what is not finite, or the confidence is not in
        (0, 1).

    References
    ----------
    Shrout and Fleiss, Psychological Bulletin 86:420-428, 1979, doi:10.1037/0033-2909.86.2.420.
    McGraw and Wong, Psychological Methods 1:30-46, 1996, doi:10.1037/1082-989X.1.1.30.
    """
    tail = (1.0 - check_confidence(confidence)) / 2
    given = np.asarray(table, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] < 2 or not np.isfinite(given).all():
        raise UsageError(
            f"Agreement takes a table of people by two or more finite measurements, got shape {given.shape}.",
            remedy="Leave out people without all of them.",
        )
    n, k = given.shape
    if n < 2:
        return None, Interval(None, None, f"agreement takes two people, and there is {'one' if n else 'nobody'}")
    people, columns, error = _mean_squares(given)
    if people + columns + error == 0:
        return None, Interval(None, None, "a measurement is the same for everybody")
    if people <= _NOTHING * (columns + error):
        return None, Interval(None, None, "people do not differ from each other, only their measurements do")
    value = (people - error) / (people + (k - 1) * error + k / n * (columns - error))
    if error + columns <= _NOTHING * people:
        return 1.0, Interval(None, None, "no interval: everybody has the same number in all measurements")
    low, high = _limits_of_icc(value, (people, columns, error), (n, k), tail)
    # Formulas leave [-1, 1] for few people; what they estimate does not.
    limits = (min(max(low, -1.0), value), min(1.0, max(high, value)))
    return float(value), Interval(*limits, "interval: F distributions")


def _mean_squares(table: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean squares of people, of measurements and of what is left."""
    n, k = table.shape
    mean = table.mean()
    rows, columns = table.mean(axis=1) - mean, table.mean(axis=0) - mean
    left = table - mean - rows[:, None] - columns
    everything = float(np.square(table - mean).sum())
    error = float(np.square(left).sum())
    error = 0.0 if error <= _NOTHING * everything else error
    return (
        k * float(np.square(rows).sum()) / (n - 1),
        n * float(np.square(columns).sum()) / (k - 1),
        error / ((n - 1) * (k - 1)),
    )


def _limits_of_icc(
    value: float, squares: tuple[float, float, float], size: tuple[int, int], tail: float
) -> tuple[float, float]:
    from scipy.stats import f

    (people, columns, error), (n, k) = squares, size
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    freedom = (a * columns + b * error) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
    rest = k * columns + (k * n - k - n) * error
    below, above = float(f.isf(tail, n - 1, freedom)), float(f.isf(tail, freedom, n - 1))
    low = n * (people - below * error) / (below * rest + n * people)
    return low, n * (above * people - error) / (rest + n * above * people)


@dataclass(frozen=True)
class Limits:
    """Bias and limits of agreement of two measurements.

    Parameters
    ----------
    bias : float
        Mean over people of second less first.
    sd : float or None
        Of a single difference, between and within people; None for one person.
    low, high : float or None
        Limits between which 95 % of single differences are expected, if they are normal.
    bias_interval, low_interval, high_interval : Interval
        Of each over people.
    """

    bias: float
    sd: float | None
    low: float | None
    high: float | None
    bias_interval: Interval
    low_interval: Interval
    high_interval: Interval


def bland_altman(differences: ArrayLike, person: ArrayLike | None = None, *, confidence: float = 0.95) -> Limits:
    """Limits of agreement of Bland and Altman, people with several scans included.

    Where people have several differences, the variance of a single one is that between people and that within them,
    from a one-way analysis of variance; every person counts the same in the bias.

    Parameters
    ----------
    differences : array_like, shape (n,)
        Second less first, finite.
    person : array_like, shape (n,), optional
        Whose each is; by default everyone has one.
    confidence : float, default 0.95
        Of the intervals of bias and limits; the limits themselves are always those of 95 %.

    Returns
    -------
    Limits

    Raises
    ------
    UsageError
        When there is no difference, one is not finite, lengths differ, or the confidence is not in (0, 1).

    References
    ----------
    Bland and Altman, The Lancet 327:307-310, 1986, doi:10.1016/S0140-6736(86)90837-8.
    Bland and Altman, Journal of Biopharmaceutical Statistics 17:571-582, 2007, doi:10.1080/10543400701329422.
    """
    from scipy.stats import t

    tail = (1.0 - check_confidence(confidence)) / 2
    given = np.asarray(differences, dtype=np.float64)
    whose = np.arange(len(given)) if person is None else np.asarray(person)
    if given.ndim != 1 or not len(given) or given.shape != whose.shape or not np.isfinite(given).all():
        raise UsageError(
            f"Limits take at least one finite difference, and whose it is; got shapes {given.shape} and {whose.shape}.",
            remedy="Leave out scans without both measurements.",
        )
    _, owner, counts = np.unique(whose, return_inverse=True, return_counts=True)
    means, people = np.bincount(owner, weights=given) / counts, len(counts)
    bias = float(means.mean())
    if people < 2:
        none = Interval(None, None, "no interval: one person says nothing about the spread between people")
        return Limits(bias, None, None, None, none, none, none)
    sd = _sd_of_one(given, owner, counts)
    quantile, reach = float(t.isf(tail, people - 1)), 1.959963984540054 * sd
    about_bias = quantile * float(means.std(ddof=1)) / np.sqrt(people)
    about_limit = quantile * sd * np.sqrt(1 / people + 1.959963984540054**2 / (2 * (people - 1)))
    return Limits(
        bias,
        sd,
        bias - reach,
        bias + reach,
        _around(bias, about_bias),
        _around(bias - reach, about_limit),
        _around(bias + reach, about_limit),
    )


def _sd_of_one(values: NDArray[np.float64], owner: NDArray[Any], counts: NDArray[Any]) -> float:
    """Return the standard deviation of one value of one person."""
    people, total = len(counts), len(values)
    means = np.bincount(owner, weights=values) / counts
    if total == people:
        return float(values.std(ddof=1))
    within = float(np.square(values - means[owner]).sum()) / (total - people)
    between = float((counts * np.square(means - values.mean())).sum()) / (people - 1)
    size = (total - float(np.square(counts).sum()) / total) / (people - 1)
    return float(np.sqrt(max(0.0, (between - within) / size) + within))


def _around(value: float, reach: float) -> Interval:
    return Interval(float(value - reach), float(value + reach), "interval: Student's t over people")


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, Interval]:
    """Mean over people, with Student's interval.

    Parameters
    ----------
    values : array_like, shape (n_people,)
        Finite.
    confidence : float, default 0.95

    Returns
    -------
    value : float
    interval : Interval

    Raises
    ------
    UsageError
        As :func:`bland_altman`.
    """
    made = bland_altman(values, confidence=confidence)
    return made.bias, made.bias_interval


def check_margin(margin: float) -> None:
    """Refuse a margin of equivalence that is none.

    Parameters
    ----------
    margin : float

    Raises
    ------
    UsageError
        It is not a number above 0.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise UsageError(f"A margin of equivalence is a number above 0, got {margin}.", remedy="Give 0.05 for 5 %.")


def equivalence(differences: ArrayLike, margin: float) -> float | None:
    """Two one-sided t tests that the mean difference lies within a margin around nothing.

    Parameters
    ----------
    differences : array_like, shape (n_people,)
        One a person, finite.
    margin : float
        Above 0, in the unit of the differences, stated before they were seen.

    Returns
    -------
    float or None
        The greater of the two p values: below alpha, means are equivalent, as when the interval at 1 - 2 alpha lies
        within the margin. None for one person.

    Raises
    ------
    UsageError
        When the margin is not above 0, there is no difference, or one is not finite.

    References
    ----------
    Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15:657-680, 1987, doi:10.1007/BF01068419.
    """
    from scipy.stats import t

    check_margin(margin)
    given = np.asarray(differences, dtype=np.float64)
    made = bland_altman(given)
    if len(given) < 2:
        return None
    error = float(given.std(ddof=1)) / np.sqrt(len(given))
    if error <= _NOTHING * max(abs(made.bias), margin):
        return 0.0 if abs(made.bias) < margin else 1.0
    return float(t.sf((margin - abs(made.bias)) / error, len(given) - 1))
