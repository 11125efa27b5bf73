"""Everything that lies in a tree, hidden folders and links included: what is not entered is listed all the same."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["MAX_FILES", "Place", "State", "walk_release"]

MAX_FILES = 1_000_000
"""More files than this are taken for a mistake: the walk stops, and says so."""

_MAX_DEPTH = 64
_ANNEX = f"{os.sep}.git{os.sep}annex{os.sep}objects{os.sep}"

State = Literal["file", "absent", "outside", "inside", "history", "closed", "special", "empty"]
"""``absent``: a link without content. ``outside``: a link that leads out of the tree. ``inside``: a link to a folder of
the tree. ``history``: a ``.git`` folder. ``closed``: a folder that cannot be entered. ``special``: neither file nor
folder. ``empty``: a folder without anything in it, whose name is released all the same."""


@dataclass(frozen=True)
class Place:
    """One entry of a tree.

    Parameters
    ----------
    path : str
        Absolute, as the file system has it.
    name : str
        Relative to the tree, POSIX; bytes that are no UTF-8 are written as escapes, and a backslash as two.
    state : State
    """

    path: str
    name: str
    state: State


def walk_release(root: Path, *, max_files: int = MAX_FILES) -> tuple[tuple[Place, ...], bool]:
    """List every file and every empty folder under a folder, and what could not be entered.

    Parameters
    ----------
    root : Path
    max_files : int

    Returns
    -------
    tuple of Place
        Sorted by name. Links to folders are not followed; links to files are, where they end in the tree or among the
        objects of git-annex.
    complete : bool
        False where there were more than ``max_files``.
    """
    base = os.path.realpath(root)
    found: list[Place] = []
    waiting = [(base, 0)]
    while waiting and len(found) <= max_files:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            found.append(_place(folder, base, "closed"))
            continue
        if not listed and folder != base:
            found.append(_place(folder, base, "empty"))
        for entry in listed:
            state = _state(entry, base, depth)
            if state is None:
                waiting.append((entry.path, depth + 1))
            else:
                found.append(_place(entry.path, base, state))
    complete = len(found) <= max_files
    return tuple(sorted(found[:max_files], key=lambda place: place.name)), complete


def _place(path: str, base: str, state: State) -> Place:
    relative = os.path.relpath(path, base).replace("\\", r"\\").replace(os.sep, "/")
    return Place(path, os.fsencode(relative).decode("utf-8", "backslashreplace"), state)


def _state(entry: os.DirEntry[str], base: str, depth: int) -> State | None:
    """Return what an entry is; None for a folder to go into."""
    try:
        if entry.is_symlink():
            return _link(entry.path, base)
        if entry.is_dir(follow_symlinks=False):
            if entry.name == ".git":
                return "history"
            return "closed" if depth >= _MAX_DEPTH else None
        return "file" if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode) else "special"
    except OSError:
        return "closed"


def _link(path: str, base: str) -> State:
    target = Path(os.path.realpath(path))
    if not target.exists():
        return "absent"
    within, annexed = target.is_relative_to(base), _ANNEX in f"{target}{os.sep}"
    if target.is_dir():
        hidden = ".git" in target.parts[len(Path(base).parts) :]
        return "inside" if within and not annexed and not hidden else "outside"
    if not target.is_file():
        return "special"
    return "file" if within or annexed else "outside"
