"""Walks a whole release and answers for every file in it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs.cohort import collect_scans
from reid_audit.inputs.names import parse_image_name
from reid_audit.store import link_key, own_folder, private_folder
from reid_audit.triage.answer import Told, worst
from reid_audit.triage.kinds import kind_of_file
from reid_audit.triage.path_words import told_by_path
from reid_audit.triage.result import Triage, TriagedFile, write_triage
from reid_audit.triage.task import TriageTask, triage_files
from reid_audit.triage.walk import walk_release
from reid_audit.types import ORIGINAL
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reid_audit.triage.result import Answer
    from reid_audit.triage.walk import Place, State

__all__ = ["check_places", "triage_release"]

_STORE = "private/triage"
_DERIVED = {"desc", "space", "res", "den", "mod"}
"""Entities that what was made of a scan has beside the scan's own."""

_NOT_FILES: Mapping[State, tuple[str, Answer, str]] = {
    "absent": ("link", "unaudited", "absent: a link whose content is not here (git-annex, DataLad)"),
    "outside": ("link", "unaudited", "outside: a link that leads out of the release"),
    "inside": ("link", "none", "link: leads to a folder of the release, whose files are listed at their own place"),
    "history": ("history", "unaudited", "history: earlier versions of files may be handed on with a .git folder"),
    "closed": ("other", "unaudited", "closed: a folder that cannot be entered"),
    "special": ("other", "unaudited", "special: neither a file nor a folder"),
    "empty": ("folder", "none", "folder: nothing is in it"),
}


def triage_release(
    root: Path | str,
    out: Path | str,
    *,
    originals: Path | str | None = None,
    detector: str = "dlib-large",
    picture_detector: str = "dlib",
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Triage:
    """Answer for every file of a release whether it gives somebody away.

    Parameters
    ----------
    root : path-like
        What is to be released: everything in it is looked at, hidden folders included.
    out : path-like
        Folder outside of it; the answers are written to ``private/triage.json``, and finished ones are kept.
    originals : path-like, optional
        BIDS data set of the scans before they were defaced: what was removed is then seen and need not be guessed.
    detector, picture_detector : str
        Names of detectors, for renders of heads and for pictures.
    workers : int
    progress : callable, optional
        Takes ``"triage"``, how many files are done, and how many there are.

    Returns
    -------
    Triage

    Raises
    ------
    UsageError
        If there is no such folder, OUT lies in it, or the originals do.
    StoreError
        If the disk refuses.
    """
    base, target = Path(root), Path(out)
    check_places(base, target, Path(originals) if originals is not None else None)
    place = own_folder(target).absolute()  # workers may have been started elsewhere
    store = str(private_folder(private_folder(place / "private") / Path(_STORE).name))
    write_triage(target, (), complete=False)
    places, complete = walk_release(base)
    before = original_scans(Path(originals)) if originals is not None else {}
    tasks, known = _tasks(places, before, detector, picture_detector, store)
    tell = progress or (lambda _stage, _done, _total: None)
    answers = [*known]
    tell("triage", len(answers), len(places))
    for index, answer in run_tasks(triage_files, tasks, workers=workers):
        answers += _killed(tasks[index]) if isinstance(answer, WorkerLost) else answer
        tell("triage", len(answers), len(places))
    return write_triage(target, answers, complete=complete)


def check_places(root: Path, out: Path, originals: Path | None) -> None:
    """Refuse a release that is not there, and an OUT or originals that would be released with it.

    Raises
    ------
    UsageError
    """
    if not root.is_dir():
        raise UsageError(f"There is no folder '{root}' to triage.", remedy="Name the folder that is to be released.")
    if out.resolve().is_relative_to(root.resolve()):
        raise UsageError(
            f"OUT '{out}' is, or lies in, what is to be released: private files would be released with it.",
            remedy="Name a folder elsewhere.",
        )
    if originals is not None and originals.resolve().is_relative_to(root.resolve()):
        raise UsageError(
            f"The originals '{originals}' lie in what is to be released.",
            remedy="Move them elsewhere, or name the folder that is really released.",
        )


def original_scans(root: Path) -> dict[tuple[tuple[str, str], ...], str]:
    """Return the path of every original scan of a data set or manifest, by what its name says.

    Raises
    ------
    ManifestError
        If there is none.
    """
    found: dict[tuple[tuple[str, str], ...], str] = {}
    for row in collect_scans(root).scans:
        key = scan_key(Path(row.path).name)
        if row.condition == ORIGINAL and key:
            found.setdefault(key, row.path)
    if not found:
        raise ManifestError("No original scan was found.", remedy="Name the BIDS data set of the undefaced scans.")
    return found


def scan_key(name: str) -> tuple[tuple[str, str], ...]:
    """Return what a scan and what was made of it on its grid have in common; empty where the name says nothing."""
    parsed = parse_image_name(name)
    if parsed is None or "space" in parsed.entities:
        return ()
    entities = {key: value for key, value in parsed.entities.items() if key not in _DERIVED}
    return (*sorted(entities.items()), ("suffix", parsed.entities.get("mod", parsed.suffix)))


def _tasks(
    places: Sequence[Place],
    originals: Mapping[tuple[tuple[str, str], ...], str],
    detector: str,
    picture_detector: str,
    store: str,
) -> tuple[list[TriageTask], list[TriagedFile]]:
    """Return what is to be looked at, and the answers for what cannot be."""
    tasks: list[TriageTask] = []
    known: list[TriagedFile] = []
    series: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place in places:
        kind = _kind(place)
        if place.state != "file":
            known.append(_not_a_file(place))
        elif kind is None:
            known.append(TriagedFile(place.name, "", "other", "unaudited", "unreadable: the file cannot be opened"))
        elif kind == "dicom":
            series[str(Path(place.path).parent)].append((place.path, place.name))
        else:
            original = originals.get(scan_key(Path(place.name).name), "") if kind in {"scan", "mask"} else ""
            tasks.append(TriageTask(((place.path, place.name),), kind, original, detector, picture_detector, store))
    tasks += [TriageTask(tuple(group), "dicom", "", detector, picture_detector, store) for group in series.values()]
    return tasks, known


def _not_a_file(place: Place) -> TriagedFile:
    """Answer for what is no file; of a link its own text is hashed: where it leads can be asked again."""
    kind, answer, why = _NOT_FILES[place.state]
    told = [Told(answer, why), told_by_path(place.name)]
    digest = ""
    if kind == "link":
        with suppress(OSError):
            told.append(told_by_path(str(Path(place.path).readlink()), "the path that the link leads to"))
            digest = link_key(place.path)
    summed = worst(told)
    return TriagedFile(place.name, digest, kind, summed.answer, summed.why)


def _kind(place: Place) -> str | None:
    """Return the kind of a file; None where it cannot be opened."""
    if place.state != "file":
        return None
    try:
        return kind_of_file(Path(place.path))
    except OSError:
        return None


def _killed(task: TriageTask) -> list[TriagedFile]:
    why = "memory: the process that looked at the file was killed, most likely for want of memory"
    return [TriagedFile(name, "", task.kind, "unaudited", why) for _, name in task.places]
