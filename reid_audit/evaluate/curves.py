"""The points of curves and the scores under densities: numbers only, drawn elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.dependence import hits_interval
from reid_audit.evaluate.open_set import open_search
from reid_audit.evaluate.searches import person_means, search
from reid_audit.evaluate.weighting import WeighedScores, weigh

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from reid_audit.types import ScoreTable

__all__ = ["cmc_points", "det_points", "dir_points", "roc_points", "score_samples"]

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

    curve = _corner_points(table)
    kept = _evenly(np.abs(np.diff(curve[:2], axis=1, prepend=0)).sum(axis=0), most)
    return pd.DataFrame(dict(zip(("fmr", "tmr", "threshold"), curve[:, kept], strict=True)))


def det_points(table: ScoreTable, *, most: int = _MOST_POINTS) -> pd.DataFrame:
    """Points of the detection error tradeoff, over the comparisons that took place.

    Parameters
    ----------
    table : ScoreTable
    most : int, default 2000
        Points to keep, evenly spaced along the curve as it is drawn, both ends among them.

    Returns
    -------
    pandas.DataFrame
        ``fmr`` and ``fnmr``: weighed shares, as in :func:`roc_points`, of non-mated comparisons at or above
        ``threshold`` and of mated ones below it; and their normal deviates ``fmr_deviate`` and ``fnmr_deviate``, the
        axes on which normal scores give a straight line: None where a rate is 0 or 1, which no such axis can
        show. From (0, 1) to (1, 0). Empty where either kind of comparison is missing.

    References
    ----------
    Martin, Doddington, Kamm, Ordowski and Przybocki, "The DET Curve in Assessment of Detection Task Performance",
    Eurospeech 1997, doi:10.21437/Eurospeech.1997-504.
    """
    import pandas as pd
    from scipy.special import ndtri

    fmr, tmr, threshold = _corner_points(table)
    columns = ("fmr", "fnmr", "threshold", "fmr_deviate", "fnmr_deviate")
    if not len(threshold):
        return pd.DataFrame({name: np.zeros(0) for name in columns})
    fnmr = 1.0 - tmr
    drawn = []
    for rate in (fmr, fnmr):
        inside = rate[(rate > 0) & (rate < 1)]
        ends = (inside.min() / 2, (1 + inside.max()) / 2) if len(inside) else (0.25, 0.75)
        drawn.append(ndtri(np.clip(rate, *ends)))
    kept = _evenly(np.abs(np.diff(drawn, axis=1, prepend=np.array(drawn)[:, :1])).sum(axis=0), most)
    deviates = [_shown(ndtri(rate[kept])) for rate in (fmr, fnmr)]
    return pd.DataFrame(dict(zip(columns, (fmr[kept], fnmr[kept], threshold[kept], *deviates), strict=True)))


def _shown(deviate: NDArray[np.float64]) -> NDArray[Any]:
    """Put None where there is no finite number."""
    return np.array([each if np.isfinite(each) else None for each in deviate], dtype=object)


def _corner_points(table: ScoreTable) -> NDArray[np.float64]:
    """Return false and true match rate and threshold where the ROC curve turns; shape (3, n), n may be 0."""
    mated, nonmated = weigh(compare(table))
    if not len(mated.ordered) or not len(nonmated.ordered):
        return np.zeros((3, 0))
    levels = np.unique(np.concatenate([mated.ordered, nonmated.ordered]))[::-1]
    levels = np.concatenate([[np.nextafter(levels[0], np.inf)], levels])
    fmr, tmr = 1.0 - nonmated.below(levels), 1.0 - mated.below(levels)
    kept = _corners(fmr, tmr)
    return np.stack([fmr[kept], tmr[kept], levels[kept]])


def _evenly(steps: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Choose at most about ``most`` points, evenly spaced along a way of these steps, both ends among them."""
    last = len(steps) - 1
    if last < most:
        return np.arange(last + 1)
    way = np.cumsum(steps)
    even = np.unique(np.searchsorted(way, np.linspace(0, way[-1], most)))
    return np.union1d(np.minimum(even, last), [0, last])


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
        limits = hits_interval(table.matcher, rates, counts, confidence)
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
    own, near = mated.scores[rows, mated.mate], searches.found(-np.inf, k)
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

    Each person counts the same, however many comparisons they have, as in the quartiles of the results: all mated
    ones of a person weigh 1 together, and so do all non-mated ones of a pair of people.

    Parameters
    ----------
    table : ScoreTable
    most : int, default 10,000
        Of each kind. Where there are more, or where people have unequal numbers of them, evenly spaced quantiles by
        weight, as many as there are scores and not more than this: a score may then stand twice, or not at all.

    Returns
    -------
    mated, nonmated : ndarray, float64
        Rising; empty where there are none.
    """
    mated, nonmated = weigh(compare(table))
    return _thinned(mated, most), _thinned(nonmated, most)


def _thinned(scores: WeighedScores, most: int) -> NDArray[np.float64]:
    count = min(len(scores.ordered), most)
    if count == len(scores.ordered) and not scores.uneven:
        return scores.ordered
    place = np.searchsorted(scores.running[1:], (np.arange(count) + 0.5) / count)
    return np.asarray(scores.ordered[np.minimum(place, len(scores.ordered) - 1)])
