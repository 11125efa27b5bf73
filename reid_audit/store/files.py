"""Files that nobody else may read, written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.errors import DiskFullError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "PART",
    "own_folder",
    "private_folder",
    "remove_tree",
    "take_back",
    "write_bytes",
    "write_json",
    "write_text",
]

PART = r"\..+\.\d+\.[0-9a-f]{8}\.part"
"""Names of files that are being written, as a regular expression: name, process, a number of its own."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def private_folder(path: Path | str) -> Path:
    """Create a folder (and its parents) that only its owner may enter, and return it.

    Parameters
    ----------
    path : path-like
        A folder that exists already keeps its content; if it is not the owner's alone, its mode is set to 0700.

    Returns
    -------
    Path

    Raises
    ------
    StoreError
        If the path is a file or a link that another user made, or cannot be created.
    """
    folder = Path(path)
    try:
        _make(folder)
        if folder.is_symlink() and folder.lstat().st_uid != os.geteuid():
            raise StoreError(
                f"The folder '{folder.name}' is a link that another user made.", remedy="Remove it, or name another."
            )
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise _refused(f"Cannot make the folder '{folder}'", error, "Name a folder that you may write to.") from error
    return folder


def own_folder(path: Path | str) -> Path:
    """Return a folder to write to: made 0700 where it is missing, left as it is where it exists.

    For the folder that a user names: it may be shared with others on purpose, and everything that is written into it
    is 0600 or lies in a :func:`private_folder`.

    Raises
    ------
    UsageError
        If the path is a file, or cannot be created or written to.
    """
    folder = Path(path)
    try:
        _make(folder)
    except OSError as error:
        raise UsageError(
            f"Cannot make the folder '{folder}': {error.strerror}.", remedy="Name a folder that you may write to."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"You may not write to '{folder}'.", remedy="Name a folder that you may write to.")
    return folder


def _make(folder: Path) -> None:
    """Create a folder and its missing parents 0700, each on the disk before anything lies in it."""
    missing = [place for place in (folder, *folder.parents) if not place.is_dir()]
    for place in reversed(missing):
        place.mkdir(mode=0o700, exist_ok=True)
        _flush_folder(place.parent)


def write_bytes(path: Path | str, data: bytes) -> Path:
    """Write a file 0600 so that it appears whole or not at all, even when the machine stops.

    Parameters
    ----------
    path : path-like
        The folder must exist.
    data : bytes

    Returns
    -------
    Path

    Raises
    ------
    StoreError
        If the file cannot be written; what stood there before is untouched. :class:`DiskFullError` where there is no
        room.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _flush_folder(target.parent)
    except OSError as error:
        raise _refused(f"Cannot write '{target.name}'", error, "Free space, or name another folder.") from error
    return target


def _refused(what: str, error: OSError, remedy: str) -> StoreError:
    """Say what the system did not do."""
    if error.errno in _FULL:
        return DiskFullError(
            f"{what}: {error.strerror}.", remedy="Free space on the disk, and give the same command again."
        )
    return StoreError(f"{what}: {error.strerror}.", remedy=remedy)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path | str, text: str) -> Path:
    """Write UTF-8 text as :func:`write_bytes` does."""
    return write_bytes(path, text.encode())


def write_json(path: Path | str, value: Any) -> Path:
    """Write JSON as :func:`write_bytes` does; NaN and Infinity are refused because JSON has neither."""
    return write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def take_back(folder: Path | str, *names: str) -> None:
    """Remove files that are about to be made anew from what will be written first.

    A stop in between then leaves none of them, and never one of an earlier run beside tables of this one.

    Parameters
    ----------
    folder : path-like
        Exists.
    *names : str
        Of files, which need not exist.

    Raises
    ------
    StoreError
        If the system refuses.
    """
    place = Path(folder)
    try:
        for name in names:
            (place / name).unlink(missing_ok=True)
        _flush_folder(place)
    except OSError as error:
        raise _refused(f"Cannot replace what is in '{place.name}'", error, "Name another folder.") from error


def remove_tree(folder: Path | str, *, made: Callable[[str], bool] = lambda _name: True) -> tuple[list[str], list[str]]:
    """Delete what was made in a folder, following no link, and the folders that are empty then.

    Parameters
    ----------
    folder : path-like
    made : callable
        Tells from a path relative to the folder whether we made the file; by default all.

    Returns
    -------
    removed, left : list of str
        Files and links, relative to the folder, sorted; empty where there was no such folder.
    """
    root = Path(folder)
    removed: list[str] = []
    left: list[str] = []
    if root.is_symlink() or not root.is_dir():
        return removed, left
    for base, folders, files in os.walk(root, topdown=False, followlinks=False):
        here = Path(base)
        links = [name for name in folders if (here / name).is_symlink()]
        for path in (here / name for name in (*files, *links)):
            name = str(path.relative_to(root))
            if made(name):
                path.unlink()
            (removed if made(name) else left).append(name)
        if not any(here.iterdir()):
            here.rmdir()
    return sorted(removed), sorted(left)
