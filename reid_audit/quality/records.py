"""Verdicts that are finished, so that a stopped run goes on where it was."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from reid_audit.store import Record, RecordStore, code_key, content_key, file_key
from reid_audit.types import AirBehind, BrainVerdict, RegionVerdict, ScanQuality, VoxelChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.quality.limits import Limits
    from reid_audit.quality.pairs import ScanPair

__all__ = ["FinishedVerdicts"]

_ROOMS = ("anatomy", "faces", "inputs", "quality", "render", "surface", "types")


class FinishedVerdicts:
    """A private folder of verdicts under keys of everything that they rest on: files, limits, detector, code.

    Parameters
    ----------
    folder : str
        Empty for none: then nothing is kept.
    detector : str or None
    estimate : bool
        Whether a brain was estimated where no mask was given.
    limits : Limits
    """

    def __init__(self, folder: str, *, detector: str | None, estimate: bool, limits: Limits) -> None:
        self._store = RecordStore(folder) if folder else None
        self._how = [detector, estimate, asdict(limits)]

    def get(self, pair: ScanPair) -> ScanQuality | None:
        """Return the verdict on a scan, None where it is not finished or a file cannot be read."""
        key = self._key(pair)
        record = self._store.get(key) if self._store and key else None
        return None if record is None else _quality_of(record.facts)

    def put(self, pair: ScanPair, judged: ScanQuality) -> None:
        """Keep the verdict on a scan; a failure is not kept, so that it is tried again.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        key = self._key(pair)
        if self._store and key and judged.failure is None:
            self._store.put(key, Record({}, asdict(judged)))

    def _key(self, pair: ScanPair) -> str:
        if self._store is None:
            return ""
        try:
            content = [file_key(path) if path else "" for path in (pair.defaced, pair.original, pair.brain)]
        except OSError:
            return ""
        who = asdict(replace(pair, defaced="", original="", brain=""))
        return content_key("quality", who, content, self._how, code_key(*_ROOMS))


def _quality_of(facts: Mapping[str, Any]) -> ScanQuality:
    """Return what :meth:`FinishedVerdicts.put` wrote as the value that it was."""
    parts = {
        "regions": tuple(RegionVerdict(**each) for each in facts["regions"]),
        "brain": BrainVerdict(**facts["brain"]),
        "voxels": VoxelChange(**facts["voxels"]),
        "behind": AirBehind(**facts["behind"]),
        "notes": tuple(facts["notes"]),
    }
    return ScanQuality(**{**facts, **parts})
