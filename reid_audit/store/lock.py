"""One run at a time in a folder: a lock that the kernel keeps, and drops when the process ends in whatever way."""

from __future__ import annotations

import fcntl
import functools
import inspect
import os
import re
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from reid_audit.errors import StoreError, UsageError
from reid_audit.store.files import PART, own_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LOCK", "alone_in", "one_at_a_time"]

P = ParamSpec("P")
T = TypeVar("T")

LOCK = ".lock"
"""Name of the file in OUT that is locked; it is there while a run is, and after one that was killed."""

_HELD: set[tuple[str, int]] = set()
"""Folder and thread of each lock that this process holds."""


@contextmanager
def alone_in(folder: Path | str) -> Iterator[Path]:
    """Hold a folder: no other process, and no other thread of this one, gets in until this one is done.

    Parameters
    ----------
    folder : path-like
        Made 0700 where it is missing. What a killed run left half written in it is removed. A call inside a call, of
        one thread and for one folder, is let through.

    Yields
    ------
    Path

    Raises
    ------
    UsageError
        If another run is at work in the folder.
    StoreError
        If the file system has no locks, or the file cannot be made.
    """
    place = own_folder(folder)
    held = (os.path.realpath(place), threading.get_ident())
    if held in _HELD:
        yield place
        return
    descriptor = _locked(place)
    _HELD.add(held)
    try:
        _remove_parts(place)
        yield place
    finally:
        _HELD.discard(held)
        with suppress(OSError):
            (place / LOCK).unlink()  # while it is held: who has opened it meanwhile sees that it is gone
        os.close(descriptor)


def one_at_a_time(parameter: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function hold the folder that one of its arguments names; None holds nothing."""

    def around(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
            folder = signature.bind(*args, **kwargs).arguments.get(parameter)
            if folder is None:
                return function(*args, **kwargs)
            with alone_in(folder):
                return function(*args, **kwargs)

        return wrapped

    return around


def _locked(folder: Path) -> int:
    """Return the open file that is locked now."""
    path = folder / LOCK
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StoreError(
                f"Cannot write in '{folder}': {error.strerror}.", remedy="Free space on the disk, or name another."
            ) from error
        try:
            _lock(descriptor, folder)
            if _is_file(descriptor, path):
                os.truncate(descriptor, 0)
                os.write(descriptor, str(os.getpid()).encode())
                return descriptor
        except OSError as error:
            os.close(descriptor)
            raise StoreError(
                f"Cannot lock '{folder}': {error.strerror}.",
                remedy="Free space on the disk, or name a folder on a file system with locks.",
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the run that held it removed it in between


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.pread(descriptor, 20, 0).decode(errors="replace")
        process = f" (process {who})" if who.isdigit() else ""
        raise UsageError(
            f"Another run{process} is at work in '{folder}'.",
            remedy="Wait until it has ended, or name another folder for this one.",
        ) from None


def _is_file(descriptor: int, path: Path) -> bool:
    """Tell whether an open file is the one that lies at a path."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def _remove_parts(folder: Path) -> None:
    """Remove what was being written when a run was killed: nobody else writes here now."""
    part = re.compile(PART)
    for base, _, files in os.walk(folder):
        for name in files:
            if part.fullmatch(name):
                with suppress(OSError):
                    (Path(base) / name).unlink()
