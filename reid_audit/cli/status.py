"""``OUT/status.json``: how far a command is, for programs to read while it runs."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from reid_audit.store import write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["STATUS", "StatusFile"]

STATUS = "status.json"

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
    clock : callable
        Seconds.
    """

    def __init__(self, folder: Path, command: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / STATUS
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
