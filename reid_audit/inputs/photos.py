"""Find the photos of a cohort and whose each is."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError
from reid_audit.inputs.names import strip_prefix
from reid_audit.inputs.phantom_column import PHANTOM_COLUMN, called_phantoms
from reid_audit.inputs.photo import PHOTO_EXTENSIONS
from reid_audit.inputs.rows import PhotoRow
from reid_audit.inputs.tables import TABLE_EXTENSIONS, lines_of, read_text_table
from reid_audit.inputs.walk import MAX_FILES, walk_files

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["find_photos"]

_PATH_COLUMNS = ("path", "file", "filename", "photo")
_SUBJECT_COLUMNS = ("subject", "participant_id")


def find_photos(place: Path, subjects: Collection[str]) -> tuple[list[PhotoRow], list[str]]:
    """List photos.

    Parameters
    ----------
    place : Path
        A folder with ``photos.tsv``, ``photos.csv`` or ``photos.parquet``, such a table itself, or a folder with files
        named ``sub-<label>*`` (or in folders ``sub-<label>``).
    subjects : collection of str
        Labels of the scans; they say where a label ends that holds more than letters and digits.

    Returns
    -------
    list of PhotoRow
        Absolute paths, which need not exist.
    list of str
        Notes.

    Raises
    ------
    ManifestError
        If there is no such place, no photo, or a table that cannot be used.
    """
    if place.is_file():
        if place.suffix.lower() not in TABLE_EXTENSIONS:
            raise ManifestError(
                f"Photos come as a folder or a table, got a file with the extension '{place.suffix}'.",
                remedy="Name the folder of the photos, or a CSV, TSV or Parquet table of subject and path.",
            )
        return _from_table(place)
    if not place.is_dir():
        raise ManifestError("The folder or table of photos does not exist.", remedy="Correct the path.")
    table = next(
        (place / f"photos{ext}" for ext in (".tsv", ".csv", ".parquet") if (place / f"photos{ext}").is_file()), None
    )
    return _from_table(table) if table else _from_names(place, subjects)


def _from_table(file: Path) -> tuple[list[PhotoRow], list[str]]:
    table = read_text_table(file)
    subject = next((name for name in _SUBJECT_COLUMNS if name in table.columns), None)
    path = next((name for name in _PATH_COLUMNS if name in table.columns), None)
    if subject is None or path is None:
        raise ManifestError(
            f"The table of photos needs the columns subject and path; it has {', '.join(table.columns)}.",
            remedy="Rename its columns.",
        )
    empty = [line for line in table.index if not table.at[line, subject] or not table.at[line, path]]
    if empty:
        raise ManifestError(
            f"The table of photos has an empty cell in line {lines_of(empty)}.", remedy="Fill it, or remove the line."
        )
    folder = os.path.abspath(file.parent)  # noqa: PTH100 - links stay as they are
    phantoms = called_phantoms(table) is True
    rows = [
        PhotoRow(strip_prefix(who, "sub"), os.path.normpath(os.path.join(folder, what)), phantoms)  # noqa: PTH118
        for who, what in zip(table[subject], table[path], strict=True)
    ]
    seen: dict[str, int] = {}
    for line, row in zip(table.index, rows, strict=True):
        if row.path in seen:
            raise ManifestError(
                f"Lines {seen[row.path]} and {line} of the table of photos name the same file.",
                remedy="Remove one of them.",
            )
        seen[row.path] = line
    other = [name for name in table.columns if name not in {subject, path, PHANTOM_COLUMN}]
    return rows, [f"columns of the table of photos that are not used: {', '.join(other)}"] if other else []


def _from_names(folder: Path, subjects: Collection[str]) -> tuple[list[PhotoRow], list[str]]:
    tree = walk_files(folder)
    if not tree.complete:
        raise ManifestError(
            f"The folder of photos holds more than {MAX_FILES:,} files.", remedy="Name a smaller folder."
        )
    pictures = [
        file for file in tree.files if file.suffix.lower() in PHOTO_EXTENSIONS and not file.name.startswith(".")
    ]
    known = sorted(subjects, key=len, reverse=True)
    rows = []
    for picture in pictures:
        parts = picture.relative_to(folder).parts
        label = next((found for part in reversed(parts) if (found := _label(part, known))), None)
        if label:
            rows.append(PhotoRow(label, os.path.abspath(picture)))  # noqa: PTH100
    if not rows:
        raise ManifestError(
            f"None of the {len(pictures)} pictures in the folder of photos says whose it is.",
            remedy="Name them sub-<label>*.jpg, or add a table photos.tsv with the columns subject and path.",
        )
    unnamed = len(pictures) - len(rows)
    return rows, [
        *tree.notes,
        *([f"pictures left out whose names do not begin with sub-<label>: {unnamed}"] if unnamed else []),
    ]


def _label(part: str, known: list[str]) -> str | None:
    """Return the subject label that a file or folder name begins with."""
    if not part.startswith("sub-"):
        return None
    rest = part[4:]
    for label in known:
        if rest.startswith(label) and not rest[len(label) : len(label) + 1].isalnum():
            return label
    match = re.match(r"[A-Za-z0-9]+", rest)
    return match[0] if match else None
