"""Progress: bars with time left on a terminal, plain lines elsewhere, nothing when quiet; always on stderr."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, suppress
from importlib import metadata
from typing import TYPE_CHECKING, TextIO

from reid_audit.cli.log import RunLog
from reid_audit.cli.status import STATUS, StatusFile, clear_beside, name_beside
from reid_audit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.progress import TaskID

__all__ = ["telling"]

_EVERY_SECONDS = 10.0


@contextmanager
def telling(
    *, quiet: bool, out: Path | None = None, command: str = "", beside: bool = False
) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that takes a stage, how many of its tasks are done, and how many there are.

    Parameters
    ----------
    quiet : bool
        Nothing on the terminal; files are written all the same.
    out : Path, optional
        Folder, which exists, in which ``status.json`` and ``logs/`` are kept.
    command : str
        For these files.
    beside : bool
        Others are at work in the same folder: the status goes into a file of its own in ``status/``, which is removed
        when the command has ended well.
    """
    with _shown(quiet=quiet) as show:
        if out is None:
            yield show
            return
        if not beside:
            clear_beside(out)
        status, log = StatusFile(out, command, name_beside(out) if beside else STATUS), RunLog(out)
        log.say(f"{command} began, reid_audit {metadata.version('reid_audit')}")

        def tell(stage: str, done: int, total: int) -> None:
            show(stage, done, total)
            status(stage, done, total)
            log(stage, done, total)

        try:
            yield tell
        except BaseException as error:
            stopped = isinstance(error, KeyboardInterrupt)
            with suppress(StoreError):  # the reason that it ends with is told already
                status.end("stopped" if stopped else "failed")
                log.say(f"{command} {'was stopped' if stopped else f'failed: {type(error).__name__}'}")
            raise
        if beside:
            status.remove()
        else:
            status.end("finished")
        log.say(f"{command} finished")


@contextmanager
def _shown(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield what shows progress on the terminal."""
    if quiet:
        yield lambda _stage, _done, _total: None
    elif sys.stderr.isatty():
        with _bars() as tell:
            yield tell
    else:
        yield PlainLines(sys.stderr)


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield tell


class PlainLines:
    """Writes a line when a stage begins, every ten seconds, and when it ends.

    Parameters
    ----------
    stream : text file
    clock : callable
        Seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._stage = ""
        self._began = self._said = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Tell of a stage."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._began, self._said = stage, now, now
        elif done < total and now - self._said < _EVERY_SECONDS:
            return
        self._said = now
        print(f"{stage}: {done} of {total}{self._left(now, done, total)}", file=self._stream, flush=True)

    def _left(self, now: float, done: int, total: int) -> str:
        if not 0 < done < total:
            return ""
        seconds = (now - self._began) * (total - done) / done
        return f", about {seconds / 60:.0f} min left" if seconds > 90 else f", about {seconds:.0f} s left"
