"""What an audit will take, told from the headers of the scans alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.inputs.scan_header import ScanHeader
    from reid_audit.settings import Settings

__all__ = ["Estimate", "estimate_enrolment", "estimate_triage"]

_SCAN, _PER_MEGAVOXEL, _PER_RENDER = 0.9, 0.03, 0.02
"""Seconds of one scan on one core of 2024, without and per million voxels, and per render (docs/open-points.md)."""
_PHOTO = 0.6
_KEYPOINTS = 1.5
"""Seconds of one photo, and of the keypoints of one scan."""
_LOOK, _COMPARE = 1.5, 3.0
"""Seconds that the triage takes for one volume, alone and beside its original."""
_HASHED = 200e6
"""Bytes a second that are read for their hash."""
_TEMPLATE, _PICTURE = 560, 30_000
"""Bytes that are kept of each render and of each scan."""
_ATTACK = 12
"""Bytes that an attack keeps of each pair of samples."""


@dataclass(frozen=True)
class Estimate:
    """Time and disk, right within a factor of two where the machine does nothing else.

    Parameters
    ----------
    seconds : float
        With the workers of the settings; without the bootstrap of the evaluation.
    n_bytes : float
        In OUT.
    """

    seconds: float
    n_bytes: float

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(self.seconds + other.seconds, self.n_bytes + other.n_bytes)


def estimate_enrolment(headers: Sequence[ScanHeader], n_photos: int, n_people: int, settings: Settings) -> Estimate:
    """Return what rendering, embedding and comparing will take.

    Parameters
    ----------
    headers : sequence of ScanHeader
        Of the scans that can be read.
    n_photos, n_people : int
    settings : Settings

    Returns
    -------
    Estimate
    """
    views = len(settings.yaws) * len(settings.pitches) * len(settings.azimuths) * len(settings.elevations)
    placed = 1 + ("adapted" in settings.attackers)
    each = _SCAN + placed * _PER_RENDER * views + _KEYPOINTS * settings.needs_keypoints
    voxels = sum(header.n_voxels for header in headers) / 1e6
    seconds = len(headers) * each + _PER_MEGAVOXEL * voxels + _PHOTO * n_photos
    pairs = len(settings.attackers) * n_people * (n_photos + len(headers))
    kept = len(headers) * (placed * views * _TEMPLATE + _PICTURE) + n_photos * _TEMPLATE + pairs * _ATTACK
    return Estimate(seconds / settings.workers, float(kept))


def estimate_triage(n_volumes: int, n_compared: int, n_bytes: int, settings: Settings) -> Estimate:
    """Return what the triage will take.

    Parameters
    ----------
    n_volumes, n_compared : int
        Volumes without their original, and with it.
    n_bytes : int
        Of all files, which are read once for their hash.
    settings : Settings

    Returns
    -------
    Estimate
    """
    seconds = _LOOK * n_volumes + _COMPARE * n_compared + n_bytes / _HASHED
    return Estimate(seconds / settings.workers, 500.0 * (n_volumes + n_compared))
