"""Linkability of scores: how far a score alone tells whether two samples are of one person, from histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["even_bins", "linkability", "linkability_bins", "linkability_of_counts"]


def linkability(mated: NDArray[np.float64], nonmated: NDArray[np.float64], prior: float = 1.0) -> NDArray[np.float64]:
    """Global linkability D_sys from histograms over the same bins.

    Parameters
    ----------
    mated, nonmated : ndarray, shape (..., B), float64
        Weight in each bin, of any sum.
    prior : float, default 1.0
        Ratio w of the probabilities that two samples are mated and that they are not, before the score is known.

    Returns
    -------
    ndarray, shape (...), float64
        0 where no bin has more mated than non-mated comparisons (as shares), 1 where no bin has both; NaN where one
        kind has no weight.

    Notes
    -----
    With LR the ratio of the two shares of a bin, ``D = 2 w LR / (1 + w LR) - 1`` where ``w LR > 1``, else 0, and D_sys
    is the mean of D over mated comparisons. Noise in a histogram makes ratios above 1 where there is nothing to link:
    the fewer comparisons a bin has, the higher D_sys. What shuffled identities give is the number to compare it with.

    References
    ----------
    Gomez-Barrero, Galbally, Rathgeb and Busch, "General Framework to Evaluate Unlinkability in Biometric Template
    Protection Systems", IEEE Transactions on Information Forensics and Security 13:1406-1420, 2018,
    doi:10.1109/TIFS.2017.2788000.

    Examples
    --------
    >>> float(linkability(np.array([0.0, 1.0, 3.0]), np.array([3.0, 1.0, 0.0])))
    0.75
    """
    shares = []
    for weight in (mated, nonmated):
        total = weight.sum(axis=-1, keepdims=True)
        shares.append(np.divide(weight, total, out=np.full(weight.shape, np.nan), where=total > 0))
    ahead, other = prior * shares[0], shares[1]
    both = ahead + other
    local = np.divide(ahead - other, both, out=np.zeros(both.shape), where=~(both <= 0))
    return np.asarray((shares[0] * np.maximum(local, 0.0)).sum(axis=-1))


def linkability_bins(n_people: int) -> int:
    """Return how many bins to use for so many people with mated comparisons: an even number, 4 to 100.

    About one a five people. Gomez-Barrero et al. take one a ten mated comparisons, which would be a single bin for
    fewer than 20 people. An even number, because a bin in the middle would hold both kinds of fully separated scores.
    """
    return 2 * min(max(n_people // 10, 2), 50)


def even_bins(mated: NDArray[np.float64], nonmated: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Put levels into bins of even weight, mated and non-mated comparisons having one half of it each.

    Unlike bins of even width these follow every strictly rising map of the scores, and none is nearly empty.

    Parameters
    ----------
    mated, nonmated : ndarray, shape (n, T), float64
        Weights by rising level.
    bins : int

    Returns
    -------
    ndarray, shape (n, T), int64
        0 .. bins - 1, rising along each row.
    """
    weight = np.zeros(mated.shape)
    for counts in (mated, nonmated):
        total = counts.sum(axis=1, keepdims=True)
        weight += np.divide(counts, 2 * total, out=np.zeros(counts.shape), where=total > 0)
    middle = np.cumsum(weight, axis=1) - weight / 2
    return np.asarray(np.clip((middle * bins).astype(np.int64), 0, bins - 1))


def linkability_of_counts(
    mated: NDArray[np.float64], nonmated: NDArray[np.float64], bins: int, prior: float = 1.0
) -> NDArray[np.float64]:
    """Global linkability D_sys from weights by level, each row with its own :func:`even_bins`.

    Parameters
    ----------
    mated, nonmated : ndarray, shape (n, T), float64
    bins : int
        From :func:`linkability_bins`.
    prior : float, default 1.0
        See :func:`linkability`.

    Returns
    -------
    ndarray, shape (n,), float64
        NaN where there are no mated or no non-mated comparisons.
    """
    place = (even_bins(mated, nonmated, bins) + np.arange(len(mated))[:, None] * bins).ravel()
    size = len(mated) * bins
    same, other = (
        np.bincount(place, weights=counts.ravel(), minlength=size).reshape(len(mated), bins).astype(np.float64)
        for counts in (mated, nonmated)
    )
    return linkability(same, other, prior)
