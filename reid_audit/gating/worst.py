"""The person whom an attack finds most, by the pseudonym of the report and never by a label."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.evaluate.person_risk import JEFFREYS
from reid_audit.gating.records import Worst

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from reid_audit.evaluate.searches import Searches
    from reid_audit.gating.judging import Judged
    from reid_audit.gating.records import Measured

__all__ = ["same_attack", "worst_attacked", "worst_of"]

_FEWEST_OTHERS = 3
"""People among whose scores a mean and a standard deviation mean anything."""

_SAME_ATTACK = ("attacker", "matcher", "embedder", "condition", "relation", "rebuilt")


def worst_of(ways: Sequence[tuple[Searches, NDArray[Any]]], name: Callable[[str], str]) -> Worst:
    """Return the person who is found most, with the search in which they lie nearest to the first place.

    Found most: of the highest posterior probability that one more search finds them, as in the report (Jeffreys'
    prior). Of several the one with the best rank, then with the score that stands out most, then the first pseudonym.
    Searches of one photograph in several ways to deal people out repeat each other: they count as one, by their mean.

    Parameters
    ----------
    ways : sequence of tuple of Searches and ndarray, shape (n_people,), object
        Of each way to deal people out, with at least one person, and the labels of people by their number.
    name : callable
        Label to pseudonym.

    Returns
    -------
    Worst
    """
    found: dict[Any, list[_Found]] = {}
    for searches, labels in ways:
        for person in _found(searches):
            found.setdefault(labels[person.number], []).append(person)
    joined = {label: _over_ways(each) for label, each in found.items()}
    keys = {label: (-_posterior(one.first, one.count), -one.count, one.rank) for label, one in joined.items()}
    lowest = min(keys.values())
    worst = [
        Worst(
            pseudonym=name(str(label)),
            searches=one.count,
            first=one.first,
            rank=one.rank,
            gallery=int(one.searches.gallery[one.row]),
            margin=_margin(one.searches, one.row),
        )
        for label, one in joined.items()
        if keys[label] == lowest
    ]
    return min(worst, key=lambda one: (-np.inf if one.margin is None else -one.margin, one.pseudonym))


@dataclass(frozen=True, eq=False)
class _Found:
    """How a person fared: the searches made, how many had them first, and the one that came nearest, by its row."""

    number: int
    count: int
    first: float
    rank: float
    row: int
    searches: Searches


def _found(searches: Searches) -> list[_Found]:
    people, starts, counts = np.unique(searches.person, return_index=True, return_counts=True)
    first = np.clip(np.add.reduceat(searches.hits(1), starts), 0.0, counts)
    ranks = _ranks(searches)
    nearest = [
        start + int(np.argmin(ranks[start : start + count])) for start, count in zip(starts, counts, strict=True)
    ]
    return [
        _Found(int(person), int(count), float(made), float(ranks[row]), row, searches)
        for person, count, made, row in zip(people, counts, first, nearest, strict=True)
    ]


def _over_ways(ways: Sequence[_Found]) -> _Found:
    """Return how a person fared in the mean over ways, with the search that came nearest in any."""
    if len(ways) == 1:
        return ways[0]
    count = max(1, round(np.mean([way.count for way in ways])))
    first = min(float(np.mean([way.first for way in ways])), float(count))
    return replace(min(ways, key=lambda way: way.rank), count=count, first=first)


def worst_attacked(attacks: Sequence[Measured], judged: Sequence[Judged]) -> tuple[Judged, Worst] | None:
    """Return the person who is worst off under all gated attacks, and the attack.

    Parameters
    ----------
    attacks : sequence of Measured
    judged : sequence of Judged
        Those that the gate asks about.

    Returns
    -------
    tuple of Judged and Worst, or None
        None where no attack says who is worst off: a record of an earlier version.
    """
    by_attack = {same_attack(attack): attack.worst for attack in attacks}
    found = [(attack, worst) for attack in judged if (worst := by_attack.get(same_attack(attack))) is not None]
    return min(found, key=lambda pair: _badness(pair[1]), default=None)


def _badness(worst: Worst) -> tuple[float, float, float, str]:
    margin = -np.inf if worst.margin is None else worst.margin
    return -_posterior(worst.first, worst.searches), worst.rank / worst.gallery, -margin, worst.pseudonym


def same_attack(attack: Measured | Judged) -> tuple[str, ...]:
    """Return what tells one attack from another, in a record as in a verdict."""
    return tuple(getattr(attack, name) for name in _SAME_ATTACK)


def _posterior(first: float, searches: int) -> float:
    return (JEFFREYS[0] + first) / (sum(JEFFREYS) + searches)


def _ranks(searches: Searches) -> NDArray[np.float64]:
    """Return the rank of each search's mate, expected over ties; the last where it has no score."""
    rows = np.arange(len(searches.person))
    rank = 1.0 + searches.above[rows, searches.mate] + searches.tied[rows, searches.mate] / 2
    return np.asarray(np.where(searches.returned[rows, searches.mate], rank, searches.gallery), dtype=np.float64)


def _margin(searches: Searches, row: int) -> float | None:
    """Return how far the mate's score lies above the mean of the others', in their standard deviations."""
    mate = int(searches.mate[row])
    others = searches.returned[row].copy()
    others[mate] = False
    scores = searches.scores[row][others]
    if not searches.returned[row, mate] or len(scores) < _FEWEST_OTHERS or not scores.std() > 0:
        return None
    return float((searches.scores[row, mate] - scores.mean()) / scores.std(ddof=1))
