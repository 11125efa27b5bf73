"""People and scans of a release whom nobody attacked: a run may have been narrowed to some."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reid_audit.gating.records import Evidence, Triage, Triaged

__all__ = ["NotAudited", "not_audited", "person_in"]

_PERSON = re.compile(r"(?:^|/)(sub-[A-Za-z0-9+]+)(?=[/_])")
_SCANS = frozenset({"scan", "series", "dicom"})


def person_in(path: str) -> str:
    """Return the person whom a path names by the labels of BIDS, ``"sub-01"``; empty where it names nobody."""
    found = _PERSON.search(path)
    return found[1] if found else ""


@dataclass(frozen=True)
class NotAudited:
    """Who, and what, of a release was not audited. That nobody sees a face there says nothing of an attacker.

    Parameters
    ----------
    people : tuple of str
        ``"sub-01"`` ...: people with a scan in the release, none of which was audited.
    scans : tuple of str
        Paths of scans that the run's own selection left out; in a tree whose paths name nobody, of all others. Those
        that the triage asks about itself are not among them.
    """

    people: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return all that a waiver may name: people, paths, and the people of the paths."""
        return frozenset((*self.people, *self.scans, *filter(None, map(person_in, self.scans))))


def not_audited(triage: Triage | None, evidence: Evidence) -> NotAudited:
    """Return the people and the scans of a release that no attack was about.

    Parameters
    ----------
    triage : Triage or None
        Knows the paths; without one nothing is known.
    evidence : Evidence

    Returns
    -------
    NotAudited
        Sorted.
    """
    audited = {digest for scan in evidence.released for digest in scan.files}
    volumes = [volume for volume in triage.volumes if volume.kind in _SCANS] if triage else []
    found: dict[str, list[Triaged]] = defaultdict(list)
    for volume in volumes:
        found[person_in(volume.path)].append(volume)
    people = {who for who, scans in found.items() if who and not any(scan.sha256 in audited for scan in scans)}
    unasked, nameless = frozenset(evidence.unasked), not any(found.keys())
    left = [
        volume.path
        for who, scans in found.items()
        for volume in scans
        if who not in people and volume.answer == "none" and volume.sha256 and volume.sha256 not in audited
        if nameless or volume.sha256 in unasked
    ]
    return NotAudited(tuple(sorted(people)), tuple(sorted(left)))
