"""Judges many scans: one original is read once for all its defaced versions, and no bad file stops the others."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import InputError, fault_of
from reid_audit.inputs import read_volume
from reid_audit.inputs.brain_masks import inside
from reid_audit.quality.judging import Reference, judge_alone, judge_scan, reference_of
from reid_audit.quality.limits import LIMITS
from reid_audit.quality.records import FinishedVerdicts
from reid_audit.types import Failure, Mask, ScanQuality
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.quality.limits import Limits
    from reid_audit.quality.pairs import ScanPair
    from reid_audit.types import Volume

__all__ = ["JudgeTask", "judge_pairs"]

_MAY_BE_ANOTHERS = (
    "the brain mask was not used: its name does not say of which session, sequence or run it was made, and it does not "
    "lie on the grid of this scan"
)


@dataclass(frozen=True)
class JudgeTask:
    """Defaced scans of one original.

    Parameters
    ----------
    pairs : tuple of ScanPair
        All with the same original and brain mask.
    detector : str or None
    estimate : bool
        Estimate the brain where no mask is given.
    limits : Limits
    store : str
        Folder of finished verdicts; empty for none.
    """

    pairs: tuple[ScanPair, ...]
    detector: str | None = "dlib-large"
    estimate: bool = True
    limits: Limits = LIMITS
    store: str = ""


def judge_pairs(
    pairs: Sequence[ScanPair],
    *,
    detector: str | None = "dlib-large",
    estimate: bool = True,
    limits: Limits = LIMITS,
    workers: int = 1,
    store: Path | str = "",
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[ScanQuality, ...]:
    """Judge every pair.

    Parameters
    ----------
    pairs : sequence of ScanPair
    detector : str, optional
        Name of the detector that looks at renders; None leaves that out.
    estimate : bool
        Estimate the brain where no mask is given and the original is at hand.
    limits : Limits
    workers : int
    store : path-like
        Private folder that keeps finished verdicts: a second call does only what is missing or has changed, and tries
        again what failed.
    progress : callable, optional
        Takes a stage, how many scans are done, and how many there are.

    Returns
    -------
    tuple of ScanQuality
        In the order of the pairs; a scan that cannot be judged has its failure in it.

    Raises
    ------
    MissingResourceError, UsageError
        What would stop every scan as well: weights that are missing, a detector that does not exist.
    """
    answers = {number: _absent(pair, pair.failure) for number, pair in enumerate(pairs) if pair.failure is not None}
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        if number in answers:
            continue
        groups[pair.original, pair.brain if pair.original else f"{number}"].append(number)
    order = list(groups.values())
    kept = _absolute(str(store))
    tasks = [JudgeTask(tuple(_anywhere(pairs[i]) for i in group), detector, estimate, limits, kept) for group in order]
    tell = progress or (lambda _stage, _done, _total: None)
    tell("scans", len(answers), len(pairs))
    for index, answer in run_tasks(judge_task, tasks, workers=workers):
        judged = _killed(tasks[index].pairs) if isinstance(answer, WorkerLost) else answer
        answers |= dict(zip(order[index], judged, strict=True))
        tell("scans", len(answers), len(pairs))
    return tuple(answers[number] for number in range(len(pairs)))


def _anywhere(pair: ScanPair) -> ScanPair:
    """Return a pair whose paths hold in workers that were started elsewhere."""
    return replace(
        pair, defaced=_absolute(pair.defaced), original=_absolute(pair.original), brain=_absolute(pair.brain)
    )


def _absolute(path: str) -> str:
    return os.path.abspath(path) if path else ""  # noqa: PTH100 - links stay as they are


def _killed(pairs: Sequence[ScanPair]) -> list[ScanQuality]:
    what = "The process that judged the scan was killed, probably for want of memory."
    return [_failed(pair, "worker", what, "Run it again with fewer workers.") for pair in pairs]


def judge_task(task: JudgeTask) -> list[ScanQuality]:
    """Judge the defaced scans of one original that are not finished; never raises for what is wrong with a file."""
    finished = FinishedVerdicts(task.store, detector=task.detector, estimate=task.estimate, limits=task.limits)
    known = [finished.get(pair) for pair in task.pairs]
    rest = tuple(pair for pair, judged in zip(task.pairs, known, strict=True) if judged is None)
    fresh = iter(_judged(replace(task, pairs=rest)) if rest else ())
    answers = [next(fresh) if judged is None else judged for judged in known]
    for pair, before, judged in zip(task.pairs, known, answers, strict=True):
        if before is None:
            finished.put(pair, judged)
    return answers


def _judged(task: JudgeTask) -> list[ScanQuality]:
    """Judge every scan of a task."""
    first = task.pairs[0]
    if not first.original:
        return [_guarded(pair, partial(_alone, pair, task)) for pair in task.pairs]
    found: list[Reference] = []

    def reference() -> ScanQuality:
        original = read_volume(Path(first.original), modality=first.modality or None)
        brain, broken = _brain(first, original)
        # Who gave a mask asked for no estimate: one that cannot be read leaves the brain open.
        estimate = None if broken else _estimator(wanted=task.estimate)
        known = reference_of(original, brain=brain, estimate=estimate, limits=task.limits)
        found.append(replace(known, notes=(*known.notes, *broken)))
        return ScanQuality(sample="")

    answer = _guarded(first, reference)
    if answer.failure is not None:
        what = f"The original cannot be used. {answer.failure.what}"
        return [_failed(pair, answer.failure.stage, what, answer.failure.remedy) for pair in task.pairs]
    return [_guarded(pair, partial(_against, pair, found[0], task)) for pair in task.pairs]


def _estimator(*, wanted: bool) -> Callable[[Volume], Mask] | None:
    if not wanted:
        return None
    from reid_audit.anatomy.brain import estimate_brain

    return estimate_brain


def _against(pair: ScanPair, reference: Reference, task: JudgeTask) -> ScanQuality:
    defaced = read_volume(Path(pair.defaced), modality=pair.modality or None)
    return judge_scan(defaced, reference, detector=task.detector, limits=task.limits)


def _alone(pair: ScanPair, task: JudgeTask) -> ScanQuality:
    defaced = read_volume(Path(pair.defaced), modality=pair.modality or None)
    brain, broken = _brain(pair, defaced)
    judged = judge_alone(defaced, brain=brain, detector=task.detector, limits=task.limits)
    return replace(judged, notes=(*judged.notes, *broken))


def _brain(pair: ScanPair, scan: Volume) -> tuple[Mask | None, tuple[str, ...]]:
    """Return the brain mask of a scan, and why it was not used."""
    if not pair.brain:
        return None, ()
    try:
        volume = read_volume(Path(pair.brain), modality="mask")
    except InputError as error:
        return None, (f"the brain mask was not used: {error}",)
    same = volume.data.shape == scan.data.shape and np.allclose(volume.affine, scan.affine, rtol=0, atol=1e-2)
    if not same and not pair.brain_told:
        return None, (_MAY_BE_ANOTHERS,)
    return Mask(inside(volume.data), volume.affine, "brain"), ()


def _guarded(pair: ScanPair, work: Callable[[], ScanQuality]) -> ScanQuality:
    """Do some work on a scan; what is wrong with the file becomes its failure."""
    try:
        judged = work()
    except Exception as error:  # noqa: BLE001 - a defect met on one scan must not cost the others their verdicts
        fault = fault_of(error)
        return _failed(pair, fault.stage, fault.what, fault.remedy)
    return replace(judged, **_facts(pair, judged))


def _facts(pair: ScanPair, judged: ScanQuality) -> dict[str, Any]:
    return {
        "sample": pair.sample,
        "subject": pair.subject,
        "session": pair.session,
        "condition": pair.condition,
        "modality": pair.modality or judged.modality,
    }


def _failed(pair: ScanPair, stage: str, what: str, remedy: str) -> ScanQuality:
    return _absent(pair, Failure(stage, pair.subject, pair.session, pair.condition, pair.sample, what, remedy))


def _absent(pair: ScanPair, failure: Failure) -> ScanQuality:
    return ScanQuality(
        sample=pair.sample,
        subject=pair.subject,
        session=pair.session,
        condition=pair.condition,
        modality=pair.modality or "unknown",
        failure=failure,
    )
