"""Why a release lies below the threshold, above it, or why nobody can say: each reason in a sentence."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Literal

from reid_audit.gating.bounds import joint_probability, lower_bound, people_for_lower, release_size
from reid_audit.gating.judging import parts_of
from reid_audit.gating.limits import FEWEST_PEOPLE, FPIR, FPIR_IN_WORDS
from reid_audit.gating.records import EVIDENCE_VERSION, Record
from reid_audit.gating.unaudited import person_in
from reid_audit.gating.words import bound_in_words, told_apart
from reid_audit.report.numbers import percent
from reid_audit.report.wording import counted, people_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reid_audit.gating.judging import Bound, Control, Judged, Missing
    from reid_audit.gating.limits import GateLimits
    from reid_audit.gating.records import Evidence, Triage, Triaged
    from reid_audit.gating.unaudited import NotAudited

__all__ = [
    "ABOVE",
    "BELOW",
    "INSUFFICIENT",
    "Outcome",
    "Reason",
    "about_attacks",
    "about_evidence",
    "about_searches",
    "about_size",
    "about_triage",
    "below",
    "people_wanted",
]

Outcome = Literal["below threshold for the attackers tested", "above threshold", "not enough evidence"]

BELOW: Outcome = "below threshold for the attackers tested"
ABOVE: Outcome = "above threshold"
INSUFFICIENT: Outcome = "not enough evidence"

_SHOWN = 3


class Reason(Record):
    """One reason.

    Parameters
    ----------
    outcome : str
        What it leads to where nothing weighs more.
    text : str
        A sentence without its full stop.
    """

    outcome: Outcome
    text: str


def about_evidence(evidence: Evidence, report: str | None) -> Iterator[Reason]:
    """Yield what is wrong with the record of the run as a whole.

    Parameters
    ----------
    evidence : Evidence
    report : str or None
        SHA-256 of the ``report.json`` that stands beside it; None where there is none.
    """
    if evidence.schema_version != EVIDENCE_VERSION:
        yield _unknown(
            "the record of the run is of an earlier version, which does not say in which scans each attack searched, "
            "counts by one way to deal people out alone, or takes rebuilt scans for released ones: run again; nothing "
            "finished is done twice"
        )
    if evidence.lost:
        what = "scan or photograph" if evidence.lost == 1 else "scans or photographs"
        yield _unknown(f"the run is incomplete: {evidence.lost} {what} lost; see the report")
    if evidence.changed:
        yield _unknown(
            f"{counted(evidence.changed, 'released scan')} changed while the run was under way: run again when nobody "
            "writes to them"
        )
    if not evidence.complete and not evidence.lost and not evidence.changed:
        yield _unknown("the run is incomplete")
    if report != evidence.report:
        yield _unknown("report.json is not the one that was written with this record: run again")
    if not evidence.released:
        yield _unknown(
            "the run holds no released scan, only originals: give the released ones as a condition of their own"
        )
    bare = sum(not scan.files for scan in evidence.released)
    if bare:
        yield _unknown(f"{counted(bare, 'released scan')} could not be read again to be hashed")


def about_triage(
    triage: Triage | None, why: str, evidence: Evidence, *, unaudited: NotAudited, waived: Collection[str] = ()
) -> Iterator[Reason]:
    """Yield what a look at every file of the release says.

    Parameters
    ----------
    triage : Triage or None
    why : str
        Why there is none.
    evidence : Evidence
    unaudited : NotAudited
    waived : collection of str
        Paths and people for whom somebody gave a reason.
    """
    if triage is None:
        yield _unknown(f"nobody looked at every file that is to be released: {why}")
        return
    faces = [f"{volume.path} ({volume.why or 'a face'})" for volume in triage.volumes if volume.answer == "face"]
    if faces:
        gives = "file of the release gives" if len(faces) == 1 else "files of the release give"
        yield Reason(outcome=ABOVE, text=f"{len(faces)} {gives} a person away: {_first(faces)}")
    if not triage.complete:
        yield _unknown("the look at every file of the release did not come to its end: run it again")
    given = frozenset(waived)
    untold = [volume for volume in triage.volumes if volume.answer in ("cannot tell", "unaudited")]
    left = [volume for volume in untold if volume.path not in given]
    if left:
        yield _unknown(
            f"{counted(len(left), 'file')} of which nobody can tell whether a face is in it: "
            f"{_first([f'{volume.path} ({_because(volume)})' for volume in left])}; look at each, and waive it by "
            "name and reason (--waive PATH=REASON) where it may be released"
        )
    seen = {volume.sha256 for volume in triage.volumes}
    strange = sum(not set(scan.files) <= seen for scan in evidence.released)
    if strange:
        yield _unknown(
            f"{counted(strange, 'audited scan')} not among the files that were looked at: the release has changed "
            "since, or another one was looked at; run both again"
        )
    strangers = unaudited.strangers(given)
    if strangers:
        yield _unknown(
            f"{people_of(len(strangers))} with a scan in the release, none of which was audited: {_first(strangers)}; "
            "audit the whole release, or waive each by name and reason (--waive sub-LABEL=REASON)"
        )
    scans = [path for path in unaudited.scans if not given & {path, person_in(path)}]
    if scans:
        yield _unknown(
            f"{counted(len(scans), 'released scan')} not audited: {_first(scans)}; audit the whole release, or waive "
            "each by name and reason (--waive 'PATTERN*=REASON' for many)"
        )


def about_searches(left: Sequence[str]) -> Iterator[Reason]:
    """Yield which released scans no attack searched in.

    Parameters
    ----------
    left : sequence of str
        A path of each that nobody waived; empty where it is not known.
    """
    if left:
        known = [path for path in left if path]
        yield _unknown(
            f"{counted(len(left), 'released scan')} in which no attack searched{': ' if known else ''}{_first(known)}; "
            "ask about an attacker with photographs as well (those search every scan), or waive each by name and "
            "reason (--waive PATH=REASON, or --waive sub-LABEL=REASON for all of a person)"
        )


def about_attacks(
    judged: Sequence[Judged], missing: Sequence[Missing], evidence: Evidence, limits: GateLimits
) -> Iterator[Reason]:
    """Yield what the attacks say, and what they cannot say.

    A bound at or above the risk counts against the release where more people were found than guessing finds, and either
    the lower bound is at or above the risk too, or there are people enough that a release which gives nothing away
    would most likely lie below. Else nobody can say: what guesses may have found is no sign of a face.
    """
    probability = joint_probability(parts_of(judged), limits)
    enough = bool(judged) and probability >= limits.power
    too_high = sorted(
        ((bound, attack) for attack in judged for bound in attack.bounds if bound.upper >= limits.max_risk),
        key=lambda pair: pair[0].upper,
        reverse=True,
    )
    confidence = _of_each(limits.confidence, sum(len(attack.bounds) for attack in judged))
    for bound, attack in too_high:
        lower = lower_bound(attack.matcher, bound.found, bound.people, confidence)
        if lower > bound.chance and (enough or lower >= limits.max_risk):
            yield Reason(outcome=ABOVE, text=f"{attack.label}: {_said(bound, limits)}")
        elif enough:
            yield _unknown(
                f"{attack.label}: {_said(bound, limits)}, and no more than guesses may find: audit more people"
            )
    told = {attack.condition for attack in judged} | {absent.condition for absent in missing if absent.needed}
    for condition in evidence.conditions:
        if judged and condition not in told:
            yield _unknown(f"no attack that was asked about could search condition '{condition}'")
    for absent in missing:
        if absent.needed:
            yield _unknown(f"attacker {absent.attacker} gave no number on {absent.target}: {absent.why}")
    yield from _uncontrolled(judged, limits)
    yield from _not_carried_out(judged)


def about_size(judged: Sequence[Judged], people: int, limits: GateLimits) -> Iterator[Reason]:
    """Yield why a release is too small to say anything: what no other mending helps.

    Parameters
    ----------
    judged : sequence of Judged
    people : int
        In the release that was audited.
    limits : GateLimits
    """
    probability = joint_probability(parts_of(judged), limits)
    if judged and probability < limits.power:
        yield _too_few(judged, probability, people, limits)
    few = [attack for attack in judged if attack.open_people < FEWEST_PEOPLE]
    if few:
        fewest = min(few, key=lambda attack: attack.open_people)
        yield _unknown(
            f"a threshold for FPIR {FPIR:g} ({FPIR_IN_WORDS}) takes {FEWEST_PEOPLE} people searched for without their "
            f"own scans, and {fewest.label} has {fewest.open_people}"
        )


def _of_each(confidence: float, bounds: int) -> float:
    """Return the confidence of each lower bound with which all together have this one (Bonferroni)."""
    return 1.0 - (1.0 - confidence) / max(bounds, 1)


def _uncontrolled(judged: Sequence[Judged], limits: GateLimits) -> Iterator[Reason]:
    for attacker in dict.fromkeys(attack.attacker for attack in judged):
        controls = {attack.control for attack in judged if attack.attacker == attacker}
        if None in controls:
            yield _unknown(
                f"no positive control: attacker {attacker} has no number on originals, so that nobody knows whether "
                "it can identify anybody; give the originals (of two sessions, or with photographs)"
            )
        worst = min((control for control in controls if control), key=lambda control: control.lower, default=None)
        if worst and worst.lower <= max(limits.control_floor, worst.chance):
            yield _too_weak(attacker, worst, limits)


def _too_weak(attacker: str, control: Control, limits: GateLimits) -> Reason:
    """Say what an attacker finds of the originals, and whether so few people could ever show more than is wanted."""
    floor = max(limits.control_floor, control.chance)
    lower, wanted = told_apart(control.lower, floor)
    text = (
        f"positive control of {attacker} too weak: on the originals attacker {control.attacker} identifies "
        f"{percent(control.rate)} "
        f"of {people_of(control.people)}; the lower limit of that is {lower}, and more than {wanted} is wanted"
    )
    most = lower_bound(control.matcher, control.people, control.people, limits.confidence)
    if most <= floor < 1.0:
        takes = people_for_lower(control.matcher, floor, limits.confidence)
        text += (
            f"; with {people_of(control.people)} it can never be ({control.people} of {control.people} found gives "
            f"{told_apart(most, floor)[0]}): it takes {takes}"
        )
    return _unknown(text)


def _not_carried_out(judged: Sequence[Judged]) -> Iterator[Reason]:
    """Yield the conditions that no attack met with a template of at least half of the people, and of the scans.

    A template of a rebuilt face is none of the released scan.
    """
    plain = [attack for attack in judged if not attack.rebuilt]
    for condition in dict.fromkeys(attack.condition for attack in plain):
        best = max((attack for attack in plain if attack.condition == condition), key=_share_with_template)
        if _share_with_template(best) < 0.5:
            scans = f" and {best.templated} of {counted(best.scans, 'scan')}" if best.scans else ""
            yield _unknown(
                f"no attack on '{condition}' could be carried out: at most {best.enrolled} of "
                f"{people_of(_people_of(best))}{scans} had a template ({best.label}), and a face that no detector "
                "found is not protected; add an attacker who needs no detector (adapted)"
            )


def _share_with_template(attack: Judged) -> float:
    """Return the share of people, or of scans where that is less, of whom there was a template."""
    people = attack.enrolled / _people_of(attack)
    return min(people, attack.templated / attack.scans) if attack.scans else people


def _people_of(attack: Judged) -> int:
    return attack.bounds[0].people


def _too_few(judged: Sequence[Judged], probability: float, people: int, limits: GateLimits) -> Reason:
    wanted = people_wanted(judged, people, limits)
    takes = (
        f"it takes a release of {wanted} against as many attacks ({len(judged)})"
        if wanted
        else "no release of up to a million people would do"
    )
    likely, power = told_apart(probability, limits.power)
    return _unknown(
        f"too few people: a release of {people} that gives nothing away would lie below {limits.max_risk:g} "
        f"with a probability of {likely} only, where {power} is wanted; {takes}"
    )


def people_wanted(judged: Sequence[Judged], people: int, limits: GateLimits) -> int | None:
    """Return how many people a release of this kind must have before it can lie below the threshold.

    Parameters
    ----------
    judged : sequence of Judged
    people : int
        In the release that was audited.
    limits : GateLimits

    Returns
    -------
    int or None
        None where no release of up to a million would do, or nothing was measured.
    """
    if not judged or people < 1:
        return None
    size = release_size(parts_of(judged), people, limits)
    shares = [attack.open_people / people for attack in judged if attack.open_people]
    return None if size is None else max([size, *(ceil(FEWEST_PEOPLE / share) for share in shares)])


def below(judged: Sequence[Judged], limits: GateLimits) -> Reason:
    """Say why nothing speaks against the release: the highest bound, and the weakest control.

    Parameters
    ----------
    judged : sequence of Judged
        At least one, each with a control.
    limits : GateLimits
    """
    bound, attack = max(
        ((bound, attack) for attack in judged for bound in attack.bounds), key=lambda pair: pair[0].upper
    )
    control = min((attack.control for attack in judged if attack.control), key=lambda control: control.lower)
    return Reason(
        outcome=BELOW,
        text=(
            f"the highest of {sum(len(attack.bounds) for attack in judged)} bounds is that of {attack.label}: "
            f"{_said(bound, limits)}; on the originals every attacker identifies at least {percent(control.lower)}"
        ),
    )


def _said(bound: Bound, limits: GateLimits) -> str:
    side = "below" if bound.upper < limits.max_risk else "not below"
    return f"{bound_in_words(bound, limits.confidence)}, {side} {limits.max_risk:g}"


def _unknown(text: str) -> Reason:
    return Reason(outcome=INSUFFICIENT, text=text)


def _because(volume: Triaged) -> str:
    return f"{volume.answer}: {volume.why}" if volume.why else volume.answer


def _first(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
