"""From a cohort to its templates: every scan and photo is tried, whatever is lost stays in the count."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reid_audit.enrolment.tasks import PhotoTask, Sample, ScanTask, enrol, failed, failed_keypoints
from reid_audit.errors import ManifestError
from reid_audit.faces import concatenate
from reid_audit.keypoints import concatenate_keypoints
from reid_audit.render import camera_grid
from reid_audit.store import for_people_in, own_folder, private_folder
from reid_audit.types import Cohort, Failure, Keypoints, Templates
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from reid_audit.settings import Settings

__all__ = ["Enrolled", "enrol_cohort", "enrol_distractors", "people_to_enrol", "rows_of", "scan_task"]


@dataclass(frozen=True, eq=False)
class Enrolled:
    """The templates of a cohort.

    Parameters
    ----------
    scans, photos : Templates or None
        None where there are none in the cohort; a scan or photo that was lost is there without a template.
    samples : mapping of str to Sample
        What became of each scan.
    failures : tuple of Failure
    keypoints : tuple of Keypoints
        Of scans and photos, one value a kind; empty where no attacker works with them.
    store : str or None
        Folder of finished records.
    placed : Templates or None
        The rows of ``scans`` with the face placed from the camera where none was detected; None where that was not
        asked for.
    """

    scans: Templates | None
    photos: Templates | None
    samples: Mapping[str, Sample]
    failures: tuple[Failure, ...]
    keypoints: tuple[Keypoints, ...] = ()
    store: str | None = None
    placed: Templates | None = None

    def __repr__(self) -> str:
        return f"Enrolled({self.scans!r}, {self.photos!r}, {len(self.failures)} failures)"


def enrol_cohort(
    cohort: Cohort,
    *,
    settings: Settings,
    out: Path | str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Enrolled:
    """Make the templates of every scan and photo: the part of an audit that needs no other person.

    Parameters
    ----------
    cohort : Cohort
    settings : Settings
    out : path-like, optional
        Folder that keeps finished work; a later :func:`audit` with the same folder takes it from there.
    progress : callable, optional
        As for :func:`audit`.

    Returns
    -------
    Enrolled

    Raises
    ------
    UsageError
        If another run is at work in ``out``: on all of it, or on one of these people. Others may be enrolled beside.
    """
    tell = progress or tell_nobody
    if out is None:
        return _enrol_all(cohort, settings, None, tell)
    with for_people_in(out, people_to_enrol(cohort)):
        return _enrol_all(cohort, settings, out, tell)


def people_to_enrol(cohort: Cohort) -> set[str]:
    """Return the labels of everybody with a scan or a photo."""
    return {*cohort.scans["subject"], *cohort.photos["subject"]}


def _enrol_all(
    cohort: Cohort, settings: Settings, out: Path | str | None, tell: Callable[[str, int, int], None]
) -> Enrolled:
    _check_samples(cohort)
    store = _store(out) if out is not None else None
    scan_tasks, photo_tasks = _scan_tasks(cohort, settings, store), _photo_tasks(cohort, settings, store)
    scans = _enrol(scan_tasks, "scans", settings.workers, tell)
    photos = _enrol(photo_tasks, "photos", settings.workers, tell)
    failures = tuple(failure for sample in (*scans.values(), *photos.values()) for failure in sample.failures)
    placed = {name: replace(sample, templates=sample.placed) for name, sample in scans.items()}
    return Enrolled(
        scans=_templates(scan_tasks, scans),
        photos=_templates(photo_tasks, photos),
        samples=scans,
        failures=failures,
        placed=_templates(scan_tasks, placed) if any(task.placed for task in scan_tasks) else None,
        keypoints=_together([*_keypoints(scan_tasks, scans), *_keypoints(photo_tasks, photos)]),
        store=store,
    )


def enrol_distractors(
    distractors: Cohort,
    *,
    settings: Settings,
    out: Path | str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Enrolled:
    """Make the templates of distractors, as those of the scans of a cohort are made and where they are kept.

    Parameters
    ----------
    distractors : Cohort
    settings, out, progress
        As for :func:`enrol_cohort`; the stage is ``"distractors"``.

    Returns
    -------
    Enrolled
        Templates alone: no keypoints, and no faces placed from the camera.
    """
    tell = progress or tell_nobody
    plain = settings.model_copy(update={"attackers": ("open-set",)})
    return enrol_cohort(
        distractors, settings=plain, out=out, progress=lambda _stage, *counts: tell("distractors", *counts)
    )


def _store(out: Path | str) -> str:
    """Return the folder of finished records; absolute, as workers may have been started elsewhere."""
    return str(private_folder(private_folder(own_folder(out).absolute() / "private") / "templates"))


def tell_nobody(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody asked for."""


def _check_samples(cohort: Cohort) -> None:
    for table, what in ((cohort.scans, "scans"), (cohort.photos, "photos")):
        twice = int(table["sample"].duplicated().sum()) if len(table) else 0
        if twice:
            raise ManifestError(
                f"{twice} of the {len(table)} {what} have a 'sample' that another has.",
                remedy="Give each its own `sample`, or let `read_cohort` make them.",
            )


def scan_task(row: Any, settings: Settings, store: str | None = None) -> ScanTask:
    """Return the task for one row of a cohort's scans."""
    return ScanTask(
        sample=row.sample,
        subject=row.subject,
        session=row.session,
        condition=row.condition,
        modality=row.modality,
        path=os.path.abspath(row.path),  # noqa: PTH100 - links stay as they are
        views=camera_grid(settings.yaws, settings.pitches, settings.azimuths, settings.elevations),
        size=settings.size,
        triangles=settings.triangles,
        detector=settings.detector,
        embedder=settings.embedder,
        store=store,
        keypoints=settings.needs_keypoints,
        placed="adapted" in settings.attackers,
    )


def _scan_tasks(cohort: Cohort, settings: Settings, store: str | None) -> list[ScanTask]:
    return [scan_task(row, settings, store) for row in rows_of(cohort.scans)]


def _photo_tasks(cohort: Cohort, settings: Settings, store: str | None) -> list[PhotoTask]:
    return [
        PhotoTask(
            row.sample,
            row.subject,
            os.path.abspath(row.path),  # noqa: PTH100 - links stay as they are
            settings.photo_detector,
            settings.embedder,
            store,
            keypoints=settings.needs_keypoints,
        )
        for row in rows_of(cohort.photos)
    ]


def _enrol(
    tasks: Sequence[ScanTask | PhotoTask], stage: str, workers: int, tell: Callable[[str, int, int], None]
) -> dict[str, Sample]:
    """Do the tasks and return what became of each, by sample, in the order of the tasks."""
    answers: dict[int, Sample] = {}
    if tasks:
        tell(stage, 0, len(tasks))
    for index, answer in run_tasks(enrol, tasks, workers=workers):
        answers[index] = _lost(answer.task) if isinstance(answer, WorkerLost) else answer
        tell(stage, len(answers), len(tasks))
    return {tasks[index].sample: answers[index] for index in sorted(answers)}


def _lost(task: ScanTask | PhotoTask) -> Sample:
    what = "The worker process died twice on this file, most likely for want of memory."
    remedy = "Use fewer workers, or resample the scan to 1 mm, and run again; the rest is kept."
    failure = Failure("worker", task.subject, task.session, task.condition, task.sample, what, remedy)
    return Sample(None, failures=(failure,))


def _templates(tasks: Sequence[ScanTask | PhotoTask], samples: dict[str, Sample]) -> Templates | None:
    """Return what the attackers get: a scan or photo that was lost is there, without a template."""
    parts = [samples[task.sample].templates or failed(task) for task in tasks]
    return concatenate(parts) if parts else None


def _keypoints(tasks: Sequence[ScanTask | PhotoTask], samples: Mapping[str, Sample]) -> list[tuple[Keypoints, ...]]:
    """Return the same of keypoints, where they are wanted: one value a kind for each task."""
    return [samples[task.sample].keypoints or failed_keypoints(task) for task in tasks if task.keypoints]


def _together(parts: Sequence[tuple[Keypoints, ...]]) -> tuple[Keypoints, ...]:
    return tuple(concatenate_keypoints(kind) for kind in zip(*parts, strict=True))


def rows_of(table: pd.DataFrame) -> list[Any]:
    """Return the rows of a table as values with attributes."""
    from types import SimpleNamespace

    return [SimpleNamespace(**{str(k): v for k, v in row.items()}) for row in table.to_dict("records")]
