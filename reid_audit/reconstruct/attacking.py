"""Attacks defaced scans with reconstructors, measures each face, and keeps every reconstruction for an audit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from reid_audit.errors import MissingResourceError, ReidAuditError, StoreError
from reid_audit.inputs import read_volume, write_volume
from reid_audit.plugins import load_reconstructor, shareable_name
from reid_audit.protocols import LearningReconstructor
from reid_audit.quality.altered import on_one_grid
from reid_audit.reconstruct.distances import SurfaceDistance, counted_skin, surface_distance
from reid_audit.reconstruct.population import LazyScans, read_population
from reid_audit.reconstruct.prepared import prepare
from reid_audit.reconstruct.region import region_to_rebuild
from reid_audit.reconstruct.swap import with_face_of
from reid_audit.store import code_key, content_key, file_key, private_folder, write_json
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reid_audit.protocols import Reconstructor
    from reid_audit.types import HeadSurface, Mask, Volume

__all__ = [
    "COLUMNS",
    "DEFACED",
    "DONE",
    "MEASURED",
    "NOT_OF_THE_SCAN",
    "RESTS_ON",
    "SWAPPED",
    "AttackTask",
    "SwapTask",
    "attack_one",
    "swap_one",
]

Array = np.ndarray[Any, Any]

DEFACED = ""
"""In place of an attacker: the defaced scan itself."""
SWAPPED = "-swapped"
"""Behind an attacker's name: another person's reconstruction by it."""
DONE = "done"
MEASURED = tuple(field.name for field in fields(SurfaceDistance))
"""Columns of a row that hold distances; None where there is none."""
COLUMNS = ("sample", "subject", "condition", "attacker", "path", "content", "outcome", "reason", "to_grid", *MEASURED)
"""Of a row."""
RESTS_ON = ("anatomy", "defacers", "inputs", "quality", "reconstruct", "surface")
"""Rooms whose change makes a finished attack, and what attackers have learnt, another one."""
NOT_OF_THE_SCAN = (StoreError, MissingResourceError)
"""Errors that say nothing of a scan and are gone when their cause is: they end the run, and no row keeps them."""


@dataclass(frozen=True)
class AttackTask:
    """One defaced scan to be attacked.

    Parameters
    ----------
    sample, subject, condition, modality : str
        Of the defaced scan.
    original, defaced : str
        Paths.
    attackers : tuple of str
        Names of reconstructors.
    specs : tuple of str
        Of each, what tells it from another of its name: its version and weights.
    population : str
        Path of what the attackers have learnt.
    training : tuple of str
        Paths of the originals that it was learnt from, for attackers of others who learn for themselves.
    out : str
        Private folder.
    seed : int
    """

    sample: str
    subject: str
    condition: str
    modality: str
    original: str
    defaced: str
    attackers: tuple[str, ...]
    specs: tuple[str, ...]
    population: str
    training: tuple[str, ...]
    out: str
    seed: int


@dataclass(frozen=True)
class SwapTask:
    """One scan that gets somebody else's reconstruction.

    Parameters
    ----------
    attack : AttackTask
        Whose head.
    attacker : str
    other : str
        Path of the other person's reconstruction.
    to_grid, other_to_grid : tuple of tuple of float
        Both heads' places in the common frame.
    """

    attack: AttackTask
    attacker: str
    other: str
    to_grid: tuple[tuple[float, ...], ...]
    other_to_grid: tuple[tuple[float, ...], ...]


def attack_one(task: AttackTask) -> list[dict[str, Any]]:
    """Attack one scan with every attacker.

    Parameters
    ----------
    task : AttackTask

    Returns
    -------
    list of dict
        One row an attacker, the first of the defaced scan itself: ``sample, subject, condition, attacker, path,
        content`` (SHA-256 of the file), ``outcome, reason, to_grid`` and the fields of
        :class:`~reid_audit.reconstruct.distances.SurfaceDistance`. What is finished is kept and not done again. A scan
        that cannot be attacked is rows with the reason.

    Raises
    ------
    StoreError
        The disk is full, or what the attackers have learnt cannot be read.
    MissingResourceError
        What an attacker needs is not installed.
    """
    names = (DEFACED, *task.attackers)
    return _finished(task, asdict(task), (task.defaced, task.original, task.population), names, lambda: _attacked(task))


def _finished(
    task: AttackTask,
    what: Mapping[str, Any],
    files: Sequence[str],
    names: Sequence[str],
    make: Callable[[], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Return rows that are kept, or make and keep them; where nothing can be made, a row a name says why."""
    try:
        key = content_key(what, [file_key(path) for path in files], code_key(*RESTS_ON))
    except OSError:
        why = "The scan or its original is not there or may not be read."
        return [_row(task, name, outcome="lost", reason=why) for name in names]
    kept = Path(task.out) / "rows" / f"{key}.json"
    if (rows := _kept(kept)) is not None:
        return rows
    try:
        rows = make()
    except NOT_OF_THE_SCAN:
        raise
    except ReidAuditError as error:
        rows = [_row(task, name, outcome="lost", reason=str(error)) for name in names]
    private_folder(kept.parent)
    write_json(kept, rows)
    return rows


def _kept(path: Path) -> list[dict[str, Any]] | None:
    """Return rows that are finished, if the reconstructions that they speak of are still there and as they were."""
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        whole = all(file_key(row["path"]) == row["content"] for row in rows if row["path"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rows if whole else None


def _attacked(task: AttackTask) -> list[dict[str, Any]]:
    read = partial(read_volume, modality=task.modality or None)
    original, defaced = on_one_grid(read(task.original), read(task.defaced))
    region = region_to_rebuild(original, defaced)
    true = head_surface(original)
    population = read_known(task.population)
    to_grid = prepare(defaced, region, population).placed.similar.tolist()
    measure = partial(_measured, true, region)
    rows = [{**_row(task, DEFACED, path=task.defaced, to_grid=to_grid), **measure(defaced)}]
    for name in task.attackers:
        rng = np.random.default_rng([task.seed, crc32(f"{task.sample}/{shareable_name(name)}".encode())])
        try:
            made = _ready(name, task.population, task.training).reconstruct(defaced, region, rng)
        except NOT_OF_THE_SCAN:
            raise
        except ReidAuditError as error:
            rows.append(_row(task, name, outcome="lost", reason=str(error)))
            continue
        path = _written(task, name, made)
        rows.append({**_row(task, name, path=path, to_grid=to_grid), **measure(made)})
    return rows


def swap_one(task: SwapTask) -> list[dict[str, Any]]:
    """Put another person's reconstruction into a scan.

    Parameters
    ----------
    task : SwapTask

    Returns
    -------
    list of dict
        One row, as of :func:`attack_one`, whose errors it raises.
    """
    attack = task.attack
    names = (task.attacker + SWAPPED,)
    return _finished(
        attack, asdict(task), (attack.defaced, attack.original, task.other), names, lambda: [_swapped(task)]
    )


def _swapped(task: SwapTask) -> dict[str, Any]:
    attack, name = task.attack, task.attacker + SWAPPED
    read = partial(read_volume, modality=attack.modality or None)
    original, defaced = on_one_grid(read(attack.original), read(attack.defaced))
    region = region_to_rebuild(original, defaced)
    made = with_face_of(defaced, region, read(task.other), np.asarray(task.to_grid), np.asarray(task.other_to_grid))
    path = _written(attack, name, made)
    return {**_row(attack, name, path=path), **_measured(head_surface(original), region, made)}


def _measured(true: HeadSurface, region: Mask, made: Volume) -> dict[str, Any]:
    """Return how far a face lies from the true one, or why that cannot be said."""
    try:
        found = surface_distance(true, head_surface(made), counted_skin(region, true.to_head))
    except ReidAuditError as error:
        return {"outcome": "not measured", "reason": str(error)}
    return asdict(found)


def _row(task: AttackTask, attacker: str, *, path: str = "", **more: Any) -> dict[str, Any]:
    nothing: Mapping[str, Any] = dict.fromkeys(MEASURED)
    known = {"outcome": DONE, "reason": "", "to_grid": None, **nothing, **more}
    return {
        "sample": task.sample,
        "subject": task.subject,
        "condition": task.condition,
        "attacker": attacker,
        "path": path,
        "content": file_key(path) if path else "",
        **known,
    }


def _written(task: AttackTask, name: str, made: Volume) -> str:
    folder = private_folder(private_folder(Path(task.out) / "scans") / content_key(task.condition, name)[:12])
    path = folder / f"{content_key(task.sample, task.subject)[:16]}.nii.gz"
    write_volume(made, path)
    return str(path)


read_known = lru_cache(maxsize=1)(read_population)
"""A population, read once a process."""


@lru_cache(maxsize=8)
def _ready(name: str, population: str, training: tuple[str, ...]) -> Reconstructor:
    """Return an attacker who has learnt."""
    from reid_audit.reconstruct import RECONSTRUCTORS

    made: Any = load_reconstructor(name)
    if name in RECONSTRUCTORS:
        learnt: Reconstructor = replace(made, population=read_known(population))
        return learnt
    if isinstance(made, LearningReconstructor):
        return made.learn(LazyScans([partial(read_volume, path) for path in training]))
    known: Reconstructor = made
    return known
