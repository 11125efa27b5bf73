"""The risk of each person, and of the one who is found most."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.evaluate.comparisons import compare, first_split, people_of
from reid_audit.evaluate.dependence import hits_interval
from reid_audit.evaluate.identification import shuffled_mates, unsearchable
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.searches import person_any, person_means, search, span
from reid_audit.statistics import check_confidence

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.searches import Searches
    from reid_audit.types import Result, ScoreTable

__all__ = ["JEFFREYS", "person_risk", "worst_person_results"]

JEFFREYS = (0.5, 0.5)
"""Parameters of the beta distribution that stands for what is known of a person before any search: next to nothing."""

_METRICS = ("worst_person_rank1", "people_found_ever")


def person_risk(table: ScoreTable, *, prior: tuple[float, float] = JEFFREYS, confidence: float = 0.95) -> pd.DataFrame:
    """How each person fared: ranks over their searches, and the posterior probability of being found by one more.

    Private: it holds the labels of people. What is shared goes under the pseudonyms of the report.

    Parameters
    ----------
    table : ScoreTable
    prior : tuple of two float, default (0.5, 0.5)
        Of the beta distribution of the probability that a search finds the person first; Jeffreys' by default.
    confidence : float, default 0.95
        Of the credible interval, equal tails.

    Returns
    -------
    pandas.DataFrame
        One row a person with a mated search, those found most first: ``subject``; ``n_probes``; ``n_failed``;
        ``n_first``, how often the mate came first, ties by their share; ``rank_best``, ``rank_median``,
        ``rank_worst``, expected over ties, with a failed search ranked last of its gallery; ``gallery``, people in the
        smallest one; ``chance`` of a guess; ``posterior``, ``low``, ``high``. The posterior takes a person's searches
        for independent: photographs of one day are not, and the interval is then too narrow. Empty where nobody can be
        searched.

    Raises
    ------
    UsageError
        When a parameter of the prior is not above 0, or the confidence is not in (0, 1).
    """
    import pandas as pd
    from scipy.stats import beta

    tail = (1.0 - check_confidence(confidence)) / 2
    if not all(np.isfinite(each) and each > 0 for each in prior):
        raise UsageError(
            f"Both parameters of the prior must be above 0, got {prior[0]} and {prior[1]}.",
            remedy="Use (0.5, 0.5), or (1, 1) for a uniform one.",
        )
    table = first_split(table)
    comparisons = compare(table)
    searches = search(comparisons)
    if comparisons.contradiction or not len(searches.person) or searches.gallery.max() < 2:
        return pd.DataFrame(columns=list(_COLUMNS))
    rows, size = np.arange(len(searches.person)), searches.gallery
    made = searches.returned[rows, searches.mate]
    rank = 1.0 + searches.above[rows, searches.mate] + searches.tied[rows, searches.mate] / 2
    one = pd.DataFrame(
        {
            "subject": people_of(table)[searches.person],
            "person": searches.person,
            "failed": ~made,
            "first": searches.hits(1),
            "rank": np.where(made, rank, size),
            "gallery": size,
            "chance": searches.guess(1),
        }
    )
    made_of = one.groupby("person", sort=True)
    frame = pd.DataFrame(
        {
            "subject": made_of["subject"].first(),
            "n_probes": made_of.size(),
            "n_failed": made_of["failed"].sum(),
            "n_first": made_of["first"].sum(),
            "rank_best": made_of["rank"].min(),
            "rank_median": made_of["rank"].median(),
            "rank_worst": made_of["rank"].max(),
            "gallery": made_of["gallery"].min(),
            "chance": made_of["chance"].mean(),
        }
    )
    a, b = prior[0] + frame["n_first"], prior[1] + frame["n_probes"] - frame["n_first"]
    frame = frame.assign(posterior=a / (a + b), low=beta.ppf(tail, a, b), high=beta.isf(tail, a, b))
    ordered = frame.sort_values(["posterior", "n_probes"], ascending=False, kind="stable")
    return ordered.reset_index(drop=True)[list(_COLUMNS)]


_COLUMNS = (
    *("subject", "n_probes", "n_failed", "n_first", "rank_best", "rank_median", "rank_worst"),
    *("gallery", "chance", "posterior", "low", "high"),
)


def worst_person_results(case: Case) -> tuple[Result, ...]:
    """The person who is found most, and how many are found at all: what a mean over people hides.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Result
        ``worst_person_rank1``: the largest share over people of their searches whose mate comes first. It is a maximum
        over people and lies high where many are searched a few times: chance is the expected maximum if every search
        were a guess (binomial), and there is no interval. ``people_found_ever``: share of people whom at
        least one search finds, ties by their share; chance likewise. Controls shuffle identities. Where people were
        dealt out in several ways, both are of the first way, lest the searches of one photograph count as many.
    """
    if case.problem:
        return tuple(case.result(name, None, n_subjects=0, note=case.problem) for name in _METRICS)
    one_way = first_split(case.table)
    alone = "" if one_way is case.table else "of the first way to deal people out"
    case = replace(case, table=one_way, comparisons=compare(one_way)) if alone else case
    searches = case.searches
    why = unsearchable(searches)
    people, probes = len(np.unique(searches.person)), len(searches.person)
    if why:
        return tuple(case.result(name, None, n_subjects=people, n_probes=probes, note=why) for name in _METRICS)
    hits, guess = searches.hits(1), searches.guess(1)
    rates, counts = person_means(searches.person, hits)
    ever = person_any(searches.person, hits)
    shuffles = shuffled_mates(searches, case.rng("rank"))
    each = searches.hits(1, shuffles)
    numbers = "1" if counts.max() == 1 else span(counts)
    among = sentence(f"among {span(searches.gallery)} people, {numbers} searches a person", alone)
    return (
        case.result(
            _METRICS[0],
            float(rates.max()),
            n_subjects=people,
            n_probes=probes,
            chance=_expected_most(counts, person_means(searches.person, guess)[0]),
            control=float(np.mean([_most(searches, one) for one in each])),
            note=sentence(
                among,
                "a maximum over people: chance is that of the maximum",
                "ties count by their share, which chance does not know" if _tied(searches) else "",
                "no interval: which person is worst is not known beforehand",
            ),
        ),
        case.result(
            _METRICS[1],
            float(ever.mean()),
            interval=hits_interval(case.table.matcher, ever, np.ones(people, dtype=np.int64), case.confidence),
            n_subjects=people,
            n_probes=probes,
            chance=float(person_any(searches.person, guess).mean()),
            control=float(np.mean([person_any(searches.person, one).mean() for one in each])),
            note=among,
        ),
    )


def _most(searches: Searches, hits: NDArray[np.float64]) -> float:
    _, starts, counts = np.unique(searches.person, return_index=True, return_counts=True)
    return float((np.add.reduceat(hits, starts) / counts).max())


def _expected_most(counts: NDArray[np.int64], guess: NDArray[np.float64]) -> float:
    """Return the expected maximum over people of a binomial share, each with their own searches and chance."""
    from scipy.stats import binom

    kinds, times = np.unique(np.stack([counts, guess]), axis=1, return_counts=True)
    shares = np.unique(np.concatenate([np.arange(n + 1) / n for n in np.unique(counts)]))
    hits = np.floor(shares[:, None] * kinds[0] + 1e-9)
    below = np.prod(binom.cdf(hits, kinds[0], kinds[1]) ** times, axis=1)
    return float(np.sum(np.diff(shares) * (1.0 - below[:-1])))


def _tied(searches: Searches) -> bool:
    rows = np.arange(len(searches.person))
    return bool(np.any((searches.tied[rows, searches.mate] > 0) & searches.returned[rows, searches.mate]))
