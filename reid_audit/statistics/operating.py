"""Error rates of verification from weights by level of score: where they are equal, and at a threshold fixed before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["d_prime_of_counts", "eer_of_counts", "equal_error", "strict_levels", "thresholds_at", "weight_above"]

_SLACK = 1e-9


def equal_error(fmr: NDArray[np.float64], fnmr: NDArray[np.float64]) -> NDArray[np.float64]:
    """Equal error rate: where the straight line between two points of the DET curve has both rates the same.

    Parameters
    ----------
    fmr, fnmr : ndarray, shape (n, T), float64
        False match and false non-match rates at rising thresholds; the first from 1 down, the second from 0 up. A last
        point (0, 1) above all scores is understood.

    Returns
    -------
    ndarray, shape (n,), float64
        One half for scores that are all equal; above one half where scores run the wrong way: nothing is turned
        round. NaN where a rate is NaN.

    Notes
    -----
    The curve falls from (1, 0) to (0, 1) without a jump once its points are joined, so that there is one crossing. A
    mean of the two rates at the nearest threshold, as often used, depends on how scores happen to be spaced.
    """
    end = np.ones((len(fmr), 1))
    fmr, fnmr = np.hstack([fmr, 0 * end]), np.hstack([fnmr, end])
    apart = fmr - fnmr
    after = np.maximum((apart < 0).argmax(axis=1), 1)
    row = np.arange(len(fmr))
    start, stop = apart[row, after - 1], apart[row, after]
    step = start / (start - stop)
    return np.asarray(fmr[row, after - 1] + step * (fmr[row, after] - fmr[row, after - 1]))


def eer_of_counts(mated: NDArray[np.float64], nonmated: NDArray[np.float64]) -> NDArray[np.float64]:
    """Equal error rate from weights by level; see :func:`equal_error`.

    Parameters
    ----------
    mated, nonmated : ndarray, shape (n, T), float64
        Levels rising; scores of one level are ties.

    Returns
    -------
    ndarray, shape (n,), float64
        NaN where there are no mated or no non-mated comparisons.
    """
    return equal_error(1.0 - _below(nonmated), _below(mated))


def _below(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of weight below each level; NaN where there is none."""
    running = np.cumsum(counts, axis=1)
    total = running[:, -1:] if running.shape[1] else np.zeros((len(running), 1))
    found = np.full(running.shape, np.nan)
    return np.asarray(np.divide(running - counts, total, out=found, where=total > 0))


def d_prime_of_counts(
    mated: NDArray[np.float64], nonmated: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of the mean mated from the mean non-mated score, in units of the root mean square of their two SDs.

    Parameters
    ----------
    mated, nonmated : ndarray, shape (n, T), float64
        Weights by level.
    levels : ndarray, shape (T,), float64
        Scores; what is the same for all of them, and their unit, cancel out.

    Returns
    -------
    ndarray, shape (n,), float64
        NaN where there are no mated or no non-mated comparisons, or neither kind spreads.

    References
    ----------
    Green and Swets, Signal Detection Theory and Psychophysics, 1966; for unequal variances Simpson and Fitter,
    Psychological Bulletin 80:481-488, 1973, doi:10.1037/h0035203 (there named d_a).
    """
    if not len(levels):
        return np.full(len(mated), np.nan)
    scores = levels / (np.abs(levels).max() or 1.0)
    scores = scores - (scores[0] + scores[-1]) / 2
    scores = scores / (np.abs(scores).max() or 1.0)
    means, variances = zip(*(_moments(counts, scores) for counts in (mated, nonmated)), strict=True)
    spread = np.sqrt((variances[0] + variances[1]) / 2)
    found = np.full(len(mated), np.nan)
    return np.asarray(np.divide(means[0] - means[1], spread, out=found, where=spread > 0))


def _moments(counts: NDArray[Any], scores: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    total = counts.sum(axis=1)
    mean = np.divide(counts @ scores, total, out=np.full(len(counts), np.nan), where=total > 0)
    square = np.divide(counts @ scores**2, total, out=np.full(len(counts), np.nan), where=total > 0)
    variance = square - mean**2
    return mean, np.where(variance > _SLACK * square, variance, 0.0 * variance)


def strict_levels(nonmated: NDArray[np.float64], share: float, most: int = 512) -> NDArray[np.float64]:
    """Choose levels just above non-mated scores, closer to each other towards the highest of them.

    Parameters
    ----------
    nonmated : ndarray, shape (N,), float64
        Rising.
    share : float
        Of the scores, from the top, among which thresholds are to lie.
    most : int, default 512

    Returns
    -------
    ndarray, shape (T,), float64
        Rising: the lowest score, and values just above scores of which 1, 2, ... and at last ``share`` of all are
        higher or equal, in steps that grow by the same factor once they are more than one. What scores at least the
        last level is above all non-mated scores.
    """
    if not len(nonmated):
        return np.zeros(0)
    deepest = min(len(nonmated), int(np.ceil(share * len(nonmated))))
    ranks = np.arange(1, deepest + 1)
    if deepest > most:
        ranks = np.unique(np.geomspace(1, deepest, most).round().astype(np.int64))
    above = np.nextafter(nonmated[len(nonmated) - ranks], np.inf)
    return np.unique(np.concatenate([nonmated[:1], above]))


def thresholds_at(nonmated: NDArray[np.float64], rates: Sequence[float]) -> NDArray[np.int64]:
    """Return the lowest levels at which no more than these shares of non-mated comparisons match.

    Parameters
    ----------
    nonmated : ndarray, shape (n, T), float64
        Weights by level.
    rates : sequence of float, F of them
        False match rates, above 0. The rate that comes with a level may be lower, and is never higher.

    Returns
    -------
    ndarray, shape (F, n), int64
        Position of the level; T, above all levels, where each lets more through; -1 where there is no comparison.
    """
    matching = 1.0 - _below(nonmated)
    nothing = np.isnan(matching[:, :1]).ravel()
    found = np.empty((len(rates), len(nonmated)), dtype=np.int64)
    for row, fmr in zip(found, rates, strict=True):
        row[:] = np.where(nothing, -1, (matching > fmr * (1 + _SLACK) + 1e-12).sum(axis=1))
    return found


def weight_above(counts: NDArray[np.float64], thresholds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight of the comparisons at or above levels.

    Parameters
    ----------
    counts : ndarray, shape (n, T), float64
    thresholds : ndarray, shape (F, n), int64
        From :func:`thresholds_at`.

    Returns
    -------
    ndarray, shape (F, n), float64
        NaN where there is no threshold.
    """
    running = np.zeros((len(counts), counts.shape[1] + 1))
    np.cumsum(counts[:, ::-1], axis=1, out=running[:, -2::-1])
    found = running[np.arange(len(counts)), np.maximum(thresholds, 0)]
    return np.where(thresholds < 0, np.nan, found)
