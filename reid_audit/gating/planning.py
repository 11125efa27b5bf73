"""How many people a release must have before it can be shown to lie below a risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.attackers import ATTACKERS, holds_photos
from reid_audit.attackers.adapted import FOLDS
from reid_audit.errors import UsageError
from reid_audit.gating.bounds import Part, joint_probability, release_size
from reid_audit.gating.guessing import guessed_above, guessed_first
from reid_audit.gating.limits import FEWEST_PEOPLE
from reid_audit.statistics import most_hits, people_needed, sample_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.gating.limits import GateLimits

__all__ = ["Attack", "Plan", "attacks_of", "plan"]

_UNIT = 1_000
_IN_HALVES = ("adapted",)
_BY_PERSON = ("assignment", "fusion")
"""Attackers who search once for each person, with all photographs of theirs."""


@dataclass(frozen=True)
class Attack:
    """One attack that is planned.

    Parameters
    ----------
    matcher : str
        Decides whether its hits depend on each other.
    folds : int
        Parts that the people are dealt out to, each searched by itself: 1, or 2 of who searches half of the people.
    by_person : bool
        It searches once for each person, however many photographs there are.
    """

    matcher: str = ""
    folds: int = 1
    by_person: bool = False


@dataclass(frozen=True)
class Plan:
    """What a release of a size can show.

    Parameters
    ----------
    without_hits : int
        People with whom the bound lies below the risk if nobody is found.
    enough : int or None
        People with whom a release that gives nothing away lies below the risk with the wanted probability, and with
        whom a threshold for strangers can be read off: what to plan for. None where no million would do.
    at_true_rate : int or None
        The same, where that share of people is truly found; None where no rate was given.
    people, probability, allowed : int, float, int, or None
        For a release of that size: the probability that it lies below the risk if it gives nothing away, and how many
        people an attack may find; None where no size was given, or nobody may be found.
    """

    without_hits: int
    enough: int | None
    at_true_rate: int | None = None
    people: int | None = None
    probability: float | None = None
    allowed: int | None = None


def plan(
    limits: GateLimits,
    *,
    attacks: int | Sequence[Attack] = 1,
    searches: int = 1,
    people: int | None = None,
    true_rate: float | None = None,
) -> Plan:
    """Work out how many people it takes, with a photograph of each.

    Parameters
    ----------
    limits : GateLimits
    attacks : int or sequence of Attack
        Attacks that must all lie below, taken for independent: the cautious end. A number stands for so many that
        search among all people (:func:`attacks_of` knows which attackers do not).
    searches : int
        Photographs, or scans, of each person that are searched with; one that hits is enough.
    people : int, optional
        Of a release that there is already.
    true_rate : float, optional
        Share of people whom an attack truly finds, below the risk.

    Returns
    -------
    Plan

    Raises
    ------
    UsageError
        If a number is below 1, the true rate is not below the risk, or more people are needed than can be counted.
    """
    planned = [Attack()] * attacks if isinstance(attacks, int) else list(attacks)
    for name, number in (
        ("attacks", len(planned)),
        ("searches", searches),
        ("people", 1 if people is None else people),
    ):
        if number < 1:
            raise UsageError(f"The number of {name} must be at least 1, got {number}.", remedy="Count at least one.")
    size = release_size(_parts(planned, _UNIT, searches), _UNIT, limits)
    rule = {"power": limits.power, "threshold": limits.max_risk, "confidence": limits.confidence}
    return Plan(
        without_hits=people_needed(limits.max_risk, confidence=limits.confidence),
        enough=None if size is None else max(size, FEWEST_PEOPLE),
        at_true_rate=None if true_rate is None else sample_size(true_rate, **rule),
        people=people,
        probability=None if people is None else joint_probability(_parts(planned, people, searches), limits),
        allowed=None if people is None else most_hits(people, limits.max_risk, limits.confidence),
    )


def attacks_of(attackers: Sequence[str]) -> tuple[Attack, ...]:
    """Return the attacks that some attackers make with photographs, as a run has them and the gate counts them.

    Parameters
    ----------
    attackers : sequence of str
        Names of :data:`~reid_audit.attackers.ATTACKERS`; who holds no photographs makes none.

    Returns
    -------
    tuple of Attack
    """
    return tuple(
        Attack(matcher, FOLDS if name in _IN_HALVES else 1, name in _BY_PERSON)
        for name in attackers
        if holds_photos(name)
        for matcher in ATTACKERS[name].matcher.split(", ")
    )


def _parts(attacks: Sequence[Attack], people: int, searches: int) -> list[Part]:
    """Return what guesses find in both gated shares of each attack."""
    return [part for attack in attacks for part in _guessing(attack, people, 1 if attack.by_person else searches)]


def _guessing(attack: Attack, people: int, searches: int) -> tuple[Part, Part]:
    gallery = np.array(max(1, people // attack.folds))
    first, above = (
        Part(attack.matcher, people, people * (1.0 - (1.0 - float(guess(gallery))) ** searches), float(gallery), guess)
        for guess in (guessed_first, guessed_above)
    )
    return first, above
