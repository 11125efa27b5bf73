"""Remove what a run left that shows or tells who someone is."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.errors import UsageError
from reid_audit.store import remove_tree

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["run_purge"]

_SIGNS = {
    "private": ("templates", "pseudonyms.csv", "pseudonyms.key"),
    "renders": ("faces.csv",),
}
"""Folders that hold biometric data or identifiers, and what shows that a run made them."""

_REPORT = ("report.html", "report.json")
"""What stays of a run when it was purged before."""

_MADE = {
    "private": re.compile(
        r"templates/[0-9a-f]{2}/(\.)?[0-9a-f]+\.npz(\..*\.part)?|pseudonyms\.key"
        r"|reconstruct/(population-[0-9a-f]+\.npz|rows/[0-9a-f]+\.json|scans/[0-9a-f]+/[0-9a-f]+\.nii\.gz)"
        r"|(pseudonyms|failures|surfaces|person_risk|scores_[A-Za-z0-9_-]+)\.(csv|parquet)|\..*\.part"
    ),
    "renders": re.compile(r"faces\.(csv|parquet)|[^/]+\.png|\..*\.part"),
}
"""Names of the files that a run writes; whatever else lies there is somebody's and is left."""


def run_purge(out: Path) -> int:
    """Remove the private folders of a run, print what was removed and what is left, and return the exit status.

    Raises
    ------
    UsageError
        If there is no such folder, or it is not a run's, or one of the private folders in it is not.
    """
    from reid_audit.report.wording import counted

    if not out.is_dir():
        raise UsageError(f"There is no folder '{out}'.", remedy="Name the OUT of a run.")
    if any(out.iterdir()) and not any((out / name).exists() for name in (*_SIGNS, *_REPORT)):
        raise UsageError(
            f"The folder '{out}' is not the OUT of a run: none of {', '.join((*_SIGNS, *_REPORT))} is in it.",
            remedy="Name the OUT of a run.",
        )
    strange = [name for name, signs in _SIGNS.items() if (out / name).is_dir() and not _is_ours(out / name, signs)]
    if strange:
        raise UsageError(
            f"The folder '{out / strange[0]}' was not made by a run: none of {', '.join(_SIGNS[strange[0]])} is in it.",
            remedy="Name the OUT of a run, or remove it yourself.",
        )
    removed: list[str] = []
    for name in _SIGNS:
        gone, kept = remove_tree(out / name, made=partial(_was_made, name))
        removed += gone
        for file in gone:
            typer.echo(f"removed {name}/{file}")
        for file in kept:
            typer.echo(f"left {name}/{file}: not made by a run", err=True)
    typer.echo(f"{counted(len(removed), 'file')} removed." if removed else "There was nothing to remove.")
    left = sorted(path.name + ("/" if path.is_dir() else "") for path in out.iterdir())
    typer.echo(f"Left: {', '.join(left) or 'nothing'}.")
    return INCOMPLETE if any((out / name).exists() for name in _SIGNS) else 0


def _was_made(folder: str, name: str) -> bool:
    """Tell by its name whether a run wrote a file."""
    return _MADE[folder].fullmatch(name) is not None


def _is_ours(folder: Path, signs: tuple[str, ...]) -> bool:
    return not folder.is_symlink() and (not any(folder.iterdir()) or any((folder / sign).exists() for sign in signs))
