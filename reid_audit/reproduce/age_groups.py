"""Newborns, children and adults who do not exist, scanned and defaced by every defacer that runs here."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.defacers import DEFACERS
from reid_audit.errors import DiskFullError, MissingResourceError, ReidAuditError, StoreError
from reid_audit.inputs import read_volume, write_volume
from reid_audit.phantom import Identity, PhantomScan, ScanSettings, Tissue, Tumour, acquire, sample_identities
from reid_audit.protocols import InstalledDefacer
from reid_audit.reproduce.temporalis import temporalis_mask
from reid_audit.store import code_key, content_key, private_folder, write_json
from reid_audit.types import ORIGINAL, Cohort, Failure, Mask, Volume
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from reid_audit.phantom.identity import Population

__all__ = ["AGE_GROUPS", "Defaced", "deface_age_groups", "phantom_of"]

AGE_GROUPS: dict[str, tuple[float, float]] = {"newborn": (0.0, 0.15), "child": (3.0, 12.0), "adult": (25.0, 75.0)}
"""Name to youngest and oldest, years."""

_NO_TOOL, _LOST = "unavailable", "lost"
"""What a defacer that gave nothing did not have, or why it failed."""


@dataclass(frozen=True)
class _Task:
    folder: str
    group: str
    population: Population
    index: int
    modality: str
    seed: int
    voxel_size: float
    tumour: bool
    defacers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Defaced:
    """Phantoms of all age groups with what each defacer made of them.

    Parameters
    ----------
    cohort : Cohort
        Scans; the site of each person is the age group.
    masks : pandas.DataFrame
        Of the temporalis, and of tumours where there are any, as :func:`~reid_audit.comparison.read_masks` returns it.
    seconds : mapping of str to float
        Median time of each defacer on one scan, of those that were timed.
    unavailable : mapping of str to str
        Defacer to why it does not run here; one that runs and fails on every scan is not among them.
    failures : tuple of Failure
        Sample of each: that of the original, ``_`` and the defacer.
    """

    cohort: Cohort
    masks: pd.DataFrame
    seconds: dict[str, float]
    unavailable: dict[str, str]
    failures: tuple[Failure, ...]


def deface_age_groups(
    folder: Path | str,
    *,
    subjects: int,
    modalities: Sequence[str],
    population: Population = "main",
    seed: int,
    voxel_size: float = 1.0,
    tumours: bool = False,
    defacers: Sequence[str] | None = None,
    groups: Sequence[str] = tuple(AGE_GROUPS),
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Defaced:
    """Make phantoms of three age groups and deface each.

    Parameters
    ----------
    folder : path-like
        New, or one that the same call began: finished scans are kept.
    subjects : int
        People in each age group.
    modalities : sequence of str
    population : {"main", "withheld"}
    seed : int
    voxel_size : float, default 1
        Mm.
    tumours : bool, default False
        Everybody has one.
    defacers : sequence of str, optional
        Names of :data:`reid_audit.defacers.DEFACERS`; by default all of them.
    groups : sequence of str
        Names of :data:`AGE_GROUPS`; by default all of them.
    workers : int
    progress : callable, optional
        Takes a stage, how much is done, and how much there is.

    Returns
    -------
    Defaced
        A defacer whose software is not installed is named with the reason; one that fails on a scan leaves a failure.
        Either is tried again by the next call.

    Raises
    ------
    StoreError
        A process was killed, or the disk refuses.
    """
    root = private_folder(folder).absolute()
    names = tuple(defacers if defacers is not None else DEFACERS)
    tasks = [
        _Task(str(root), group, population, index, modality, seed, voxel_size, tumours, names)
        for group in groups
        for index in range(subjects)
        for modality in modalities
    ]
    tell = progress or (lambda _stage, _done, _total: None)
    tell("phantoms", 0, len(tasks))
    made: dict[int, dict[str, Any]] = {}
    for index, answer in run_tasks(_make, tasks, workers=workers):
        if isinstance(answer, WorkerLost):
            raise StoreError(
                "A process that made and defaced a phantom was killed, probably for want of memory.",
                remedy="Run it again with fewer workers: what is written stays.",
            )
        made[index] = answer
        tell("phantoms", len(made), len(tasks))
    return _together(root, tasks, [made[index] for index in sorted(made)], names)


def _stem(task: _Task) -> tuple[Path, str]:
    label = f"{task.group}{task.index + 1:03d}"
    return Path(task.folder) / task.group / f"sub-{label}", f"sub-{label}_{task.modality}"


def _make(task: _Task) -> dict[str, Any]:
    """Write one scan, its tumour and its defaced forms; return what was noted about them.

    Only what succeeded is kept in the note, under a key of its own for each defacer: what failed is tried again.
    """
    place, stem = _stem(task)
    note, path = place / f"{stem}.json", place / f"{stem}.nii.gz"
    key = content_key(
        [task.group, task.population, task.index, task.modality, task.seed, task.voxel_size, task.tumour],
        code_key("anatomy", "phantom", "reproduce/age_groups.py", "reproduce/temporalis.py"),
    )
    facts = _noted(note)
    if facts.get("key") != key or not path.is_file():
        private_folder(place.parent)
        private_folder(place)
        who, scan = phantom_of(
            task.group,
            task.index,
            task.modality,
            population=task.population,
            seed=task.seed,
            voxel_size=task.voxel_size,
            tumour=task.tumour,
        )
        write_volume(scan.volume, path)
        masks = _write_masks(who, scan, place, stem)
        facts = {"key": key, "age": who.age, "sex": who.sex, "masks": masks, "defaced": {}}
        write_json(note, facts)
    # The stored form of a phantom is what its defacers see; of its truth only masks for measures are kept.
    stored = cache(partial(read_volume, path, modality=task.modality))
    came: dict[str, Any] = {}
    for name in task.defacers:
        came[name] = _deface(name, key, stored, _target(place, stem, name), facts["defaced"].get(name, {}))
        if "seconds" in came[name] and facts["defaced"].get(name) != came[name]:
            facts["defaced"][name] = came[name]
            write_json(note, facts)
    return {**facts, "defaced": came}


def _noted(note: Path) -> dict[str, Any]:
    """Return what is noted about a scan; nothing where there is no note, or what there is was damaged."""
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(known) if isinstance(known, dict) and isinstance(known.get("defaced"), dict) else {}


def _target(place: Path, stem: str, name: str) -> Path:
    return place / f"{stem}_desc-{name}.nii.gz"


def _write_masks(who: Identity, scan: PhantomScan, place: Path, stem: str) -> list[str]:
    """Write the masks of a scan that are not empty, and return their labels."""
    tumour = np.isin(scan.tissues, [Tissue.TUMOUR_RIM, Tissue.TUMOUR_CORE])
    masks = [Mask(tumour, scan.volume.affine, "tumour"), temporalis_mask(who, scan)]
    written = [mask for mask in masks if mask.data.any()]
    for mask in written:
        write_volume(mask, place / f"{stem}_{mask.label}.nii.gz")
    return [mask.label for mask in written]


def phantom_of(
    group: str,
    index: int,
    modality: str,
    *,
    population: Population,
    seed: int,
    voxel_size: float,
    tumour: bool = False,
) -> tuple[Identity, PhantomScan]:
    """Make the scan of one person of an age group, the same whenever it is asked for.

    Parameters
    ----------
    group : str
        Of :data:`AGE_GROUPS`.
    index : int
        Which person, from 0.
    modality : str
    population : {"main", "withheld"}
    seed : int
    voxel_size : float
        Mm.
    tumour : bool, default False

    Returns
    -------
    Identity
    PhantomScan
    """
    number = list(AGE_GROUPS).index(group)
    who = sample_identities(
        1, np.random.default_rng([seed, number, index, 0]), population=population, ages=AGE_GROUPS[group]
    )[0]
    body = np.random.default_rng([seed, number, index, 1])
    side = 1.0 if body.random() < 0.5 else -1.0
    center = (side * float(body.uniform(22, 40)), float(body.uniform(-40, 40)), float(body.uniform(50, 75)))
    growth = Tumour(center, radius=float(body.uniform(7, 15)))
    # The sequence draws for itself, so that asking for one more changes none.
    rng = np.random.default_rng([seed, number, index, 2, sum(map(ord, modality))])
    turn, shift = 5.0 * rng.normal(size=3) * (1.0, 0.6, 0.6), 4.0 * rng.normal(size=3)
    how = ScanSettings(
        modality=modality,
        voxel_size=(voxel_size,) * 3,
        noise=float(rng.uniform(0.01, 0.03)),
        bias=float(rng.uniform(0.05, 0.2)),
        pitch=float(turn[0]),
        yaw=float(turn[1]),
        roll=float(turn[2]),
        offset=(float(shift[0]), float(shift[1]), float(shift[2])),
        orientation=("RAS", "LPS", "PIR", "LAS")[int(rng.integers(4))],
        tumour=growth if tumour else None,
    )
    return who, acquire(who, how, rng)


def _deface(name: str, scan: str, read: Callable[[], Volume], target: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    """Run a defacer on a scan unless what is known is of this scan and this defacer; say what came of it.

    Where it succeeded the answer has a key of the scan, the defacer with its version and the code, and the time.
    """
    try:
        defacer = DEFACERS[name]()
        if isinstance(defacer, InstalledDefacer) and (reason := defacer.missing()):
            return {_NO_TOOL: f"{reason}. It needs {'; '.join(defacer.spec.needs)}."}
        key = content_key(scan, asdict(defacer.spec), code_key("anatomy", "defacers"))
        if known.get("key") == key and target.is_file() and _footprint_of(target).is_file():
            return dict(known)
        volume = read()
        began = time.monotonic()
        altered, footprint = defacer.deface(volume)
        seconds = time.monotonic() - began
        write_volume(replace(altered, data=_as_stored(altered)), target)
        write_volume(footprint, _footprint_of(target))
    except DiskFullError:
        raise
    except MissingResourceError as error:
        return {_NO_TOOL: str(error)}
    except ReidAuditError as error:
        return {_LOST: str(error)}
    except Exception as error:  # noqa: BLE001 - a defacer of others may raise anything, and costs only itself
        return {_LOST: f"the defacer raised {type(error).__name__}"}
    return {"key": key, "seconds": round(seconds, 2)}


def _footprint_of(target: Path) -> Path:
    """Return where the mask of what a defacer altered is kept."""
    return target.with_name(target.name.replace(".nii.gz", "_defacemask.nii.gz"))


def _as_stored(volume: Volume) -> np.ndarray[Any, Any]:
    """Return the data without what a file of a scan must not hold."""
    return np.asarray(np.nan_to_num(np.asarray(volume.data), nan=0.0, posinf=0.0, neginf=0.0))


def _together(root: Path, tasks: Sequence[_Task], made: Sequence[dict[str, Any]], names: tuple[str, ...]) -> Defaced:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    masks: list[dict[str, str]] = []
    failures: list[Failure] = []
    seconds: dict[str, list[float]] = {name: [] for name in names}
    tried = dict.fromkeys(names, False)
    for task, facts in zip(tasks, made, strict=True):
        place, stem = _stem(task)
        who = {"subject": place.name.removeprefix("sub-"), "session": "", "modality": task.modality}
        about = {"age": float(facts["age"]), "sex": str(facts["sex"]), "site": task.group}
        rows.append({**who, **about, "condition": ORIGINAL, "path": str(place / f"{stem}.nii.gz"), "sample": stem})
        masks += [
            {**who, "condition": "", "label": label, "path": str(place / f"{stem}_{label}.nii.gz")}
            for label in facts["masks"]
        ]
        for name in names:
            came, sample = facts["defaced"][name], f"{stem}_{name}"
            if "seconds" in came:
                path = str(_target(place, stem, name))
                rows.append({**who, **about, "condition": name, "path": path, "sample": sample})
                seconds[name].append(float(came["seconds"]))
            else:
                why = str(came.get(_LOST) or came[_NO_TOOL])
                failures.append(Failure("deface", who["subject"], "", name, sample, why))
                tried[name] = tried[name] or _LOST in came
    # What is not installed is known beforehand and loses no scan; anything else that gives nothing failed.
    absent = {name for name in names if not tried[name] and not seconds[name]}
    unavailable = {each.condition: each.what for each in reversed(failures) if each.condition in absent}
    failures = [each for each in failures if each.condition not in unavailable]
    # Conditions in the order of the defacers, whichever of them failed on the first scan.
    rows.sort(key=lambda row: (ORIGINAL, *names).index(row["condition"]))
    columns = ["subject", "session", "condition", "modality", "path", "age", "sex", "site", "sample"]
    photos = pd.DataFrame(columns=["subject", "path", "sample"], dtype=str)
    cohort = Cohort(pd.DataFrame(rows)[columns], photos, phantom=True, name=root.name)
    mask_columns = ["subject", "session", "modality", "condition", "label", "path"]
    timed = {name: float(np.median(times)) for name, times in seconds.items() if times}
    return Defaced(cohort, pd.DataFrame(masks, columns=mask_columns), timed, unavailable, tuple(failures))
