"""Attacks on the defaced scans of a cohort by attackers who learnt from other people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.errors import UsageError
from reid_audit.inputs import read_volume
from reid_audit.plugins import load_reconstructor, shareable_name
from reid_audit.reconstruct.attacking import (
    COLUMNS,
    DEFACED,
    DONE,
    MEASURED,
    SWAPPED,
    AttackTask,
    SwapTask,
    attack_one,
    swap_one,
)
from reid_audit.reconstruct.population import LazyScans, learn_population, write_population
from reid_audit.reconstruct.rebuilt import check_conditions, of_phantoms, reconstructed_name, with_reconstructions
from reid_audit.reconstruct.swap import partners
from reid_audit.store import content_key, file_key, private_folder
from reid_audit.types import ORIGINAL, Cohort, Failure
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Study", "attack_cohort", "learn_from", "one_scan_each", "reconstructed_name", "split_people"]


_ENDED = "The process that worked on it was ended by the system, probably for want of memory."


@dataclass(frozen=True, eq=False)
class Study:
    """What came of attacking a cohort.

    Parameters
    ----------
    faces : pandas.DataFrame
        One row a defaced scan and attacker, as :func:`~reid_audit.reconstruct.attacking.attack_one` makes it;
        ``attacker`` is empty for the defaced scan itself.
    cohort : Cohort
        Originals, defaced scans and reconstructions of the attacked people: what an audit takes.
    failures : tuple of Failure
    """

    faces: pd.DataFrame
    cohort: Cohort
    failures: tuple[Failure, ...]

    def __repr__(self) -> str:
        return f"Study({len(self.faces)} faces, {len(self.failures)} failures; {self.cohort!r})"


def split_people(cohort: Cohort, training: int, rng: np.random.Generator) -> tuple[Cohort, Cohort]:
    """Divide the people of a cohort into those who are learnt from and those who are attacked.

    Parameters
    ----------
    cohort : Cohort
    training : int
        How many people are learnt from.
    rng : numpy.random.Generator
        Draws them; the order of rows does not matter.

    Returns
    -------
    training, attacked : Cohort

    Raises
    ------
    UsageError
        Nobody would be left on one side.
    """
    people = cohort.subjects
    if not 0 < training < len(people):
        raise UsageError(
            f"Of {len(people)} people {training} cannot be learnt from and the others attacked.",
            remedy=f"Learn from 1 to {len(people) - 1} of them.",
        )
    chosen = {people[k] for k in rng.permutation(len(people))[:training]}
    return _part(cohort, chosen), _part(cohort, set(people) - chosen)


def _part(cohort: Cohort, people: set[str]) -> Cohort:
    return replace(
        cohort,
        scans=cohort.scans[cohort.scans["subject"].isin(people)].reset_index(drop=True),
        photos=cohort.photos[cohort.photos["subject"].isin(people)].reset_index(drop=True),
    )


def learn_from(
    training: Cohort,
    out: Path | str,
    *,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> tuple[Path, tuple[str, ...]]:
    """Learn a population from the originals of a cohort, one scan a person, and keep it in a private folder.

    Parameters
    ----------
    training : Cohort
    out : path-like
        Folder; what was learnt from the same scans before is taken as it is.
    progress : callable

    Returns
    -------
    Path
        Of the population.
    tuple of str
        Paths of the scans.

    Raises
    ------
    UsageError
        There are too few people, or no originals.
    HeadError
        Too few of the scans show a head.
    """
    rows = one_scan_each(training)
    paths, modalities = tuple(path for path, _ in rows), [modality for _, modality in rows]
    key = content_key([file_key(path) for path in paths if Path(path).is_file()], modalities)
    place = private_folder(Path(out)) / f"population-{key[:16]}.npz"
    if not place.is_file():
        readers = [
            partial(read_volume, path, modality=modality or None)
            for path, modality in zip(paths, modalities, strict=True)
        ]
        write_population(learn_population(LazyScans(readers), progress=progress), place)
    return place, paths


def one_scan_each(cohort: Cohort) -> tuple[tuple[str, str], ...]:
    """Return path and modality of one original of everybody, in the order of people.

    Raises
    ------
    UsageError
        There is no original, or they are of several modalities: one has to be chosen.
    """
    scans = cohort.scans[cohort.scans["condition"] == ORIGINAL].sort_values(["subject", "session", "sample"])
    found = sorted({str(one) for one in scans["modality"]})
    if len(found) != 1:
        raise UsageError(
            f"Attackers learn from originals of one modality, got {', '.join(found) or 'no original'}.",
            remedy="Give a manifest with the originals of one modality.",
        )
    rows = scans.drop_duplicates("subject")
    return tuple((str(row["path"]), str(row["modality"])) for row in rows.to_dict("records"))


def attack_cohort(
    attacked: Cohort,
    training: Cohort,
    out: Path | str,
    *,
    attackers: Sequence[str],
    swapped: Sequence[str] = (),
    learnt_in: Path | str | None = None,
    seed: int = 1,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> Study:
    """Rebuild the faces of the defaced scans of a cohort, and measure each against the original.

    Parameters
    ----------
    attacked : Cohort
        With originals and defaced scans of the same people, sessions and modalities.
    training : Cohort
        Originals of other people.
    out : path-like
        Private folder; a second call with the same arguments does only what is not finished.
    attackers : sequence of str
        Of ``reid_audit.plugins.available("reconstructors")``, or ``diffusion:FOLDER``.
    swapped : sequence of str
        Attackers whose reconstructions are put into other people's scans as well, as a control.
    learnt_in : path-like, optional
        Private folder that keeps what was learnt, for attacks on several cohorts; ``out`` by default.
    seed : int
    workers : int
        Processes.
    progress : callable
        Takes a stage, how much is done, and how much there is.

    Returns
    -------
    Study

    Raises
    ------
    UsageError
        Somebody is learnt from and attacked, an attacker is not known, or no defaced scan has an original.
    """
    _check_models(attackers, attacked)
    check_conditions(attackers, attacked)
    both = sorted(set(attacked.subjects) & set(training.subjects))
    if both:
        who = "1 person is" if len(both) == 1 else f"{len(both)} people are"
        raise UsageError(
            f"{who} learnt from and attacked: an attacker does not hold their originals.",
            remedy="Divide the people (split_people), or rename those of another data set.",
        )
    for name in attackers:
        load_reconstructor(name)
    folder = private_folder(Path(out))
    population, paths = learn_from(training, learnt_in or folder, progress=progress)
    tasks = _tasks(attacked, folder, tuple(attackers), population=str(population), training=paths, seed=seed)
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    progress("faces", 0, len(tasks))
    for done, (index, found) in enumerate(run_tasks(attack_one, tasks, workers=workers), 1):
        if isinstance(found, WorkerLost):
            failures += [_failure(tasks[index], _ENDED, name) for name in tasks[index].attackers]
        else:
            rows += found
        progress("faces", done, len(tasks))
    swaps = _swaps(rows, tasks, swapped, seed)
    for done, (index, answer) in enumerate(run_tasks(swap_one, swaps, workers=workers), 1):
        if isinstance(answer, WorkerLost):
            failures.append(_failure(swaps[index].attack, _ENDED, swaps[index].attacker + SWAPPED))
        else:
            rows += answer
        progress("swaps", done, len(swaps))
    faces = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["condition", "attacker", "subject", "sample"], ignore_index=True
    )
    faces = faces.astype(dict.fromkeys(MEASURED, float))
    by_sample = {task.sample: task for task in tasks}
    failures += [
        _failure(by_sample[row["sample"]], row["reason"], row["attacker"], made=bool(row["path"]))
        for row in rows
        if row["outcome"] != DONE
    ]
    phantom = attacked.phantom and of_phantoms(training, attackers)
    return Study(faces, with_reconstructions(attacked, faces, phantom=phantom), tuple(failures))


def _check_models(attackers: Sequence[str], attacked: Cohort) -> None:
    """Refuse a trained model that has learnt from somebody who is attacked."""
    from reid_audit.reconstruct.diffusion.training import learnt_from

    keys = {file for name in attackers if name.startswith("diffusion:") for file in learnt_from(name.split(":", 1)[1])}
    if not keys:
        return
    originals = attacked.scans[attacked.scans["condition"] == ORIGINAL]["path"]
    known = sum(file_key(str(path)) in keys for path in originals if Path(str(path)).is_file())
    if known:
        raise UsageError(
            f"The trained model has learnt from {known} of the scans that are attacked.",
            remedy="Train on other people: an attacker does not hold these originals.",
        )


def _tasks(
    attacked: Cohort, folder: Path, attackers: tuple[str, ...], *, population: str, training: tuple[str, ...], seed: int
) -> list[AttackTask]:
    scans = attacked.scans.sort_values(["subject", "session", "condition", "sample"])
    who = ["subject", "session", "modality"]
    originals = {
        tuple(row[name] for name in who): row["path"]
        for row in scans[scans["condition"] == ORIGINAL].to_dict("records")
    }
    tasks = [
        AttackTask(
            sample=str(row["sample"]),
            subject=str(row["subject"]),
            condition=str(row["condition"]),
            modality=str(row["modality"]),
            original=str(originals[key]),
            defaced=str(row["path"]),
            attackers=attackers,
            population=population,
            training=training,
            out=str(folder),
            seed=seed,
        )
        for row in scans[scans["condition"] != ORIGINAL].to_dict("records")
        if (key := tuple(row[name] for name in who)) in originals
    ]
    if not tasks:
        raise UsageError(
            "No defaced scan has an original of the same person, session and modality.",
            remedy="Give originals as well: without them nobody can say how far a face is from the true one.",
        )
    return tasks


def _swaps(
    rows: Sequence[dict[str, Any]], tasks: Sequence[AttackTask], attackers: Sequence[str], seed: int
) -> list[SwapTask]:
    """Pair heads with faces of others, the same pairs for every attacker of a condition."""
    by_sample = {task.sample: task for task in tasks}
    swaps = []
    for condition in sorted({row["condition"] for row in rows}):
        for attacker in attackers:
            made = {
                row["subject"]: row
                for row in sorted(rows, key=lambda row: str(row["sample"]), reverse=True)
                if (row["condition"], row["attacker"]) == (condition, attacker) and row["path"] and row["to_grid"]
            }
            if len(made) < 2:
                continue
            for head, face in partners(list(made), np.random.default_rng([seed, 17])).items():
                own, other = made[head], made[face]
                swaps.append(
                    SwapTask(
                        by_sample[own["sample"]],
                        attacker,
                        other["path"],
                        _frozen(own["to_grid"]),
                        _frozen(other["to_grid"]),
                    )
                )
    return swaps


def _frozen(matrix: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)


def _failure(task: AttackTask, what: str, attacker: str = DEFACED, *, made: bool = False) -> Failure:
    """Return a failure of the scan that was to be made; of one that was, only its distance is not known."""
    name = shareable_name(attacker)
    stage = "distance" if made or attacker == DEFACED else "reconstruct"
    condition, sample = reconstructed_name(task.condition, name), reconstructed_name(task.sample, name)
    return Failure(stage, task.subject, "", condition, sample, what)
