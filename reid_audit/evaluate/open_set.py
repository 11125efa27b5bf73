"""Open-set identification: most of the people who are searched for may not be in the collection at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.identification import shuffled_mates, shuffled_mean, unsearchable
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.reasons import failures_in_words
from reid_audit.evaluate.searches import Searches, person_means, person_scores, search, span
from reid_audit.statistics import people_needed, rate_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.outcome import Case
    from reid_audit.types import Result

__all__ = ["FPIRS", "OpenSearches", "open_search", "open_set_results", "threshold_at"]

FPIRS = (0.1, 0.01, 0.003)
"""False positive identification rates at which the miss rate is reported."""

_SLACK = 1e-9

_AS_THEY_ARE = "the interval takes thresholds as they are: nominal 0.95 held 0.90 to 0.99 in simulations"


@dataclass(frozen=True, eq=False)
class OpenSearches:
    """Every probe searched twice: in the gallery as it is, and in the same gallery without its own person.

    A probe whose person has no reference is searched once, without a mate by nature.

    Parameters
    ----------
    mated : Searches
    person : ndarray, shape (S,), int64
        Whose probe, of the non-mated searches: those that meet anybody else.
    highest : ndarray, shape (S,), float64
        Best score that each non-mated search returns; -inf where it returns nobody.
    """

    mated: Searches
    person: NDArray[np.int64]
    highest: NDArray[np.float64]

    def found(
        self, threshold: float | NDArray[np.float64], k: int | None = 1, mate: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Chance of each mated search to return its mate at or above a threshold and among the k best.

        Parameters
        ----------
        threshold : float or ndarray, shape (M,)
        k : int or None
            None: at any rank.
        mate : ndarray, shape (..., M), optional
            Other columns to be taken for the mate.

        Returns
        -------
        ndarray, shape (..., M), float64
            0 where the probe or the mate has no template. Ties are broken at random.
        """
        columns = self.mated.mate if mate is None else mate
        rows = np.arange(len(self.mated.person))
        near = self.mated.returned[rows, columns] if k is None else self.mated.hits(k, columns)
        return np.asarray(near * (self.mated.scores[rows, columns] >= threshold), dtype=np.float64)

    def alarms(self, threshold: float | NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which non-mated searches return anybody at or above a threshold; shape (S,).

        A search without a template returns nobody: it is never a false match.
        """
        return np.asarray(np.isfinite(self.highest) & (self.highest >= threshold))

    def fnir(self, threshold: float, k: int | None = 1) -> float:
        """False negative identification rate: mean over people of the share of their mated searches that miss."""
        return float(person_means(self.mated.person, 1.0 - self.found(threshold, k))[0].mean())

    def fpir(self, threshold: float) -> float:
        """False positive identification rate: mean over people of the share of their non-mated searches that alarm."""
        return float(person_means(self.person, self.alarms(threshold).astype(np.float64))[0].mean())


def open_search(comparisons: Comparisons) -> OpenSearches:
    """Search every probe with and without its own person in the gallery.

    Parameters
    ----------
    comparisons : Comparisons

    Returns
    -------
    OpenSearches
    """
    best, present, _, gallery = person_scores(comparisons)
    own = comparisons.probe[:, None] == gallery[None, :]
    others = present & ~own
    meets = others.any(axis=1)
    highest = np.max(np.where(others, best, -np.inf), axis=1, initial=-np.inf)
    return OpenSearches(
        mated=search(comparisons),
        person=comparisons.probe[meets],
        highest=highest[meets],
    )


def threshold_at(person: NDArray[np.int64], highest: NDArray[np.float64], fpir: float) -> float:
    """Return the lowest of the observed best scores at which the false positive rate is at most what is asked.

    Parameters
    ----------
    person : ndarray, shape (S,), int64
        Whose each non-mated search is; each person counts the same.
    highest : ndarray, shape (S,), float64
        Best score of each; -inf where nobody was returned.
    fpir : float
        Asked for, 0 to 1.

    Returns
    -------
    float
        Just above the highest score where the people who share that one are too many; infinity where no search
        returned anybody.
    """
    _, place, counts = np.unique(person, return_inverse=True, return_counts=True)
    levels = np.unique(highest[np.isfinite(highest)])
    if not len(levels):
        return float(np.inf)
    weight = 1.0 / (counts[place] * len(counts))
    order = np.argsort(highest)
    below = np.concatenate([[0.0], np.cumsum(weight[order])])
    share = below[-1] - below[np.searchsorted(highest[order], levels, side="left")]
    allowed = levels[share <= fpir + _SLACK]
    return float(allowed[0]) if len(allowed) else float(np.nextafter(levels[-1], np.inf))


def open_set_results(case: Case, rates: tuple[float, ...] = FPIRS) -> tuple[Result, ...]:
    """Miss rate of searches at thresholds that let through a fixed share of searches for people who are not there.

    The people are dealt out to two halves. The threshold for each half is the one that has the wanted rate in the
    non-mated searches of the other half (:func:`threshold_at`), so that nobody's searches are judged by a threshold
    that they took part in; the gallery stays whole. Misses and false alarms of both halves are then taken together. The
    realised rate stands beside the wanted one: it need not be the same.

    Parameters
    ----------
    case : Case
    rates : tuple of float
        False positive identification rates (FPIR) that are wanted.

    Returns
    -------
    tuple of Result
        For each wanted rate, 0.1 here: ``fnir_at_fpir_0.1`` with k = 1, the share of mated searches whose mate does
        not come first or scores below the threshold; the same without k, whose mate scores below the threshold at any
        rank; ``fpir_realised_0.1``. A failed template is a miss and never a false match. None where non-mated searches
        are of fewer people than :func:`reid_audit.statistics.people_needed` says: with so few, not even no false
        alarm at all would put the exact one-sided 95 % limit below the rate (rule of three: about 3 over the rate).

    Notes
    -----
    Intervals are over people, with thresholds and gallery as they are. Thresholds have a spread of their own: in
    simulations of 180 people 95 % intervals of the miss rate held 0.90 to 0.92, of 50 people 0.93 to 0.99 (decision
    0006). Chance is that of scores that are independent
    and tell nothing, at the wanted rate. The control shuffles the identities of the gallery, after scoring.

    References
    ----------
    ISO/IEC 19795-1:2021. Grother, Ngan and Hanaoka, NISTIR 8271, doi:10.6028/NIST.IR.8271.
    """
    if case.problem:
        return tuple(result for rate in rates for result in _absent(case, rate, None, case.problem))
    searches = open_search(case.comparisons)
    why = unsearchable(searches.mated)
    if why:
        return tuple(result for rate in rates for result in _absent(case, rate, searches, why))
    half = _halves(searches, case.comparisons.n_people, case.rng("open set"))
    shuffles = shuffled_mates(searches.mated, case.rng("rank"))
    found: list[Result] = []
    for rate in rates:
        why = _too_few(searches, rate)
        found.extend(_absent(case, rate, searches, why) if why else _at(case, searches, rate, half, shuffles))
    return tuple(found)


def _names(rate: float) -> tuple[tuple[str, int | None], ...]:
    return (f"fnir_at_fpir_{rate:g}", 1), (f"fnir_at_fpir_{rate:g}", None), (f"fpir_realised_{rate:g}", None)


def _absent(case: Case, rate: float, searches: OpenSearches | None, why: str) -> tuple[Result, ...]:
    mated, other = (searches.mated.person, searches.person) if searches else (np.zeros(0), np.zeros(0))
    return tuple(
        case.result(name, None, k=k, n_subjects=len(np.unique(person)), n_probes=len(person), note=why)
        for (name, k), person in zip(_names(rate), (mated, mated, other), strict=True)
    )


def _too_few(searches: OpenSearches, rate: float) -> str:
    people, needed = len(np.unique(searches.person)), people_needed(rate)
    if people >= needed:
        return ""
    return (
        f"insufficient data: non-mated searches are of {people} people, and FPIR {rate:g} takes {needed}: with fewer, "
        "not even no false alarm at all would leave the exact one-sided 95 % limit below it"
    )


def _halves(searches: OpenSearches, n_people: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal people out to two halves, those with a mate alike to both; shape (n_people,), 0 or 1."""
    with_mate, alone = np.zeros(n_people, dtype=bool), np.zeros(n_people, dtype=bool)
    with_mate[searches.mated.person] = True
    alone[searches.person] = True
    order = np.lexsort((rng.random(n_people), ~alone, ~with_mate))
    half = np.empty(n_people, dtype=np.int64)
    half[order] = np.arange(n_people) % 2
    return half


def _at(
    case: Case, searches: OpenSearches, rate: float, half: NDArray[np.int64], shuffles: NDArray[np.int64]
) -> tuple[Result, ...]:
    mated = searches.mated
    limits = np.empty(2)
    for number in (0, 1):
        known = half[searches.person] != number
        limits[number] = threshold_at(searches.person[known], searches.highest[known], rate)
    mine, theirs = limits[half[mated.person]], limits[half[searches.person]]
    alarms, alarm_counts = person_means(searches.person, searches.alarms(theirs).astype(np.float64))
    realised = float(alarms.mean())
    missed = int(np.count_nonzero(~mated.returned[np.arange(len(mated.mate)), mated.mate]))
    note = sentence(
        f"among {span(mated.gallery)} people",
        f"each half of the people judged by a threshold fixed on the other half; realised FPIR {realised:.2g}",
        failures_in_words(case.comparisons, f"of {len(mated.mate)} searches", missed, _unscored(mated), "are misses"),
        "no score told the best from the others" if _all_equal(searches) else "",
    )
    results = []
    for (name, k), chance in zip(_names(rate)[:2], _guesses(mated, rate), strict=True):
        misses, counts = person_means(mated.person, 1.0 - searches.found(mine, k))
        results.append(
            case.result(
                name,
                float(misses.mean()),
                k=k,
                interval=rate_interval(misses, counts, case.confidence),
                n_subjects=len(misses),
                n_probes=len(mated.person),
                chance=float(person_means(mated.person, 1.0 - chance)[0].mean()),
                control=shuffled_mean(mated, shuffles, 1.0 - searches.found(mine, k, shuffles)),
                note=sentence(note, "" if k else "at any rank", _AS_THEY_ARE),
            )
        )
    silent = int(np.count_nonzero(~np.isfinite(searches.highest)))
    results.append(
        case.result(
            _names(rate)[2][0],
            realised,
            interval=rate_interval(alarms, alarm_counts, case.confidence),
            n_subjects=len(alarms),
            n_probes=len(searches.person),
            note=sentence(
                f"FPIR {rate:g} was wanted",
                "each probe searched without its own person; each half of the people judged by a threshold fixed on "
                "the other half",
                f"{silent} of {len(searches.person)} searches returned nobody for want of a score" if silent else "",
            ),
        )
    )
    return tuple(results)


def _guesses(mated: Searches, rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chance of each mated search to find its mate by scores that tell nothing: first, and at any rank."""
    first = mated.guess(1)
    among = np.maximum(2.0, np.divide(1.0, first, out=np.full(len(first), 2.0), where=first > 0))
    top = first * (1.0 - (1.0 - rate) ** (among / (among - 1.0)))
    return top, (first > 0) * (1.0 - (1.0 - rate) ** (1.0 / (among - 1.0)))


def _unscored(mated: Searches) -> int:
    """Count the searches with a template on both sides that have no score of the mate."""
    rows = np.arange(len(mated.mate))
    there = mated.acquired & mated.enrolled[rows, mated.mate]
    return int(np.count_nonzero(there & ~mated.returned[rows, mated.mate]))


def _all_equal(searches: OpenSearches) -> bool:
    made = searches.mated.scores[searches.mated.returned]
    return bool(len(made) and made.min() == made.max())
