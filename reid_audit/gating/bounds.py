"""Bounds on a share of people, and what guessing alone would do against them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.evaluate.dependence import inflation_of
from reid_audit.gating.guessing import guessed_first
from reid_audit.statistics import clopper_pearson, most_hits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from reid_audit.gating.limits import GateLimits

__all__ = ["Part", "joint_probability", "lower_bound", "people_for_lower", "release_size", "upper_bound"]

_MOST = 1_000_000
_GROWTH = 1.01
_FEWEST = 2.0
"""People in a gallery in which a guess can fail."""
_MOST_LIKELY = 1.0 - 1e-12


@dataclass(frozen=True)
class Part:
    """One gated share of people, as guessing would fill it.

    Parameters
    ----------
    matcher : str
        Decides whether hits depend on each other.
    people : int
        At least 1.
    guessed : float
        People whom guesses are expected to find: about one for each search a person makes in a gallery of all.
    gallery : float
        People among whom each is searched; 0 where that is everybody.
    guess : callable
        Gallery to the chance of one search (:mod:`~reid_audit.gating.guessing`).
    """

    matcher: str
    people: int
    guessed: float
    gallery: float = 0.0
    guess: Callable[[NDArray[Any]], NDArray[np.float64]] = guessed_first

    def at_scale(self, scale: float) -> Part:
        """Return the part in a release of so many times the people, whose gallery grows with them.

        Each person makes as many searches there as here. In a small gallery several of them meet the person more often
        than they find somebody new, so that guesses are counted anew and not taken over.
        """
        here = max(self.gallery or float(self.people), _FEWEST)
        chance = min(self.guessed / self.people, _MOST_LIKELY)
        searches = math.log1p(-chance) / math.log1p(-float(self.guess(np.asarray(here))))
        people, there = max(1, round(self.people * scale)), max(1.0, here * scale)
        found = 1.0 - (1.0 - float(self.guess(np.asarray(there)))) ** searches
        return Part(self.matcher, people, people * found, there, self.guess)


def upper_bound(matcher: str, found: float, people: int, confidence: float) -> float:
    """One-sided exact upper bound of a share of people (Clopper-Pearson), wider where hits depend on each other.

    Parameters
    ----------
    matcher : str
    found : float
        People, 0 to ``people``; need not be whole.
    people : int
    confidence : float

    Returns
    -------
    float
        0 to 1.

    References
    ----------
    Clopper and Pearson, Biometrika 26:404-413, 1934, doi:10.1093/biomet/26.4.404.
    """
    share, alike = _alike(matcher, found, people)
    return clopper_pearson(share * alike, alike, confidence, side="upper")[1]


def lower_bound(matcher: str, found: float, people: int, confidence: float) -> float:
    """One-sided exact lower bound; as :func:`upper_bound`."""
    share, alike = _alike(matcher, found, people)
    return clopper_pearson(share * alike, alike, confidence, side="lower")[0]


def _alike(matcher: str, found: float, people: int) -> tuple[float, float]:
    """Return the share, and how many independent people these are worth."""
    share = min(found / people, 1.0)
    return share, max(1.0, people / inflation_of(matcher, share))


def people_for_lower(matcher: str, share: float, confidence: float) -> int:
    """Return the fewest people of whom the lower bound lies above a share where every one of them is found.

    Parameters
    ----------
    matcher : str
    share : float
        0 to 1, both excluded.
    confidence : float

    Returns
    -------
    int
    """
    alone = math.log(1.0 - confidence) / math.log(share)  # all of n found: the lower bound is (1 - confidence)^(1/n)
    people = max(1, math.floor(alone * inflation_of(matcher, 1.0)))
    while lower_bound(matcher, people, people, confidence) <= share:
        people += 1
    return people


def joint_probability(parts: Sequence[Part], limits: GateLimits) -> float:
    """Probability that every bound lies below the risk where everybody is found by guessing alone.

    Each part is binomial; the product is taken over parts. Attacks on the same scans are alike rather than opposed, so
    that the product is the lower end of what the joint probability can be (it is that of independent guesses).

    Parameters
    ----------
    parts : sequence of Part
    limits : GateLimits

    Returns
    -------
    float
        0 where there is no part.
    """
    if not parts:
        return 0.0
    together = 1.0
    for part in parts:
        together *= _probability(part, limits)
    return together


def _probability(part: Part, limits: GateLimits) -> float:
    from scipy.stats import binom

    allowed = _allowed(part.matcher, part.people, limits)
    return 0.0 if allowed is None else float(binom.cdf(allowed, part.people, part.guessed / part.people))


def _allowed(matcher: str, people: int, limits: GateLimits) -> int | None:
    """Return how many people may be found with the upper bound below the risk; None where nobody may."""
    allowed = most_hits(people, limits.max_risk, limits.confidence)
    while allowed is not None and upper_bound(matcher, allowed, people, limits.confidence) >= limits.max_risk:
        allowed = allowed - 1 if allowed else None
    return allowed


def release_size(parts: Sequence[Part], people: int, limits: GateLimits) -> int | None:
    """Return how many people a release of the kind needs, so that one that gives nothing away would lie below the risk.

    Parameters
    ----------
    parts : sequence of Part
        As they are in a release of ``people``.
    people : int
        At least 1.
    limits : GateLimits

    Returns
    -------
    int or None
        The smallest at which the joint probability reaches ``limits.power``, 1 % above it at most; a few people more
        can have a slightly smaller probability, as the number of hits that is allowed is whole. None above a million.
    """
    size = 1
    while size <= _MOST:
        if joint_probability([part.at_scale(size / people) for part in parts], limits) >= limits.power:
            return size
        size = max(size + 1, int(size * _GROWTH))
    return None
