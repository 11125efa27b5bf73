"""The gate: from the records of a run to one of three verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from reid_audit.errors import StoreError, UsageError
from reid_audit.gating.bounds import joint_probability
from reid_audit.gating.judging import Judged, Missing, judge, parts_of
from reid_audit.gating.limits import GateLimits, check_floor, laxer
from reid_audit.gating.reading import read_record
from reid_audit.gating.reasons import (
    ABOVE,
    BELOW,
    INSUFFICIENT,
    Outcome,
    Reason,
    about_attacks,
    about_evidence,
    about_searches,
    about_size,
    about_triage,
    below,
    people_wanted,
)
from reid_audit.gating.records import EVIDENCE, TRIAGE, Evidence, Name, Record, Share, Triage
from reid_audit.gating.unaudited import not_audited
from reid_audit.gating.unsearched import scans_not_searched
from reid_audit.gating.waivers import Waiver, waive
from reid_audit.gating.words import worst_in_words
from reid_audit.gating.worst import worst_attacked
from reid_audit.inputs.printable import in_one_line
from reid_audit.settings import Settings
from reid_audit.store import bytes_key

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["STATUS", "Gated", "Verdict", "gate"]

STATUS: dict[Outcome, int] = {BELOW: 0, ABOVE: 3, INSUFFICIENT: 4}
"""Exit status of each outcome."""

_GRAVEST: tuple[Outcome, ...] = (ABOVE, INSUFFICIENT, BELOW)
"""What one reason of a kind makes of all."""


class Verdict(Record):
    """What the gate says.

    Parameters
    ----------
    outcome : str
    reasons : tuple of Reason
        What led to it first; then all others. Never empty.
    attacks : tuple of Judged
    missing : tuple of Missing
        Attackers who gave no number.
    left_out : tuple of str
        Attackers of the default or of the run who were not run, or not asked about: what narrows the verdict.
    laxer : tuple of str
        Limits that let more through than their defaults do, in words; since 1.2.
    probability : float
        That a release of this size which gives nothing away would lie below the risk.
    people_wanted : int or None
        How many people it takes before that is likely enough, and a threshold for strangers can be read off.
    waivers : tuple of Waiver
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    attacks: tuple[Judged, ...] = ()
    missing: tuple[Missing, ...] = ()
    left_out: tuple[Name, ...] = ()
    laxer: tuple[Name, ...] = ()
    probability: Share = 0.0
    people_wanted: int | None = None
    waivers: tuple[Waiver, ...] = ()

    @model_validator(mode="after")
    def _as_its_reasons_say(self) -> Verdict:
        if self.outcome != _gravest(self.reasons):
            raise ValueError("a verdict is what the gravest of its reasons says")
        return self

    @property
    def status(self) -> int:
        """Exit status: 0 below the threshold, 3 above, 4 not enough evidence."""
        return STATUS[self.outcome]

    @property
    def line(self) -> str:
        """The verdict, its first reason, what narrows it, and which limits are laxer than usual, in one line."""
        more = len(self.reasons) - 1
        also = f" (and {more} more)" if more else ""
        narrowed = f"; narrowed: nobody asked about {', '.join(self.left_out)}" if self.left_out else ""
        laxer = f"; laxer than the default: {', '.join(self.laxer)}" if self.laxer else ""
        return in_one_line(f"{self.outcome}: {self.reasons[0].text}{also}{narrowed}{laxer}.")


class Gated(Record):
    """A verdict with the records on which it rests.

    Parameters
    ----------
    verdict : Verdict
    limits : GateLimits
    evidence : Evidence or None
    triage : Triage or None
    digests : mapping of str to str
        Name of each record that was read, and its SHA-256.
    """

    verdict: Verdict
    limits: GateLimits
    evidence: Evidence | None = None
    triage: Triage | None = None
    digests: dict[str, str] = Field(default_factory=dict)

    @property
    def worst(self) -> str:
        """Who is worst off under the attacks that were asked about, in one line, by pseudonym; empty where unknown."""
        found = worst_attacked(self.evidence.attacks, self.verdict.attacks) if self.evidence else None
        return worst_in_words(*found) if found else ""


def gate(
    out: Path | str,
    *,
    limits: GateLimits | None = None,
    attackers: Sequence[str] = (),
    waivers: Sequence[str] = (),
) -> Gated:
    """Say whether the release that was audited into a folder lies below a threshold.

    Every bound of every attacker on every released condition must lie below: rank 1 among all people of the release,
    and identification at a threshold that one stranger in a hundred reaches. Where faces were rebuilt, a search in the
    rebuilt scans is one more attack on the released ones; controls are asked about in nothing. Each attacker must
    identify the originals, a release of this size must be able to lie below, no file may hold a face, and of every file
    somebody must be able to say so. What cannot be read, or does not fit together, is not enough evidence.

    Parameters
    ----------
    out : path-like
        Of a run and a triage. After a purge, which takes the triage away, nobody can say: ask before it.
    limits : GateLimits, optional
    attackers : sequence of str
        Ask about these alone; the verdict says who was left out.
    waivers : sequence of str
        ``PATH=REASON``: files of which nobody can tell, scans in which no attack searched, and people (``sub-LABEL``)
        with such scans, that may be released all the same. A face cannot be waived.

    Returns
    -------
    Gated

    Raises
    ------
    UsageError
        There is no such folder, an attacker did not run, a waiver names no file, a file with a face, or no reason, or
        the floor of the positive control does not lie above the risk.
    """
    folder, limits = Path(out), limits or GateLimits()
    check_floor(limits)
    if not folder.is_dir():
        raise UsageError(f"There is no folder '{out}'.", remedy="Name the OUT of a run.")
    try:
        evidence, digest = read_record(folder / EVIDENCE, Evidence)
    except StoreError as error:
        reason = Reason(outcome=INSUFFICIENT, text=f"no finished run can be read: {_lower(str(error))}")
        return Gated(verdict=Verdict(outcome=INSUFFICIENT, reasons=(reason,)), limits=limits)
    triage, why, digests = _triage(folder)
    unaudited = not_audited(triage, evidence)
    asked = _asked(attackers, evidence)
    judged, missing = judge(evidence.attacks, asked, evidence.conditions, limits, evidence.rebuilt)
    not_searched = scans_not_searched(evidence, judged, triage)
    waived = waive(waivers, triage, not_searched.names | unaudited.names)
    given = frozenset(waiver.path for waiver in waived)
    reasons = [
        *about_size(judged, evidence.people, limits),
        *about_evidence(evidence, _digest_of(folder / "report.json")),
        *about_triage(triage, why, evidence, unaudited=unaudited, waived=given),
        *about_searches(not_searched.left(given)),
        *about_attacks(judged, missing, evidence, limits),
    ]
    if not reasons and not judged:
        reasons = [Reason(outcome=INSUFFICIENT, text="no attacker searched for anybody")]
    outcome = _gravest(reasons)
    ordered = sorted(reasons, key=lambda reason: reason.outcome != outcome) or [below(judged, limits)]
    verdict = Verdict(
        outcome=outcome,
        reasons=tuple(ordered),
        attacks=judged,
        missing=missing,
        left_out=tuple(
            name for name in dict.fromkeys((*Settings().attackers, *evidence.attackers)) if name not in asked
        ),
        laxer=laxer(limits),
        probability=joint_probability(parts_of(judged), limits),
        people_wanted=people_wanted(judged, evidence.people, limits),
        waivers=waived,
    )
    return Gated(
        verdict=verdict, limits=limits, evidence=evidence, triage=triage, digests={EVIDENCE: digest, **digests}
    )


def _gravest(reasons: Sequence[Reason]) -> Outcome:
    """Return what the gravest reason leads to; without any, nothing speaks against the release."""
    return next((outcome for outcome in _GRAVEST if any(reason.outcome == outcome for reason in reasons)), BELOW)


def _triage(folder: Path) -> tuple[Triage | None, str, dict[str, str]]:
    """Return the one triage that there is, or why there is none that can be used."""
    places = [name for name in TRIAGE if (folder / name).exists()]
    if not places:
        return None, "there is no triage of it beside the run (`reid-audit triage RELEASE OUT`)", {}
    if len(places) > 1:
        return None, f"there are two records of such a look, {' and '.join(places)}: remove the older one", {}
    try:
        triage, digest = read_record(folder / places[0], Triage)
    except StoreError as error:
        return None, _lower(str(error)), {}
    return triage, "", {TRIAGE[0]: digest}


def _digest_of(path: Path) -> str | None:
    try:
        return bytes_key(path)
    except OSError:
        return None


def _asked(attackers: Sequence[str], evidence: Evidence) -> tuple[str, ...]:
    strange = [name for name in attackers if name not in evidence.attackers]
    if strange:
        raise UsageError(
            f"Attacker {', '.join(strange)} did not run.", remedy=f"Choose from: {', '.join(evidence.attackers)}."
        )
    return tuple(dict.fromkeys(attackers)) or evidence.attackers


def _lower(text: str) -> str:
    """Return a message so that it goes on a sentence."""
    return text.removesuffix(".")
