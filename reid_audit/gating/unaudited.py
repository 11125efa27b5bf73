"""People and scans of a release whom nobody attacked: a run may have been narrowed to some."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reid_audit.triage.answer import HEADLESS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reid_audit.gating.records import Evidence, Triage, Triaged

__all__ = ["NotAudited", "not_audited", "person_in"]

_PERSON = re.compile(r"(?:^|/)(?:(sub-[^/]+)/|(sub-[A-Za-z0-9+]+)_[^/]*$)")
_SCANS = frozenset({"scan", "series", "dicom"})


def person_in(path: str) -> str:
    """Return the person whom a path names by a folder or a label of BIDS, ``"sub-01"``; empty where it names nobody."""
    found = _PERSON.search(path)
    return (found[1] or found[2]) if found else ""


@dataclass(frozen=True)
class NotAudited:
    """Who, and what, of a release was not audited. That nobody sees a face there says nothing of an attacker.

    Parameters
    ----------
    people : mapping of str to tuple of str
        ``"sub-01"`` ...: people with a scan in the release, none of which was audited, and the paths of those scans in
        which somebody could be searched for.
    scans : tuple of str
        Paths of all other scans in which somebody could be searched for: in sessions and sequences that the run left
        out, later echoes, copies in other spaces, and whatever lies under a name that is none of BIDS. Those that the
        triage asks about itself are not among them, nor are volumes without a head.
    """

    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scans: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return all that a waiver may name: people, paths, and the people of the paths."""
        theirs = [path for paths in self.people.values() for path in paths]
        return frozenset((*self.people, *theirs, *self.scans, *filter(None, map(person_in, self.scans))))

    def strangers(self, waived: Collection[str]) -> tuple[str, ...]:
        """Return the people for whom nobody gave a reason, nor for each of their scans.

        Parameters
        ----------
        waived : collection of str
            People, and paths of scans.
        """
        given = frozenset(waived)
        return tuple(
            who for who, paths in self.people.items() if who not in given and not (paths and given.issuperset(paths))
        )


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
    left = [
        volume.path
        for who, scans in found.items()
        for volume in scans
        if who not in people and volume.sha256 not in audited and _could_be_attacked(volume)
    ]
    theirs = {
        who: tuple(sorted(scan.path for scan in found[who] if _could_be_attacked(scan))) for who in sorted(people)
    }
    return NotAudited(theirs, tuple(sorted(left)))


def _could_be_attacked(volume: Triaged) -> bool:
    """Tell whether a volume without a face holds a head nevertheless, or something of its size."""
    return volume.answer == "none" and volume.why.partition(":")[0] not in HEADLESS
