"""The points of curves and the scores under densities: numbers only, drawn elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.identification import person_means, search
from reid_audit.evaluate.open_set import open_search
from reid_audit.evaluate.weighting import weigh
from reid_audit.statistics import rate_interval

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from reid_audit.types import ScoreTable

__all__ = ["cmc_points", "dir_points", "roc_points", "score_samples"]

_MOST_POINTS = 2000


def roc_points(table: ScoreTable, *, most: int = _MOST_POINTS) -> pd.DataFrame:
    """Points of the receiver operating characteristic, over the comparisons that took place.

    Each person counts the same, however many comparisons they have, so that the area is the ``auc`` of the results.

    Parameters
    ----------
    table : ScoreTable
    most : int, default 2000
        Points to keep, evenly spaced along the curve, both ends among them.

    Returns
    -------
    pandas.DataFrame
        ``fmr`` and ``tmr``: weighed shares of non-mated and of mated comparisons at or above ``threshold``: all mated
        ones of a person weigh 1 together, and so do all non-mated ones of a pair of people. From (0, 0), whose
        threshold is just above the highest score, to (1, 1). Empty where either kind is missing.
    """
    import pandas as pd

    mated, nonmated = weigh(compare(table))
    if not len(mated.ordered) or not len(nonmated.ordered):
        return pd.DataFrame({name: np.zeros(0) for name in ("fmr", "tmr", "threshold")})
    levels = np.unique(np.concatenate([mated.ordered, nonmated.ordered]))[::-1]
    levels = np.concatenate([[np.nextafter(levels[0], np.inf)], levels])
    fmr, tmr = 1.0 - nonmated.below(levels), 1.0 - mated.below(levels)
    kept = _corners(fmr, tmr)
    if len(kept) > most:
        way = np.cumsum(np.abs(np.diff(fmr[kept], prepend=0)) + np.abs(np.diff(tmr[kept], prepend=0)))
        even = np.unique(np.searchsorted(way, np.linspace(0, way[-1], most)))
        kept = kept[np.union1d(np.minimum(even, len(kept) - 1), [0, len(kept) - 1])]
    return pd.DataFrame({"fmr": fmr[kept], "tmr": tmr[kept], "threshold": levels[kept]})


def _corners(fmr: NDArray[np.float64], tmr: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the points at which the curve turns, both ends among them."""
    across, up = np.diff(fmr), np.diff(tmr)
    turn = np.abs(across[:-1] * up[1:] - across[1:] * up[:-1]) > 1e-15
    return np.flatnonzero(np.concatenate([[True], turn, [True]]))


def cmc_points(table: ScoreTable, *, confidence: float = 0.95, most: int = 100) -> pd.DataFrame:
    """Points of the rank curve (cumulative match characteristic).

    Parameters
    ----------
    table : ScoreTable
    confidence : float, default 0.95
        Of the limits, each rank for itself.
    most : int, default 100
        Highest rank; not beyond the gallery.

    Returns
    -------
    pandas.DataFrame
        ``k``; ``rate``, the mean over people of the share of their probes whose mate is among the k best, failures
        being misses; ``low``, ``high`` (None where there is no interval); ``chance``, as for the results. Empty where
        there is no mated probe.
    """
    import pandas as pd

    columns = ["k", "rate", "low", "high", "chance"]
    searches = search(compare(table))
    if not len(searches.person):
        return pd.DataFrame(columns=columns)
    size = searches.gallery
    rows = []
    for k in range(1, min(most, int(size.max())) + 1):
        rates, counts = person_means(searches.person, searches.hits(k))
        chance, _ = person_means(searches.person, searches.guess(k))
        limits = rate_interval(rates, counts, confidence)
        rows.append((k, float(rates.mean()), limits.low, limits.high, float(chance.mean())))
    return pd.DataFrame(rows, columns=columns)


def dir_points(table: ScoreTable, *, k: int | None = 1, most: int = _MOST_POINTS) -> pd.DataFrame:
    """Points of the open-set curve: detection and identification rate over the false positive identification rate.

    Both are of all people at every threshold: a picture of the trade, without thresholds fixed on other people as the
    results have them.

    Parameters
    ----------
    table : ScoreTable
    k : int or None, default 1
        The mate must be among the k best; None: at any rank.
    most : int, default 2000
        Points to keep, evenly spaced over the thresholds, both ends among them.

    Returns
    -------
    pandas.DataFrame
        ``fpir``, share of non-mated searches that return anybody at or above ``threshold``; ``dir``, share of mated
        searches that return their mate (1 - FNIR). Means over people; both rise. From just above the highest score
        down to the lowest. Empty where there is no mated search or nobody else to be taken for.
    """
    import pandas as pd

    searches = open_search(compare(table))
    mated = searches.mated
    if not len(mated.person) or not len(searches.person):
        return pd.DataFrame({name: np.zeros(0) for name in ("fpir", "dir", "threshold")})
    rows = np.arange(len(mated.person))
    own, near = searches.scores[rows, mated.mate], searches.found(-np.inf, k)
    levels = np.unique(np.concatenate([own, searches.highest]))
    levels = levels[np.isfinite(levels)][::-1]
    levels = np.concatenate([np.nextafter(levels[:1], np.inf), levels]) if len(levels) else np.array([np.inf])
    levels = levels[np.unique(np.linspace(0, len(levels) - 1, min(most, len(levels))).round().astype(np.int64))]
    alarm = np.ones(len(searches.person))
    return pd.DataFrame(
        {
            "fpir": _reached(searches.person, searches.highest, alarm, levels),
            "dir": _reached(mated.person, own, near, levels),
            "threshold": levels,
        }
    )


def _reached(
    person: NDArray[np.int64], scores: NDArray[np.float64], worth: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean over people of what their searches at or above each level are worth; levels fall."""
    _, place, counts = np.unique(person, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    running = np.concatenate([[0.0], np.cumsum((worth / (counts[place] * len(counts)))[order])])
    reached = running[-1] - running[np.searchsorted(scores[order], levels, side="left")]
    return np.asarray(np.clip(reached, 0.0, 1.0))


def score_samples(table: ScoreTable, *, most: int = 10_000) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores to draw densities from: the mated and the non-mated ones of the comparisons that took place.

    Parameters
    ----------
    table : ScoreTable
    most : int, default 10,000
        Of each kind; where there are more, evenly spaced ones in rising order, which have the same distribution.

    Returns
    -------
    mated, nonmated : ndarray, float64
        Rising; empty where there are none.
    """
    mated, nonmated = weigh(compare(table))
    return _thinned(mated.ordered, most), _thinned(nonmated.ordered, most)


def _thinned(ordered: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    if len(ordered) <= most:
        return ordered
    return np.asarray(ordered[np.linspace(0, len(ordered) - 1, most).round().astype(np.int64)])
