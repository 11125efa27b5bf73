"""Deface every scan of a place, resumably, and keep one row a scan."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.defacing.choosing import make_defacer, takes
from reid_audit.defacing.scans import Scan, Scans, scans_of
from reid_audit.defacing.sources import check_out, remember_sources
from reid_audit.defacing.task import DONE, Row, Task, deface_one
from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.inputs.brain_masks import brain_mask_files, find_brain_mask
from reid_audit.inputs.derivative import BIDS_IGNORE, dataset_description
from reid_audit.inputs.results import find_results, result_files
from reid_audit.protocols import InstalledDefacer
from reid_audit.store import alone_in, disarmed, file_key, write_json, write_text
from reid_audit.types import ModelSpec
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["TABLE", "Defacing", "deface_scans"]

TABLE = "defacing.tsv"
"""One row a scan: scan, defacer, version, seconds, altered_ml, outcome, reason."""

_STOPPED = "The run was stopped before it came to this scan. The same command goes on."


@dataclass(frozen=True)
class Defacing:
    """What came of defacing.

    Parameters
    ----------
    rows : tuple of Row
        One a scan, in the order in which the scans were found.
    notes : tuple of str
        What was not defaced because it is no scan to be defaced.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """True where every scan is done."""
        return all(row.outcome == DONE for row in self.rows)


def deface_scans(
    source: Path | str,
    out: Path | str,
    *,
    defacer: str,
    brain_mask: Path | str | None = None,
    seconds: float | None = None,
    image: str | None = None,
    engine: str | None = None,
    files: Path | str | None = None,
    results: Path | str | None = None,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> Defacing:
    """Deface a scan, or every original of a BIDS data set or a manifest, into a BIDS derivative.

    Parameters
    ----------
    source : path-like
        A scan's file, a folder with one DICOM series, a BIDS data set, or a manifest. Never written to.
    out : path-like
        Neither inside ``source`` nor around it, and in no folder that holds the scans of a manifest. A second call with
        the same arguments does only what is not finished.
    defacer : str
        One of ``reid_audit.plugins.available("defacers")``; with ``results`` any name.
    brain_mask : path-like, optional
        A mask on the scan's grid, or a folder of such masks as fMRIPrep and others write them.
    seconds : float, optional
        Time limit of one scan.
    image, engine, files : optional
        Of an installed tool (:class:`reid_audit.defacers.tools.ToolDefacer`).
    results : path-like, optional
        Folder with what the defacer has made already: it is checked and taken in, and nothing is run.
    workers : int
        Processes.
    progress : callable
        Takes ``"scans"``, how many are done, and how many there are.

    Returns
    -------
    Defacing
        The same rows stand in ``OUT/defacing.tsv``. A scan that fails is a row and has no file in OUT.

    Raises
    ------
    UsageError
        A place or a name is wrong, OUT holds the results of another defacer or of other scans under the same names, or
        another run is at work in it.
    MissingResourceError
        The defacer is not ready on this machine.
    DiskFullError
        There is no room for a result.
    """
    target, found = Path(out), scans_of(Path(source))
    _check_places(target, found, Path(results) if results is not None else None)
    options: dict[str, Any] = {"seconds": seconds, "image": image, "engine": engine, "files": files}
    spec = ModelSpec(defacer, "unknown", "unknown") if results is not None else _spec(defacer, options)
    if brain_mask is not None and not takes(defacer, "brain"):
        raise UsageError(f"The defacer '{defacer}' does not take --brain-mask.", remedy="Leave it out.")
    masks = brain_mask_files(Path(brain_mask)) if brain_mask is not None else None
    ready = None
    if results is not None:
        ready = find_results([scan.path for scan in found.scans], result_files(Path(results)), defacer=defacer)
    content = _content(files) if files is not None else ""
    tasks: list[Task] = []
    rows: list[Row] = []
    places: list[int] = []
    for scan in found.scans:
        brain = find_brain_mask(scan.path, masks) if masks is not None else None
        if masks is not None and brain is None:
            reason = (
                "No brain mask fits the name of this scan, or several do. Name it after the scan, or give its file."
            )
            rows.append(Row(scan.name, spec.name, spec.version, outcome="no brain mask", reason=reason))
            continue
        taken = None if ready is None else str(ready.get(scan.path, ""))
        task = _task(scan, target, spec, options, brain=str(brain or ""), result=taken)
        tasks.append(replace(task, files=content))
        places.append(len(rows))
        rows.append(Row(scan.name, spec.name, spec.version, outcome="not reached", reason=_STOPPED))
    rows += [Row(name, spec.name, spec.version, outcome="unreadable", reason=why) for name, why in found.lost]
    check_out(target, spec.name, tasks)
    with alone_in(target):
        _begin(target, found, spec)
        remember_sources(target, spec.name, tasks)
        write_text(target / TABLE, _table(rows))
        try:
            progress("scans", 0, len(tasks))
            for done, (index, answer) in enumerate(run_tasks(deface_one, tasks, workers=workers), 1):
                rows[places[index]] = _lost(tasks[index]) if isinstance(answer, WorkerLost) else answer
                progress("scans", done, len(tasks))
        finally:
            write_text(target / TABLE, _table(rows))
    return Defacing(tuple(rows), found.notes)


def _spec(name: str, options: Mapping[str, Any]) -> ModelSpec:
    """Return the spec of a defacer that is ready, or say what is missing."""
    made = make_defacer(name, options)
    reason = made.missing() if isinstance(made, InstalledDefacer) else ""
    if reason:
        raise MissingResourceError(
            f"The defacer '{name}' is not ready on this machine: {reason}.",
            remedy=f"It needs {'; '.join(made.spec.needs)}.",
        )
    return made.spec


def _content(files: Path | str) -> str:
    """Return a key of the files that were given for a defacer."""
    try:
        return file_key(files)
    except OSError as error:
        raise UsageError(
            f"What --files names, '{files}', cannot be read: {error.strerror or type(error).__name__}.",
            remedy="Correct the path, or make it readable.",
        ) from None


def _check_places(out: Path, found: Scans, results: Path | None) -> None:
    """Refuse an OUT that lies among what comes in, or around it."""
    inside = out.resolve()
    taken = [(results, "the defaced files that are taken in")] if results is not None else []
    for folder, what in (*((folder, "the scans") for folder in found.folders), *taken):
        if folder.is_dir() and inside.is_relative_to(folder.resolve()):
            raise UsageError(f"OUT '{out}' is, or lies in, the folder of {what}.", remedy="Name a folder elsewhere.")
    if any(scan.path.resolve().is_relative_to(inside) for scan in found.scans):
        raise UsageError(
            f"The scans lie in OUT '{out}': the originals would be handed on with the defaced ones.",
            remedy="Name a folder elsewhere.",
        )


def _begin(out: Path, found: Scans, spec: ModelSpec) -> None:
    if any("/" in scan.names.image for scan in found.scans):
        write_json(out / "dataset_description.json", dataset_description(found.name, spec, phantom=found.phantom))
        write_text(out / ".bidsignore", BIDS_IGNORE)


def _task(
    scan: Scan, out: Path, spec: ModelSpec, options: Mapping[str, Any], *, brain: str, result: str | None
) -> Task:
    return Task(
        scan.name,
        str(scan.path.absolute()),
        scan.modality,
        scan.names,
        str(out.absolute()),
        spec,
        {name: value for name, value in options.items() if value is not None},
        brain,
        result,
        scan.sidecar,
    )


def _lost(task: Task) -> Row:
    reason = "The process that worked on it was ended by the system, probably for want of memory. Use fewer workers."
    return Row(task.scan, task.spec.name, task.spec.version, outcome="crashed", reason=reason)


def _table(rows: Sequence[Row]) -> str:
    lines = ["\t".join(each.name for each in fields(Row))]
    lines += ["\t".join(_cell(value) for value in astuple(row)) for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "n/a" if math.isnan(value) else f"{value:.3f}"
    return str(disarmed(" ".join(str(value).split()))) or "n/a"
