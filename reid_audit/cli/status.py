"""``OUT/status.json``: how far a command is, for programs to read while it runs."""

from __future__ import annotations

import os
import re
import secrets
import time
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from reid_audit.store import private_folder, remove_tree, write_json
from reid_audit.store.files import PART

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["STATUS", "StatusFile", "clear_beside", "name_beside"]

STATUS = "status.json"

_BESIDE = "status"
"""Folder of the same files of runs that share OUT, one each."""

_MADE_BESIDE = re.compile(rf"\d+-[0-9a-f]{{8}}\.json|{PART}")

_EVERY_SECONDS = 2.0

State = Literal["running", "finished", "stopped", "failed"]


class StatusFile:
    """Keeps one small file up to date: written whole, 0600, at most every two seconds and whenever a stage ends.

    Keys: ``schema, command, version, process, state`` (``running``, ``finished``, ``stopped``, ``failed``), ``started,
    updated`` (UTC), ``stage, done, total, seconds_left`` of what is under way, and ``stages``, one entry each with
    ``name, done, total, seconds``. A process that was killed leaves ``running``; ``process`` says which it was.

    Parameters
    ----------
    folder : Path
        OUT, which exists.
    command : str
    name : str
        Of the file, in OUT.
    clock : callable
        Seconds.
    """

    def __init__(
        self, folder: Path, command: str, name: str = STATUS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = folder / name
        self._command = command
        self._clock = clock
        self._started = _now()
        self._stages: dict[str, list[float]] = {}  # done, total, began, seconds
        self._stage = ""
        self._written = float("-inf")
        self._write("running")

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Tell of a stage."""
        now = self._clock()
        entry = self._stages.setdefault(stage, [0, total, now, 0.0])
        entry[0], entry[1], entry[3] = done, total, now - entry[2]
        turned = stage != self._stage or done >= total
        self._stage = stage
        if turned or now - self._written >= _EVERY_SECONDS:
            self._write("running")

    def end(self, state: State) -> None:
        """Say how the command ended."""
        self._write(state)

    def remove(self) -> None:
        """Take the file away: the command ended well, and nobody else would."""
        self._path.unlink(missing_ok=True)

    def _write(self, state: State) -> None:
        done, total, _, seconds = self._stages.get(self._stage, (0, 0, 0.0, 0.0))
        left = seconds * (total - done) / done if 0 < done < total else None
        content = {
            "schema": 1,
            "command": self._command,
            "version": metadata.version("reid_audit"),
            "process": os.getpid(),
            "state": state,
            "started": self._started,
            "updated": _now(),
            "stage": self._stage,
            "done": done,
            "total": total,
            "seconds_left": None if left is None else round(left, 1),
            "stages": [
                {"name": name, "done": entry[0], "total": entry[1], "seconds": round(entry[3], 2)}
                for name, entry in self._stages.items()
            ],
        }
        write_json(self._path, content)
        self._written = self._clock()


def name_beside(folder: Path) -> str:
    """Return a name in OUT that no other run uses, on this machine or another; it names nobody, and its folder is made.

    Parameters
    ----------
    folder : Path
        OUT.
    """
    private_folder(folder / _BESIDE)
    return f"{_BESIDE}/{os.getpid()}-{secrets.token_hex(4)}.json"


def clear_beside(folder: Path) -> None:
    """Remove what runs that shared OUT left: who has all of it knows that they are over.

    Parameters
    ----------
    folder : Path
        OUT.
    """
    remove_tree(folder / _BESIDE, made=lambda name: _MADE_BESIDE.fullmatch(name) is not None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
