"""Run a program of somebody else on a copy of a scan: bounded in time, in a folder that nobody else may read.

A command is a list of words and never a line for a shell. The program becomes the leader of a process group of its
own, which is ended as a whole when the time is up, when the program is done, and when this process is asked to stop.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from reid_audit.errors import DefacingError, MissingResourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Finished", "private_workspace", "run_command"]

_LOOK_SECONDS = 0.02
_GRACE_SECONDS = 3.0
_KEPT_BYTES = 16_384
_LAST_WORDS = 200
_PREFIX = "reid_audit-work-"
_NEW_SECONDS = 60.0


@dataclass(frozen=True)
class Finished:
    """How a command ended.

    Parameters
    ----------
    status : int
        Exit status; the negative number of the signal that ended it, if one did.
    seconds : float
    said : str
        The end of what it printed, both streams.
    """

    status: int
    seconds: float
    said: str

    @property
    def last_words(self) -> str:
        """The last line that is not blank, at most 200 characters."""
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        return lines[-1][-_LAST_WORDS:] if lines else ""


@contextmanager
def private_workspace() -> Iterator[Path]:
    """Yield a temporary folder 0700 that is removed afterwards, also when the process is asked to end (SIGTERM).

    What a process left that was killed (SIGKILL) is removed by the next one: copies of scans lie in it.
    """
    _remove_abandoned(Path(tempfile.gettempdir()))
    with (
        _ending_cleans_up(),
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder,
        _held(Path(folder)),
    ):
        yield Path(folder)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Lock a folder while this process lives."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _remove_abandoned(place: Path) -> None:
    """Remove our temporary folders that no process holds."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            state = folder.lstat()
            if state.st_uid != os.geteuid() or time.time() - state.st_mtime < _NEW_SECONDS:
                continue  # another user's, or so new that its process may not hold it yet
            with _held(folder):
                shutil.rmtree(folder, ignore_errors=True)


def run_command(
    command: Sequence[str],
    *,
    folder: Path,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    abort: Callable[[], None] | None = None,
) -> Finished:
    """Run a command in a folder and wait for it, at most for a time.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    folder : Path
        Where it runs, and where its own temporary files go.
    seconds : float
        After these the whole process group is ended.
    environment : mapping, optional
        Added to this process's.
    abort : callable, optional
        Called when the command was cut short: ends what does not belong to its process group, as a container.

    Returns
    -------
    Finished
        Whatever the exit status; the program's files are readable by the owner alone.

    Raises
    ------
    DefacingError
        Outcome ``"hung"``: the time was up.
    MissingResourceError
        The program could not be started.
    """
    began = time.monotonic()
    with _signals_noted() as noted:
        process = _started(command, folder, environment or {})
        tail = _Tail(process.stdout)
        whole = False
        try:
            whole = _wait(process, seconds, noted)
        finally:
            if not whole:
                _ask_to_end(process)
                if abort is not None:
                    abort()
            _end_group(process)
            said = tail.collected()
    if not whole:
        raise DefacingError(
            f"The program did not finish within {seconds:.0f} s and was ended.",
            outcome="hung",
            remedy="Give it more time (--time-limit), or look at why it waits.",
        )
    return Finished(process.returncode, time.monotonic() - began, said.replace(str(folder), "."))


def _started(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise MissingResourceError(
            f"The program '{Path(command[0]).name}' could not be started: {reason}.",
            remedy="Install it again, or check that it may be executed on this machine.",
        ) from None


def _wait(process: subprocess.Popen[bytes], seconds: float, noted: Sequence[int] = ()) -> bool:
    """Wait until the process has ended, and leave it unreaped: its number stays its own until its group is ended."""
    until = time.monotonic() + seconds
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if noted or time.monotonic() >= until:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """Let a program that is cut short remove its own temporary files."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    _wait(process, _GRACE_SECONDS)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group: a program that is done may have left others behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Tail:
    """Reads what a program prints, so that it never waits for a reader, and keeps the end of it."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream
        self._kept = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._stream is None:
            return
        with suppress(OSError, ValueError), self._stream as stream:
            while chunk := os.read(stream.fileno(), 65_536):
                self._kept = (self._kept + chunk)[-_KEPT_BYTES:]

    def collected(self) -> str:
        self._thread.join(timeout=2.0)
        return self._kept.decode(errors="replace")


@contextmanager
def _signals_noted() -> Iterator[list[int]]:
    """Note what asks this process to end and act on it afterwards: a program half started, or half ended, would stay.

    The signals are not blocked, for the program would inherit that and not end when it is asked to.
    """
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted  # handlers run in the main thread alone
        return
    handlers = {int(number): signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda caught, _frame: noted.append(caught))
    try:
        yield noted
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for number in noted:
            ours[number](number, None)


class _AskedToEnd(BaseException):
    """SIGTERM arrived."""


@contextmanager
def _ending_cleans_up() -> Iterator[None]:
    """Turn SIGTERM into an exception until what is inside has cleaned up, then let it end the process."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def stop(_number: int, _frame: object) -> NoReturn:
        raise _AskedToEnd

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except _AskedToEnd:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
