"""Remove what a run left that shows or tells who someone is."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.errors import UsageError
from reid_audit.store import JOURNAL, LOCK, alone_in, remove_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["run_purge"]

_RECORDS = rf"([a-z]+/){{0,2}}([0-9a-f]{{2}}/\.?[0-9a-f]+\.npz(\..*\.part)?|{re.escape(JOURNAL)})|(.*/)?\..*\.part"
_MADE = {
    "private": re.compile(
        rf"{_RECORDS}|pseudonyms\.key|triage\.json"
        r"|reconstruct/(population-[0-9a-f]+\.npz|rows/[0-9a-f]+\.json|scans/[0-9a-f]+/[0-9a-f]+\.nii\.gz)"
        r"|faces/(index|people|attack-[0-9]+)\.html"
        r"|(pseudonyms|failures|surfaces|skipped|person_risk|scores_[A-Za-z0-9_-]+|verdicts|measures|folds|judging_failures)"
        r"\.(csv|parquet)"
    ),
    "renders": re.compile(r"faces\.(csv|parquet)|[^/]+\.png|\..*\.part"),
    ".defacing": re.compile(rf"{_RECORDS}|sources\.json"),
}
"""Folders that hold biometric data or identifiers, and in each the names of the files that a run writes; whatever else
lies there is somebody's and is left. They lie in OUT, and deeper where one command does the work of several."""

_NAMING = ("quality.tsv", "quality.json", "scans.csv")
"""Files of OUT itself that name scans and people."""

_NAMED = 20
"""Removed files of a folder that are named; of more the number is enough."""

_ONE_OF_MANY = re.compile(r"\.?[0-9a-f]+\.npz|scores_.*")
"""Templates under their hashes, and tables of scores: their number is enough."""

_OF_HASHES = re.compile(r"[0-9a-f]{2}")

_SHARED = re.compile(r"(report|compare|quality|s\d)\.html")
"""What shows that a folder is the OUT of a run which was purged before."""

_PRODUCT = re.compile(r"sub-.*|.*_(defaced|defacemask)\..*|defacing\.tsv")
"""What `deface` was asked to make: it names and shows scans, and stays."""


def run_purge(out: Path) -> int:
    """Remove the private folders and files of a run, print by folder what was removed and what is left.

    Returns the exit status.

    Raises
    ------
    UsageError
        If there is no such folder, it is not a run's, one of the private folders in it is not, or a run is at work.
    """
    from reid_audit.report.wording import counted

    if not out.is_dir():
        raise UsageError(f"There is no folder '{out}'.", remedy="Name the OUT of a run.")
    _check_is_run(out)
    with alone_in(out):
        removed = 0
        for folder in _private_folders(out):
            gone, kept = remove_tree(folder, made=partial(_was_made, folder.name))
            removed += len(gone)
            where = folder.relative_to(out)
            for line in _by_folder(where, gone):
                typer.echo(line)
            for file in kept:
                typer.echo(f"left {where}/{file}: not made by a run", err=True)
        for path in _naming_files(out):
            path.unlink()
            removed += 1
            typer.echo(f"removed {path.relative_to(out)}")
        typer.echo(f"{counted(removed, 'file')} removed." if removed else "There was nothing to remove.")
        if removed:
            typer.echo("Backups and snapshots of the disk are not reached.")
        _say_what_is_left(out)
        return INCOMPLETE if _private_folders(out) else 0


def _by_folder(where: Path, files: Sequence[str]) -> list[str]:
    """Return a line for each folder of what was removed: names where they are few and mean something."""
    from reid_audit.report.wording import counted

    folders: dict[Path, list[str]] = {}
    for file in files:
        *inner, name = Path(file).parts
        deep = bool(inner) and not _OF_HASHES.fullmatch(inner[0])
        folders.setdefault(where / inner[0] if deep else where, []).append(name)
    lines = []
    for folder, names in sorted(folders.items()):
        named = [name for name in names if not _ONE_OF_MANY.fullmatch(name)]
        others = f" and {len(names) - len(named)} more" if len(named) < len(names) else ""
        told = f" ({', '.join(named)}{others})" if 0 < len(named) <= _NAMED else ""
        lines.append(f"removed {folder}/: {counted(len(names), 'file')}{told}")
    return lines


def _check_is_run(out: Path) -> None:
    """Refuse a folder that no run made."""
    names = {entry.name for entry in out.iterdir()} - {LOCK}
    known = {*_MADE, *_NAMING} & names or {name for name in names if _SHARED.fullmatch(name)}
    if names and not known and not _private_folders(out):
        raise UsageError(
            f"The folder '{out}' is not the OUT of a run: none of {', '.join(_MADE)} and no report is in it.",
            remedy="Name the OUT of a run.",
        )
    for name in _MADE:
        if (out / name).is_dir() and not _is_ours(out / name):
            raise UsageError(
                f"The folder '{out / name}' was not made by a run: nothing in it bears a name that a run gives.",
                remedy="Name the OUT of a run, or remove it yourself.",
            )


def _private_folders(out: Path) -> list[Path]:
    """Return the private folders below OUT; links, and folders of scans, are not entered."""
    found: list[Path] = []
    for base, folders, _ in os.walk(out):
        found += [Path(base) / name for name in sorted(folders) if name in _MADE]
        folders[:] = [name for name in folders if name not in _MADE and not name.startswith("sub-")]
    return found


def _naming_files(out: Path) -> list[Path]:
    return [out / name for name in _NAMING if (out / name).is_file()]


def _say_what_is_left(out: Path) -> None:
    left = sorted(path.name + ("/" if path.is_dir() else "") for path in out.iterdir() if path.name != LOCK)
    typer.echo(f"Left: {', '.join(left) or 'nothing'}.")
    product = [name for name in left if _PRODUCT.fullmatch(name.rstrip("/"))]
    if product:
        typer.echo(f"Of these, {', '.join(product)} name or show scans: they are what was to be made.")


def _was_made(folder: str, name: str) -> bool:
    """Tell by its name whether a run wrote a file."""
    return _MADE[folder].fullmatch(name) is not None


def _is_ours(folder: Path) -> bool:
    """Tell whether a run made a folder: it is no link, and something in it, if anything, bears a name of ours."""
    if folder.is_symlink():
        return False
    files = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()]
    return not files or any(_was_made(folder.name, name) for name in files)
