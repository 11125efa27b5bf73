"""How probable a value is that is higher than almost all that were seen: the empirical share with a fitted tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Tail", "fit_tail"]

_SHARE = 0.05
_FEWEST = 40


@dataclass(frozen=True, eq=False)
class Tail:
    """A distribution: as seen below a level, generalised Pareto above it.

    Parameters
    ----------
    ordered : ndarray, shape (N,), float64
        What was seen, rising.
    level : float
        Where the tail begins.
    beyond : float
        Share of what was seen above the level.
    shape, scale : float
        Of the excess over the level; a shape below 0 has an end, of 0 is exponential, above 0 is heavy.
    """

    ordered: NDArray[np.float64]
    level: float
    beyond: float
    shape: float
    scale: float

    def exceeded(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return the probability that one draw lies above each value; what is equal counts one half."""
        from scipy.stats import genpareto

        at = np.asarray(values, dtype=np.float64)
        up_to = np.searchsorted(self.ordered, at, "left") + np.searchsorted(self.ordered, at, "right")
        seen = 1.0 - up_to / (2 * len(self.ordered))
        if not self.scale:
            return np.asarray(seen)
        tail = self.beyond * genpareto.sf(at - self.level, self.shape, scale=self.scale)
        return np.asarray(np.where(at > self.level, tail, seen))


def fit_tail(values: NDArray[Any]) -> Tail:
    """Fit a generalised Pareto tail to the highest twentieth of some values, or to the 40 highest where that is more.

    Parameters
    ----------
    values : ndarray, shape (N,), float64
        Finite; at least one. With fewer than 80, the upper half.

    Returns
    -------
    Tail
        With a scale of 0, and no tail beyond what was seen, where the highest are all equal.

    References
    ----------
    Hosking and Wallis, Technometrics 29:339-349, 1987, doi:10.1080/00401706.1987.10488243 (probability-weighted
    moments).
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    count = len(ordered)
    taken = min(max(round(_SHARE * count), _FEWEST), count // 2)
    level = float(ordered[count - taken - 1]) if taken else float(ordered[-1])
    excess = ordered[ordered > level] - level
    mean = float(excess.mean()) if len(excess) else 0.0
    rank = np.arange(1, len(excess) + 1)
    moment = float((excess * (1.0 - (rank - 0.35) / max(len(excess), 1))).mean()) if len(excess) else 0.0
    apart = mean - 2.0 * moment
    if len(excess) < 5 or apart <= 0:
        return Tail(ordered, level, len(excess) / count, 0.0, 0.0)
    return Tail(ordered, level, len(excess) / count, 2.0 - mean / apart, 2.0 * mean * moment / apart)
