"""Models of how rank 1 falls with the gallery, fitted to the searches that were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.statistics import fit_tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reid_audit.evaluate.searches import Searches

__all__ = ["MODELS", "OtherScores", "SeenSearches", "other_scores", "seen_searches", "subsampled"]

_MOST_VALUES = 200_000
_BLOCK = 1_000_000


@dataclass(frozen=True, eq=False)
class OtherScores:
    """What the models need of the scores of everybody but the mate, in place of all of them.

    Parameters
    ----------
    count : ndarray, shape (M,), int64
        Other people with a score.
    lowest, highest, centre, spread : ndarray, shape (M,), float64
        Of the scores of each search; NaN, and 0 for the last two, where nobody has one.
    search : ndarray, shape (N,), int64
        Of which search each of a sample of scores is: all, or 200,000 evenly placed in the order of probes and people.
    score : ndarray, shape (N,), float64
        The sample.
    """

    count: NDArray[np.int64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    search: NDArray[np.int64]
    score: NDArray[np.float64]

    def select(self, rows: NDArray[np.bool_]) -> OtherScores:
        """Return some of the searches."""
        kept = rows[self.search]
        return OtherScores(
            count=self.count[rows],
            lowest=self.lowest[rows],
            highest=self.highest[rows],
            centre=self.centre[rows],
            spread=self.spread[rows],
            search=(np.cumsum(rows) - 1)[self.search[kept]],
            score=self.score[kept],
        )


def other_scores(scores: NDArray[np.float64]) -> OtherScores:
    """Sum up the scores of everybody but the mate.

    Parameters
    ----------
    scores : ndarray, shape (M, G), float64
        NaN where there is none.

    Returns
    -------
    OtherScores
    """
    count = np.count_nonzero(np.isfinite(scores), axis=1)
    lowest, highest = np.full(len(scores), np.nan), np.full(len(scores), np.nan)
    centre, spread = np.zeros(len(scores)), np.zeros(len(scores))
    total = int(count.sum())
    chosen = np.arange(total) if total <= _MOST_VALUES else np.linspace(0, total - 1, _MOST_VALUES).round()
    before = np.concatenate([[0], np.cumsum(count)])
    step = max(1, _BLOCK // max(1, scores.shape[1]))
    sample = []
    for start in range(0, len(scores), step):
        rows = slice(start, start + step)
        part, there = scores[rows], np.isfinite(scores[rows])
        some = count[rows] > 0
        lowest[rows] = np.where(some, np.min(part, axis=1, initial=np.inf, where=there), np.nan)
        highest[rows] = np.where(some, np.max(part, axis=1, initial=-np.inf, where=there), np.nan)
        unit = np.max(np.abs(part), axis=1, initial=0.0, where=there, keepdims=True)
        part = part / np.where(unit > 0, unit, 1.0)
        middle = np.sum(part, axis=1, where=there, keepdims=True) / np.maximum(count[rows], 1)[:, None]
        squares = np.sum(np.square(part - middle), axis=1, where=there)
        centre[rows] = (middle * unit)[:, 0]
        spread[rows] = np.sqrt(squares / np.maximum(count[rows] - 1, 1)) * unit[:, 0]
        ends = np.searchsorted(chosen, before[[start, min(start + step, len(scores))]])
        sample.append(scores[rows][there][chosen[ends[0] : ends[1]].astype(np.int64) - before[start]])
    return OtherScores(
        count=count,
        lowest=lowest,
        highest=highest,
        centre=centre,
        spread=spread,
        search=np.searchsorted(before[1:], chosen, side="right"),
        score=np.concatenate([np.zeros(0), *sample]),
    )


@dataclass(frozen=True, eq=False)
class SeenSearches:
    """Mated searches, as the models see them.

    Parameters
    ----------
    person : ndarray, shape (M,), int64
    own : ndarray, shape (M,), float64
        Score of the mate; -inf where the search failed.
    others : OtherScores
        Best scores of the other people of the gallery.
    above, tied : ndarray, shape (M,), int64
        People who score higher than the mate, and the same.
    gallery : ndarray, shape (M,), int64
        People that each is searched among, the mate included.
    """

    person: NDArray[np.int64]
    own: NDArray[np.float64]
    others: OtherScores
    above: NDArray[np.int64]
    tied: NDArray[np.int64]
    gallery: NDArray[np.int64]

    @property
    def made(self) -> NDArray[np.bool_]:
        """Which searches have a score of the mate; shape (M,)."""
        return np.isfinite(self.own)

    def select(self, rows: NDArray[np.bool_]) -> SeenSearches:
        """Return some of the searches."""
        return SeenSearches(
            person=self.person[rows],
            own=self.own[rows],
            others=self.others.select(rows),
            above=self.above[rows],
            tied=self.tied[rows],
            gallery=self.gallery[rows],
        )


def seen_searches(searches: Searches) -> SeenSearches:
    """Return mated searches as the models see them."""
    at = (np.arange(len(searches.person)), searches.mate)
    others = np.where(searches.present & searches.returned, searches.scores, np.nan)
    others[at] = np.nan
    return SeenSearches(
        person=searches.person,
        own=searches.scores[at],
        others=other_scores(others),
        above=searches.above[at].astype(np.int64),
        tied=searches.tied[at].astype(np.int64),
        gallery=searches.gallery,
    )


def subsampled(seen: SeenSearches, size: int) -> NDArray[np.float64]:
    """Expected hit at rank 1 of each search in a gallery that is drawn from its own one.

    The mate stays and ``size - 1`` of the other people are drawn without replacement, all draws being equally
    probable: exact (hypergeometric), nothing is drawn. Ties count by their share.

    Parameters
    ----------
    seen : SeenSearches
    size : int
        People, the mate included; at most the smallest gallery.

    Returns
    -------
    ndarray, shape (M,), float64
        0 where the search failed.
    """
    from scipy.special import gammaln

    hits = np.zeros(len(seen.own))
    for gallery in np.unique(seen.gallery):
        free = gallery - size - np.arange(gallery)
        log_ways = gammaln(gallery - np.arange(gallery)) - gammaln(np.maximum(free, 0) + 1.0)
        nobody = np.where(free >= 0, np.exp(log_ways - log_ways[0]), 0.0)
        running = np.concatenate([[0.0], np.cumsum(nobody)])
        rows = seen.gallery == gallery
        above, upto = seen.above[rows], seen.above[rows] + seen.tied[rows] + 1
        hits[rows] = (running[upto] - running[above]) / (seen.tied[rows] + 1)
    return hits * seen.made


def _pooled(seen: SeenSearches) -> Callable[[float], NDArray[np.float64]]:
    """All scores come from one distribution of mated and one of non-mated ones: mean of F_n(s)^(N - 1)."""
    return _powers(fit_tail(seen.others.score).exceeded(seen.own))


def _per_probe(seen: SeenSearches) -> Callable[[float], NDArray[np.float64]]:
    """Every probe has its own level and spread of non-mated scores; their tail, in units of these, is shared."""
    others = seen.others
    scale = np.where(others.spread > 0, others.spread, 1.0)
    values = (others.score - others.centre[others.search]) / scale[others.search]
    return _powers(fit_tail(values).exceeded((seen.own - others.centre) / scale))


def _beta_binomial(seen: SeenSearches) -> Callable[[float], NDArray[np.float64]]:
    """Every probe has its own probability that a stranger scores higher, drawn from a beta distribution.

    Only ranks enter. The beta distribution has the highest likelihood of the numbers of people above the mates; each
    probe's hit in a gallery of N is the expectation of (1 - p)^(N - 1) after its own search was seen.
    """
    from scipy.optimize import minimize
    from scipy.special import betaln

    above = seen.above + seen.tied / 2
    below = seen.gallery - 1 - above
    _, place, times = np.unique(seen.person, return_inverse=True, return_counts=True)
    made = seen.made
    kinds, back = np.unique(np.stack([above, below]), axis=1, return_inverse=True)
    weight = np.bincount(back.ravel(), weights=made / times[place], minlength=kinds.shape[1])

    def loss(at: NDArray[np.float64]) -> float:
        a, b = np.exp(np.clip(at, -12.0, 12.0))
        return -float(weight @ (betaln(a + kinds[0], b + kinds[1]) - betaln(a, b))) + 0.01 * float(at @ at)

    fitted = minimize(loss, np.array([-0.5, 1.5]), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-5}).x
    a, b = np.exp(np.clip(fitted, -12.0, 12.0))
    return lambda size: np.asarray(
        made * np.exp(betaln(a + above, b + below + size - 1) - betaln(a + above, b + below))
    )


MODELS = {"pooled": _pooled, "per_probe": _per_probe, "beta_binomial": _beta_binomial}
"""Name to model. Each is fitted to searches, and gives each one's expected hit at rank 1 in a gallery of any size."""


def _powers(exceeded: NDArray[np.float64]) -> Callable[[float], NDArray[np.float64]]:
    with np.errstate(divide="ignore"):
        log_below = np.log1p(-exceeded)
    return lambda size: np.asarray(np.exp(log_below * (size - 1)))
