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

from reid_audit.errors import InputError, ReidAuditError, StoreError
from reid_audit.plugins import load_detector, load_embedder
from reid_audit.store import Record, RecordStore, code_key, content_key, file_key
from reid_audit.types import LOST, Failure, HeadSurface, ModelSpec, Renders, SurfaceQuality, Templates, View

if TYPE_CHECKING:
    import pandas as pd

    from reid_audit.protocols import Detector, Embedder

__all__ = ["PhotoTask", "Sample", "ScanTask", "enrol", "failed", "render_scan", "specs_of"]

_ROOMS = ("types", "inputs", "anatomy", "surface", "render", "faces", "enrolment/tasks.py")
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
    placed : Templates or None
        The same with the face placed from the camera where none was detected; None where that was not asked for.
    """

    templates: Templates | None
    quality: SurfaceQuality | None = None
    picture: np.ndarray[Any, Any] | None = None
    failures: tuple[Failure, ...] = ()
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
        key = _key(task)
        record = RecordStore(task.store).get(key) if task.store else None
        if record is None or not _complete(task, record):
            record = _scan_record(task) if isinstance(task, ScanTask) else _photo_record(task)
            if task.store:
                RecordStore(task.store).put(key, record)
    except InputError as error:
        return Sample(None, failures=(_failure(task, _stage(error), error.message, error.remedy),))
    except FileNotFoundError:
        what = "The file does not exist."
        remedy = "Correct the path; fetch the content if the file is a link of git-annex or DataLad."
        return Sample(None, failures=(_failure(task, "read", what, remedy),))
    except OSError as error:
        what = f"The file cannot be read: {error.strerror or type(error).__name__}."
        return Sample(None, failures=(_failure(task, "read", what, "Check the path and its permissions."),))
    except MemoryError:
        what = "Not enough memory for this image."
        return Sample(None, failures=(_failure(task, "read", what, "Resample it to 1 mm, or use fewer workers."),))
    except StoreError:
        raise
    except ReidAuditError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect met on one scan must not cost the others their results
        what = f"Unexpected {type(error).__name__} inside the library; this is a defect, not a property of the scan."
        return Sample(None, failures=(_failure(task, "worker", what, "Please report it, with the versions below."),))
    return _sample(task, record)


def _complete(task: ScanTask | PhotoTask, record: Record) -> bool:
    """Return whether a finished record holds all that is asked for: one from before placed faces were does not."""
    return not (isinstance(task, ScanTask) and task.placed) or "placed" in record.arrays


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


def _scan_record(task: ScanTask) -> Record:
    from reid_audit.faces import embed_renders, with_placed_faces

    surface, renders = render_scan(task)
    detector, embedder = models(task.detector, task.embedder)
    nothing = {"subject": "", "session": "", "condition": "", "modality": "", "sample": ""}
    templates = embed_renders(renders, detector, embedder, **nothing)
    more = {"placed": with_placed_faces(renders, templates, embedder).vectors} if task.placed else {}
    frontal = min(range(len(renders.views)), key=lambda i: _obliqueness(renders.views[i]))
    arrays = {**_arrays(templates), **more, "picture": _reduced(renders.images[frontal])}
    return Record(arrays, {"quality": asdict(surface.quality)})


def _photo_record(task: PhotoTask) -> Record:
    from reid_audit.faces import embed_photo
    from reid_audit.inputs import read_photo

    detector, embedder = models(task.detector, task.embedder)
    return Record(_arrays(embed_photo(read_photo(Path(task.path)), detector, embedder, subject="", sample="")))


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


def _sample(task: ScanTask | PhotoTask, record: Record) -> Sample:
    templates = Templates(
        _table(task, record), record.arrays["vectors"], specs_of(task.detector, task.embedder)[1].name
    )
    failures: tuple[Failure, ...] = ()
    if not templates.table["detected"].any():
        failures = (_unseen(task, templates.table["reason"].iloc[0] or "no face found"),)
    if isinstance(task, PhotoTask):
        return Sample(templates, failures=failures)
    facts: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in record.facts["quality"].items()}
    placed = Templates(templates.table, record.arrays["placed"], templates.embedder) if task.placed else None
    return Sample(templates, SurfaceQuality(**facts), record.arrays["picture"], failures, placed)


def failed(task: ScanTask | PhotoTask) -> Templates:
    """Return the rows of a scan or photo that was lost: a failure to enrol, which no attacker may drop."""
    from reid_audit.faces import failed_photo, failed_scan

    _, embedder = models(task.detector, task.embedder)
    if isinstance(task, PhotoTask):
        return failed_photo(LOST, embedder, subject=task.subject, sample=task.sample)
    names = ("subject", "session", "condition", "modality", "sample")
    return failed_scan(LOST, task.views, embedder, **{name: getattr(task, name) for name in names})


def _unseen(task: ScanTask | PhotoTask, reason: str) -> Failure:
    if isinstance(task, PhotoTask):
        return _failure(
            task, "detect", f"Photo: {reason}.", "Crop the photo to the one face, upright and unobstructed."
        )
    what = "No face was found in any render; that alone does not protect: a stronger attacker may know where it is."
    return _failure(task, "detect", what, "Look at the renders: `reid-audit render`.")


def _table(task: ScanTask | PhotoTask, record: Record) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {
        "subject": task.subject,
        "session": task.session,
        "condition": task.condition,
        "modality": task.modality if isinstance(task, ScanTask) else "",
        "source": "scan" if isinstance(task, ScanTask) else "photo",
        "sample": task.sample,
    }
    views = {name: record.arrays["views"][:, i] for i, name in enumerate(_VIEW_COLUMNS)}
    seen = {"detected": record.arrays["detected"], "reason": record.arrays["reason"].astype(object)}
    return pd.DataFrame({**columns, **views, **seen})


def _key(task: ScanTask | PhotoTask) -> str:
    specs = [asdict(model.spec) for model in models(task.detector, task.embedder)]
    content = [file_key(task.path), code_key(*_ROOMS), specs]
    if isinstance(task, ScanTask):
        views = [[*view.camera, *view.light] for view in task.views]
        return content_key("scan", *content, task.modality, views, task.size, task.triangles)
    return content_key("photo", *content)


def specs_of(detector: str, embedder: str) -> tuple[ModelSpec, ...]:
    """Return what the report says about the models of an audit."""
    return tuple(model.spec for model in models(detector, embedder))


def _stage(error: InputError) -> str:
    from reid_audit.errors import HeadError

    return "surface" if isinstance(error, HeadError) else "read"


def _failure(task: ScanTask | PhotoTask, stage: str, what: str, remedy: str) -> Failure:
    return Failure(stage, task.subject, task.session, task.condition, task.sample, what, remedy)


def _obliqueness(view: View) -> float:
    return abs(view.yaw) + abs(view.pitch) + 0.1 * (abs(view.light_azimuth) + abs(view.light_elevation - 20))


def _reduced(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import cv2

    edge = min(_PICTURE_EDGE, image.shape[0])
    return np.asarray(cv2.resize(np.ascontiguousarray(image), (edge, edge), interpolation=cv2.INTER_AREA))
