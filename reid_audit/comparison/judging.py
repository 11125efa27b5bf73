"""One original and what each defacer made of it: verdicts and measures, every failure a row."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reid_audit.anatomy.brain import estimate_brain
from reid_audit.comparison.measuring import NO_ANCHOR, anchor_of, measured, read_mask
from reid_audit.comparison.verdicts import verdict_table
from reid_audit.errors import fault_of
from reid_audit.inputs import read_volume
from reid_audit.quality import judge_scan, reference_of
from reid_audit.store import Record, RecordStore, code_key, content_key, file_key
from reid_audit.types import Failure, ScanQuality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reid_audit.comparison.measuring import Anchor, Given, ScanTask
    from reid_audit.quality import Reference
    from reid_audit.types import Volume

__all__ = ["Judged", "judge_task"]

_ROOMS = ("comparison", "quality", "utility", "anatomy", "surface", "inputs", "render", "faces")


@dataclass(frozen=True, eq=False)
class Judged:
    """What came of a task.

    Parameters
    ----------
    verdicts, measures : tuple of mapping
        Rows of tables; None stands for what is not known.
    failures : tuple of Failure
    """

    verdicts: tuple[Mapping[str, Any], ...]
    measures: tuple[Mapping[str, Any], ...]
    failures: tuple[Failure, ...]


def judge_task(task: ScanTask) -> Judged:
    """Judge and measure a scan and its defaced forms; what cannot be done is a row with its reason.

    Parameters
    ----------
    task : ScanTask

    Returns
    -------
    Judged
    """
    key = _key(task)
    store = RecordStore(task.store) if task.store and key else None
    if store and (record := store.get(key)):
        facts = record.facts
        return Judged(
            tuple(facts["verdicts"]), tuple(facts["measures"]), tuple(Failure(**each) for each in facts["failures"])
        )
    if store:
        store.begin(key)
    done = _judged(task)
    if store:
        failures = [vars(each) for each in done.failures]
        facts = {"verdicts": list(done.verdicts), "measures": list(done.measures), "failures": failures}
        store.put(key, Record({}, facts))
    return done


def _key(task: ScanTask) -> str:
    """Return a key of everything that the answer rests on; empty where a file cannot be read."""
    files = [path for each in (task.original, *task.defaced) for path in (each.path, *sorted(each.masks.values()))]
    try:
        content = [file_key(path) if path else "" for path in files]
    except OSError:
        return ""
    names = [[each.condition, each.sample, sorted(each.masks)] for each in (task.original, *task.defaced)]
    age = None if math.isnan(task.age) else task.age
    who = [task.subject, task.session, task.modality, age, task.sex]
    chart = {sex: rows.tolist() for sex, rows in task.chart.curves.items()} if task.chart else {}
    return content_key("judged", who, names, content, chart, code_key(*_ROOMS))


def _judged(task: ScanTask) -> Judged:
    """Judge and measure; whatever one file raises costs that file alone."""
    original, why = _read(task, task.original)
    reference, unknown = (None, why) if original is None else _reference(task, original)
    verdicts: list[Mapping[str, Any]] = []
    failures = [_failure(task, task.original, unknown, "read" if original is None else "surface")] if unknown else []
    found, unseen = _tried(lambda: anchor_of(task.original, original, reference))
    known = found or replace(NO_ANCHOR, why={"brain": unseen}, why_no_pose=unseen)
    measures = _measures(task, task.original, original, known=known, lost=why)
    for given in task.defaced:
        volume, lost = _read(task, given)
        quality = _quality(task, given, volume, reference, lost or unknown)
        if quality.failure:
            failures.append(quality.failure)
        row = verdict_table([quality]).to_dict("records")[0]
        verdicts.append({str(name): _plain(cell) for name, cell in row.items()})
        measures += _measures(task, given, volume, known=known, lost=lost)
    return Judged(tuple(verdicts), tuple(measures), tuple(failures))


def _measures(
    task: ScanTask, given: Given, volume: Volume | None, *, known: Anchor, lost: str
) -> list[Mapping[str, Any]]:
    """Measure one file; where that cannot be done every measure has the reason."""

    def work() -> list[dict[str, Any]]:
        own = known if given is task.original else anchor_of(given, volume)
        return measured(task, given, volume, own=own, known=known, lost=lost)

    rows, why = _tried(work)
    return list(rows or measured(task, given, None, own=NO_ANCHOR, known=known, lost=why))


def _tried(work: Callable[[], Any]) -> tuple[Any, str]:
    try:
        return work(), ""
    except Exception as error:  # noqa: BLE001 - a defect met on one scan must not cost the others their results
        return None, str(fault_of(error))


def _plain(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _read(task: ScanTask, given: Given) -> tuple[Volume | None, str]:
    if not given.path:
        return None, f"there is no scan of condition '{given.condition}'"
    return _tried(lambda: read_volume(given.path, modality=task.modality))


def _reference(task: ScanTask, original: Volume) -> tuple[Reference | None, str]:
    def work() -> Reference:
        if "brain" not in task.original.masks:
            return reference_of(original, estimate=estimate_brain)
        # Who gave a mask asked for no estimate: one that cannot be used leaves the brain open.
        brain, why = read_mask("brain", task.original, original)
        known = reference_of(original, brain=brain)
        return known if brain is not None else replace(known, notes=(*known.notes, f"the brain mask: {why}"))

    return _tried(work)


def _failure(task: ScanTask, given: Given, what: str, stage: str) -> Failure:
    remedy = "" if given.path else "Run the defacer on this scan, or look at why it gave nothing."
    return Failure(stage, task.subject, task.session, given.condition, given.sample, what, remedy)


def _quality(task: ScanTask, given: Given, volume: Volume | None, reference: Reference | None, why: str) -> ScanQuality:
    """Judge one defaced scan; where the original is at fault nothing is said of the defacer."""
    empty = ScanQuality(given.sample, task.subject, task.session, given.condition, task.modality)
    if volume is None:
        return replace(empty, failure=_failure(task, given, why, "read"))
    if reference is None:
        return replace(empty, notes=(f"the original cannot be judged against: {why}",))
    # Detectors look at the same scans in the audit; they decide nothing here.
    found: ScanQuality | None
    found, lost = _tried(lambda: judge_scan(volume, reference, detector=None))
    if found is None:
        return replace(empty, failure=_failure(task, given, lost, "surface"))
    return replace(
        found,
        sample=given.sample,
        subject=task.subject,
        session=task.session,
        condition=given.condition,
        modality=task.modality,
    )
