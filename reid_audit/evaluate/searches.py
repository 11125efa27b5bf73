"""Searches: every probe ranked against the people of the gallery, once for all numbers that rest on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["Searches", "person_any", "person_means", "person_scores", "search", "span"]

_BLOCK = 1_000_000


@dataclass(frozen=True, eq=False)
class Searches:
    """Every mated probe searched in the people it was compared with.

    Parameters
    ----------
    person : ndarray, shape (M,), int64
        Whose probe.
    mate : ndarray, shape (M,), int64
        Column of that person in the gallery.
    scores : ndarray, shape (M, G), float64
        Best score of each person of the gallery; -inf where there is none.
    above, tied : ndarray, shape (M, G), int32
        For every person of the gallery, were that person the mate: how many others score higher, and how many the
        same.
    present : ndarray, shape (M, G), bool
        The person is in this probe's gallery.
    returned : ndarray, shape (M, G), bool
        ... and has a score; who has none is never returned.
    acquired : ndarray, shape (M,), bool
        The probe has a template; taken for granted where the table does not say.
    enrolled : ndarray, shape (M, G), bool
        The person is in this probe's gallery with a template; likewise.
    left_out : ndarray, shape (M,), bool
        The attacker names nobody, although the probe and two people of its gallery are known to have a template.
    n_unmated : int
        Probes that are not here, because their own person is not in the gallery.
    """

    person: NDArray[np.int64]
    mate: NDArray[np.int64]
    scores: NDArray[np.float64]
    above: NDArray[np.int32]
    tied: NDArray[np.int32]
    present: NDArray[np.bool_]
    returned: NDArray[np.bool_]
    acquired: NDArray[np.bool_]
    enrolled: NDArray[np.bool_]
    left_out: NDArray[np.bool_]
    n_unmated: int

    @property
    def gallery(self) -> NDArray[np.int64]:
        """People that each probe is searched among, shape (M,)."""
        return np.asarray(self.present.sum(axis=1))

    def guess(self, k: int) -> NDArray[np.float64]:
        """Chance of each probe to have its mate among k guesses; shape (M,).

        Guesses are among the people with a template, so that a mate without one is never among them; among everyone
        where nobody has one. Where the attacker leaves the probe out, no guess is made either: an assignment of many
        people to few scans names nobody for some.
        """
        there = self.enrolled.sum(axis=1)
        mate = self.enrolled[np.arange(len(self.mate)), self.mate]
        among = np.where(there > 0, there, self.gallery)
        return np.asarray(np.minimum(1.0, k / among) * (mate | (there == 0)) * ~self.left_out)

    def hits(self, k: int, mate: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Chance of each probe to have its mate among the k best, if ties are broken at random.

        Parameters
        ----------
        k : int
        mate : ndarray, shape (..., M), optional
            Other columns to be taken for the mate.

        Returns
        -------
        ndarray, shape (..., M), float64
            0 where the probe or the mate has no template.
        """
        columns = self.mate if mate is None else mate
        rows = np.arange(len(self.person))
        share = (k - self.above[rows, columns]) / (self.tied[rows, columns] + 1.0)
        return np.asarray(np.clip(share, 0.0, 1.0) * self.returned[rows, columns])


def search(comparisons: Comparisons) -> Searches:
    """Rank the people of the gallery for every mated probe.

    A person's score is the highest over their references that the probe was compared with.

    Parameters
    ----------
    comparisons : Comparisons

    Returns
    -------
    Searches
    """
    best, present, enrolled, gallery = person_scores(comparisons)
    acquired = comparisons.acquired
    column = np.full(comparisons.n_people, -1)
    column[gallery] = np.arange(len(gallery))
    mate = column[comparisons.probe]
    mated = (mate >= 0) & present[np.arange(len(mate)), mate] if len(gallery) else np.zeros(len(mate), dtype=bool)
    if not mated.all():
        best, present, enrolled = best[mated], present[mated], enrolled[mated]
    above, tied = _places(best)
    known = np.zeros(len(best), dtype=bool) if acquired is None else acquired[mated]
    returned = np.isfinite(best)
    return Searches(
        person=comparisons.probe[mated],
        mate=mate[mated],
        scores=best,
        above=above,
        tied=tied,
        present=present,
        returned=returned,
        acquired=np.ones(len(best), dtype=bool) if acquired is None else acquired[mated],
        enrolled=enrolled,
        left_out=known & (enrolled.sum(axis=1) > 1) & ~returned.any(axis=1),
        n_unmated=int(np.count_nonzero(~mated)),
    )


def _places(scores: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return how many values of the same row are higher than each, and how many others are the same."""
    above, tied = np.empty(scores.shape, dtype=np.int32), np.empty(scores.shape, dtype=np.int32)
    size = scores.shape[1]
    step = max(1, _BLOCK // max(1, size))
    for start in range(0, len(scores), step):
        part = scores[start : start + step]
        order = np.argsort(part, axis=1)
        ordered = np.take_along_axis(part, order, axis=1)
        place = np.broadcast_to(np.arange(size, dtype=np.int32), part.shape)
        apart = np.ones((len(part), size + 1), dtype=bool)
        apart[:, 1:-1] = ordered[:, 1:] != ordered[:, :-1]
        first = np.maximum.accumulate(np.where(apart[:, :-1], place, 0), axis=1)
        last = np.minimum.accumulate(np.where(apart[:, 1:], place, size)[:, ::-1], axis=1)[:, ::-1]
        np.put_along_axis(above[start : start + step], order, size - 1 - last, axis=1)
        np.put_along_axis(tied[start : start + step], order, last - first, axis=1)
    return above, tied


def person_scores(
    comparisons: Comparisons,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Return the best score of each person of the gallery with each probe, and what is known of the two.

    Parameters
    ----------
    comparisons : Comparisons

    Returns
    -------
    best : ndarray, shape (P, G), float64
        Over the person's references that the probe was compared with; -inf where there is no score.
    present, enrolled : ndarray, shape (P, G), bool
        The person is in this probe's gallery; and with a template, as far as the table says.
    gallery : ndarray, shape (G,), int64
        Who it is.
    """
    gallery, starts = np.unique(comparisons.reference, return_index=True)
    shape = (len(comparisons.probe), len(gallery))
    best, present, enrolled = np.full(shape, -np.inf), np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    if not len(gallery):
        return best, present, enrolled, gallery
    for rows in comparisons.rows():
        compared, part = comparisons.compared[rows], comparisons.scores[rows]
        part = np.where(compared & np.isfinite(part), part, -np.inf)
        best[rows] = np.maximum.reduceat(part, starts, axis=1)
        present[rows] = np.logical_or.reduceat(compared, starts, axis=1)
        there = compared if comparisons.enrolled is None else compared & comparisons.enrolled
        enrolled[rows] = np.logical_or.reduceat(there, starts, axis=1)
    return best, present, enrolled, gallery


def person_means(person: NDArray[Any], values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean of each person's values, and how many there are; people in rising order of their number."""
    _, place, counts = np.unique(person, return_inverse=True, return_counts=True)
    return np.bincount(place, weights=values, minlength=len(counts)) / counts, counts


def person_any(person: NDArray[Any], chances: NDArray[Any]) -> NDArray[np.float64]:
    """Probability of each person to be found by at least one of their searches, if ties are broken independently.

    Parameters
    ----------
    person : ndarray, shape (M,)
        Rising, as :func:`search` has it.
    chances : ndarray, shape (M,), float64
        Of each search to find its person.

    Returns
    -------
    ndarray, shape (n_people,), float64
        People in rising order of their number.
    """
    _, starts = np.unique(person, return_index=True)
    return np.clip(1.0 - np.multiply.reduceat(1.0 - chances, starts), 0.0, 1.0)


def span(counts: NDArray[np.int64]) -> str:
    """Return ``"9"``, or ``"7 to 9"`` where the counts differ."""
    return f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
