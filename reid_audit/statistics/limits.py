"""The rule that an upper limit lies below a threshold: who passes it, how probably, and how many people it takes."""

from __future__ import annotations

from bisect import bisect_left

from reid_audit.errors import UsageError
from reid_audit.statistics.intervals import check_confidence

__all__ = ["RELEASE_THRESHOLD", "most_hits", "people_needed", "probability_below", "sample_size"]

RELEASE_THRESHOLD = 0.09
"""The re-identification risk that EMA Policy 0070 and Health Canada's PRCI name for public release."""

_MOST_PEOPLE = 10_000_000


def most_hits(n: int, threshold: float = RELEASE_THRESHOLD, confidence: float = 0.95) -> int | None:
    """Return the largest number of hits whose one-sided exact upper limit lies below a threshold.

    Parameters
    ----------
    n : int
        People, at least 1.
    threshold : float, default 0.09
        Between 0 and 1.
    confidence : float, default 0.95
        Of the one-sided Clopper-Pearson limit.

    Returns
    -------
    int or None
        None where not even 0 hits would do.

    Raises
    ------
    UsageError
        When ``n`` is below 1, or the threshold or the confidence is not in (0, 1).

    Examples
    --------
    >>> [most_hits(n) for n in (31, 32, 84, 182)]
    [None, 0, 3, 9]
    """
    from scipy.stats import binom

    tail = 1.0 - check_confidence(confidence)
    _check_threshold(threshold)
    if n < 1:
        raise UsageError(f"The rule needs at least one person, got {n}.", remedy="Count the people who were searched.")
    hits = int(binom.ppf(tail, n, threshold)) - 1
    return hits if hits >= 0 else None


def people_needed(threshold: float = RELEASE_THRESHOLD, hits: int = 0, confidence: float = 0.95) -> int:
    """Return the smallest number of people at which this many hits leave the upper limit below a threshold.

    Parameters
    ----------
    threshold : float, default 0.09
        Between 0 and 1.
    hits : int, default 0
    confidence : float, default 0.95
        Of the one-sided Clopper-Pearson limit.

    Returns
    -------
    int
        About ``3 / threshold`` at no hit and 95 % (the rule of three).

    Raises
    ------
    UsageError
        When the threshold or the confidence is not in (0, 1), hits are negative, or it takes more than 10,000,000.

    Examples
    --------
    >>> people_needed(), people_needed(0.09, hits=9), people_needed(0.01)
    (32, 172, 299)
    """
    from scipy.stats import binom

    tail = 1.0 - check_confidence(confidence)
    _check_threshold(threshold)
    if hits < 0:
        raise UsageError(f"A number of hits cannot be negative, got {hits}.", remedy="Use 0 for the fewest people.")
    few, enough = hits, hits + 1
    while binom.cdf(hits, enough, threshold) >= tail:
        few, enough = enough, 2 * enough
        if enough > _MOST_PEOPLE:
            raise UsageError(
                f"More than {_MOST_PEOPLE} people are needed for {hits} hits below {threshold}.",
                remedy="Ask for fewer hits, or for a higher threshold.",
            )
    between = range(few + 1, enough + 1)
    return between[bisect_left(between, 1, key=lambda n: int(binom.cdf(hits, n, threshold) < tail))]


def probability_below(n: int, rate: float, threshold: float = RELEASE_THRESHOLD, confidence: float = 0.95) -> float:
    """Return how probably the upper limit lies below a threshold, where each person is hit independently.

    Parameters
    ----------
    n : int
        People, at least 1.
    rate : float
        The true probability of a hit, 0 to 1; one over the gallery for a release that gives nothing away.
    threshold : float, default 0.09
    confidence : float, default 0.95

    Returns
    -------
    float
        0 where not even 0 hits would do.

    Raises
    ------
    UsageError
        When ``n`` is below 1, the rate is not in [0, 1], or the threshold or the confidence is not in (0, 1).

    Examples
    --------
    >>> round(probability_below(32, 1 / 32), 2), probability_below(31, 0.0)
    (0.36, 0.0)
    """
    from scipy.stats import binom

    if not 0.0 <= rate <= 1.0:
        raise UsageError(f"A true rate must lie in [0, 1], got {rate}.", remedy="Give a share, not a percentage.")
    allowed = most_hits(n, threshold, confidence)
    return 0.0 if allowed is None else float(binom.cdf(allowed, n, rate))


def sample_size(
    rate: float | None = None,
    *,
    power: float = 0.8,
    threshold: float = RELEASE_THRESHOLD,
    confidence: float = 0.95,
) -> int:
    """Return how many people a study needs to put the upper limit below a threshold with a given probability.

    Parameters
    ----------
    rate : float, optional
        The true probability that a person is hit. None: one over the number of people, what guessing gives where
        everyone is searched among all.
    power : float, default 0.8
        Probability that the study succeeds, in (0, 1).
    threshold : float, default 0.09
    confidence : float, default 0.95

    Returns
    -------
    int
        The smallest such number. A few people more can have a slightly smaller probability, as the number of hits
        that is allowed is whole.

    Raises
    ------
    UsageError
        When the rate is not below the threshold, the power, threshold or confidence is not in (0, 1), or it takes more
        than 10,000,000 people.

    Examples
    --------
    >>> sample_size(), sample_size(0.0), sample_size(0.05)
    (68, 32, 266)
    """
    from scipy.stats import binom

    _check_threshold(threshold)
    if rate is not None and not 0.0 <= rate < threshold:
        raise UsageError(
            f"The true rate must lie between 0 and the threshold of {threshold}, got {rate}.",
            remedy="A release whose true rate is at or above the threshold cannot be shown to lie below it.",
        )
    check_confidence(power)
    hits = 0
    while True:
        n = people_needed(threshold, hits, confidence)
        if binom.cdf(hits, n, 1 / n if rate is None else rate) >= power:
            return n
        hits += 1


def _check_threshold(threshold: float) -> None:
    if not 0.0 < threshold < 1.0:
        raise UsageError(
            f"The threshold of a rate must lie between 0 and 1, got {threshold}.",
            remedy="Give a share such as 0.09, not a percentage.",
        )
