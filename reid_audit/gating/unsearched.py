"""Released scans in which no attack searched: what was found of the others says nothing of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.gating.series import attested_series
from reid_audit.gating.unaudited import person_in
from reid_audit.gating.worst import same_attack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reid_audit.gating.judging import Judged
    from reid_audit.gating.records import Evidence, Released, Triage

__all__ = ["NotSearched", "scans_not_searched"]


@dataclass(frozen=True)
class NotSearched:
    """Released scans in which none of the attacks that were asked about searched.

    Parameters
    ----------
    scans : tuple of tuple of str
        The paths of each; none where nobody looked at the release, so that they are not known.
    """

    scans: tuple[tuple[str, ...], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return all that a waiver may name: their paths, and their people (``sub-LABEL``) for all scans of each."""
        return frozenset[str]().union(*map(_names, self.scans))

    def left(self, waived: Collection[str]) -> tuple[str, ...]:
        """Return a path of each scan that nobody waived; empty where it is not known."""
        given = frozenset(waived)
        return tuple(next(iter(paths), "") for paths in self.scans if not given & _names(paths))


def _names(paths: Sequence[str]) -> frozenset[str]:
    return frozenset(paths) | {person for path in paths if (person := person_in(f"{path}/"))}


def scans_not_searched(evidence: Evidence, judged: Sequence[Judged], triage: Triage | None) -> NotSearched:
    """Return the released scans in which none of the judged attacks searched.

    An attack by photographs searches every scan; one that asks of pairs, or sets out from originals, may have nothing
    to compare a scan with. An attack in rebuilt scans searched in no released one.

    Parameters
    ----------
    evidence : Evidence
    judged : sequence of Judged
        Conditions without any are left out: that nobody attacked them is said elsewhere.
    triage : Triage or None
        Knows the paths; the record of a run has hashes alone.

    Returns
    -------
    NotSearched
    """
    asked = {same_attack(attack) for attack in judged}
    by_condition: dict[str, list[frozenset[int]]] = defaultdict(list)
    for attack in evidence.attacks:
        if same_attack(attack) in asked and not attack.rebuilt:
            by_condition[attack.condition].append(frozenset(attack.unsearched))
    left = sorted(frozenset[int]().union(*(frozenset.intersection(*each) for each in by_condition.values())))
    if not left:
        return NotSearched()
    paths: dict[str, set[str]] = defaultdict(set)
    for volume in triage.volumes if triage else ():
        paths[volume.sha256 or ""].add(volume.path)
    return NotSearched(tuple(_paths_of(evidence.released[place], paths, triage) for place in left))


def _paths_of(scan: Released, paths: Mapping[str, set[str]], triage: Triage | None) -> tuple[str, ...]:
    """Return where a scan lies: the files with its bytes, or the folders of a series."""
    if triage is None or not scan.files:
        return ()
    if len(scan.files) == 1:
        return tuple(sorted(paths.get(scan.files[0], ())))
    return tuple(series.folder for series in attested_series(triage, [scan]) if series.folder)
