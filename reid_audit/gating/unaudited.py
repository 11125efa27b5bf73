"""People of a release of whom no scan was attacked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reid_audit.gating.records import Evidence, Triage

__all__ = ["people_not_audited"]

_PERSON = re.compile(r"(?:^|/)(sub-[A-Za-z0-9+]+)(?=[/_])")
_SCANS = frozenset({"scan", "series", "dicom"})


def people_not_audited(triage: Triage, evidence: Evidence) -> tuple[str, ...]:
    """Return the people who have a scan in the release, none of which was audited: by the labels of BIDS, sorted.

    A run may have been narrowed to some people. That nobody sees a face in the scans of the others does not say that an
    attacker would not find them.

    Parameters
    ----------
    triage : Triage
    evidence : Evidence

    Returns
    -------
    tuple of str
        ``"sub-01"`` ...; empty for a tree whose paths name nobody.
    """
    audited = {digest for scan in evidence.released for digest in scan.files}
    found: dict[str, bool] = {}
    for volume in triage.volumes:
        person = _PERSON.search(volume.path)
        if person and volume.kind in _SCANS:
            found[person[1]] = found.get(person[1], False) or volume.sha256 in audited
    return tuple(sorted(person for person, known in found.items() if not known))
