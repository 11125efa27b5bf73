"""From one scan or one photo to its templates: the work of one task, kept so that a stopped run goes on.

A task holds everything that it needs, runs in any process, and returns a small value. Expected trouble comes back as a
:class:`~reid_audit.types.Failure`, never as an exception, so that the other scans go on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.enrolment.keypoints import keypoints_of, lost_keypoints, photo_keypoints, render_keypoints
from reid_audit.errors import Fault, fault_of
from reid_audit.inputs.detached import scan_key
from reid_audit.keypoints import keypoint_specs
from reid_audit.plugins import load_detector, load_embedder
from reid_audit.store import Record, RecordStore, code_key, content_key, file_key
from reid_audit.types import LOST, Failure, HeadSurface, ModelSpec, Photo, Renders, SurfaceQuality, Templates, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reid_audit.protocols import Detector, Embedder
    from reid_audit.types import Keypoints

__all__ = ["PhotoTask", "Sample", "ScanTask", "enrol", "failed", "failed_keypoints", "render_scan", "specs_of"]

_ROOMS = ("types", "inputs", "anatomy", "surface", "render", "faces", "enrolment/tasks.py")
_KEYPOINT_ROOMS = (*_ROOMS[:-2], "keypoints.py", "enrolment/keypoints.py")
_PICTURE_EDGE = 200


@dataclass(frozen=True)
class ScanTask:
    """One scan to render, detect and embed.

    Parameters
    ----------
    sample, subject, session, condition, modality, path : str
        Of the manifest's row.
    views : tuple of View
    size : int
        Edge of a render in pixels.
    triangles : int or None
    detector, embedder : str
        Names of plugins.
    store : str or None
        Folder of finished records; None keeps nothing.
    keypoints : bool
        Find keypoints in the renders as well, while they are there.
    placed : bool
        Whether renders without a detected face are embedded where the camera says that it is.
    """

    sample: str
    subject: str
    session: str
    condition: str
    modality: str
    path: str
    views: tuple[View, ...]
    size: int
    triangles: int | None
    detector: str
    embedder: str
    store: str | None
    keypoints: bool = False
    placed: bool = False


@dataclass(frozen=True)
class PhotoTask:
    """One photo to detect and embed; fields as in :class:`ScanTask`."""

    sample: str
    subject: str
    path: str
    detector: str
    embedder: str
    store: str | None
    session: str = ""
    condition: str = ""
    keypoints: bool = False


@dataclass(frozen=True, eq=False)
class Sample:
    """What became of one task.

    Parameters
    ----------
    templates : Templates or None
        None when the scan or photo was lost.
    quality : SurfaceQuality or None
        For scans.
    picture : ndarray, shape (H, W), uint8, or None
        The render nearest to a frontal view, reduced; for scans.
    failures : tuple of Failure
    keypoints : tuple of Keypoints
        One value a kind; empty where they were not asked for, and when the scan or photo was lost.
    placed : Templates or None
        The same with the face placed from the camera where none was detected; None where that was not asked for.
    """

    templates: Templates | None
    quality: SurfaceQuality | None = None
    picture: np.ndarray[Any, Any] | None = None
    failures: tuple[Failure, ...] = ()
    keypoints: tuple[Keypoints, ...] = ()
    placed: Templates | None = None

    def __repr__(self) -> str:
        return f"Sample({self.templates!r}, {len(self.failures)} failures)"


def enrol(task: ScanTask | PhotoTask) -> Sample:
    """Do a task, or take its result from the store.

    Parameters
    ----------
    task : ScanTask or PhotoTask

    Returns
    -------
    Sample
        Never raises for bad input: a file that cannot be used is a failure inside the sample.

    Raises
    ------
    StoreError, MissingResourceError, UsageError
        What would stop every other task as well: a full disk, missing weights, a plugin that does not exist.
    """
    try:
        records = _records(task)
    except Exception as error:  # noqa: BLE001 - a defect met on one scan must not cost the others their results
        return Sample(None, failures=(_failure(task, fault_of(error)),))
    return _sample(task, records)


def _records(task: ScanTask | PhotoTask) -> dict[str, Record]:
    """Return the templates, and the keypoints where they are wanted: as they are kept, or made from one reading."""
    store = RecordStore(task.store) if task.store else None
    keys = _keys(task)
    records = {part: kept for part, key in keys.items() if store and (kept := store.get(key)) is not None}
    missing = [part for part in keys if part not in records]
    if missing:
        if store:
            store.begin(*(keys[part] for part in missing))
        made = _scan_records(task, missing) if isinstance(task, ScanTask) else _photo_records(task, missing)
        for part in missing:
            if store:
                store.put(keys[part], made[part])
            records[part] = made[part]
    return records


def render_scan(task: ScanTask) -> tuple[HeadSurface, Renders]:
    """Read one scan, find its surface, and render it.

    Raises
    ------
    InputError
        If the file is no usable scan or holds no head.
    """
    from reid_audit.inputs import read_volume
    from reid_audit.render import render_head
    from reid_audit.surface import head_surface

    volume = read_volume(Path(task.path), modality=task.modality or None)
    surface = head_surface(volume, target_triangles=task.triangles)
    return surface, render_head(surface, task.views, size=task.size)


def _scan_records(task: ScanTask, parts: Sequence[str]) -> dict[str, Record]:
    surface, renders = render_scan(task)
    made = _template_records(task, surface, renders) if {"templates", "placed"} & set(parts) else {}
    return made | ({"keypoints": render_keypoints(renders)} if "keypoints" in parts else {})


def _template_records(task: ScanTask, surface: HeadSurface, renders: Renders) -> dict[str, Record]:
    from reid_audit.faces import embed_renders, with_placed_faces

    detector, embedder = models(task.detector, task.embedder)
    nothing = {"subject": "", "session": "", "condition": "", "modality": "", "sample": ""}
    templates = embed_renders(renders, detector, embedder, **nothing)
    frontal = min(range(len(renders.views)), key=lambda i: _obliqueness(renders.views[i]))
    arrays = {**_arrays(templates), "picture": _reduced(renders.images[frontal])}
    made = {"templates": Record(arrays, {"quality": asdict(surface.quality)})}
    if task.placed:
        vectors = np.asarray(with_placed_faces(renders, templates, embedder).vectors)
        made["placed"] = Record({"vectors": vectors})
    return made


def _photo_records(task: PhotoTask, parts: Sequence[str]) -> dict[str, Record]:
    from reid_audit.inputs import read_photo

    photo = read_photo(Path(task.path))
    made = {"templates": _photo_record(task, photo)} if "templates" in parts else {}
    return made | ({"keypoints": photo_keypoints(photo)} if "keypoints" in parts else {})


def _photo_record(task: PhotoTask, photo: Photo) -> Record:
    from reid_audit.faces import embed_photo

    detector, embedder = models(task.detector, task.embedder)
    return Record(_arrays(embed_photo(photo, detector, embedder, subject="", sample="")))


@cache
def models(detector: str, embedder: str) -> tuple[Detector, Embedder]:
    """Return the detector and the embedder of these names, loaded once a process."""
    return load_detector(detector), load_embedder(embedder)


_VIEW_COLUMNS = ("yaw", "pitch", "light_azimuth", "light_elevation")


def _arrays(templates: Templates) -> dict[str, np.ndarray[Any, Any]]:
    table = templates.table
    return {
        "vectors": np.asarray(templates.vectors),
        "views": table[list(_VIEW_COLUMNS)].to_numpy(np.float64),
        "detected": table["detected"].to_numpy(bool),
        "reason": table["reason"].to_numpy(str),
    }


def _sample(task: ScanTask | PhotoTask, records: dict[str, Record]) -> Sample:
    record = records["templates"]
    templates = Templates(
        _table(task, record), record.arrays["vectors"], specs_of(task.detector, task.embedder)[1].name
    )
    failures: tuple[Failure, ...] = ()
    if not templates.table["detected"].any():
        failures = (_unseen(task, templates.table["reason"].iloc[0] or "no face found"),)
    keypoints = keypoints_of(_facts(task), records["keypoints"]) if task.keypoints else ()
    failures += tuple(_bare(task, each.kind) for each in keypoints if not each.counts.any())
    if isinstance(task, PhotoTask):
        return Sample(templates, failures=failures, keypoints=keypoints)
    facts: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in record.facts["quality"].items()}
    placed = (
        Templates(templates.table, records["placed"].arrays["vectors"], templates.embedder) if task.placed else None
    )
    return Sample(templates, SurfaceQuality(**facts), record.arrays["picture"], failures, keypoints, placed)


def failed(task: ScanTask | PhotoTask) -> Templates:
    """Return the rows of a scan or photo that was lost: a failure to enrol, which no attacker may drop."""
    from reid_audit.faces import failed_photo, failed_scan

    _, embedder = models(task.detector, task.embedder)
    if isinstance(task, PhotoTask):
        return failed_photo(LOST, embedder, subject=task.subject, sample=task.sample)
    names = ("subject", "session", "condition", "modality", "sample")
    return failed_scan(LOST, task.views, embedder, **{name: getattr(task, name) for name in names})


def failed_keypoints(task: ScanTask | PhotoTask) -> tuple[Keypoints, ...]:
    """Return the same for keypoints, one value a kind."""
    return lost_keypoints(_facts(task), task.views if isinstance(task, ScanTask) else None, LOST)


def _bare(task: ScanTask | PhotoTask, kind: str) -> Failure:
    what = f"Not one keypoint of kind '{kind}' was found: the picture is empty or without contrast."
    return _failure(task, Fault("embed", what, "Look at the photo, or at the renders: `reid-audit render`."))


def _unseen(task: ScanTask | PhotoTask, reason: str) -> Failure:
    if isinstance(task, PhotoTask):
        remedy = "Crop the photo to the one face, upright and unobstructed."
        return _failure(task, Fault("detect", f"Photo: {reason}.", remedy))
    what = "No face was found in any render; that alone does not protect: a stronger attacker may know where it is."
    return _failure(task, Fault("detect", what, "Look at the renders: `reid-audit render`."))


def _facts(task: ScanTask | PhotoTask) -> dict[str, str]:
    return {
        "subject": task.subject,
        "session": task.session,
        "condition": task.condition,
        "modality": task.modality if isinstance(task, ScanTask) else "",
        "source": "scan" if isinstance(task, ScanTask) else "photo",
        "sample": task.sample,
    }


def _table(task: ScanTask | PhotoTask, record: Record) -> pd.DataFrame:
    import pandas as pd

    views = {name: record.arrays["views"][:, i] for i, name in enumerate(_VIEW_COLUMNS)}
    seen = {"detected": record.arrays["detected"], "reason": record.arrays["reason"].astype(object)}
    return pd.DataFrame({**_facts(task), **views, **seen})


def _keys(task: ScanTask | PhotoTask) -> dict[str, str]:
    """Return the key of each record that the task is about; keypoints need neither detector nor embedder."""
    file = scan_key(task.path) if isinstance(task, ScanTask) else file_key(task.path)
    specs = [asdict(model.spec) for model in models(task.detector, task.embedder)]
    keys = {"templates": _key(task, file, code_key(*_ROOMS), specs)}
    if isinstance(task, ScanTask) and task.placed:
        keys["placed"] = _key(task, file, code_key(*_ROOMS), specs, "placed")
    if task.keypoints:
        keys["keypoints"] = _key(task, file, code_key(*_KEYPOINT_ROOMS), [asdict(each) for each in keypoint_specs()])
    return keys


def _key(task: ScanTask | PhotoTask, *content: Any) -> str:
    if isinstance(task, ScanTask):
        views = [[*view.camera, *view.light] for view in task.views]
        return content_key("scan", *content, task.modality, views, task.size, task.triangles)
    return content_key("photo", *content)


def specs_of(detector: str, embedder: str) -> tuple[ModelSpec, ...]:
    """Return what the report says about the models of an audit."""
    return tuple(model.spec for model in models(detector, embedder))


def _failure(task: ScanTask | PhotoTask, fault: Fault) -> Failure:
    return Failure(fault.stage, task.subject, task.session, task.condition, task.sample, fault.what, fault.remedy)


def _obliqueness(view: View) -> float:
    return abs(view.yaw) + abs(view.pitch) + 0.1 * (abs(view.light_azimuth) + abs(view.light_elevation - 20))


def _reduced(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import cv2

    edge = min(_PICTURE_EDGE, image.shape[0])
    return np.asarray(cv2.resize(np.ascontiguousarray(image), (edge, edge), interpolation=cv2.INTER_AREA))
