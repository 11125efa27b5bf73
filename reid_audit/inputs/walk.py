"""A bounded walk through folders: no endless links, no crash on a folder that may not be entered."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_FILES", "Tree", "walk_files"]

MAX_FILES = 500_000
"""More files than this under one folder are taken for a mistake."""

MAX_DEPTH = 16


@dataclass(frozen=True)
class Tree:
    """The files under a folder.

    Parameters
    ----------
    files : tuple of Path
        Sorted.
    unreadable, repeated, deep : int
        Folders that could not be entered, that were reached a second time through a link, that lie too deep.
    complete : bool
        False where the walk stopped at its limit.
    closed : tuple of Path
        Folders that were not entered because of their name, sorted.
    """

    files: tuple[Path, ...]
    unreadable: int = 0
    repeated: int = 0
    deep: int = 0
    complete: bool = True
    closed: tuple[Path, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in words."""
        reasons = (
            (self.unreadable, "could not be entered"),
            (self.repeated, "reached a second time through a link"),
            (self.deep, f"more than {MAX_DEPTH} levels down"),
        )
        return tuple(f"folders left out: {count} {reason}" for count, reason in reasons if count)


def walk_files(root: Path, *, enter: Callable[[str], bool] | None = None, max_files: int = MAX_FILES) -> Tree:
    """List the files under a folder.

    Real folders are visited before linked ones, each once, so that a loop of links ends and a file has its own name
    rather than a link's.

    Parameters
    ----------
    root : Path
    enter : callable, optional
        Folder name to whether to go in. Hidden folders are never entered.
    max_files : int
        The walk stops here, and says so in ``complete``.

    Returns
    -------
    Tree
    """
    real: list[tuple[str, int]] = [(os.fspath(root), 0)]
    linked: list[tuple[str, int]] = []
    seen: set[tuple[int, int]] = set()
    files: list[str] = []
    closed: list[str] = []
    counts = {"unreadable": 0, "repeated": 0, "deep": 0}
    while (real or linked) and len(files) <= max_files:
        folder, depth = real.pop() if real else linked.pop()
        try:
            state = Path(folder).stat()
            if (state.st_dev, state.st_ino) in seen:
                counts["repeated"] += 1
                continue
            seen.add((state.st_dev, state.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            counts["unreadable"] += 1
            continue
        for entry in entries:
            if not _is_folder(entry):
                files.append(entry.path)
            elif entry.name.startswith(".") or (enter is not None and not enter(entry.name)):
                closed.append(entry.path)
            elif depth >= MAX_DEPTH:
                counts["deep"] += 1
            else:
                (linked if entry.is_symlink() else real).append((entry.path, depth + 1))
    complete = len(files) <= max_files
    found = tuple(Path(file) for file in sorted(files)[:max_files])
    return Tree(found, complete=complete, closed=tuple(map(Path, sorted(closed))), **counts)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
