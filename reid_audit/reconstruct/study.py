"""Attacks on the defaced scans of a cohort by attackers who learnt from other people."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from reid_audit.errors import UsageError
from reid_audit.inputs import read_volume
from reid_audit.plugins import load_reconstructor, shareable_name
from reid_audit.reconstruct.attacking import (
    COLUMNS,
    DEFACED,
    DONE,
    MEASURED,
    RESTS_ON,
    SWAPPED,
    AttackTask,
    attack_one,
    read_known,
    swap_one,
)
from reid_audit.reconstruct.diffusion import CascadedDiffusion
from reid_audit.reconstruct.diffusion.training import learnt_from, learnt_people
from reid_audit.reconstruct.naming import shareable_names
from reid_audit.reconstruct.population import LazyScans, learn_population, write_population
from reid_audit.reconstruct.rebuilt import check_conditions, of_phantoms, reconstructed_name, with_reconstructions
from reid_audit.reconstruct.tasks import attack_tasks, swap_tasks
from reid_audit.store import code_key, content_key, file_key, private_folder
from reid_audit.types import ORIGINAL, Cohort, Failure
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

__all__ = [
    "Study",
    "attack_cohort",
    "learn_from",
    "one_scan_each",
    "people_with_originals",
    "reconstructed_name",
    "split_people",
]


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
        Scans that could not be attacked or measured, those without an original among them.
    learnt : int
        People whom the attackers learnt from; a diffusion model learnt from those that it was trained on.
    not_learnt : int
        People who were given as well, and whose heads were not found or could not be laid on the others.
    """

    faces: pd.DataFrame
    cohort: Cohort
    failures: tuple[Failure, ...]
    learnt: int
    not_learnt: int

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
        Folder; what the same code learnt from the same scans before is taken as it is.
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
    contents = [file_key(path) for path in paths if Path(path).exists()]
    key = content_key(contents, modalities, code_key(*RESTS_ON))
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
    scans = _originals(cohort)
    found = sorted({str(one) for one in scans["modality"]})
    if len(found) != 1:
        raise UsageError(
            f"Attackers learn from originals of one modality, got {', '.join(found) or 'no original'}.",
            remedy="Give a manifest with the originals of one modality.",
        )
    rows = scans.drop_duplicates("subject")
    return tuple((str(row["path"]), str(row["modality"])) for row in rows.to_dict("records"))


def people_with_originals(cohort: Cohort) -> tuple[str, ...]:
    """Return the labels of the people whose scans :func:`one_scan_each` returns, in its order."""
    return tuple(map(str, _originals(cohort)["subject"].drop_duplicates()))


def _originals(cohort: Cohort) -> pd.DataFrame:
    return cohort.scans[cohort.scans["condition"] == ORIGINAL].sort_values(["subject", "session", "sample"])


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
        Somebody is learnt from and attacked, an attacker is not known, two of them would have one name, or no defaced
        scan has an original.
    MissingResourceError
        What an attacker needs is not installed.
    StoreError
        A trained model is damaged, or the disk is full. Nothing of it is kept: the same call goes on.
    """
    shareable_names(attackers)
    check_conditions(attackers, attacked)
    _check_models(attackers, attacked)
    both = sorted(set(attacked.subjects) & set(training.subjects))
    if both:
        who = "1 person is" if len(both) == 1 else f"{len(both)} people are"
        raise UsageError(
            f"{who} learnt from and attacked: an attacker does not hold their originals.",
            remedy="Divide the people (split_people), or rename those of another data set.",
        )
    _check_files(attacked, training)
    specs = tuple(_spec_of(name) for name in attackers)
    folder = private_folder(Path(out))
    population, paths = learn_from(training, learnt_in or folder, progress=progress)
    known = read_known(str(population))
    tasks, alone = attack_tasks(
        attacked,
        attackers=tuple(attackers),
        specs=specs,
        population=str(population),
        training=paths,
        out=str(folder),
        seed=seed,
    )
    rows: list[dict[str, Any]] = []
    failures = list(alone)
    progress("faces", 0, len(tasks))
    for done, (index, found) in enumerate(run_tasks(attack_one, tasks, workers=workers), 1):
        if isinstance(found, WorkerLost):
            failures += [_failure(tasks[index], _ENDED, name) for name in tasks[index].attackers]
        else:
            rows += found
        progress("faces", done, len(tasks))
    swaps = swap_tasks(rows, tasks, swapped, seed)
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
    cohort = with_reconstructions(attacked, faces, phantom=phantom)
    return Study(faces, cohort, tuple(failures), known.n_people, known.lost)


def _spec_of(name: str) -> str:
    """Return what tells an attacker from others of its name, once it is sure that it can be loaded here."""
    made = load_reconstructor(name)
    if isinstance(made, CascadedDiffusion):
        made.check()
    return content_key(asdict(made.spec))


def _check_files(attacked: Cohort, training: Cohort) -> None:
    """Refuse scans that are learnt from and attacked under two labels."""
    learnt = {file_key(path) for path, _ in one_scan_each(training) if Path(path).is_file()}
    originals = attacked.scans[attacked.scans["condition"] == ORIGINAL]["path"]
    known = sum(file_key(str(path)) in learnt for path in originals if Path(str(path)).is_file())
    if known:
        raise UsageError(
            f"{known} of the originals that are attacked {'is' if known == 1 else 'are'} learnt from as well, under "
            "another label: an attacker does not hold them.",
            remedy="Learn from other people.",
        )


def _check_models(attackers: Sequence[str], attacked: Cohort) -> None:
    """Refuse a trained model that has learnt from somebody who is attacked, be it from another scan of theirs."""
    folders = [name.split(":", 1)[1] for name in attackers if name.startswith("diffusion:")]
    people = max((len(learnt_people(folder, attacked.subjects)) for folder in folders), default=0)
    if people:
        raise UsageError(
            f"The trained model has learnt from people of {people} of the labels that are attacked: an attacker does "
            "not hold their originals.",
            remedy="Train on other people; if labels of two data sets are alike by chance, rename one's in a manifest.",
        )
    keys = {file for folder in folders for file in learnt_from(folder)}
    if not keys:
        return
    originals = attacked.scans[attacked.scans["condition"] == ORIGINAL]["path"]
    known = sum(file_key(str(path)) in keys for path in originals if Path(str(path)).is_file())
    if known:
        raise UsageError(
            f"The trained model has learnt from {known} of the scans that are attacked.",
            remedy="Train on other people: an attacker does not hold these originals.",
        )


def _failure(task: AttackTask, what: str, attacker: str = DEFACED, *, made: bool = False) -> Failure:
    """Return a failure of the scan that was to be made; of one that was, only its distance is not known."""
    name = shareable_name(attacker)
    stage = "distance" if made or attacker == DEFACED else "reconstruct"
    condition, sample = reconstructed_name(task.condition, name), reconstructed_name(task.sample, name)
    return Failure(stage, task.subject, "", condition, sample, what)
