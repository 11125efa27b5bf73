"""Repeats studies in parts that are kept, and counts how often intervals held the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from benchmarks.checks.coverage.studies import STUDIES
from reid_audit.store import code_key, content_key, private_folder, write_json
from reid_audit.workers import run_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LEVEL", "Coverage", "coverages", "repeat"]

LEVEL = 0.95
PART = 20
"""Repetitions that are kept together; a stopped run loses no more than this."""

_ROOMS = ("evaluate", "statistics", "attackers", "types")
"""What coverage rests on."""


@dataclass(frozen=True)
class Coverage:
    """How often the interval of one number held the truth in one study.

    Parameters
    ----------
    metric, study : str
    truth : float
    made : int
        Intervals; studies whose number has none are left out.
    held : int
        Those that held the truth.
    under, over : int
        The others: truth below the interval, and above it.
    without : int
        Studies whose number had no interval.
    nothing : int
        Studies whose number was 0.
    """

    metric: str
    study: str
    truth: float
    made: int
    held: int
    under: int
    over: int
    without: int
    nothing: int

    @property
    def rate(self) -> float:
        """Share of the intervals that held the truth."""
        return self.held / self.made

    @property
    def error(self) -> float:
        """Standard error of the share, from the number of repetitions; that of the level where all held."""
        rate = min(max(self.rate, 1 - LEVEL), LEVEL)
        return float(np.sqrt(rate * (1 - rate) / self.made))

    def __str__(self) -> str:
        said = f"{self.metric:38s} {self.rate:.3f} ± {self.error:.3f} of {self.made}"
        beside = f", truth below {self.under}, above {self.over}, none {self.without}, value 0 {self.nothing}"
        return f"{said}{beside}; truth {self.truth:.4g}; {self.study}"


def repeat(task: tuple[str, int, int]) -> dict[str, list[list[float | None]]]:
    """Repeat a study and return value and limits of each number.

    Parameters
    ----------
    task : tuple of str, int and int
        Name of the study, number of the part (its seed), repetitions.
    """
    name, part, times = task
    rng = np.random.default_rng([crc32(name.encode()), part])
    found: dict[str, list[list[float | None]]] = {}
    for _ in range(times):
        for metric, answer in STUDIES[name].run(rng).items():
            found.setdefault(metric, []).append([None if at is None else float(at) for at in answer])
    return found


def coverages(
    names: Sequence[str], repetitions: int, folder: Path, *, workers: int = 1
) -> Iterator[tuple[str, list[Coverage]]]:
    """Repeat each study so often and count; parts that are in the folder are not made again.

    Parameters
    ----------
    names : sequence of str
        Of :data:`~benchmarks.checks.coverage.studies.STUDIES`.
    repetitions : int
        Rounded up to whole parts of :data:`PART`.
    folder : Path
        Keeps finished parts, for as long as the code they rest on stays as it is.
    workers : int, default 1

    Yields
    ------
    name : str
    list of Coverage
        One a number with an interval.
    """
    here = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]
    kept = private_folder(folder / content_key(code_key(*_ROOMS), here, PART)[:16])
    tasks = [(name, part, PART) for name in names for part in range(-(-repetitions // PART))]
    files = [kept / f"{crc32(name.encode()):08x}-{part:04d}.json" for name, part, _ in tasks]
    missing = [at for at, file in enumerate(files) if not file.exists()]
    left = {name: sum(tasks[at][0] == name for at in missing) for name in names}
    for name in names:
        if not left[name]:
            yield name, _counted(name, tasks, files)
    for at, answer in run_tasks(repeat, [tasks[at] for at in missing], workers=workers):
        name = tasks[missing[at]][0]
        write_json(files[missing[at]], answer)
        left[name] -= 1
        if not left[name]:
            yield name, _counted(name, tasks, files)


def _counted(name: str, tasks: Sequence[tuple[str, int, int]], files: Sequence[Path]) -> list[Coverage]:
    study = STUDIES[name]
    found: dict[str, list[list[float]]] = {}
    for task, file in zip(tasks, files, strict=True):
        if task[0] == name:
            for metric, rows in json.loads(file.read_text(encoding="utf-8")).items():
                found.setdefault(metric, []).extend(rows)
    answers = {metric: np.array(rows, dtype=np.float64) for metric, rows in found.items()}
    counted = []
    for metric, (value, low, high) in ((metric, rows.T) for metric, rows in answers.items()):
        there = np.isfinite(low)
        if not there.any():
            continue
        about = study.same_as.get(metric, metric)
        truth = study.truth.get(about, float(answers[about][:, 0].mean()))
        under, over = (
            int(np.count_nonzero(each)) for each in (truth < low[there] - 1e-12, truth > high[there] + 1e-12)
        )
        made = int(there.sum())
        counted.append(
            Coverage(
                metric=metric,
                study=name,
                truth=truth,
                made=made,
                held=made - under - over,
                under=under,
                over=over,
                without=len(value) - made,
                nothing=int(np.count_nonzero(value == 0)),
            )
        )
    return counted
