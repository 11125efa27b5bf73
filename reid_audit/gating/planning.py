"""How many people a release must have before it can be shown to lie below a risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.gating.bounds import Part, joint_probability, release_size
from reid_audit.gating.limits import FEWEST_PEOPLE
from reid_audit.statistics import most_hits, people_needed, sample_size

if TYPE_CHECKING:
    from reid_audit.gating.limits import GateLimits

__all__ = ["Plan", "plan"]

_UNIT = 1_000


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
    attacks: int = 1,
    searches: int = 1,
    people: int | None = None,
    true_rate: float | None = None,
) -> Plan:
    """Work out how many people it takes, with a photograph of each.

    Parameters
    ----------
    limits : GateLimits
    attacks : int
        Attacks that must all lie below, taken for independent: the cautious end.
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
    for name, number in (("attacks", attacks), ("searches", searches), ("people", 1 if people is None else people)):
        if number < 1:
            raise UsageError(f"The number of {name} must be at least 1, got {number}.", remedy="Count at least one.")
    size = release_size([_guessing(_UNIT, searches)] * attacks, _UNIT, limits)
    rule = {"power": limits.power, "threshold": limits.max_risk, "confidence": limits.confidence}
    return Plan(
        without_hits=people_needed(limits.max_risk, confidence=limits.confidence),
        enough=None if size is None else max(size, FEWEST_PEOPLE),
        at_true_rate=None if true_rate is None else sample_size(true_rate, **rule),
        people=people,
        probability=None if people is None else joint_probability([_guessing(people, searches)] * attacks, limits),
        allowed=None if people is None else most_hits(people, limits.max_risk, limits.confidence),
    )


def _guessing(people: int, searches: int) -> Part:
    """Return what guesses find where everybody is searched for so many times among all."""
    return Part("", people, people * (1.0 - (1.0 - 1.0 / people) ** searches))
