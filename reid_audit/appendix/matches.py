"""What each search returned first, and where its own person came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.evaluate.asked import PAIRS_ONLY
from reid_audit.evaluate.comparisons import first_split, without_distractors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reid_audit.types import ScoreTable

__all__ = ["Candidate", "Match", "Side", "matches_of"]

_VIEW = ("yaw", "pitch", "light_azimuth", "light_elevation")


@dataclass(frozen=True)
class Side:
    """One row of the probes or references of a score table.

    Parameters
    ----------
    subject, sample : str
        The sample is the subject where all samples of a person were searched as one.
    view : tuple of float, optional
        Yaw, pitch, azimuth and elevation of the light, where the row is one render.
    """

    subject: str
    sample: str
    view: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Candidate:
    """A reference with its score, and the row of the probe that gave it.

    Parameters
    ----------
    probe, reference : Side
    score : float
        Higher = more alike.
    """

    probe: Side
    reference: Side
    score: float


@dataclass(frozen=True)
class Match:
    """One search: the best reference of all, and the best of the person who was searched for.

    Parameters
    ----------
    subject, sample : str
        What was searched with.
    first, own : Candidate or None
        None where there is no score: a probe, or a person, without a template, or not in the gallery.
    rank : int or None
        1 + people with a higher score than the own person's; None without such a score.
    tied : int
        Other people with the same score as the own person's.
    gallery : int
        People among whom was searched.
    """

    subject: str
    sample: str
    first: Candidate | None
    own: Candidate | None
    rank: int | None
    tied: int
    gallery: int

    @property
    def found(self) -> bool:
        """Whether the own person came first, and alone."""
        return self.rank == 1 and not self.tied


def matches_of(table: ScoreTable) -> tuple[Match, ...]:
    """Return the matches of a score table, those that found their person first, then by rank.

    A person's score is the highest over their references. Distractors are left out, and where people were dealt out in
    several ways the first way counts. Of an attacker who asks of pairs of renders, each scan is searched in the pairs
    that were drawn.

    Parameters
    ----------
    table : ScoreTable

    Returns
    -------
    tuple of Match
        One a probe sample that was compared with anybody.
    """
    table = first_split(without_distractors(table))
    compared = np.asarray(table.compared)
    scores = np.where(compared & np.isfinite(table.scores), table.scores, -np.inf)
    if table.attacker in PAIRS_ONLY:
        compared, scores = compared | compared.T, np.maximum(scores, scores.T)
    found = list(_searches(table, scores, compared))
    return tuple(sorted(found, key=lambda match: (match.rank or match.gallery + 1, match.tied, match.sample)))


def _searches(table: ScoreTable, scores: NDArray[np.float64], compared: NDArray[np.bool_]) -> Iterator[Match]:
    probes, references = _sides(table.probes), _sides(table.references)
    person, people = pd.factorize(table.references["subject"].astype(str))
    sample, _ = pd.factorize(table.probes["sample"])
    for number in range(sample.max(initial=-1) + 1):
        rows = np.flatnonzero(sample == number)
        columns = np.flatnonzero(compared[rows].any(axis=0))
        if not columns.size:
            continue
        block = scores[np.ix_(rows, columns)]
        height, best_row = block.max(axis=0), rows[block.argmax(axis=0)]
        best = _best_column(height, person[columns], len(people))
        own_label = probes[rows[0]].subject
        own = int(np.flatnonzero(people == own_label)[0]) if own_label in people else -1
        made = {who: column for who, column in best.items() if np.isfinite(height[column])}

        def candidate(
            column: int, height: NDArray[Any] = height, best_row: NDArray[Any] = best_row, at: NDArray[Any] = columns
        ) -> Candidate:
            return Candidate(probes[best_row[column]], references[at[column]], float(height[column]))

        heights = {who: float(height[column]) for who, column in made.items()}
        top = min(made, key=lambda who: (-heights[who], who != own, str(people[who]))) if made else None
        there = own in made
        yield Match(
            subject=own_label,
            sample=probes[rows[0]].sample,
            first=None if top is None else candidate(made[top]),
            own=candidate(made[own]) if there else None,
            rank=1 + sum(score > heights[own] for score in heights.values()) if there else None,
            tied=sum(score == heights[own] for score in heights.values()) - 1 if there else 0,
            gallery=len(best),
        )


def _best_column(height: NDArray[np.float64], person: NDArray[np.intp], people: int) -> dict[int, int]:
    """Return the highest column of each person."""
    order = np.argsort(height, kind="stable")
    last = np.full(people, -1)
    last[person[order]] = order
    return {who: int(column) for who, column in enumerate(last) if column >= 0}


def _sides(rows: pd.DataFrame) -> list[Side]:
    views: list[Any] = [None] * len(rows)
    if set(_VIEW) <= set(rows.columns):
        views = [tuple(map(float, view)) for view in rows[list(_VIEW)].to_numpy(dtype=float)]
    named = zip(rows["subject"].astype(str), rows["sample"].astype(str), views, strict=True)
    return [Side(*each) for each in named]
