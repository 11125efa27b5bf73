"""Every scan searched where people have unequal numbers of them: nobody offers more than the person searched for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.attackers.samples import by_name, places
from reid_audit.attackers.shuffled import in_order_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import ScoreTable

__all__ = ["Level", "joined_levels", "levels_of", "places_in_turn"]


@dataclass(frozen=True, eq=False)
class Level:
    """The gallery for the people who have one certain number of scans.

    Parameters
    ----------
    count : int
        That number: everybody offers so many scans, or all that they have where these are fewer.
    rows : ndarray, shape (N,), bool
        Which rows of the table are of these scans.
    subjects : frozenset
        People with exactly so many scans: all of theirs are in it.
    """

    count: int
    rows: np.ndarray[Any, Any]
    subjects: frozenset[Any]


def levels_of(table: pd.DataFrame, rng: np.random.Generator) -> tuple[Level, ...]:
    """Return a gallery for each number of scans that somebody has, the fewest first.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``subject``, ``sample`` and ``modality``, one row a render.
    rng : numpy.random.Generator
        Draws which scans of a person are offered where not all are (:func:`places_in_turn`).

    Returns
    -------
    tuple of Level
        Each person is among the ``subjects`` of one. One level, with all rows, where all have equally many scans.
    """
    codes, _ = pd.factorize(table["sample"])
    scans = table.loc[~table.duplicated("sample"), ["subject", "sample", "modality"]]
    person, people = pd.factorize(scans["subject"])
    count, place = np.bincount(person), places_in_turn(scans, rng)
    return tuple(
        Level(int(number), np.asarray((place < number)[codes]), frozenset(people[count == number]))
        for number in np.unique(count)
    )


def places_in_turn(scans: pd.DataFrame, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return the place of each scan among those of its person, drawn, the modalities taking turns.

    Parameters
    ----------
    scans : pandas.DataFrame
        ``subject``, ``sample`` and ``modality``, one row a scan.
    rng : numpy.random.Generator
        Neither the order of the rows nor which scans have templates is of account.

    Returns
    -------
    ndarray, shape (N,), int64
        The first n of everybody are of like modalities, as far as people have them.
    """
    person, _ = pd.factorize(scans["subject"])
    kind, kinds = pd.factorize(scans["modality"], sort=True)
    return places(person, places(person * len(kinds) + kind, by_name(scans["sample"], rng)), kind)


def joined_levels(tables: Sequence[ScoreTable], levels: Sequence[Level], scans: pd.DataFrame) -> ScoreTable:
    """Return the searches of all levels as one table: each person is searched for in the gallery of their own level.

    Parameters
    ----------
    tables : sequence of ScoreTable
        Of one attack, one table a level; references are people, the same in all.
    levels : sequence of Level
    scans : pandas.DataFrame
        What the levels were made of.

    Returns
    -------
    ScoreTable
        ``probes`` say by ``level`` how many scans everybody offers at most, ``references`` by ``n_scans`` how many
        they have. Whoever has no scan is searched for at the first level. No ``control``.
    """
    last = tables[-1]
    people = last.references["subject"].tolist()
    scanned = frozenset(people)
    rows, scores, compared = [], [], []
    for place, (table, level) in enumerate(zip(tables, levels, strict=True)):
        found = table.references["subject"].tolist()
        whom = table.probes["subject"]
        kept = np.flatnonzero(whom.isin(level.subjects) | (~whom.isin(scanned) & (place == 0)))
        rows.append(table.probes.iloc[kept].assign(level=level.count))
        scores.append(in_order_of(people, table.scores[kept], found))
        compared.append(in_order_of(people, table.compared[kept], found))
    count = scans.groupby("subject")["sample"].nunique()
    return replace(
        last,
        probes=pd.concat(rows, ignore_index=True),
        references=last.references.assign(n_scans=count.loc[people].to_numpy()),
        scores=np.vstack(scores),
        compared=np.vstack(compared),
        control=None,
    )
