"""Models of how rank 1 falls with the gallery, fitted to the searches that were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.open_set import open_search
from reid_audit.statistics import fit_tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["MODELS", "SeenSearches", "seen_searches", "subsampled"]

_MOST_VALUES = 200_000


@dataclass(frozen=True, eq=False)
class SeenSearches:
    """Mated searches, as the models see them.

    Parameters
    ----------
    person : ndarray, shape (M,), int64
    own : ndarray, shape (M,), float64
        Score of the mate; -inf where the search failed.
    others : ndarray, shape (M, G), float64
        Best score of every other person of the gallery; NaN where there is none.
    above, tied : ndarray, shape (M,), int64
        People who score higher than the mate, and the same.
    gallery : ndarray, shape (M,), int64
        People that each is searched among, the mate included.
    """

    person: NDArray[np.int64]
    own: NDArray[np.float64]
    others: NDArray[np.float64]
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
            others=self.others[rows],
            above=self.above[rows],
            tied=self.tied[rows],
            gallery=self.gallery[rows],
        )


def seen_searches(comparisons: Comparisons) -> SeenSearches:
    """Return the mated searches of some comparisons, as the models see them."""
    found = open_search(comparisons)
    mated, rows = found.mated, np.arange(len(found.mated.person))
    others = np.where(mated.present & np.isfinite(found.scores), found.scores, np.nan)
    others[rows, mated.mate] = np.nan
    at = (rows, mated.mate)
    return SeenSearches(mated.person, found.scores[at], others, mated.above[at], mated.tied[at], mated.gallery)


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
    values = seen.others[np.isfinite(seen.others)]
    return _powers(fit_tail(_thinned(values)).exceeded(seen.own))


def _per_probe(seen: SeenSearches) -> Callable[[float], NDArray[np.float64]]:
    """Every probe has its own level and spread of non-mated scores; their tail, in units of these, is shared."""
    there = np.isfinite(seen.others)
    counts = np.maximum(there.sum(axis=1), 1)
    filled = np.where(there, seen.others, 0.0)
    centre = filled.sum(axis=1) / counts
    spread = np.sqrt((np.square(filled - centre[:, None]) * there).sum(axis=1) / np.maximum(counts - 1, 1))
    scale = np.where(spread > 0, spread, 1.0)
    values = ((seen.others - centre[:, None]) / scale[:, None])[there]
    return _powers(fit_tail(_thinned(values)).exceeded((seen.own - centre) / scale))


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


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at most some of the values, evenly placed in the order of probes and people."""
    if len(values) <= _MOST_VALUES:
        return values
    return np.asarray(values[np.linspace(0, len(values) - 1, _MOST_VALUES).round().astype(np.int64)])
