"""A verdict in lines: what was asked, of whom, with what answer, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.gating.limits import FPIR, FPIR_IN_WORDS
from reid_audit.inputs.printable import in_one_line
from reid_audit.report.numbers import percent
from reid_audit.report.wording import counted, people_of

if TYPE_CHECKING:
    from reid_audit.gating.gate import Verdict
    from reid_audit.gating.judging import Bound, Control, Judged
    from reid_audit.gating.limits import GateLimits
    from reid_audit.gating.records import Worst

__all__ = ["bound_in_words", "in_words", "told_apart", "worst_in_words"]

_DECIMALS = 7
"""From which on two shares are taken for one."""


def in_words(verdict: Verdict, limits: GateLimits, people: int) -> tuple[str, ...]:
    """Return what stands behind the reasons of a verdict.

    Parameters
    ----------
    verdict : Verdict
    limits : GateLimits
    people : int
        In the release that was audited.

    Returns
    -------
    tuple of str
        Printable lines: each attack, who is not gated, how many people it takes, waivers.
    """
    lines = [_attack(attack, limits) for attack in verdict.attacks]
    lines += [
        f"attacker {absent.attacker} on {absent.target} is not gated: {absent.why}"
        for absent in verdict.missing
        if not absent.needed
    ]
    if any(attack.fpir is not None for attack in verdict.attacks):
        lines.append(f"FPIR {FPIR:g} means {FPIR_IN_WORDS}; realised is what the threshold let through here")
    if verdict.attacks:
        takes = f"; it takes {people_of(verdict.people_wanted)}" if verdict.people_wanted else ""
        lines.append(
            f"a release of {people_of(people)} that gives nothing away would lie below "
            f"{limits.max_risk:g} with a probability of {percent(verdict.probability)} "
            f"({percent(limits.power)} is wanted{takes}; attacks: {len(verdict.attacks)}, where `reid-audit plan` "
            "counts those with photographs on one condition)"
        )
    lines += [f"waived: {waiver.path} ({waiver.answer}): {waiver.reason}" for waiver in verdict.waivers]
    return tuple(in_one_line(line) for line in lines)


def told_apart(share: float, limit: float) -> tuple[str, str]:
    """Return two shares in percent, with decimals enough that what differs does not read the same.

    Parameters
    ----------
    share, limit : float

    Returns
    -------
    tuple of two str
        Such as ``("24.8 %", "25 %")``; as :func:`~reid_audit.report.numbers.percent` has them where that tells them
        apart, and where nothing does.
    """
    if percent(share) != percent(limit):
        return percent(share), percent(limit)
    for decimals in range(1, _DECIMALS):
        one, other = (f"{100 * value:.{decimals}f}" for value in (share, limit))
        if one != other:
            return f"{one} %", f"{float(other):g} %"
    return percent(share), percent(limit)


def bound_in_words(bound: Bound, confidence: float) -> str:
    """Say one bound with everything that belongs to it."""
    first, last = bound.gallery
    among = first if first == last else f"{first} to {last}"
    found = f"{bound.found:.0f}" if bound.found == round(bound.found) else f"{bound.found:.1f}"
    return (
        f"{bound.measure}: {found} of {people_of(bound.people)} found among {among}, "
        f"upper bound {bound.upper:.3f} (one-sided {percent(confidence)}; chance {percent(bound.chance)})"
    )


def worst_in_words(attack: Judged, worst: Worst) -> str:
    """Say who is worst off of all people under all gated attacks: pseudonym, attack, places and score.

    Returns
    -------
    str
        One printable line.
    """
    searches = "the one search" if worst.searches == 1 else f"{worst.searches} searches"
    facts = [f"best rank {worst.rank:g} among {people_of(worst.gallery)}"]
    if worst.margin is not None:
        side = "above" if worst.margin >= 0 else "below"
        facts.append(f"own score {abs(worst.margin):.1f} standard deviations {side} the mean of the others")
    return in_one_line(
        f"worst off is {worst.pseudonym}, first in {worst.first:g} of {searches} by {attack.label}: {'; '.join(facts)}"
    )


def _attack(attack: Judged, limits: GateLimits) -> str:
    kind = "rebuilt scan" if attack.rebuilt else "released scan"
    scans = f" and {attack.templated} of {counted(attack.scans, kind)}" if attack.scans else ""
    parts = [f"templates of {attack.enrolled} of {people_of(attack.bounds[0].people)}{scans}"]
    if attack.ways > 1:
        parts.append(
            f"mean over {attack.ways} ways to deal people out: a person counts by the share of the ways that find them"
        )
    if attack.unsearched:
        parts.append(f"{counted(attack.unsearched, 'released scan')} not searched")
    parts += [bound_in_words(bound, limits.confidence) for bound in attack.bounds]
    if attack.fpir is not None:
        parts.append(f"FPIR realised {percent(attack.fpir)} for {percent(FPIR)}, over {people_of(attack.open_people)}")
    return f"{attack.label}: {'; '.join([*parts, _control(attack.control)])}"


def _control(control: Control | None) -> str:
    if control is None:
        return "no positive control"
    return (
        f"positive control {control.attacker} ({control.matcher}): {percent(control.rate)} of "
        f"{people_of(control.people)} identified by originals, at least {percent(control.lower)}"
    )
