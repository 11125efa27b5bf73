"""Exact intervals for a share of people."""

from __future__ import annotations

from typing import Literal

from reid_audit.errors import UsageError

__all__ = ["Side", "check_confidence", "clopper_pearson"]

Side = Literal["two-sided", "upper", "lower"]
"""Which limit is asked for; the other one of a one-sided interval is 0 or 1."""

_NOTHING = 1e-9


def check_confidence(confidence: float) -> float:
    """Return ``confidence`` if it is a probability strictly between 0 and 1.

    Parameters
    ----------
    confidence : float

    Returns
    -------
    float

    Raises
    ------
    UsageError
        For anything else, NaN included.
    """
    if not 0.0 < confidence < 1.0:
        raise UsageError(
            f"The confidence of an interval must lie between 0 and 1, got {confidence}.",
            remedy="Give a share such as 0.95, not a percentage.",
        )
    return float(confidence)


def clopper_pearson(k: float, n: float, confidence: float = 0.95, *, side: Side = "two-sided") -> tuple[float, float]:
    """Exact interval for a proportion: covers at least at its nominal level, for every ``n``.

    Parameters
    ----------
    k : float
        Hits, 0 to ``n``. Need not be whole (a tie counts by its share): the limits are beta quantiles, which rise
        with ``k`` without a break. A mean of values in [0, 1] spreads no more than hits and misses with the
        same mean, so that the limits remain on the safe side.
    n : float
        People, at least 1. Need not be whole: dependent people are worth fewer independent ones.
    confidence : float, default 0.95
        Between 0 and 1. A one-sided limit spends all of ``1 - confidence`` on its side.
    side : {"two-sided", "upper", "lower"}, default "two-sided"

    Returns
    -------
    low, high : float
        Within [0, 1]; 0 at no hits, 1 at nothing but hits.

    Raises
    ------
    UsageError
        When ``n`` is below 1, ``k`` is not in [0, n], the confidence is not in (0, 1) or the side is unknown.

    References
    ----------
    Clopper and Pearson, Biometrika 26:404-413, 1934, doi:10.1093/biomet/26.4.404.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 32, 0.95, side="upper")
    >>> round(high, 4)
    0.0894
    """
    from scipy.stats import beta

    tail = 1.0 - check_confidence(confidence)
    if n < 1 or not 0 <= k <= n:
        raise UsageError(
            f"A proportion needs at least one person and between 0 and n hits, got {k} of {n}.",
            remedy="Count people and not comparisons, and leave the interval out where there is nobody.",
        )
    if side not in ("two-sided", "upper", "lower"):
        raise UsageError(
            f"The side of an interval must be 'two-sided', 'upper' or 'lower', got {side!r}.",
            remedy="Use 'upper' for a rule about the largest rate that the data allow.",
        )
    tail = tail / 2 if side == "two-sided" else tail
    low = 0.0 if side == "upper" or k < _NOTHING else float(beta.ppf(tail, k, n - k + 1))
    high = 1.0 if side == "lower" or n - k < _NOTHING else float(beta.isf(tail, k + 1, n - k))
    return min(low, k / n), max(high, k / n)
