"""The rule of 0.09: whether the largest rate that the data allow is below the threshold, and perfect protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.dependence import inflation_of
from reid_audit.evaluate.identification import unsearchable
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.searches import person_means, span
from reid_audit.statistics import RELEASE_THRESHOLD, clopper_pearson, most_hits, people_needed, probability_below

if TYPE_CHECKING:
    from reid_audit.evaluate.outcome import Case
    from reid_audit.types import Result

__all__ = ["release_results"]

_METRICS = ("rank_upper_limit", "protected_below_threshold_share")
_CONFIDENCE = 0.95
"""Of the rule, whatever the confidence of the intervals."""


def release_results(case: Case, threshold: float = RELEASE_THRESHOLD) -> tuple[Result, ...]:
    """One-sided upper limit of rank 1, and how often a release that gives nothing away would be below the threshold.

    EMA Policy 0070 and Health Canada's PRCI name 0.09 for equivalence classes of quasi-identifiers. To hold a match
    rate against it is an analogy, and speaks of the gallery that was searched and of no other: in a larger one fewer
    are found (:mod:`reid_audit.evaluate.gallery_size`).

    Parameters
    ----------
    case : Case
    threshold : float, default 0.09

    Returns
    -------
    tuple of Result
        ``rank_upper_limit``, k = 1: the exact one-sided 95 % limit (Clopper-Pearson over people; several searches of a
        person and ties count by their share; wider for an assignment, whose hits depend on each other); the rule is
        that it lies below the threshold.
        ``protected_below_threshold_share``: the share of studies of this size in which it would, if everybody were
        found by guessing alone (binomial). Where that is small, a limit above the threshold says little.
        :func:`reid_audit.statistics.sample_size` says how many people a study takes.
    """
    if case.problem:
        return _absent(case, 0, 0, case.problem)
    searches = case.searches
    people = len(np.unique(searches.person))
    why = unsearchable(searches)
    if why:
        return _absent(case, people, len(searches.person), why)
    rates, counts = person_means(searches.person, searches.hits(1))
    hits = min(float(rates.sum()), float(people))
    limit = _upper(case.table.matcher, hits, people)
    allowed = most_hits(people, threshold, _CONFIDENCE)
    while allowed is not None and _upper(case.table.matcher, allowed, people) >= threshold:
        allowed = allowed - 1 if allowed else None
    guess = float(person_means(searches.person, 1.0 / searches.gallery)[0].mean())
    share = probability_below(people, guess, threshold, _CONFIDENCE)
    gallery = f"rank 1 among {span(searches.gallery)} people"
    rule = (
        f"of {people} searched at most {allowed} may be found"
        if allowed is not None
        else f"with {people} searched not even 0 found would do: it takes {people_needed(threshold)}"
    )
    return (
        case.result(
            _METRICS[0],
            limit,
            k=1,
            n_subjects=people,
            n_probes=len(searches.person),
            note=sentence(
                f"{gallery}, of a gallery of another size it says nothing",
                f"one-sided 95 % limit at {hits:.3g} of {people} found, exact over people",
                f"{'below' if limit < threshold else 'not below'} the threshold of {threshold:g}; {rule}",
                "no interval: a limit itself",
            ),
        ),
        case.result(
            _METRICS[1],
            share,
            n_subjects=people,
            n_probes=len(searches.person),
            note=sentence(
                f"{gallery}: the share of releases of this size that would lie below {threshold:g} if each of "
                f"{people} people were found by guessing alone",
                "as if each person had one search" if counts.max() > 1 else "",
                rule,
                "no interval: computed and not measured",
            ),
        ),
    )


def _upper(matcher: str, hits: float, people: int) -> float:
    """Return the one-sided limit, wider where hits depend on each other (:mod:`reid_audit.evaluate.dependence`)."""
    alike = max(1.0, people / inflation_of(matcher, hits / people))
    return clopper_pearson(hits / people * alike, alike, _CONFIDENCE, side="upper")[1]


def _absent(case: Case, people: int, probes: int, why: str) -> tuple[Result, ...]:
    ranks = (1, None)
    return tuple(
        case.result(name, None, k=k, n_subjects=people, n_probes=probes, note=why)
        for name, k in zip(_METRICS, ranks, strict=True)
    )
