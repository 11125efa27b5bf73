"""Rank 1 under other policies for failures: what the choice to count them as misses is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.dependence import hits_interval
from reid_audit.evaluate.identification import shuffled_mates, shuffled_mean, unsearchable
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.searches import person_means, span

if TYPE_CHECKING:
    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.searches import Searches
    from reid_audit.types import Result

__all__ = ["policy_results"]

_METRICS = ("rank_failures_as_chance", "rank_failures_excluded")


def policy_results(case: Case) -> tuple[Result, ...]:
    """Rank 1 where a failed search counts as a guess, and where it does not count at all; beside ``rank``, a miss.

    A search failed when the probe or the mate has no template or the matcher gave no score of the two.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Result
        ``rank_failures_as_chance``, k = 1: a failed search is worth one over the people of its gallery, what an
        attacker has who names somebody all the same. ``rank_failures_excluded``, k = 1: only searches that took place,
        and only the people who have one; the number to compare with studies that leave failures out. It says nothing
        about the people who were left out, and lies highest of the three where failures are protection for a while
        only. Intervals, chance and control as for ``rank``. Where nothing failed all three are the same.
    """
    if case.problem:
        return tuple(case.result(name, None, k=1, n_subjects=0, note=case.problem) for name in _METRICS)
    searches = case.searches
    rows = np.arange(len(searches.person))
    made = searches.returned[rows, searches.mate]
    why = unsearchable(searches)
    gone = why or ("" if made.any() else "every search failed, so that none is left")
    return (
        _absent(case, searches, _METRICS[0], why) or _as_chance(case, searches),
        _absent(case, searches, _METRICS[1], gone) or _excluded(case, searches),
    )


def _absent(case: Case, searches: Searches, metric: str, why: str) -> Result | None:
    people, probes = len(np.unique(searches.person)), len(searches.person)
    return case.result(metric, None, k=1, n_subjects=people, n_probes=probes, note=why) if why else None


def _as_chance(case: Case, searches: Searches) -> Result:
    rows, shuffles = np.arange(len(searches.person)), shuffled_mates(searches, case.rng("rank"))
    made, blind = searches.returned[rows, searches.mate], 1.0 / searches.gallery
    rates, counts = person_means(searches.person, np.where(made, searches.hits(1), blind))
    chance, _ = person_means(searches.person, np.where(made, searches.guess(1), blind))
    shuffled = np.where(searches.returned[rows, shuffles], searches.hits(1, shuffles), blind)
    return case.result(
        _METRICS[0],
        float(rates.mean()),
        k=1,
        interval=hits_interval(case.table.matcher, rates, counts, case.confidence),
        n_subjects=len(rates),
        n_probes=len(rows),
        chance=float(chance.mean()),
        control=shuffled_mean(searches, shuffles, shuffled),
        note=sentence(
            f"among {span(searches.gallery)} people",
            f"{int(np.count_nonzero(~made))} of {len(rows)} searches failed and are worth a guess each",
        ),
    )


def _excluded(case: Case, searches: Searches) -> Result:
    rows, shuffles = np.arange(len(searches.person)), shuffled_mates(searches, case.rng("rank"))
    made = searches.returned[rows, searches.mate]
    everyone = len(np.unique(searches.person))
    rates, counts = person_means(searches.person[made], searches.hits(1)[made])
    chance, _ = person_means(searches.person[made], searches.guess(1)[made])
    left = f"{len(rates)} of {everyone} people are left" if len(rates) < everyone else ""
    return case.result(
        _METRICS[1],
        float(rates.mean()),
        k=1,
        interval=hits_interval(case.table.matcher, rates, counts, case.confidence),
        n_subjects=len(rates),
        n_probes=int(np.count_nonzero(made)),
        chance=float(chance.mean()),
        control=shuffled_mean(
            searches, shuffles, searches.hits(1, shuffles), counted=searches.returned[rows, shuffles]
        ),
        note=sentence(
            f"among {span(searches.gallery[made])} people, those without a template never returned",
            f"{int(np.count_nonzero(~made))} of {len(rows)} searches failed and are left out",
            left,
        ),
    )
