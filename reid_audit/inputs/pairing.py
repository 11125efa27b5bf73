"""What a scan and its defaced form share, and which belong together."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reid_audit.inputs.names import canonical_modality, parse_image_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["ScanKey", "partners", "scan_key"]


class ScanKey(NamedTuple):
    """What tells one scan of a cohort from another.

    Parameters
    ----------
    subject, session, modality : str
    extra : str
        What else the file name says: ``"acq-x_run-2"``; empty where it has no BIDS name.
    """

    subject: str
    session: str
    modality: str
    extra: str = ""


def scan_key(row: Mapping[str, object]) -> ScanKey:
    """Return the key of a row with ``subject, session, modality, path``."""
    name = parse_image_name(Path(str(row["path"])).name)
    extra = "" if name is None else name.extra
    return ScanKey(str(row["subject"]), str(row["session"]), canonical_modality(str(row["modality"])), extra)


def partners(defaced: Collection[ScanKey], originals: Collection[ScanKey]) -> dict[ScanKey, ScanKey]:
    """Return the original of each defaced scan of one condition that has one.

    Parameters
    ----------
    defaced, originals : collection of ScanKey

    Returns
    -------
    dict of ScanKey to ScanKey
        The same key; or, where a person has one scan of a session and sequence before and one after, and one of the two
        names says no run or acquisition, that scan. One run is never taken for another.
    """
    before, after = _by_sequence(originals), _by_sequence(defaced)
    found = {}
    for key in defaced:
        alike, own = before.get(key[:3], ()), after[key[:3]]
        if key in alike:
            found[key] = key
        elif len(alike) == len(own) == 1 and "" in {key.extra, *(each.extra for each in alike)}:
            (found[key],) = alike
    return found


def _by_sequence(keys: Collection[ScanKey]) -> dict[tuple[str, str, str], set[ScanKey]]:
    made: dict[tuple[str, str, str], set[ScanKey]] = defaultdict(set)
    for key in keys:
        made[key[:3]].add(key)
    return made
