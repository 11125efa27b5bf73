"""Identification: whether the right person is among the k best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.dependence import hits_interval
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.reasons import failures_in_words
from reid_audit.evaluate.searches import person_means, search, span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.searches import Searches
    from reid_audit.types import Result

__all__ = ["NO_MATE", "RANKS", "rank_results", "shuffled_mates", "shuffled_mean", "unsearchable"]

RANKS = (1, 5)
"""The k of the headline."""

NO_MATE = "no probe has another sample of its own person to be found, so that there is nothing to identify"
"""Why nobody can be identified where everybody has one sample."""

_PERMUTATIONS = 100


def rank_results(case: Case, ranks: tuple[int, ...] = RANKS) -> tuple[Result, ...]:
    """Share of people found among the k best, for each k.

    A person's rate is the mean over their probes, the value is the mean over people. Who has no template is a miss.

    Parameters
    ----------
    case : Case
    ranks : tuple of int

    Returns
    -------
    tuple of Result
        ``rank``, one a k. Chance is what a guess among the people of the gallery who have a template gives: k over
        their number, 0 for a probe whose mate has none, so that people who could not be enrolled make no attack look
        better than guessing. The control of an attack that learns nothing is the mean over 100 shuffles of the
        identities of those people; of one that learns, the rate of the same attack after names were shuffled before
        it learnt (``table.control``). The note says how often that was done, and has the other control as well.

    Notes
    -----
    Identities shuffled after scoring give near k over the gallery whatever the scores. This checks the counting: that
    labels are matched rightly, that chance is what it is said to be, that ties and failures count as they should. It
    cannot show that training saw who the probes are. Names shuffled before training can: where the rate then lies
    above chance, something of the probes has leaked into it. In n shuffles one person in n is found by chance each
    time, give or take one, so that this control is coarse where it was made once or a few times.
    """
    if case.problem:
        return tuple(case.result("rank", None, k=k, n_subjects=0, note=case.problem) for k in ranks)
    searches = case.searches
    why = unsearchable(searches)
    if why:
        return tuple(_absent(case, searches, k, why) for k in ranks)
    shuffles = shuffled_mates(searches, case.rng("rank"))
    again = None if case.table.control is None else search(compare(case.table.control))
    return tuple(_rank(case, searches, k, shuffles, again) for k in ranks)


def unsearchable(searches: Searches) -> str:
    """Return empty, or why nobody can be identified."""
    if not len(searches.person):
        return NO_MATE
    if searches.gallery.max() < 2:
        return "one person in the gallery: the answer is known before the search"
    return ""


def _absent(case: Case, searches: Searches, k: int, why: str) -> Result:
    people, probes = len(np.unique(searches.person)), len(searches.person)
    return case.result("rank", None, k=k, n_subjects=people, n_probes=probes, note=why)


def _rank(case: Case, searches: Searches, k: int, shuffles: NDArray[np.int64], again: Searches | None) -> Result:
    size = searches.gallery
    if k >= size.max():
        return _absent(case, searches, k, f"rank {k} in a gallery of {size.max()} people is certain by chance alone")
    rates, counts = person_means(searches.person, searches.hits(k))
    chance, _ = person_means(searches.person, searches.guess(k))
    control, how = shuffled_mean(searches, shuffles, searches.hits(k, shuffles)), ""
    if again is not None:
        how = _learnt_again(case, control)
        control = float(person_means(again.person, again.hits(k))[0].mean()) if len(again.person) else None
    return case.result(
        "rank",
        float(rates.mean()),
        k=k,
        interval=hits_interval(case.table.matcher, rates, counts, case.confidence),
        n_subjects=len(rates),
        n_probes=len(searches.person),
        chance=float(chance.mean()),
        control=control,
        note=sentence(_rank_note(case.comparisons, searches), how),
    )


def _learnt_again(case: Case, after: float | None) -> str:
    """Say what the control of an attack that learns is, and what names shuffled after scoring give."""
    made = case.table.control
    times = 0 if made is None else made.probes["shuffle"].nunique()
    often = "once" if times == 1 else f"{times} times"
    told = "" if after is None else f"; shuffled after scoring they give {after:.2g}"
    return f"control: names shuffled before learning, {often}{told}"


def shuffled_mates(searches: Searches, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the mates' columns after identities were shuffled among the enrolled; shape (permutations, M)."""
    columns = np.tile(np.arange(searches.present.shape[1]), (_PERMUTATIONS, 1))
    there = searches.enrolled.any(axis=0)
    columns[:, there] = rng.permuted(columns[:, there], axis=1)
    return np.asarray(columns[:, searches.mate])


def shuffled_mean(
    searches: Searches,
    shuffles: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    counted: NDArray[np.bool_] | None = None,
) -> float | None:
    """Mean over people of what searches are worth with shuffled mates; those not in the probe's gallery are left out.

    Parameters
    ----------
    searches : Searches
    shuffles : ndarray, shape (permutations, M), int64
        Columns, from :func:`shuffled_mates`.
    values : ndarray, shape (permutations, M), float64
    counted : ndarray, shape (permutations, M), bool, optional
        False for what else is left out.

    Returns
    -------
    float or None
        None where nothing is left.
    """
    there = searches.present[np.arange(len(searches.person)), shuffles]
    there = there if counted is None else there & counted
    times = there.sum(axis=0)
    tried = times > 0
    if not tried.any():
        return None
    share = (values * there).sum(axis=0)[tried] / times[tried]
    return float(person_means(searches.person[tried], share)[0].mean())


def _rank_note(comparisons: Comparisons, searches: Searches) -> str:
    rows = np.arange(len(searches.person))
    returned = searches.returned[rows, searches.mate]
    unscored = ~returned & searches.acquired & searches.enrolled[rows, searches.mate]
    missed = int(np.count_nonzero(~returned))
    tied = int(np.count_nonzero((searches.tied[rows, searches.mate] > 0) & returned))
    failed = (missed, int(np.count_nonzero(unscored)), "count as misses")
    return sentence(
        f"among {span(searches.gallery)} people, each by their best reference",
        _guessed_among(searches),
        failures_in_words(comparisons, f"of {len(rows)} searches", *failed),
        f"{tied} ties count by their share" if tied else "",
        _left_out(searches.n_unmated),
    )


def _left_out(unmated: int) -> str:
    if not unmated:
        return ""
    return "1 probe without a mate is left out" if unmated == 1 else f"{unmated} probes without a mate are left out"


def _guessed_among(searches: Searches) -> str:
    """Say among whom chance guesses, where some of the gallery have no template."""
    there = np.asarray(searches.enrolled.sum(axis=1))
    if np.array_equal(there, searches.gallery):
        return ""
    if not there.any():
        return "none of them has a template"
    return f"{span(there)} of them have a template, and chance is that of a guess among these"
