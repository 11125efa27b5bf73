"""What the triage answered for every file of a release, on disk."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from reid_audit.errors import StoreError, UsageError
from reid_audit.store import own_folder, private_folder, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ANSWERS", "PLACE", "Answer", "Triage", "TriagedFile", "read_triage", "write_triage"]

Answer = Literal["face", "none", "cannot tell", "unaudited"]
"""``face``: gives a person away, by a face, or in a header by a name or a date of birth; ``why`` says which.
``none``: looked at, nothing found. ``cannot tell``: looked at, undecided. ``unaudited``: could not be looked at."""

ANSWERS: tuple[Answer, ...] = get_args(Answer)

PLACE = "private/triage.json"
"""In OUT. Paths of a release hold identifiers: the list is private (0600 in a folder 0700); ``purge`` removes it."""

_SCHEMA = 1
_MAX_BYTES = 2**30
_DAMAGED = "Triage the release again: `reid-audit triage BIDS_DIR OUT`."


@dataclass(frozen=True)
class TriagedFile:
    """One file of a release.

    Parameters
    ----------
    path : str
        Relative to the release, POSIX.
    sha256 : str
        Of the bytes, of a link that leads to no file of its text; empty where there is nothing to read.
    kind : str
        ``"scan" "series" "mask" "dicom" "picture" "page" "mesh" "header" "table" "text" "document" "archive" "link"
        "folder" "history" "other"``.
    answer : {"face", "none", "cannot tell", "unaudited"}
    why : str
        As of :class:`~reid_audit.triage.answer.Told`.
    """

    path: str
    sha256: str
    kind: str
    answer: Answer
    why: str


@dataclass(frozen=True)
class Triage:
    """What was answered for every file of a release.

    Parameters
    ----------
    volumes : tuple of TriagedFile
        Sorted by path; every file is there, whatever its kind.
    complete : bool
        False where the triage was stopped, or did not reach everything.
    """

    volumes: tuple[TriagedFile, ...]
    complete: bool

    @property
    def counts(self) -> dict[Answer, int]:
        """How many files have each answer; every answer is a key."""
        found = Counter(file.answer for file in self.volumes)
        return {answer: found[answer] for answer in ANSWERS}

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {answer}" for answer, count in self.counts.items())
        return f"Triage({len(self.volumes)} files: {told}; {'complete' if self.complete else 'INCOMPLETE'})"


def write_triage(out: Path | str, files: Iterable[TriagedFile], *, complete: bool) -> Triage:
    """Write ``private/triage.json`` whole, 0600, and return what was written.

    Raises
    ------
    UsageError, StoreError
        If the folder or the file cannot be written.
    """
    triage = Triage(tuple(sorted(files, key=lambda file: file.path)), complete)
    private_folder(own_folder(out) / "private")
    content = {"schema": _SCHEMA, "complete": complete, "volumes": [asdict(file) for file in triage.volumes]}
    write_json(Path(out) / PLACE, content)
    return triage


def read_triage(out: Path | str) -> Triage:
    """Read what :func:`write_triage` wrote.

    Parameters
    ----------
    out : path-like
        The OUT of ``reid-audit triage`` or ``reid-audit run``.

    Returns
    -------
    Triage

    Raises
    ------
    UsageError
        If nothing was triaged in this folder.
    StoreError
        If the file is damaged or of another version.
    """
    file = Path(out) / PLACE
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise StoreError(f"The triage has more than the {_MAX_BYTES:,} bytes that are allowed.", remedy=_DAMAGED)
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError("The release was not triaged in this folder.", remedy=_DAMAGED) from None
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError("The triage cannot be read: it is no whole JSON document.", remedy=_DAMAGED) from error
    if not isinstance(content, dict) or content.get("schema") != _SCHEMA:
        raise StoreError(f"The triage is not of schema {_SCHEMA}.", remedy=_DAMAGED)
    complete, rows = content.get("complete"), content.get("volumes")
    if not isinstance(complete, bool) or not isinstance(rows, list):
        raise StoreError("The triage lacks 'complete' or 'volumes'.", remedy=_DAMAGED)
    return Triage(tuple(map(_file, rows)), complete)


def _file(row: Any) -> TriagedFile:
    names = ("path", "sha256", "kind", "answer", "why")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in names):
        raise StoreError("A line of the triage is not a file with an answer.", remedy=_DAMAGED)
    if row["answer"] not in ANSWERS:
        raise StoreError("A line of the triage has an answer that does not exist.", remedy=_DAMAGED)
    return TriagedFile(*(row[name] for name in names))
