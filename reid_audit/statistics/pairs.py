"""Scores of pairs of people, counted so that people can be resampled or relabelled thousands of times.

A number about verification depends on scores only through the share of each pair's comparisons that lies at each
level: every pair of people counts the same, however many comparisons it has. This table is made once; a resample of
people then is a product of matrices: a pair of two people drawn ``w_i`` and ``w_j`` times counts ``w_i * w_j`` times as
non-mated, a person with themself counts ``w_i`` times as mated, and two copies of one person are never compared with
each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = [
    "MOST_LEVELS",
    "PairCounts",
    "auc_of_counts",
    "count_pairs",
    "pair_rows",
    "quantile_of_counts",
    "resample_groups",
    "resample_pairs",
    "score_levels",
    "shuffle_pairs",
]

MOST_LEVELS = 1024
"""Scores with more different values than this are grouped, for intervals and controls only."""

_PAIRS, _RESAMPLES = 16_384, 64
_DENSE = 20_000_000


@dataclass(frozen=True, eq=False)
class PairCounts:
    """The share of each pair's comparisons that lies at each level of score.

    Parameters
    ----------
    n_people : int
    levels : ndarray, shape (T,), float64
        Rising; level t holds the scores from ``levels[t]`` up to the next one.
    counts : scipy.sparse.csr_array, shape (n_people * (n_people + 1) / 2, T), float64
        One row an unordered pair of people, see :func:`pair_rows`; a person with themself (mated) has a row too. Sums
        to 1, or to 0 where no comparison took place.
    """

    n_people: int
    levels: NDArray[np.float64]
    counts: csr_array

    def __repr__(self) -> str:
        return f"PairCounts({self.n_people} people, {len(self.levels)} levels)"


def pair_rows(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int64]:
    """Row of each unordered pair in :class:`PairCounts`: ``b * (b + 1) / 2 + a`` for a <= b."""
    low, high = np.minimum(first, second).astype(np.int64), np.maximum(first, second).astype(np.int64)
    return np.asarray(high * (high + 1) // 2 + low)


def score_levels(mated: NDArray[Any], nonmated: NDArray[Any], most: int = MOST_LEVELS) -> NDArray[np.float64]:
    """Choose levels that keep the order of scores: all different values, or evenly placed ones where these are many.

    Parameters
    ----------
    mated, nonmated : ndarray, float64
        Finite scores.
    most : int, default MOST_LEVELS

    Returns
    -------
    ndarray, shape (T,), float64
        Rising, each a score that occurred, the lowest among them; T at most ``most``. A strictly rising map of the
        scores maps the levels alike. A mated level ends before the next non-mated score, so that the area under
        the curve stays exact where there are at most ``most / 4`` mated scores.
    """
    if len(mated) + len(nonmated) <= 64 * most:
        values = np.unique(np.concatenate([mated, nonmated]))
        if len(values) <= most:
            return values
    lower, higher = np.unique(mated), np.sort(nonmated)
    found = [_spaced(lower, most // 4), _spaced(higher, most // 2)]
    after = np.searchsorted(higher, found[0], side="right")
    found.append(higher[after[after < len(higher)]])
    return np.unique(np.concatenate(found))


def _spaced(ordered: NDArray[Any], count: int) -> NDArray[Any]:
    """Return at most ``count`` of the values, evenly placed, both ends among them."""
    if len(ordered) <= count:
        return ordered
    return np.asarray(ordered[np.linspace(0, len(ordered) - 1, count).round().astype(np.int64)])


def count_pairs(
    n_people: int,
    levels: NDArray[np.float64],
    blocks: Iterable[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]],
) -> PairCounts:
    """Count comparisons by pair of people and level, as shares of the pair's comparisons.

    Parameters
    ----------
    n_people : int
    levels : ndarray, shape (T,)
        From :func:`score_levels`.
    blocks : iterable of (first, second, score)
        Comparisons that took place, in parts that fit into memory: two people by number, 0 to ``n_people - 1``, and
        a finite score.

    Returns
    -------
    PairCounts
    """
    from scipy.sparse import coo_array, csr_array

    shape = (n_people * (n_people + 1) // 2, len(levels))
    index = np.int32 if max(shape) <= np.iinfo(np.int32).max else np.int64
    rows, places = [np.zeros(0, dtype=index)], [np.zeros(0, dtype=index)]
    for first, second, score in blocks:
        rows.append(pair_rows(first, second).astype(index))
        places.append(np.maximum(np.searchsorted(levels, score, side="right") - 1, 0).astype(index))
    at = (np.concatenate(rows), np.concatenate(places))
    counts = csr_array(coo_array((np.ones(len(at[0])), at), shape=shape))
    totals = np.asarray(counts.sum(axis=1))
    counts.data /= np.repeat(totals, np.diff(counts.indptr))
    return PairCounts(n_people, levels, counts)


def resample_pairs(pairs: PairCounts, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight of mated and of non-mated comparisons by level, in each resample of people.

    Parameters
    ----------
    pairs : PairCounts
    weights : ndarray, shape (resamples, n_people), float64
        From :func:`~reid_audit.statistics.person_weights`; a row of ones gives everyone as they are.

    Returns
    -------
    mated, nonmated : ndarray, shape (resamples, T), float64
    """
    people = np.arange(pairs.n_people)
    own = pair_rows(people, people)
    mated = np.asarray((pairs.counts[own].T @ weights.T).T)
    second, first = np.tril_indices(pairs.n_people, -1)
    return mated, _between(pairs, weights, first, second)


def _between(
    pairs: PairCounts, weights: NDArray[np.float64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Weight by level of these pairs of two people in each resample; shape (resamples, T)."""
    rows = pair_rows(first, second)
    met = np.flatnonzero(np.diff(pairs.counts.indptr)[rows])
    first, second = first[met], second[met]
    between = pairs.counts[rows[met]]
    parts = [np.ascontiguousarray(weights[low : low + _RESAMPLES].T) for low in range(0, len(weights), _RESAMPLES)]
    found = np.zeros((between.shape[1], len(weights)))
    if between.nnz > 0.1 * np.prod(between.shape) and np.prod(between.shape) <= _DENSE:
        between = between.toarray()
    for start in range(0, len(first), _PAIRS):
        some = slice(start, start + _PAIRS)
        levels = between[some].T
        for number, part in enumerate(parts):
            times = part[first[some]]
            times *= part[second[some]]
            found[:, number * _RESAMPLES : number * _RESAMPLES + part.shape[1]] += levels @ times
    return found.T


def resample_groups(
    pairs: PairCounts, weights: NDArray[np.float64], group: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As :func:`resample_pairs`, for people dealt out to groups: within each group, and between any two.

    What rests on some of the groups alone is the sum of its parts, so that one pass serves every way to put groups
    together.

    Parameters
    ----------
    pairs : PairCounts
    weights : ndarray, shape (resamples, n_people), float64
    group : ndarray, shape (n_people,), int64
        0 .. G - 1; who has a negative number belongs to none and is left out.

    Returns
    -------
    mated : ndarray, shape (G, resamples, T), float64
    nonmated : ndarray, shape (G, G, resamples, T), float64
        Of pairs with one person in each of two groups; a pair within one group stands on the diagonal, a pair between
        two groups above it, and below it is nothing.
    """
    n_groups = int(group.max(initial=-1)) + 1
    mated = np.zeros((n_groups, len(weights), len(pairs.levels)))
    nonmated = np.zeros((n_groups, *mated.shape))
    second, first = np.tril_indices(pairs.n_people, -1)
    low, high = np.minimum(group[first], group[second]), np.maximum(group[first], group[second])
    for one in range(n_groups):
        members = np.flatnonzero(group == one)
        mated[one] = (pairs.counts[pair_rows(members, members)].T @ weights[:, members].T).T
        for other in range(one, n_groups):
            chosen = np.flatnonzero((low == one) & (high == other))
            nonmated[one, other] = _between(pairs, weights, first[chosen], second[chosen])
    return mated, nonmated


def shuffle_pairs(
    pairs: PairCounts, people: NDArray[np.int64], rng: np.random.Generator, permutations: int = 100
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight by level after the identities of the references were shuffled: what an attacker without skill has.

    Parameters
    ----------
    pairs : PairCounts
    people : ndarray, shape (n,), int64
        Among whom identities are shuffled; everybody with a comparison is one of them.
    rng : numpy.random.Generator
    permutations : int, default 100

    Returns
    -------
    mated, nonmated : ndarray, shape (permutations, T), float64
        Each person meets as mated the one whom the permutation gives them, and as non-mated everybody else; a pair of
        two people counts for each of the two ways in which they can meet, a person with themself for the one. Every
        meeting is thus as likely as any other to become mated, and the area under the curve is one half on average.
    """
    from scipy.sparse import csr_array

    others = np.stack([rng.permutation(people) for _ in range(permutations)])
    share = np.ones(others.size)
    rows = pair_rows(np.broadcast_to(people, others.shape), others)
    bounds = np.arange(permutations + 1) * len(people)
    chosen = csr_array((share, rows.ravel(), bounds), shape=(permutations, pairs.counts.shape[0]))
    mated = np.asarray((chosen @ pairs.counts).todense())
    own = np.asarray(pairs.counts[pair_rows(people, people)].sum(axis=0))
    everything = 2 * np.asarray(pairs.counts.sum(axis=0)) - own
    return mated, np.maximum(everything[None, :] - mated, 0.0) / 2


def auc_of_counts(mated: NDArray[np.float64], nonmated: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area under the ROC curve from weights by level; scores of one level are ties and count one half.

    Parameters
    ----------
    mated, nonmated : ndarray, shape (n, T), float64

    Returns
    -------
    ndarray, shape (n,), float64
        NaN where there are no mated or no non-mated comparisons.
    """
    below = np.cumsum(nonmated, axis=1) - nonmated / 2
    wins: NDArray[np.float64] = np.einsum("nt,nt->n", mated, below)
    trials = mated.sum(axis=1) * nonmated.sum(axis=1)
    return np.asarray(np.divide(wins, trials, out=np.full(len(wins), np.nan), where=trials > 0))


def quantile_of_counts(counts: NDArray[np.float64], levels: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Quantile of scores from counts by level.

    Parameters
    ----------
    counts : ndarray, shape (n, T), float64
    levels : ndarray, shape (T,), float64
    share : float
        0.5 for the median.

    Returns
    -------
    ndarray, shape (n,), float64
        The mean of the two neighbours where the share falls between two scores; NaN where there are no counts.
    """
    if not len(levels):
        return np.full(len(counts), np.nan)
    running = np.cumsum(counts, axis=1)
    total = running[:, -1:]
    last = len(levels) - 1
    slack = 1e-9 * total
    lower = np.minimum((running < share * total - slack).sum(axis=1), last)
    upper = np.minimum((running <= share * total + slack).sum(axis=1), last)
    return np.where(total[:, 0] > 0, (levels[lower] + levels[upper]) / 2, np.nan)
