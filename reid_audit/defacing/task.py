"""Deface one scan: read, deface, check, write; whatever goes wrong becomes a row."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from reid_audit.anatomy.resampling import air_value
from reid_audit.defacers.checking import Stored, accept, read_stored
from reid_audit.defacers.reorienting import turned_onto
from reid_audit.defacing.choosing import make_defacer, takes
from reid_audit.errors import (
    DefacingError,
    DiskFullError,
    HeadError,
    InputError,
    MissingResourceError,
    ReidAuditError,
    StoreError,
)
from reid_audit.inputs.brain_masks import read_brain_mask
from reid_audit.inputs.derivative import Names, mask_sidecar, scan_sidecar
from reid_audit.inputs.like import write_like
from reid_audit.inputs.volume import read_volume, write_volume
from reid_audit.protocols import NotingDefacer
from reid_audit.store import Record, RecordStore, code_key, content_key, file_key, private_folder, write_json
from reid_audit.types import Mask, ModelSpec, Volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["DONE", "RECORDS", "Row", "Task", "deface_one", "is_finished"]

DONE = "done"
RECORDS = ".defacing"
"""Folder in OUT that remembers which scans are finished; it holds hashes, rows and names of results, no image."""

_OUTCOMES = (
    (HeadError, "no head"),
    (InputError, "unreadable"),
    (MissingResourceError, "not ready"),
    (StoreError, "not written"),
)
_SKULL_STRIPPERS = {"skullstrip", "synthstrip"}
_ROOMS = ("defacers", "defacing", "inputs", "anatomy", "surface")


@dataclass(frozen=True)
class Row:
    """What became of one scan.

    Parameters
    ----------
    scan, defacer, version : str
    seconds : float
        Wall-clock time of the defacer, whether it ended well or not; NaN where it did not run.
    altered_ml : float
        Volume of the altered voxels in millilitres; NaN where nothing was accepted.
    outcome : str
        ``"done"``, or what went wrong in a word or two.
    reason : str
        What happened and what to do; of a finished scan what is worth knowing.
    """

    scan: str
    defacer: str
    version: str
    seconds: float = float("nan")
    altered_ml: float = float("nan")
    outcome: str = DONE
    reason: str = ""


@dataclass(frozen=True)
class Task:
    """One scan to be defaced, as it travels to a worker.

    Parameters
    ----------
    scan, path, modality : str
    names : Names
        Relative to ``out``.
    out : str
    spec : ModelSpec
        Of the defacer, as the parent process found it.
    options : mapping
        For :func:`make_defacer`.
    brain : str
        Path of the scan's brain mask, empty where none is given.
    result : str or None
        Path of a defaced file that is taken in instead of running the defacer; empty where none was found.
    sidecar : mapping
        Of the original.
    files : str
        Key of the content of what ``options["files"]`` names, empty where it names nothing.
    """

    scan: str
    path: str
    modality: str
    names: Names
    out: str
    spec: ModelSpec
    options: Mapping[str, Any] = field(default_factory=dict)
    brain: str = ""
    result: str | None = None
    sidecar: Mapping[str, Any] = field(default_factory=dict)
    files: str = ""


def deface_one(task: Task) -> Row:
    """Deface one scan unless it is finished, and say what became of it.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Row
        Where the outcome is not :data:`DONE`, OUT holds no result for the scan.

    Raises
    ------
    DiskFullError
        There is no room, for this scan as for any other.
    """
    row = Row(task.scan, task.spec.name, task.spec.version)
    watch = _Watch()
    try:
        return _defaced(task, row, watch)
    except DiskFullError:
        _remove(task)
        raise
    except ReidAuditError as error:
        row = replace(row, outcome=_outcome(error), reason=str(error))
    except OSError as error:
        row = replace(
            row, outcome="unreadable", reason=f"The system refused: {error.strerror or type(error).__name__}."
        )
    except MemoryError:
        row = replace(row, outcome="no memory", reason="Not enough memory for this image. Resample it to 1 mm.")
    except Exception as error:  # noqa: BLE001 - a defect met on one scan must not cost the others theirs
        reason = f"Unexpected {type(error).__name__} in the defacer: please report it to those who wrote it."
        row = replace(row, outcome="crashed", reason=reason)
    _remove(task)
    return replace(row, seconds=watch.seconds)


class _Watch:
    """Takes the time of what runs inside; NaN until something did."""

    def __init__(self) -> None:
        self.seconds = float("nan")

    @contextmanager
    def running(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds = time.monotonic() - began


def _outcome(error: ReidAuditError) -> str:
    """Return what went wrong in a word or two."""
    if isinstance(error, DefacingError):
        return error.outcome
    return next((word for kind, word in _OUTCOMES if isinstance(error, kind)), "failed")


def _defaced(task: Task, row: Row, watch: _Watch) -> Row:
    source, out = Path(task.path), Path(task.out)
    if not source.exists():
        read_volume(source)  # says what is wrong
    before = file_key(source)
    records = RecordStore(out / RECORDS)
    key = _key(task, before)
    if (known := _finished(records.get(key), out)) is not None:
        return replace(row, **known)
    records.begin(key)
    volume = read_volume(source, modality=task.modality or None)
    if task.result is not None:
        altered, footprint, notes = _taken_in(task.result, source, volume)
    else:
        with watch.running():
            altered, footprint, notes = _run(task, volume)
    if file_key(source) != before:
        raise DefacingError(
            "The scan's own file was altered while it was defaced.",
            outcome="input altered",
            remedy="Restore it from a copy, and do not use this defacer.",
        )
    _write(task, volume, altered, footprint)
    millilitres = float(np.asarray(footprint.data).sum()) * float(abs(np.linalg.det(volume.affine[:3, :3]))) / 1000.0
    done = replace(row, seconds=watch.seconds, altered_ml=millilitres, reason=" ".join(notes))
    facts = {name: value for name, value in asdict(done).items() if value == value}  # noqa: PLR0124 - no NaN in JSON
    hashes = {name: file_key(out / name) for name in task.names.all}
    records.put(key, Record({}, {"row": facts, "files": hashes}))
    return done


def _key(task: Task, content: str) -> str:
    """Return the key of a result: the scan, what its sidecar will say, the defacer, what it was given, and the code."""
    others = [task.files, *(file_key(path) if path else "" for path in (task.brain, task.result))]
    options = {name: str(value) for name, value in task.options.items() if name not in ("seconds", "files")}
    given = [content, _sidecar(task), task.modality, options, others]
    return content_key(given, asdict(task.spec), task.names.all, code_key(*_ROOMS))


def _sidecar(task: Task) -> dict[str, Any]:
    return scan_sidecar(task.sidecar, task.spec, skull_stripped=task.spec.name in _SKULL_STRIPPERS)


def is_finished(task: Task) -> bool:
    """Tell whether OUT holds the result of a scan, as it would be made now.

    Parameters
    ----------
    task : Task
    """
    try:
        key = _key(task, file_key(task.path))
    except OSError:
        return False
    return _finished(RecordStore(Path(task.out) / RECORDS).get(key), Path(task.out)) is not None


def _finished(record: Record | None, out: Path) -> dict[str, Any] | None:
    """Return the row of a scan that is finished, None where it is not or its files are not what was written."""
    if record is None:
        return None
    try:
        if any(file_key(out / name) != digest for name, digest in record.facts["files"].items()):
            return None
    except OSError:
        return None
    return dict(record.facts["row"])


def _run(task: Task, volume: Volume) -> tuple[Volume, Mask, tuple[str, ...]]:
    options = dict(task.options)
    if task.brain:
        options["brain"] = partial(read_brain_mask, Path(task.brain))
    defacer = make_defacer(task.spec.name, options)
    limit = None if takes(task.spec.name, "seconds") else task.options.get("seconds")
    digest = _digest(volume)
    noting = isinstance(defacer, NotingDefacer)
    with _at_most(limit):
        answer = defacer.deface_noted(volume) if isinstance(defacer, NotingDefacer) else defacer.deface(volume)
    if _digest(volume) != digest:
        raise DefacingError(
            "The defacer altered the scan that it was given instead of a copy.",
            outcome="input altered",
            remedy="Report it to those who wrote it.",
        )
    if not (isinstance(answer, tuple) and len(answer) == 2 + noting and isinstance(answer[0], Volume)):
        raise DefacingError(
            f"The defacer returned no scan and mask but {type(answer).__name__}.",
            outcome="no output",
            remedy="Report it to those who wrote it; reid_audit.testing.check_defacer shows what is wrong.",
        )
    altered, data = answer[0], np.asarray(answer[0].data)
    stored = Stored(data.astype(np.float32, copy=False), np.asarray(altered.affine), data.dtype)
    accepted, footprint, findings = accept(volume, stored)
    # What the defacer noted of its own file is no longer seen in what it returned; what is seen in both is said once.
    notes = (*answer[2:], (finding.text for finding in findings))
    return accepted, footprint, tuple(dict.fromkeys(note for group in notes for note in group))


def _digest(volume: Volume) -> str:
    return hashlib.sha256(np.ascontiguousarray(volume.data).data).hexdigest()


def _taken_in(result: str, source: Path, volume: Volume) -> tuple[Volume, Mask, tuple[str, ...]]:
    """Check a file that a defacer wrote earlier, with the corrections that reading made to the original."""
    if not result:
        raise DefacingError(
            "No defaced file is this scan's without doubt: none has its name, the folders are others', or several fit.",
            outcome="no result",
            remedy="Name it as the scan with _desc-defaced, _defaced or anon_, in folders named as the scan's.",
        )
    stored = read_stored(Path(result))
    data, affine = turned_onto(stored.data, stored.affine, np.asarray(volume.affine))
    made = replace(stored, data=data, affine=affine)
    if made.data.shape != volume.data.shape or not source.name.lower().endswith((".nii", ".nii.gz", ".mgz", ".mgh")):
        altered, footprint, findings = accept(volume, made)
        return altered, footprint, tuple(finding.text for finding in findings)
    raw = read_stored(source)
    known = np.isfinite(raw.data)
    first = int(np.argmax(known))
    offset = np.rint(raw.data.flat[first] - np.asarray(volume.data).flat[first])
    data = np.where(known | np.isfinite(made.data), made.data - offset, volume.data).astype(np.float32)
    holes = np.isnan(data)
    data[holes] = air_value(volume)
    altered, footprint, findings = accept(volume, replace(made, data=data))
    filled = ("It was filled with NaN, which was set to air.",) if holes.any() else ()
    return altered, footprint, (*(finding.text for finding in findings), *filled)


def _write(task: Task, volume: Volume, altered: Volume, footprint: Mask) -> None:
    out = Path(task.out)
    image, sidecar, mask, mask_json = (out / name for name in task.names.all)
    if not _lies_in(out, image):
        raise StoreError("A folder of OUT is a link to somewhere else.", remedy="Remove it, or name another OUT.")
    for folder in image.parents:
        if out in folder.parents:
            private_folder(folder)
    write_volume(footprint, mask)
    write_json(mask_json, mask_sidecar(task.spec, skull_stripped=task.spec.name in _SKULL_STRIPPERS))
    write_json(sidecar, _sidecar(task))
    write_like(Path(task.path), volume, altered, footprint, image)


def _lies_in(out: Path, file: Path) -> bool:
    """Tell whether a file of OUT lies there, and not where a link leads to."""
    return file.parent.resolve().is_relative_to(out.resolve())


def _remove(task: Task) -> None:
    """Leave no result of an earlier run under the name of a scan that failed now."""
    out = Path(task.out)
    for path in (out / name for name in task.names.all):
        if _lies_in(out, path):
            with suppress(OSError):
                path.unlink()


class _TimeIsUp(BaseException):
    """Not an Exception, so that no defacer swallows it."""


@contextmanager
def _at_most(seconds: float | None) -> Iterator[None]:
    """End what runs inside when the time is up: for defacers inside this process, which have no limit of their own."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> NoReturn:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _TimeIsUp:
        raise DefacingError(
            f"The defacer did not finish within {seconds:.0f} s and was ended.",
            outcome="hung",
            remedy="Give it more time (--time-limit), or look at why it waits.",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
