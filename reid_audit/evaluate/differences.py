"""Before and after: the same people under two conditions, compared person by person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.evaluate.asked import OPEN_SET, PAIRS_ONLY
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.identification import unsearchable
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.searches import person_means, search, span
from reid_audit.evaluate.verification import auc_by_resample
from reid_audit.statistics import (
    Interval,
    check_confidence,
    holm,
    mcnemar,
    paired_interval,
    percentile_interval,
    person_weights,
)
from reid_audit.types import ORIGINAL, Difference, ScoreTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["compare_conditions"]


def compare_conditions(
    tables: Iterable[ScoreTable],
    *,
    rng: np.random.Generator,
    baseline: str = ORIGINAL,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[Difference, ...]:
    """Compare every condition of each attack with the original, paired by person.

    Only people with a mated comparison in both conditions enter, and only people of both galleries are searched among,
    so that chance is the same before and after. A person is *found* where more than half of their searches have the
    mate first, a tie counting by its share; for one search a person that is rank 1. McNemar's exact test is on people
    found before and after. Intervals draw people, each with what they are before and after, and keep the galleries: for
    the rank in closed form (:func:`reid_audit.statistics.paired_interval`), for the AUC by resampling.

    Parameters
    ----------
    tables : iterable of ScoreTable
        Attacks (attacker, matcher, embedder, relation) are told apart; who only judges pairs has no rank. An attack
        without a table of the baseline gives nothing, nor does ``open-set``, whose numbers belong to thresholds.
    rng : numpy.random.Generator
        Resamples people. One number is drawn from it.
    baseline : str, default "original"
    confidence : float, default 0.95
        Of each difference by itself: intervals are not corrected for their number.
    resamples : int, default 1000

    Returns
    -------
    tuple of Difference
        For each attack and other condition ``rank`` (k = 1) and ``auc``. In ``auc`` a person enters whose mated
        comparison took place in both; in ``rank`` a failed template is a miss.

    Raises
    ------
    UsageError
        When the confidence is not in (0, 1), there is no resample, or one attack has two tables of one condition.
    """
    check_confidence(confidence)
    if resamples < 1:
        raise UsageError(
            f"The number of resamples must be at least 1, got {resamples}.", remedy="1,000 or more are usual."
        )
    seed = int(rng.integers(2**63))
    found: list[Difference] = []
    for by_condition in _attacks(tables).values():
        before = by_condition.pop(baseline, None)
        if before is None or before.attacker in OPEN_SET:
            continue
        pairs = [
            _Pair(before, after, np.random.default_rng([seed, crc32(name.encode())]), confidence, resamples)
            for name, after in by_condition.items()
        ]
        if before.attacker not in PAIRS_ONLY:
            found.extend(_corrected([_rank(pair) for pair in pairs]))
        found.extend(_auc(pair) for pair in pairs)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class _Pair:
    before: ScoreTable
    after: ScoreTable
    rng: np.random.Generator
    confidence: float
    resamples: int

    def paired(self, *, took_place: bool) -> tuple[Comparisons, Comparisons, int, int]:
        """Return the comparisons of people who are in both tables, and how many are in one of them only."""
        own = [_with_mate(table, took_place=took_place) for table in (self.before, self.after)]
        both = own[0] & own[1]
        gallery = set(self.before.references["subject"]) & set(self.after.references["subject"])
        first, second = (compare(_restricted(table, both, gallery)) for table in (self.before, self.after))
        return first, second, len(own[0] - both), len(own[1] - both)

    def difference(self, metric: str, k: int | None, n: int, missing: tuple[int, int], **more: Any) -> Difference:
        interval: Interval = more.pop("interval", Interval(None, None))
        gone = [
            f"{'1 person is' if count == 1 else f'{count} people are'} compared in “{name}” only and left out"
            for count, name in zip(missing, (self.before.condition, self.after.condition), strict=True)
            if count
        ]
        return Difference(
            attacker=self.before.attacker,
            matcher=self.before.matcher,
            embedder=self.before.embedder,
            relation=self.before.relation,
            baseline=self.before.condition,
            condition=self.after.condition,
            metric=metric,
            k=k,
            n_subjects=n,
            n_before_only=missing[0],
            n_after_only=missing[1],
            low=interval.low,
            high=interval.high,
            confidence=None if interval.low is None else self.confidence,
            note=sentence(more.pop("note"), *gone, interval.note),
            **more,
        )


def _attacks(tables: Iterable[ScoreTable]) -> dict[tuple[str, ...], dict[str, ScoreTable]]:
    attacks: dict[tuple[str, ...], dict[str, ScoreTable]] = {}
    for table in tables:
        same = attacks.setdefault((table.attacker, table.matcher, table.embedder, table.relation), {})
        if table.condition in same:
            raise UsageError(
                f"Attacker {table.attacker} has two tables of one condition.",
                remedy="Give one score table for each attacker, matcher, embedder, relation and condition.",
            )
        same[table.condition] = table
    return attacks


def _with_mate(table: ScoreTable, *, took_place: bool) -> set[Any]:
    """Return the labels of the people with a mated comparison, or with one that took place."""
    asked = table.compared & table.mated
    there = (asked & np.isfinite(table.scores) if took_place else asked).any(axis=1)
    return set(table.probes["subject"][there])


def _restricted(table: ScoreTable, people: set[Any], gallery: set[Any]) -> ScoreTable:
    rows = np.flatnonzero(table.probes["subject"].isin(people))
    columns = np.flatnonzero(table.references["subject"].isin(gallery))
    at = np.ix_(rows, columns)
    return replace(
        table,
        probes=table.probes.iloc[rows].reset_index(drop=True),
        references=table.references.iloc[columns].reset_index(drop=True),
        scores=table.scores[at],
        compared=table.compared[at],
    )


def _rank(pair: _Pair) -> Difference:
    first, second, *missing = pair.paired(took_place=False)
    sides = [search(each) for each in (first, second)]
    why = _not_comparable((first, second)) or unsearchable(sides[0]) or unsearchable(sides[1])
    people = len(np.unique(sides[0].person))
    gone = (missing[0], missing[1])
    if why:
        return pair.difference("rank", 1, people, gone, value=None, note=why)
    before, after = (person_means(side.person, side.hits(1))[0] for side in sides)
    was, became = before > 0.5, after > 0.5
    lost, gained = int(np.count_nonzero(was & ~became)), int(np.count_nonzero(~was & became))
    changed = after - before
    several = len(sides[0].person) > people or len(sides[1].person) > people
    return pair.difference(
        "rank",
        1,
        people,
        gone,
        value=float(changed.mean()),
        before=float(before.mean()),
        after=float(after.mean()),
        lost=lost,
        gained=gained,
        p_value=mcnemar(lost, gained),
        interval=paired_interval(changed, pair.confidence),
        note=sentence(
            f"among {span(np.concatenate([side.gallery for side in sides]))} people",
            "found: by more than half of the own searches" if several else "",
        ),
    )


def _auc(pair: _Pair) -> Difference:
    first, second, *missing = pair.paired(took_place=True)
    gone, sides = (missing[0], missing[1]), (first, second)
    with_mate = [np.flatnonzero(side.people_met()[0]) for side in sides]
    n = len(with_mate[0])
    why = _not_comparable(sides, "that took place ") or (
        "" if all(side.people_met()[1].any() for side in sides) else "no non-mated comparison took place"
    )
    if why:
        return pair.difference("auc", None, n, gone, value=None, note=why)
    drawn = person_weights(pair.rng, n, pair.resamples)
    values, replicates = zip(
        *(_auc_of(side, at, drawn) for side, at in zip(sides, with_mate, strict=True)), strict=True
    )
    value = values[1] - values[0]
    interval = percentile_interval(replicates[1] - replicates[0], n, pair.confidence, value=value)
    note = "comparisons that did not take place are left out"
    return pair.difference(
        "auc", None, n, gone, value=value, before=values[0], after=values[1], interval=interval, note=note
    )


def _auc_of(side: Comparisons, people: NDArray[np.int64], drawn: NDArray[np.float64]) -> tuple[float, NDArray[Any]]:
    weights = np.ones((len(drawn), side.n_people))
    weights[:, people] = drawn
    return auc_by_resample(side, weights)


def _not_comparable(sides: Sequence[Comparisons], kind: str = "") -> str:
    contradiction = sides[0].contradiction or sides[1].contradiction
    if contradiction:
        return contradiction
    return "" if all(side.n_compared for side in sides) else f"nobody has a mated comparison {kind}in both conditions"


def _corrected(differences: list[Difference]) -> list[Difference]:
    """Correct the p values of one attack over its conditions."""
    tested = [place for place, each in enumerate(differences) if each.p_value is not None]
    corrected = holm([p for each in differences if (p := each.p_value) is not None])
    made = list(differences)
    for place, p in zip(tested, corrected, strict=True):
        family = f"p corrected over {len(tested)} conditions" if len(tested) > 1 else ""
        made[place] = replace(made[place], p_adjusted=float(p), note=sentence(made[place].note, family))
    return made
