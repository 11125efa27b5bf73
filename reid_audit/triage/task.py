"""One file of a release, or the DICOM files of one folder: hashed, looked at, answered, and kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import InputError, ReidAuditError
from reid_audit.inputs import read_volume
from reid_audit.inputs.names import guess_modality, split_extension
from reid_audit.inputs.scan_header import read_scan_header
from reid_audit.plugins import load_detector
from reid_audit.store import Record, RecordStore, bytes_key, code_key, content_key
from reid_audit.triage.answer import Told, worst
from reid_audit.triage.contents import named_by_content
from reid_audit.triage.headers import told_by_scan_header
from reid_audit.triage.identifiers import tree_labels
from reid_audit.triage.json_words import told_by_json
from reid_audit.triage.kinds import told_by_contradiction
from reid_audit.triage.pages import told_by_page
from reid_audit.triage.path_words import told_by_path
from reid_audit.triage.pictures import told_by_picture
from reid_audit.triage.result import TriagedFile
from reid_audit.triage.series import told_by_series
from reid_audit.triage.tables import told_by_table
from reid_audit.triage.texts import told_by_text
from reid_audit.triage.volumes import told_by_scan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TriageTask", "triage_files"]

_ROOMS = ("types", "inputs", "anatomy", "surface", "render", "faces", "quality", "triage")
_KEPT = {"scan", "mask", "dicom", "picture", "page"}
"""Kinds that take time: their answers are kept."""

_MOST_LABELS, _SAMPLE = 128, 1_000_000
"""Values that a segmentation has at most (that of FreeSurfer's cortex and subcortex has 113), and voxels looked at."""

_UNREAD = {
    "mesh": "mesh: a surface, and one of the skin shows the face; meshes are not drawn here",
    "document": "document: its pages are not opened here",
    "archive": "archive: what it holds is not opened here",
    "other": "unknown: nothing here reads this kind of file",
}


@dataclass(frozen=True)
class TriageTask:
    """Files that are looked at together.

    Parameters
    ----------
    places : tuple of (str, str)
        Path, and name in the release; one, or those of a folder's DICOM files.
    kind : str
    original : str
        Path of the scan before it was defaced; empty where it is not at hand.
    detector, picture_detector : str
        Names of detectors, for renders and for pictures.
    store : str or None
        Folder of finished answers.
    """

    places: tuple[tuple[str, str], ...]
    kind: str
    original: str
    detector: str
    picture_detector: str
    store: str | None


def triage_files(task: TriageTask) -> list[TriagedFile]:
    """Answer for the files of a task, or take the answers from the store.

    Parameters
    ----------
    task : TriageTask

    Returns
    -------
    list of TriagedFile
        One a file. Never raises for what is wrong with a file: it is ``"unaudited"`` then.

    Raises
    ------
    StoreError, MissingResourceError, UsageError
        What would stop every other task as well: a full disk, a detector that does not exist.
    """
    hashes = [_hash(path) for path, _ in task.places]
    if not all(hashes):
        told = [Told("unaudited", "unreadable: the system refuses to open the file")] * len(hashes)
    else:
        told = [
            worst([one, _contradiction(Path(path)), told_by_path(name)])
            for (path, name), one in zip(task.places, _guarded(task, hashes), strict=True)
        ]
    kind = _kind_of(task)
    rows = zip(task.places, hashes, told, strict=True)
    return [TriagedFile(name, digest, kind, one.answer, one.why) for (_, name), digest, one in rows]


def _hash(path: str) -> str:
    """Return the SHA-256 of a file's bytes, empty where it cannot be read."""
    try:
        return bytes_key(path)
    except OSError:
        return ""


def _contradiction(path: Path) -> Told:
    try:
        return told_by_contradiction(path)
    except OSError:
        return Told("unaudited", "unreadable: the file went away while it was looked at")


def _guarded(task: TriageTask, hashes: Sequence[str]) -> list[Told]:
    """Look at the files; what is wrong with them becomes the answer."""
    try:
        return _kept(task, hashes)
    except InputError as error:
        told = Told("unaudited", f"unreadable: {error.message}")
    except ReidAuditError:
        raise
    except OSError as error:
        told = Told("unaudited", f"unreadable: {error.strerror or type(error).__name__}")
    except MemoryError:
        told = Told("unaudited", "memory: the file does not fit into memory")
    except Exception as error:  # noqa: BLE001 - a defect met on one file must not cost the others their answers
        told = Told("unaudited", f"defect: unexpected {type(error).__name__} inside the library; please report it")
    return [told] * len(hashes)


def _kept(task: TriageTask, hashes: Sequence[str]) -> list[Told]:
    """Take the answers from the store where they are finished."""
    if task.store is None or task.kind not in _KEPT:
        return _looked(task)
    store, key = RecordStore(task.store), _key(task, hashes)
    record = store.get(key)
    if record is not None:
        return [Told(*told) for told in record.facts["told"]]
    told = _looked(task)
    store.put(key, Record({}, {"told": [[one.answer, one.why] for one in told]}))
    return told


def _key(task: TriageTask, hashes: Sequence[str]) -> str:
    """Return the key of answers: bytes, what the names say, models, code."""
    names = [
        (sorted(tree_labels(name)), guess_modality(Path(name).name), split_extension(name)[1])
        for _, name in task.places
    ]
    models = [asdict(load_detector(name).spec) for name in _detectors(task)]
    original = _hash(task.original) if task.original else ""
    return content_key("triage", task.kind, list(hashes), names, original, models, code_key(*_ROOMS))


def _detectors(task: TriageTask) -> tuple[str, ...]:
    """Return the names of the detectors that look at files of this kind."""
    if task.kind == "dicom":  # volumes, and images that belong to none
        return task.detector, task.picture_detector
    return (task.detector if task.kind in {"scan", "mask"} else task.picture_detector,)


def _looked(task: TriageTask) -> list[Told]:
    paths = [Path(path) for path, _ in task.places]
    labels = [tree_labels(name) for _, name in task.places]
    if task.kind == "dicom":
        return told_by_series(paths, labels, detector=task.detector, picture_detector=task.picture_detector)
    if task.kind in _UNREAD:
        return [Told("unaudited", _UNREAD[task.kind])]
    path, own = paths[0], labels[0]
    look: dict[str, Callable[[], Told]] = {
        "scan": lambda: _scan(path, own, task),
        "mask": lambda: _scan(path, own, task),
        "picture": lambda: told_by_picture(path, own, detector=task.picture_detector),
        "page": lambda: told_by_page(path, own, detector=task.picture_detector),
        "header": lambda: told_by_json(path, own, detector=task.picture_detector),
        "table": lambda: told_by_table(path, own),
        "text": lambda: told_by_text(path, own, detector=task.picture_detector),
    }
    return [look[task.kind]()]


def _scan(path: Path, labels: frozenset[str], task: TriageTask) -> Told:
    with named_by_content(path) as readable:
        voxels = told_by_scan(readable, original=task.original, detector=task.detector)
        return worst([voxels, told_by_scan_header(readable, labels)])


def _kind_of(task: TriageTask) -> str:
    """Return what the files turned out to be: a series; a scan that is called a mask."""
    path = Path(task.places[0][0])
    if task.kind == "scan" and _is_series(path):
        return "series"
    return "scan" if task.kind == "mask" and not _holds_labels(path) else task.kind


def _holds_labels(path: Path) -> bool:
    """Tell whether a volume has few values, as masks and segmentations do; one that cannot be read is left a mask."""
    try:
        with named_by_content(path) as readable:
            data = np.asarray(read_volume(readable).data).ravel()
    except (InputError, OSError, MemoryError):
        return True
    return len(np.unique(data[:: max(data.size // _SAMPLE, 1)])) <= _MOST_LABELS


def _is_series(path: Path) -> bool:
    try:
        with named_by_content(path) as readable:
            return read_scan_header(readable).n_frames > 1
    except (InputError, OSError):
        return False
