"""What identifies a released scan: its bytes, and apart from them its voxels with the affine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import InputError
from reid_audit.gating.records import Released
from reid_audit.inputs import read_volume
from reid_audit.inputs.dicom import read_series
from reid_audit.store import bytes_key
from reid_audit.types import ORIGINAL
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    import pandas as pd

    from reid_audit.types import Volume

__all__ = ["hash_released", "series_digest", "voxel_digest"]

_KIND = b"reid_audit voxels 1\0"


@dataclass(frozen=True)
class _File:
    path: str
    condition: str


def voxel_digest(path: Path | str) -> str | None:
    """Return a SHA-256 over the voxels of a scan, where they lie, and how many there are; over nothing else of it.

    Two files have the same digest where :func:`~reid_audit.inputs.read_volume` reads the same 32-bit numbers in the
    same order with the same affine, however they are compressed and whatever else their headers say.

    Parameters
    ----------
    path : path-like
        A file, or the folder of a DICOM series.

    Returns
    -------
    str or None
        64 hexadecimal digits; None where it cannot be read as one three-dimensional scan.
    """
    try:
        return _digest_of(read_volume(path))
    except (InputError, OSError, MemoryError):
        return None


def series_digest(folder: Path | str) -> tuple[str | None, frozenset[Path]]:
    """Return :func:`voxel_digest` of a DICOM folder, and the files that hold these voxels and no other image.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    str or None
        None where the folder cannot be read as one three-dimensional scan.
    frozenset of Path
        Links resolved; empty where there is no digest.
    """
    try:
        volume, files = read_series(folder)
        return _digest_of(volume), frozenset(file.resolve() for file in files)
    except (InputError, OSError, MemoryError):
        return None, frozenset()


def _digest_of(volume: Volume) -> str:
    digest = hashlib.sha256(_KIND)
    digest.update(np.asarray(volume.data.shape, dtype="<i8").tobytes())
    digest.update((np.asarray(volume.affine, dtype="<f8") + 0.0).tobytes())  # -0.0 becomes 0.0
    for plane in np.moveaxis(volume.data, 2, 0):
        digest.update(np.asarray(plane, dtype="<f4").tobytes())
    return digest.hexdigest()


def hash_released(
    scans: pd.DataFrame, since: int, *, workers: int = 1
) -> tuple[tuple[Released, ...], tuple[str, ...], int]:
    """Hash every scan that is to be released; the originals are left alone.

    Parameters
    ----------
    scans : pandas.DataFrame
        Of the cohort: ``sample``, ``path``, ``condition``.
    since : int
        When the run began, ns.
    workers : int

    Returns
    -------
    tuple of Released
        One a scan, by condition and hash, so that their order tells nothing.
    tuple of str
        The sample of each, in the same order.
    int
        How many of them changed, or came, since.
    """
    of_release = scans[scans["condition"] != ORIGINAL]
    tasks = [
        _File(str(path), str(condition))
        for path, condition in zip(of_release["path"], of_release["condition"], strict=True)
    ]
    samples = of_release["sample"].astype(str).tolist()
    found = [
        (Released(condition=answer.task.condition, files=()) if isinstance(answer, WorkerLost) else answer, samples[at])
        for at, answer in run_tasks(_hashed, tasks, workers=workers)
    ]
    found.sort(key=lambda pair: (pair[0].condition, pair[0].files, pair[1]))
    changed = sum(_changed_since(Path(task.path), since) for task in tasks)
    return tuple(scan for scan, _ in found), tuple(sample for _, sample in found), changed


def _hashed(file: _File) -> Released:
    path = Path(file.path)
    try:
        files = tuple(bytes_key(part) for part in _parts(path))
    except OSError:
        files = ()
    return Released(condition=file.condition, files=files, voxels=voxel_digest(path) if files else None)


def _parts(path: Path) -> list[Path]:
    return sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]


def _changed_since(path: Path, since: int) -> bool:
    """Tell whether a file was written, or put in its place, later; the change time cannot be set back by a copy."""
    try:
        return any(part.stat().st_ctime_ns > since for part in _parts(path))
    except OSError:
        return False
