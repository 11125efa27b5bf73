"""How a number becomes a result: with its n, interval, chance and control, or with the reason why it cannot be had."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from reid_audit.evaluate.searches import search
from reid_audit.evaluate.weighting import weigh
from reid_audit.statistics import Interval, person_weights
from reid_audit.types import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.searches import Searches
    from reid_audit.evaluate.weighting import WeighedScores
    from reid_audit.types import ScoreTable

__all__ = ["Case", "sentence"]

_FEWEST_RESAMPLES = 200
_MOST_DRAWN = 1_000_000_000
"""Pairs of people times resamples, at most."""


@dataclass(frozen=True, eq=False)
class Case:
    """One score table under evaluation, and what all of its numbers share.

    Parameters
    ----------
    table : ScoreTable
    comparisons : Comparisons
        Of the same table.
    seed : int
        From which every number draws on its own, so that a number added later changes no other.
    confidence : float
    resamples : int
        As asked for; see :attr:`n_resamples`.
    """

    table: ScoreTable
    comparisons: Comparisons
    seed: int
    confidence: float
    resamples: int

    @cached_property
    def weighed(self) -> tuple[WeighedScores, WeighedScores]:
        """The mated and the non-mated scores, sorted once for all numbers that rest on them."""
        return weigh(self.comparisons)

    @cached_property
    def searches(self) -> Searches:
        """Every mated probe ranked against the gallery, once for all numbers that rest on it."""
        return search(self.comparisons)

    def rng(self, purpose: str) -> np.random.Generator:
        """Return the random numbers for one purpose."""
        return np.random.default_rng([self.seed, crc32(purpose.encode())])

    def drawn_people(self, purpose: str, drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how often each person stands in each resample; shape (n_resamples, n_people).

        Only ``drawn``, the people that a number rests on, are resampled. Everybody else is there once in each, as a
        gallery is that stays as it is.
        """
        weights = np.ones((self.n_resamples, self.comparisons.n_people))
        if drawn.any():
            weights[:, drawn] = person_weights(self.rng(purpose), int(np.count_nonzero(drawn)), self.n_resamples)
        return weights

    @property
    def n_resamples(self) -> int:
        """Resamples that are made: as many as asked for, or fewer, but not below 200, for more than 1,400 people."""
        pairs = self.comparisons.n_people * (self.comparisons.n_people + 1) // 2
        return min(self.resamples, max(_FEWEST_RESAMPLES, _MOST_DRAWN // max(1, pairs)))

    @property
    def fewer_resamples(self) -> str:
        """Empty, or how many resamples were made, where they are fewer than asked for."""
        made = self.n_resamples
        return f"{made} resamples, there being many pairs of people" if made < self.resamples else ""

    def share_of_people(self, count: int) -> str:
        """Return how many of all people a number rests on, or nothing where it rests on all."""
        everyone = self.comparisons.n_people
        return f"{count} of {everyone} people" if count < everyone else ""

    @property
    def problem(self) -> str:
        """Empty, or why no number at all can be had from this table."""
        scores = self.comparisons
        if scores.contradiction:
            return scores.contradiction
        if not len(self.table.probes):
            return "there are no probes"
        if not len(self.table.references):
            return "there are no references"
        if not scores.n_compared:
            return "no comparison was to be made"
        return ""

    def result(
        self,
        metric: str,
        value: float | None,
        *,
        n_subjects: int,
        k: int | None = None,
        interval: Interval | None = None,
        n_probes: int | None = None,
        chance: float | None = None,
        control: float | None = None,
        note: str = "",
    ) -> Result:
        """Return a result of this table; a value or limit that is not a number becomes None.

        ``n_subjects`` are the people on whom the number rests, or would rest where there is none.
        """
        limits = interval if interval is not None else Interval(None, None)
        low, high = _number(limits.low), _number(limits.high)
        return Result(
            attacker=self.table.attacker,
            matcher=self.table.matcher,
            embedder=self.table.embedder,
            condition=self.table.condition,
            metric=metric,
            value=_number(value),
            n_subjects=n_subjects,
            n_probes=len(self.comparisons.probe) if n_probes is None else n_probes,
            k=k,
            low=low,
            high=high,
            confidence=None if low is None else self.confidence,
            chance=_number(chance),
            control=_number(control),
            relation=self.table.relation,
            note=sentence(note, limits.note, self.table.note),
        )


def sentence(*parts: str) -> str:
    """Join what there is to say about a number."""
    return "; ".join(part for part in parts if part)


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
