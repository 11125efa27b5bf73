"""The attacker who holds the list of participants and photographs of all: one scan for each, and each scan once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.attackers.samples import (
    conditions_in,
    equally_many,
    in_condition,
    mean_over_photos,
    one_row_a_sample,
    people_in_order,
    pooled_by_subject,
    scans_of,
)
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["assign", "attack_by_assignment", "lift_assigned"]


def attack_by_assignment(
    attacker: Attacker,
    matcher: Matcher,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    *,
    every: bool = False,
) -> tuple[ScoreTable, ...]:
    """Assign the people of the photographs to those of the scans one to one, condition by condition.

    A probe is a person: the score of a person of the list with a person of the release is the mean, over the
    photographs with a template, of the photograph's score. References are as in
    :func:`~reid_audit.attackers.photo.attack_by_photo`: all scans of a person, or one drawn scan of each where people
    have unequal numbers of scans.

    The assignment is the one with the largest sum of scores. In the table the assigned pair stands above every other of
    its probe, and the others keep their scores (:func:`lift_assigned`), so that ``rank`` at 1 is the share of people
    who were assigned rightly; further ranks and the area are those of the scores with that one correction.

    Whoever has no template is not assigned. Where more people have photographs than scans, some of the list are
    assigned to nobody: they score NaN everywhere and are missed, and a guess names as many people as the attacker did.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
        Of a photograph and all renders of a person.
    scans, photos : Templates
    rng : numpy.random.Generator
        Draws the scans, equally where two conditions hold the same, and which of several best assignments is taken.
    every : bool
        Search all scans as they are given, also where people have unequal numbers of them: nobody's are drawn.

    Returns
    -------
    tuple of ScoreTable
        One a condition, matcher ``"assignment"``. Probes and references: ``subject, sample, n_templates`` with the
        person as the sample.

    Notes
    -----
    One wrong assignment makes another, so that hits of two people are not independent. A random assignment has one hit
    on average with a variance of 1, as independent guesses have; with skill the variance is up to 3.6 times that of
    independent hits. Exact intervals for independent people would hold the truth in 0.76 of the studies of 32 people at
    a rate of 0.79: :mod:`reid_audit.evaluate.dependence` widens them.
    """
    probes = one_row_a_sample(pooled_by_subject(photos), ("subject", "sample"))
    seed = int(rng.integers(2**63))
    tables = []
    for condition in conditions_in(scans):
        draw = np.random.default_rng(seed)
        here = in_condition(scans, condition)
        used = here if every else here.select(equally_many(here.table, draw))
        people = pooled_by_subject(used)
        references = one_row_a_sample(people, ("subject", "sample"))
        pooled = mean_over_photos(matcher.score(photos, people, rng), photos)
        orders = (draw.permutation(people_in_order(frame["subject"])) for frame in (probes, references))
        scores = lift_assigned(pooled, assign(pooled, *orders))
        tables.append(
            ScoreTable(
                attacker=attacker.name,
                matcher="assignment",
                embedder=scans.embedder,
                condition=condition,
                probes=probes,
                references=references,
                scores=scores,
                compared=np.ones(scores.shape, dtype=bool),
                scans=scans_of(used),
            )
        )
    return tuple(tables)


def assign(
    scores: np.ndarray[Any, Any], rows: np.ndarray[Any, Any], columns: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return the column that each row is assigned to, such that the sum of scores is largest.

    Parameters
    ----------
    scores : ndarray, shape (P, R), float64
        NaN in whole rows and whole columns, where there is no template.
    rows, columns : ndarray, shape (P,) and (R,), int
        Orders in which rows and columns are gone through; of several best assignments they decide which is taken, so
        that neither the order of the table nor that of the names may be in them.

    Returns
    -------
    ndarray, shape (P,), int64
        No column twice; -1 for a row that is assigned to none.
    """
    from scipy.optimize import linear_sum_assignment

    there = np.isfinite(scores)
    rows, columns = rows[there.any(axis=1)[rows]], columns[there.any(axis=0)[columns]]
    assigned = np.full(len(scores), -1, dtype=np.int64)
    row, column = linear_sum_assignment(scores[np.ix_(rows, columns)], maximize=True)
    assigned[rows[row]] = columns[column]
    return assigned


def lift_assigned(scores: np.ndarray[Any, Any], assigned: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the scores with the assigned one of each row just above the highest of that row.

    Parameters
    ----------
    scores : ndarray, shape (P, R), float64
    assigned : ndarray, shape (P,), int
        Column of each row; -1: none.

    Returns
    -------
    ndarray, shape (P, R), float64
        Scores that were not assigned are as they were; a row without an assignment is NaN.
    """
    lifted = np.where((assigned >= 0)[:, None], scores, np.nan)
    named = np.flatnonzero(assigned >= 0)
    lifted[named, assigned[named]] = np.nextafter(np.nanmax(scores[named], axis=1, initial=-np.inf), np.inf)
    return lifted
