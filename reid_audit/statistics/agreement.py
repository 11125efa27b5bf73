"""How far raters agree beyond chance, and how far a verdict agrees with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["cohen_kappa", "fleiss_kappa"]

_SAME = 1e-12


def cohen_kappa(one: ArrayLike, two: ArrayLike, weights: ArrayLike | None = None) -> NDArray[Any]:
    """Agreement of two raters beyond chance.

    Parameters
    ----------
    one, two : array_like, shape (n,), int
        Category of each item by each rater; only items that both rated.
    weights : array_like, shape (n,) or (resamples, n), optional
        How often each item counts; one row a resample. 1 by default.

    Returns
    -------
    ndarray, shape () or (resamples,), float64
        1 at full agreement, 0 at that of chance; NaN where both raters always give one and the same category, or where
        nothing counts.

    Raises
    ------
    UsageError
        When the shapes differ.

    References
    ----------
    Cohen, Educational and Psychological Measurement 20:37-46, 1960, doi:10.1177/001316446002000104.

    Examples
    --------
    >>> float(cohen_kappa([1, 1, 0, 0], [1, 0, 0, 0]))
    0.5
    """
    first, second = np.asarray(one), np.asarray(two)
    if first.shape != second.shape or first.ndim != 1:
        raise UsageError(
            f"Two raters must have rated the same items, got shapes {first.shape} and {second.shape}.",
            remedy="Leave out items that only one of them rated.",
        )
    counts = _weights(weights, len(first))
    total = counts.sum(axis=-1)
    agreed = (counts * (first == second)).sum(axis=-1)
    expected = sum(
        ((counts * (first == category)).sum(axis=-1) * (counts * (second == category)).sum(axis=-1))
        for category in np.union1d(first, second)
    )
    return _beyond(_ratio(agreed, total), _ratio(np.asarray(expected, dtype=np.float64), total**2))


def fleiss_kappa(counts: ArrayLike, weights: ArrayLike | None = None) -> NDArray[Any]:
    """Agreement of several raters beyond chance; items may have different numbers of ratings.

    Parameters
    ----------
    counts : array_like, shape (n, categories), int
        Ratings that each item has in each category; items with fewer than two ratings say nothing and are left out.
    weights : array_like, shape (n,) or (resamples, n), optional
        How often each item counts.

    Returns
    -------
    ndarray, shape () or (resamples,), float64
        As :func:`cohen_kappa`. With equal numbers of ratings this is Fleiss' kappa; else each item's agreement counts
        once, and the categories' shares are those of all ratings.

    Raises
    ------
    UsageError
        When ``counts`` is no table, or holds negative numbers.

    References
    ----------
    Fleiss, Psychological Bulletin 76:378-382, 1971, doi:10.1037/h0031619.

    Examples
    --------
    >>> round(float(fleiss_kappa([[3, 0], [0, 3], [2, 1]])), 3)
    0.55
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or (table < 0).any():
        raise UsageError(
            f"Ratings must be counts, one row an item and one column a category; got shape {table.shape}.",
            remedy="Count how many raters put each item into each category.",
        )
    ratings = table.sum(axis=1)
    useful = ratings >= 2
    each = _weights(weights, len(table)) * useful
    pairs = np.where(useful, ratings * (ratings - 1), 1.0)
    agreement = ((table**2).sum(axis=1) - ratings) / pairs
    observed = _ratio((each * agreement).sum(axis=-1), each.sum(axis=-1))
    by_category = each @ table
    shares = _ratio(by_category, by_category.sum(axis=-1, keepdims=True))
    return _beyond(observed, (shares**2).sum(axis=-1))


def _weights(weights: ArrayLike | None, n: int) -> NDArray[np.float64]:
    counts = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if counts.shape[-1] != n:
        raise UsageError(
            f"Weights must be one an item, got shape {counts.shape} for {n} items.", remedy="Give one weight an item."
        )
    return counts


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    upper, lower = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    return np.asarray(np.divide(upper, lower, out=np.full(upper.shape, np.nan), where=lower > 0))


def _beyond(observed: NDArray[Any], expected: NDArray[Any]) -> NDArray[Any]:
    room = 1.0 - expected
    defined = room > _SAME
    return np.asarray(np.divide(observed - expected, room, out=np.full(room.shape, np.nan), where=defined))
