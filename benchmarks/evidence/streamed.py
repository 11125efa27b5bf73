"""People who are made, enrolled and forgotten one by one: their templates stay, their scans and photographs do not."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.settings import Settings
from reid_audit.store import Record, RecordStore, code_key, content_key, remove_tree
from reid_audit.types import ORIGINAL, Templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["Person", "stream", "templates_of"]

_CHEAPER = Settings(azimuths=(0.0,), elevations=(38.0,), attackers=("photo-nearest",))
"""Nine renders, one from each camera under one light, in place of 81."""
_ANGLES = ("yaw", "pitch", "light_azimuth", "light_elevation")
_MODALITY = "T1w"
_PREFIX = "person-"
"""Of the folders of people under way; one that is there at the beginning was left by a stop."""


@dataclass(frozen=True)
class Person:
    """One person to make, enrol and forget.

    Parameters
    ----------
    folder : str
        Of the templates of all.
    seed : int
        Another for each person.
    voxel_size : float
        Mm.
    """

    folder: str
    seed: int
    voxel_size: float


def stream(tasks: Sequence[Person], *, workers: int = 2) -> tuple[float, int]:
    """Enrol who is not enrolled yet; return the seconds spent on it, over stops, and how many were enrolled now."""
    from reid_audit.workers import WorkerLost, run_tasks

    folder = Path(tasks[0].folder)
    for stray in folder.glob(f"{_PREFIX}*"):
        remove_tree(stray)
    clock = folder / "seconds.json"
    spent = json.loads(clock.read_text()) if clock.exists() else 0.0
    missing = [task for task in tasks if RecordStore(folder / "templates").get(_key(task)) is None]
    began, done = time.monotonic(), 0
    for _, answer in run_tasks(_enrolled, missing, workers=workers):
        if isinstance(answer, WorkerLost):
            raise RuntimeError(f"the worker of person {answer.task.seed} died twice")  # noqa: TRY004 - no wrong type
        done += 1
        clock.write_text(json.dumps(spent + time.monotonic() - began))
    return (json.loads(clock.read_text()) if clock.exists() else 0.0), done


def _enrolled(task: Person) -> None:
    """Make one person's scan and photograph, keep the templates, and delete both."""
    from reid_audit import PhantomSettings, read_cohort, write_cohort
    from reid_audit.enrolment import enrol_cohort

    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=task.folder) as place:
        person = PhantomSettings(
            n_subjects=1,
            modalities=(_MODALITY,),
            conditions=(ORIGINAL,),
            photos_per_subject=1,
            voxel_size=task.voxel_size,
            population="withheld",
            seed=task.seed,
        )
        write_cohort(person, Path(place) / "person")
        cohort, _ = read_cohort(Path(place) / "person", photos=Path(place) / "person" / "photos")
        enrolled = enrol_cohort(cohort, settings=_CHEAPER)
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, part in (("scan", enrolled.scans), ("photo", enrolled.photos)):
        if part is None:
            raise RuntimeError(f"person {task.seed} has no {name}")
        arrays[f"{name}_vectors"] = np.asarray(part.vectors)
        arrays[f"{name}_views"] = part.table[list(_ANGLES)].to_numpy(np.float64)
        arrays[f"{name}_detected"] = part.table["detected"].to_numpy(bool)
        arrays[f"{name}_reason"] = part.table["reason"].to_numpy(str)
    RecordStore(Path(task.folder) / "templates").put(_key(task), Record(arrays))


def _key(task: Person) -> str:
    return content_key(_code(), task.seed, task.voxel_size)


@cache
def _code() -> str:
    return code_key("types", "inputs", "anatomy", "surface", "render", "faces", "phantom", "enrolment", "settings.py")


def templates_of(tasks: Sequence[Person]) -> tuple[Templates, Templates]:
    """Return the templates of all scans and of all photographs of people who are enrolled."""
    import pandas as pd

    store = RecordStore(Path(tasks[0].folder) / "templates")
    kinds = {"scan": (ORIGINAL, _MODALITY), "photo": ("", "")}
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in kinds}
    vectors: dict[str, list[np.ndarray[Any, Any]]] = {name: [] for name in kinds}
    for task in tasks:
        record = store.get(_key(task))
        if record is None:
            raise RuntimeError(f"person {task.seed} is not enrolled")
        for name, (condition, modality) in kinds.items():
            one = pd.DataFrame(record.arrays[f"{name}_views"], columns=list(_ANGLES))
            tables[name].append(
                one.assign(
                    subject=f"{task.seed}",
                    session="",
                    condition=condition,
                    modality=modality,
                    source=name,
                    sample=f"{name}{task.seed}",
                    detected=record.arrays[f"{name}_detected"],
                    reason=record.arrays[f"{name}_reason"].astype(object),
                )
            )
            vectors[name].append(record.arrays[f"{name}_vectors"])
    scans, photos = (
        Templates(pd.concat(tables[name], ignore_index=True), np.concatenate(vectors[name]), _CHEAPER.embedder)
        for name in kinds
    )
    return scans, photos
