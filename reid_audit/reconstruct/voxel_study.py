"""How well a quantity of people is predicted from the faces of each condition of a cohort."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from reid_audit.errors import ReidAuditError, UsageError
from reid_audit.inputs import read_volume
from reid_audit.reconstruct.attacking import NOT_OF_THE_SCAN, read_known
from reid_audit.reconstruct.voxels import face_features, predict_quantity, predictability
from reid_audit.store import Record, RecordStore, code_key, content_key, file_key
from reid_audit.types import Failure, Result
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reid_audit.types import Cohort, Difference

__all__ = ["VoxelStudy", "study_voxels"]

Array = np.ndarray[Any, Any]

_RESTS_ON = ("anatomy", "defacers", "inputs", "reconstruct", "surface")


@dataclass(frozen=True)
class VoxelStudy:
    """What faces say of people.

    Parameters
    ----------
    results : tuple of Result
    differences : mapping of str to tuple of Difference
        By quantity: original less condition.
    failures : tuple of Failure
        Scans whose faces could not be laid on the others.
    """

    results: tuple[Result, ...]
    differences: Mapping[str, tuple[Difference, ...]]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class _Task:
    path: str
    modality: str
    population: str
    out: str


def study_voxels(
    cohort: Cohort,
    quantities: Mapping[str, Mapping[str, float]],
    population: Path | str,
    out: Path | str,
    *,
    seed: int = 1,
    confidence: float = 0.95,
    resamples: int = 1000,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> VoxelStudy:
    """Predict quantities of people from facial voxels of every condition, each person by other people.

    Parameters
    ----------
    cohort : Cohort
    quantities : mapping of str to mapping of str to float
        Name of each to person to value.
    population : path-like
        Of a :class:`~reid_audit.reconstruct.HeadPopulation`: where faces are laid.
    out : path-like
        Private folder for what is finished.
    seed : int
    confidence : float
    resamples : int
    workers : int
    progress : callable

    Returns
    -------
    VoxelStudy
        A quantity that too few people have is a result without a value, with the reason.

    Raises
    ------
    StoreError
        The disk is full, or the population cannot be read.
    """
    scans = cohort.scans.sort_values(["condition", "subject", "session", "sample"])
    rows = [{str(name): str(value) for name, value in row.items()} for row in scans.to_dict("records")]
    tasks = [_Task(row["path"], row["modality"], str(population), str(out)) for row in rows]
    found: dict[str, dict[str, list[Array]]] = {}
    failures = []
    for done, (index, answer) in enumerate(run_tasks(_features, tasks, workers=workers), 1):
        row = rows[index]
        if isinstance(answer, str | WorkerLost):
            why = answer if isinstance(answer, str) else "The process that worked on it was ended by the system."
            failures.append(
                Failure("reconstruct", row["subject"], row["session"], row["condition"], row["sample"], why)
            )
        else:
            found.setdefault(row["condition"], {}).setdefault(row["subject"], []).append(answer)
        progress("voxels", done, len(tasks))
    results: list[Result] = []
    differences: dict[str, tuple[Difference, ...]] = {}
    for name, values in quantities.items():
        rng = np.random.default_rng([seed, crc32(name.encode())])
        made, differences[name] = _predicted(found, name, values, rng=rng, confidence=confidence, resamples=resamples)
        results += made
    return VoxelStudy(tuple(results), differences, tuple(failures))


def _predicted(
    found: Mapping[str, Mapping[str, Sequence[Array]]],
    name: str,
    values: Mapping[str, float],
    *,
    rng: np.random.Generator,
    confidence: float,
    resamples: int,
) -> tuple[tuple[Result, ...], tuple[Difference, ...]]:
    folds = int(rng.integers(2**32))
    predictions, without = [], []
    for condition in sorted(found):
        faces = {person: np.mean(each, axis=0) for person, each in found[condition].items()}
        try:
            # The same folds for every condition: what differs is the voxels.
            dealt = np.random.default_rng(folds)
            predictions.append(predict_quantity(faces, values, dealt, condition=condition))
        except UsageError as error:
            group, note = f"quantity: {name}", f"not assessed: {error}"
            n = len(faces.keys() & values.keys())
            without.append(Result(None, None, None, condition, "voxels_spearman", None, n, n, note=note, group=group))
    made, changed = predictability(predictions, name, rng=rng, confidence=confidence, resamples=resamples)
    return (*made, *without), changed


def _features(task: _Task) -> Array | str:
    """Return the voxels of one face, or why there are none."""
    try:
        key = content_key(file_key(task.path), task.modality, file_key(task.population), code_key(*_RESTS_ON))
    except OSError:
        return "The scan is not there or may not be read."
    store = RecordStore(Path(task.out) / "voxels")
    if (record := store.get(key)) is not None:
        return np.asarray(record.arrays["face"])
    try:
        face = face_features(read_volume(task.path, modality=task.modality or None), read_known(task.population))
    except NOT_OF_THE_SCAN:
        raise
    except ReidAuditError as error:
        return str(error)
    store.put(key, Record({"face": face}))
    return face
