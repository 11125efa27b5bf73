"""Who is at work in a folder: a lock that the kernel keeps, and drops when the process ends in whatever way.

A run that writes results holds all of the file :data:`LOCK`. A run that makes templates of some people holds a byte for
each of them, so that any number of runs work side by side on different people, and none beside one that holds all.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import inspect
import os
import re
import struct
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from reid_audit.errors import StoreError, UsageError
from reid_audit.store.files import PART, own_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["LOCK", "alone_in", "for_people_in", "one_at_a_time"]

P = ParamSpec("P")
T = TypeVar("T")

LOCK = ".lock"
"""Name of the file in OUT that is locked; it is there while a run is, and after runs of some people or one that was
killed."""

_HELD: set[tuple[str, int]] = set()
"""Folder and thread of each lock of a whole folder that this process holds."""

_SHARED: set[tuple[str, int]] = set()
"""The same of locks for some people."""

_FLOCK = "hhqqi0q"
"""``struct flock`` of 64-bit Linux: type, whence, start, length, process."""

_EVERYTHING = (0, 0)
"""Start and length of all bytes, those beyond the end of the file included."""

_PLACES = 62
"""Bits of the place of a person's byte: two people out of a million share one with a probability of 1e-7."""


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
        If another run is at work in the folder, be it for some people alone.
    StoreError
        If the file system has no locks, or the file cannot be made.
    """
    place = own_folder(folder)
    held = _key(place)
    if held in _HELD:
        yield place
        return
    descriptor = _locked(place, (_EVERYTHING,), str(os.getpid()))
    _HELD.add(held)
    try:
        _remove_parts(place)
        yield place
    finally:
        _HELD.discard(held)
        with suppress(OSError):
            (place / LOCK).unlink()  # while it is held: who has opened it meanwhile sees that it is gone
        os.close(descriptor)


@contextmanager
def for_people_in(folder: Path | str, people: Iterable[str]) -> Iterator[Path]:
    """Hold some people of a folder: others may be worked on beside this, these may not, nor may anybody have it all.

    Parameters
    ----------
    folder : path-like
        Made 0700 where it is missing. Nothing in it is removed: others may be writing.
    people : iterable of str
        Labels. None of them is written anywhere. A call inside a call for the same folder, or inside
        :func:`alone_in`, of one thread, is let through.

    Yields
    ------
    Path

    Raises
    ------
    UsageError
        If another run is at work in the folder as a whole, or on one of these people.
    StoreError
        As :func:`alone_in`.
    """
    place = own_folder(folder)
    held = _key(place)
    if held in _HELD or held in _SHARED:
        yield place
        return
    descriptor = _locked(place, sorted({(_byte_of(person), 1) for person in people}))
    _SHARED.add(held)
    try:
        yield place
    finally:
        _SHARED.discard(held)
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


def _key(place: Path) -> tuple[str, int]:
    return os.path.realpath(place), threading.get_ident()


def _byte_of(person: str) -> int:
    digest = hashlib.sha256(person.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _PLACES)


def _locked(folder: Path, ranges: Iterable[tuple[int, int]], text: str = "") -> int:
    """Return the open file of which ranges of bytes (start, length) are locked now; it holds the text."""
    path = folder / LOCK
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StoreError(
                f"Cannot write in '{folder}': {error.strerror}.", remedy="Free space on the disk, or name another."
            ) from error
        try:
            for start, length in ranges:
                _lock(descriptor, folder, start, length)
            if _is_file(descriptor, path):
                os.truncate(descriptor, 0)  # who held all of it may have left its number
                os.write(descriptor, text.encode())
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


def _lock(descriptor: int, folder: Path, start: int, length: int) -> None:
    """Lock bytes of an open file: for this opening of it and nobody else, other threads included."""
    wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
    except (BlockingIOError, PermissionError):  # POSIX lets a system say either
        who = os.pread(descriptor, 20, 0).decode(errors="replace")
        if who.isdigit():
            what = f"Another run (process {who}) is at work in '{folder}'."
        elif length:
            what = f"Another run is at work on one of these people in '{folder}'."
        else:
            what = f"Another run, of some people, is at work in '{folder}'."
        raise UsageError(what, remedy="Wait until it has ended, or name another folder for this one.") from None


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
