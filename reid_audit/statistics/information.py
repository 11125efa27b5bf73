"""Biometric information: how many bits templates say about whose they are, from Gaussian models of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["principal_scores", "relative_entropies"]

_NEGLIGIBLE = 1e-10


def principal_scores(vectors: NDArray[np.floating], weights: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Express vectors in the principal components of their population, each with mean 0 and variance 1.

    Parameters
    ----------
    vectors : ndarray, shape (N, D)
        Finite.
    weights : ndarray, shape (N,), float64
        Positive: how much of the population each stands for.
    most : int
        Components to keep, those of the largest variance; fewer where variance is lacking. Between P people means
        differ in P - 1 directions at most, and no more can be known from them.

    Returns
    -------
    ndarray, shape (N, r), float64
        r may be 0.
    """
    from scipy.linalg import eigh

    share = weights / weights.sum()
    centred = vectors.astype(np.float64)
    centred -= share @ centred
    variance, axes = eigh((centred * share[:, None]).T @ centred)
    kept = np.arange(len(variance))[::-1][: max(most, 0)]
    size = float(share @ (vectors.astype(np.float64) ** 2).sum(axis=1))
    kept = kept[variance[kept] > max(_NEGLIGIBLE * variance[-1], _NEGLIGIBLE**2 * size)]
    return np.asarray(centred @ axes[:, kept] / np.sqrt(variance[kept]))


def relative_entropies(scores: NDArray[np.float64], person: NDArray[np.int64]) -> NDArray[np.float64]:
    """Relative entropy D(p || q) of each person's templates p to those of the population q, in bits.

    Both are modelled as Gaussian. The population's mean and covariance are 0 and the identity. A person's covariance
    is drawn towards the mean within-person covariance of all, with the weight ``r / (r + m - 1)`` for m templates in r
    dimensions, and that one is shrunk towards a multiple of the identity (Ledoit and Wolf), so that neither is
    singular.

    Parameters
    ----------
    scores : ndarray, shape (N, r), float64
        From :func:`principal_scores`.
    person : ndarray, shape (N,), int64
        Whose each row is: 0 .. P - 1, each occurring.

    Returns
    -------
    ndarray, shape (P,), float64
        NaN for everybody where r is 0, nobody has two templates, or nobody's templates differ.

    Notes
    -----
    The estimate is too high where a person has few templates: a mean of m templates lies off the population's by
    chance alone. What people with shuffled templates have shows how much of it that is. It is too low where there are
    few people for the dimensions, who then are a good part of the population that they are compared with. For many
    people with means of variance B and many templates of variance W around them, in d independent dimensions, the
    mean over people tends to ``d / 2 * log2(1 + B / W)``.

    References
    ----------
    Adler, Youmaran and Loyka, "Towards a Measure of Biometric Information", Canadian Conference on Electrical and
    Computer Engineering 2006, doi:10.1109/CCECE.2006.277447. Ledoit and Wolf, Journal of Multivariate Analysis
    88:365-411, 2004, doi:10.1016/S0047-259X(03)00096-4.
    """
    counts = np.bincount(person)
    dimension = scores.shape[1]
    if not dimension or counts.max(initial=0) < 2:
        return np.full(len(counts), np.nan)
    means = np.stack([np.bincount(person, weights=column) for column in scores.T], axis=1) / counts[:, None]
    residuals = scores - means[person]
    within = _mean_within(residuals, person, counts)
    if np.trace(within) <= _NEGLIGIBLE * dimension:
        return np.full(len(counts), np.nan)
    order = np.argsort(person, kind="stable")
    parts = np.split(residuals[order], np.cumsum(counts)[:-1])
    bits = np.empty(len(counts))
    for each, (part, count) in enumerate(zip(parts, counts, strict=True)):
        trust = (count - 1) / (dimension + count - 1)
        own = part.T @ part / max(count - 1, 1)
        covariance = trust * own + (1 - trust) * within
        divergence = np.trace(covariance) + means[each] @ means[each] - dimension - np.linalg.slogdet(covariance)[1]
        bits[each] = divergence / (2 * np.log(2))
    return bits


def _mean_within(
    residuals: NDArray[np.float64], person: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean over people of their covariance, shrunk; each person with two templates or more counts the same."""
    from sklearn.covariance import ledoit_wolf

    several = counts[person] > 1
    kept = residuals[several]
    scale = len(kept) / (np.count_nonzero(counts > 1) * (counts[person[several]] - 1.0))
    found, _ = ledoit_wolf(kept * np.sqrt(scale)[:, None], assume_centered=True)
    return np.asarray(found)
