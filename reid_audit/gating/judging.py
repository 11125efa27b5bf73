"""What each attack of a run amounts to: its bounds, its positive control, and why it is not gated where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reid_audit.evaluate.asked import PAIRS_ONLY
from reid_audit.evaluate.identification import NO_MATE
from reid_audit.gating.bounds import Part, lower_bound, upper_bound
from reid_audit.gating.guessing import guessed_above, guessed_first
from reid_audit.gating.records import Count, Measured, Name, Record, Share
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reid_audit.gating.limits import GateLimits
    from reid_audit.gating.records import RebuiltOf

__all__ = ["Bound", "Control", "Judged", "Missing", "judge", "parts_of"]

Measure = Literal["rank 1", "FPIR 0.01, any rank"]

_SAME_SCAN = "same-scan"


class Bound(Record):
    """One gated share of people.

    Parameters
    ----------
    measure : {"rank 1", "FPIR 0.01, any rank"}
    people : int
    found : float
    gallery : tuple of two int
    lower, upper : float
        One-sided, each at the confidence of the gate.
    chance : float
        Share that guessing finds.
    """

    measure: Measure
    people: Count
    found: float
    gallery: tuple[Count, Count]
    lower: Share
    upper: Share
    chance: Share


class Control(Record):
    """What an attacker identifies in the originals, where everybody's face is there to be found.

    Parameters
    ----------
    attacker, matcher, relation : str
        Whose number it is.
    people : int
    rate, lower : float
        Mean over people of the share of their searches that find them; its one-sided lower bound.
    chance : float
    """

    attacker: Name
    matcher: Name
    relation: Name
    people: Count
    rate: Share
    lower: Share
    chance: Share


class Judged(Record):
    """One attack on one condition.

    Parameters
    ----------
    attacker, matcher, embedder, condition, relation : str
    rebuilt : str
        Empty, or who rebuilt the faces of the released scans before the attacker searched; since 1.4.
    enrolled : int
        Of the people who were searched for, those with a template: who has none cannot be found, and is not protected.
    scans, templated : int
        Released scans of the condition, or those rebuilt of them, that were searched, and those of them with a
        template; since 1.2.
    unsearched : int
        Released scans of the condition in which the attack did not search; since 1.2.
    ways : int
        In which people were dealt out: a person counts by the share of them that find them; since 1.3.
    open_people : int
        Who was searched for without their own scans.
    fpir : float or None
        Realised rate of false alarms.
    bounds : tuple of Bound
    control : Control or None
    """

    attacker: Name
    matcher: Name
    embedder: Name
    condition: Name
    relation: Name
    rebuilt: Name = ""
    enrolled: Count
    scans: Count = 0
    templated: Count = 0
    unsearched: Count = 0
    ways: Count = 1
    open_people: Count
    fpir: Share | None
    bounds: tuple[Bound, ...]
    control: Control | None

    @property
    def label(self) -> str:
        """Who attacks what."""
        details = [f"matcher {self.matcher}", *([f"{self.relation} pairs"] if self.relation else [])]
        return f"{self.attacker} ({', '.join(details)}) on {target(self.condition, self.rebuilt)}"


class Missing(Record):
    """An attacker of the run who gave no number on a condition.

    Parameters
    ----------
    attacker, condition, why : str
    needed : bool
        False where the question cannot be asked of this release, so that nothing is missing.
    rebuilt : str
        Empty, or who rebuilt the faces before the attacker would have searched; since 1.4.
    """

    attacker: Name
    condition: Name
    why: str
    needed: bool = True
    rebuilt: Name = ""

    @property
    def target(self) -> str:
        """What was not attacked."""
        return target(self.condition, self.rebuilt)


def target(condition: str, rebuilt: str) -> str:
    """Say what was searched: the scans of a released condition, or those with faces that somebody rebuilt of them."""
    return f"'{condition}', faces rebuilt by {rebuilt}" if rebuilt else f"'{condition}'"


def judge(
    attacks: Sequence[Measured],
    attackers: Sequence[str],
    conditions: Sequence[str],
    limits: GateLimits,
    rebuilt: Sequence[RebuiltOf] = (),
) -> tuple[tuple[Judged, ...], tuple[Missing, ...]]:
    """Judge every attacker on every released condition, as it is and with every attacker's rebuilt faces.

    Other sessions count where there are any; the same scan, an upper bound, only where there are none, and not for an
    attacker who asks of pairs: that two renders show one scan tells nobody whose it is.

    Parameters
    ----------
    attacks : sequence of Measured
    attackers, conditions : sequence of str
    limits : GateLimits
    rebuilt : sequence of RebuiltOf
        Whose faces were rebuilt by whom: each is one more attack on the released condition.

    Returns
    -------
    tuple of Judged
    tuple of Missing
    """
    judged: list[Judged] = []
    missing: list[Missing] = []
    for attacker in attackers:
        for condition, by in _targets(conditions, rebuilt):
            here = [
                each for each in attacks if (each.attacker, each.condition, each.rebuilt) == (attacker, condition, by)
            ]
            gated = _gated(here)
            judged += [_judged(attack, attacks, limits) for attack in gated]
            matchers = {attack.matcher for attack in gated}
            silent = [each for each in here if each.matcher not in matchers and not each.people]
            missing += [_missing(attacker, condition, by, [each]) for each in silent if gated]
            if not gated:
                missing.append(_missing(attacker, condition, by, here))
    return tuple(judged), tuple(missing)


def _targets(conditions: Sequence[str], rebuilt: Sequence[RebuiltOf]) -> Iterator[tuple[str, str]]:
    """Yield each released condition, and who rebuilt its faces: nobody first."""
    for condition in conditions:
        yield condition, ""
        yield from ((condition, made.attacker) for made in rebuilt if made.condition == condition)


def _gated(attacks: Sequence[Measured]) -> list[Measured]:
    made = [attack for attack in attacks if attack.people]
    apart = [attack for attack in made if attack.relation != _SAME_SCAN]
    return apart or [attack for attack in made if attack.attacker not in PAIRS_ONLY]


def _missing(attacker: str, condition: str, rebuilt: str, attacks: Sequence[Measured]) -> Missing:
    if attacker in PAIRS_ONLY and any(attack.note == NO_MATE for attack in attacks):
        why = "nobody has scans of two sessions in the release, so that no two of its scans can be linked"
        return Missing(attacker=attacker, condition=condition, rebuilt=rebuilt, why=why, needed=False)
    notes = [attack.note for attack in attacks if attack.note]
    why = notes[0] if notes else "it had nothing to work with"
    return Missing(attacker=attacker, condition=condition, rebuilt=rebuilt, why=why)


def _judged(attack: Measured, attacks: Sequence[Measured], limits: GateLimits) -> Judged:
    same = ("attacker", "matcher", "embedder", "condition", "relation", "rebuilt")
    names = {name: getattr(attack, name) for name in same}
    bounds = [_bound(attack, "rank 1", attack.found, attack.guessed, limits)]
    if attack.open_people:
        bounds.append(_bound(attack, "FPIR 0.01, any rank", attack.open_found, attack.open_guessed, limits))
    return Judged(
        **names,
        enrolled=attack.enrolled,
        scans=attack.scans,
        templated=attack.templated,
        unsearched=len(attack.unsearched),
        ways=attack.ways,
        open_people=attack.open_people,
        fpir=attack.fpir,
        bounds=tuple(bounds),
        control=_control(attack, attacks, limits),
    )


def _bound(attack: Measured, measure: Measure, found: float, guessed: float, limits: GateLimits) -> Bound:
    people = attack.people
    return Bound(
        measure=measure,
        people=people,
        found=found,
        gallery=attack.gallery,
        lower=lower_bound(attack.matcher, found, people, limits.confidence),
        upper=upper_bound(attack.matcher, found, people, limits.confidence),
        chance=min(guessed / people, 1.0),
    )


def _control(attack: Measured, attacks: Sequence[Measured], limits: GateLimits) -> Control | None:
    """Return the best that the same attacker did on the originals.

    Who holds the originals and searches the same scans has no such number: each original would meet itself. There the
    best of the other attackers with the same recogniser stands in.
    """
    originals = [each for each in attacks if each.condition == ORIGINAL and each.people and _not_itself(each)]
    own = [each for each in originals if (each.attacker, each.embedder) == (attack.attacker, attack.embedder)]
    if not own and attack.relation == _SAME_SCAN:
        own = [each for each in originals if each.embedder == attack.embedder]
    controls = [_control_of(each, limits) for each in own]
    return max(controls, key=lambda control: control.lower, default=None)


def _not_itself(attack: Measured) -> bool:
    return attack.relation != _SAME_SCAN


def _control_of(attack: Measured, limits: GateLimits) -> Control:
    return Control(
        attacker=attack.attacker,
        matcher=attack.matcher,
        relation=attack.relation,
        people=attack.people,
        rate=attack.rate,
        lower=lower_bound(attack.matcher, attack.rate * attack.people, attack.people, limits.confidence),
        chance=min(attack.guessed / attack.people, 1.0),
    )


def parts_of(judged: Sequence[Judged]) -> tuple[Part, ...]:
    """Return what guessing would do in every gated share."""
    return tuple(_part(attack.matcher, bound) for attack in judged for bound in attack.bounds)


def _part(matcher: str, bound: Bound) -> Part:
    guess = guessed_first if bound.measure == "rank 1" else guessed_above
    return Part(matcher, bound.people, bound.chance * bound.people, sum(bound.gallery) / 2, guess)
