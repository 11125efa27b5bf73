"""From the scores of one attack to counts of people, each counted once: what the gate holds against a bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.evaluate.asked import PAIRS_ONLY
from reid_audit.evaluate.comparisons import compare, people_of, without_distractors
from reid_audit.evaluate.identification import unsearchable
from reid_audit.evaluate.open_set import open_search, threshold_at
from reid_audit.evaluate.outcome import Case
from reid_audit.evaluate.searches import person_any, person_means
from reid_audit.gating.guessing import guessed_above, guessed_first, worth_of_galleries
from reid_audit.gating.limits import FPIR
from reid_audit.gating.records import Measured
from reid_audit.gating.ways import each_way, over_ways
from reid_audit.gating.worst import worst_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.open_set import OpenSearches
    from reid_audit.types import ScoreTable

__all__ = ["measure"]


def measure(
    table: ScoreTable, name: Callable[[str], str] | None = None, places: Mapping[str, int] | None = None
) -> Measured:
    """Count the people whom an attack finds: first among all, and above a threshold that few strangers reach.

    A person counts as found where at least one of their probes, or scans, finds them. The gallery is the release and
    nobody else: distractors are left out, as what they score says nothing about strangers in this release. The
    threshold is the lowest at which at most one in a hundred of the people is taken for somebody else in searches from
    which their own scans were removed; all people set it together, because halves of them would set it higher and so
    favour the release. Where people were dealt out in several ways, each way is such an attack by itself, with its own
    threshold, and a person counts by the share of the ways that find them: found in three of five is 0.6 of a person.
    An attacker who only asks of pairs searches here too: every person among all, by the best score of the pairs that
    were drawn.

    Parameters
    ----------
    table : ScoreTable
    name : callable, optional
        Label of a person to a pseudonym; without it nobody is called the worst off.
    places : mapping of str to int, optional
        Sample of every released scan of the condition to its place in the record; without it no scan is called
        unsearched.

    Returns
    -------
    Measured
        With a note and without counts where nobody can be searched for.

    References
    ----------
    Grother, Ngan and Hanaoka, NISTIR 8271, doi:10.6028/NIST.IR.8271 (identification with a threshold, at any rank).
    """
    table = without_distractors(table)
    searched, made = _searched_scans(table), _scans_with_template(table)
    names = {name: getattr(table, name) for name in ("attacker", "matcher", "embedder", "condition", "relation")}
    if table.attacker in PAIRS_ONLY:
        table = _people_against_people(table)
    ways, notes = [], []
    for one in each_way(table):
        comparisons = compare(one)
        searches = open_search(comparisons)
        why = Case(one, comparisons, seed=0, confidence=0.95, resamples=1).problem or unsearchable(searches.mated)
        notes.append(why)
        if not why:
            ways.append(_Way(searches, people_of(one), _worth(one, searches)))
    if not ways:
        return Measured(**names, note=notes[0])
    worst = worst_of([(way.searches.mated, way.labels) for way in ways], name) if name else None
    left_out = tuple(sorted(place for sample, place in (places or {}).items() if sample not in searched))
    return Measured(
        **names,
        **_closed(ways),
        **_open(ways),
        ways=len(ways),
        scans=len(searched),
        templated=len(searched & made),
        worst=worst,
        unsearched=left_out,
    )


@dataclass(frozen=True, eq=False)
class _Way:
    """One way to deal people out: its searches, the labels of its people, what the gallery of each is worth."""

    searches: OpenSearches
    labels: NDArray[Any]
    worth: NDArray[np.float64]

    @cached_property
    def threshold(self) -> float:
        """The score that at most one in a hundred people reaches in searches without their own scans."""
        return threshold_at(self.searches.person, self.searches.highest, FPIR)

    def by_person(self, **chances: NDArray[np.float64]) -> pd.DataFrame:
        """Return the probability of each person to be found by any of their searches, for each of some chances."""
        person = self.searches.mated.person
        return pd.DataFrame(
            {name: person_any(person, each) for name, each in chances.items()}, index=self.labels[np.unique(person)]
        )


def _searched_scans(table: ScoreTable) -> frozenset[str]:
    """Return the samples of the scans in which their own person was searched for.

    Of people whom nobody searched for, those with which anything was compared.
    """
    if table.scans:
        return frozenset(table.scans)
    sides = [(table.references, table.compared)]
    if table.attacker in PAIRS_ONLY:  # both sides are released
        sides.append((table.probes, table.compared.T))
    mated = table.compared & table.mated
    wanted = frozenset(table.probes["subject"][mated.any(axis=1)])
    found: set[str] = set()
    for (frame, compared), own in zip(sides, (mated, mated.T), strict=False):
        met = np.where(frame["subject"].isin(wanted), own.any(axis=0), compared.any(axis=0))
        found.update(map(str, frame["sample"].to_numpy(dtype=object)[met]))
    return frozenset(found)


def _scans_with_template(table: ScoreTable) -> frozenset[str]:
    """Return the samples of the scans of which a template could be made."""
    if table.scans:
        return frozenset(sample for sample, count in table.scans.items() if count)
    sides = [table.references, *([table.probes] if table.attacker in PAIRS_ONLY else [])]
    return frozenset(str(sample) for side in sides for sample in side["sample"][_made(side)])


def _made(side: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows have a template; all where the table does not say."""
    return np.asarray(side["n_templates"] > 0) if "n_templates" in side.columns else np.ones(len(side), dtype=bool)


def _worth(table: ScoreTable, searches: OpenSearches) -> NDArray[np.float64]:
    """Return what the gallery of each mated search is worth, of a person the least (:func:`worth_of_galleries`)."""
    by_row = pd.Series(worth_of_galleries(table)).groupby(table.probes["subject"].to_numpy(dtype=object)).min()
    return np.asarray(by_row.reindex(people_of(table)), dtype=np.float64)[searches.mated.person]


def _closed(ways: Sequence[_Way]) -> dict[str, Any]:
    shares = over_ways([_first(way) for way in ways])
    galleries = np.concatenate([way.searches.mated.gallery for way in ways])
    return {
        "people": len(shares),
        "searches": round(shares["searches"].sum()),
        "gallery": (int(galleries.min()), int(galleries.max())),
        "enrolled": int((shares["enrolled"] > 0).sum()),
        "found": _people(shares["found"]),
        "guessed": _people(shares["guessed"]),
        "rate": float(np.clip(shares["rate"].mean(), 0.0, 1.0)),
    }


def _first(way: _Way) -> pd.DataFrame:
    """Return of each person whether any search has them first, what guesses would do, and how often that is."""
    mated = way.searches.mated
    hits, own = mated.hits(1), mated.enrolled[np.arange(len(mated.mate)), mated.mate]
    rate, count = person_means(mated.person, hits)
    made = way.by_person(found=hits, guessed=guessed_first(way.worth), enrolled=own.astype(np.float64))
    return made.assign(rate=rate, searches=count)


def _open(ways: Sequence[_Way]) -> dict[str, Any]:
    ways = [way for way in ways if len(way.searches.person)]
    if not ways:
        return {}
    shares = over_ways([_above(way) for way in ways])
    return {
        "open_people": len({label for way in ways for label in way.labels[np.unique(way.searches.person)]}),
        "fpir": float(np.clip(np.mean([way.searches.fpir(way.threshold) for way in ways]), 0.0, 1.0)),
        "open_found": _people(shares["found"]),
        "open_guessed": _people(shares["guessed"]),
    }


def _above(way: _Way) -> pd.DataFrame:
    return way.by_person(found=way.searches.found(way.threshold, k=None), guessed=guessed_above(way.worth))


def _people(shares: pd.Series[float]) -> float:
    """Return how many people some shares amount to; never more than there are."""
    return float(np.clip(shares.sum(), 0.0, len(shares)))


def _people_against_people(table: ScoreTable) -> ScoreTable:
    """Return the best score of each pair of people, in place of those of the renders that were drawn for them."""
    comparisons = compare(table)
    labels = people_of(table)
    size = comparisons.n_people
    best, met = np.full((size, size), -np.inf), np.zeros((size, size), dtype=bool)
    for rows in comparisons.rows():
        first, second = np.nonzero(comparisons.compared[rows])
        one, other = comparisons.probe[rows][first], comparisons.reference[second]
        met[one, other] = True
        scores = comparisons.scores[rows][first, second]
        made = np.isfinite(scores)
        np.maximum.at(best, (one[made], other[made]), scores[made])
    best, met = np.maximum(best, best.T), met | met.T
    people = pd.DataFrame({"subject": labels, "sample": labels, "n_templates": _templates(comparisons)})
    return replace(
        table, probes=people, references=people, scores=np.where(np.isfinite(best), best, np.nan), compared=met
    )


def _templates(comparisons: Comparisons) -> NDArray[np.int64]:
    """Return how many renders with a template there are of each person; 1 where the table does not say."""
    if comparisons.acquired is None or comparisons.enrolled is None:
        return np.ones(comparisons.n_people, dtype=np.int64)
    count = np.zeros(comparisons.n_people, dtype=np.int64)
    np.add.at(count, comparisons.probe[comparisons.acquired], 1)
    np.add.at(count, comparisons.reference[comparisons.enrolled], 1)
    return count
