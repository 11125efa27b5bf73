"""The manifest: a table with one row a scan."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError
from reid_audit.inputs.description import phantom_root
from reid_audit.inputs.names import canonical_modality, guess_modality, parse_image_name, strip_prefix
from reid_audit.inputs.people import MISSING, is_empty, read_age, read_sex
from reid_audit.inputs.phantom_column import PHANTOM_COLUMN, called_phantoms
from reid_audit.inputs.rows import Collected, ScanRow
from reid_audit.inputs.tables import check_columns, lines_of, read_text_table
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

__all__ = ["MANIFEST_COLUMNS", "REQUIRED_COLUMNS", "condition_name", "read_manifest"]

MANIFEST_COLUMNS = ("subject", "session", "condition", "modality", "path", "age", "sex", "site", "cohort")
"""In the order in which a draft is written; ``phantom`` is allowed beside them."""

REQUIRED_COLUMNS = ("subject", "condition", "path")

_MEANT = {
    "participant_id": "subject", "participant": "subject", "sub": "subject", "id": "subject", "patient": "subject",
    "session_id": "session", "ses": "session", "visit": "session", "file": "path", "filename": "path",
    "filepath": "path", "image": "path", "gender": "sex", "suffix": "modality", "contrast": "modality",
    "defacer": "condition", "method": "condition", "center": "site", "centre": "site", "scanner": "site",
    "study": "cohort", "dataset": "cohort",
}  # fmt: skip
_MEANS_ORIGINAL = {"orig", "raw", "native", "undefaced", "unaltered", "unmodified", "nondefaced", "none", "before"}
_CONDITION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]*$")
_NOTHING = {"", "n/a", "nan", "none", "null"}


def read_manifest(path: Path) -> Collected:
    """Read a manifest.

    Parameters
    ----------
    path : Path
        CSV, TSV or Parquet with :data:`REQUIRED_COLUMNS` and any other of :data:`MANIFEST_COLUMNS`; a boolean column
        ``phantom`` may say that the people do not exist; without it they do not where every scan lies in a phantom data
        set. Paths are relative to the manifest's folder.

    Returns
    -------
    Collected
        Whether the files exist is for the caller to see.

    Raises
    ------
    ManifestError
        For an unknown, missing or repeated column, an empty cell where one is needed, a scan listed twice, or a
        condition spelled in two ways. The message names lines, not subjects.
    """
    table = read_text_table(path)
    allowed = (*MANIFEST_COLUMNS, PHANTOM_COLUMN)
    check_columns(table, "manifest", allowed=allowed, required=REQUIRED_COLUMNS, meant=_MEANT)
    for name in REQUIRED_COLUMNS:
        _refuse_empty(table, name)
    notes: list[str] = []
    ages, sexes = _people(table, notes)
    folder = os.path.abspath(path.parent)  # noqa: PTH100 - links stay as they are
    scans = tuple(
        ScanRow(
            subject=strip_prefix(row["subject"], "sub"),
            session="" if is_empty(row.get("session", "")) else strip_prefix(row["session"], "ses"),
            condition=condition_name(row["condition"]),
            modality=_modality(row),
            path=os.path.normpath(os.path.join(folder, row["path"])),  # noqa: PTH118
            age=ages[index],
            sex=sexes[index],
            site="" if is_empty(row.get("site", "")) else row["site"],
            extra=_extra(row["path"]),
            cohort="" if is_empty(row.get("cohort", "")) else row["cohort"],
        )
        for index, row in enumerate(table.to_dict("records"))
    )
    _refuse_duplicates(scans, list(table.index))
    _refuse_two_spellings(scans)
    return Collected(scans, path.stem, _is_phantom(table, scans), tuple(notes))


def condition_name(text: str) -> str:
    """Return a condition as it is used everywhere, or say that its spelling is doubtful.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        ``"original"`` in lower case; any other name as it was written.

    Raises
    ------
    ManifestError
        For a misspelled ``original``, or characters that have no place in a name.
    """
    word = text.strip()
    plain = re.sub(r"[^a-z]", "", word.lower())
    if plain == ORIGINAL:
        return ORIGINAL
    if plain in _MEANS_ORIGINAL or difflib.SequenceMatcher(None, plain, ORIGINAL).ratio() > 0.85:
        raise ManifestError(
            f"The condition '{word}' looks like another spelling of '{ORIGINAL}'.",
            remedy=f"Write '{ORIGINAL}' for scans that nobody altered, or a name that says what was done.",
        )
    if not _CONDITION.match(word) or len(word) > 64:
        raise ManifestError(
            f"The condition '{word[:64]}' is no name: letters, digits, blank and . _ + - are allowed, up to 64.",
            remedy="Rename it.",
        )
    return word


def _refuse_empty(table: pd.DataFrame, column: str) -> None:
    empty = [line for line, cell in zip(table.index, table[column], strict=True) if cell.lower() in _NOTHING]
    if empty:
        raise ManifestError(
            f"The column '{column}' is empty in line {lines_of(empty)}.", remedy="Fill it, or remove the line."
        )


def _people(table: pd.DataFrame, notes: list[str]) -> tuple[list[float], list[str]]:
    """Read ages and sexes; what cannot be read is missing and counted."""
    ages: list[float] = []
    sexes: list[str] = []
    bad = {"age": 0, "sex": 0}
    for row in table.to_dict("records"):
        try:
            ages.append(read_age(row.get("age", "")))
        except ValueError:
            ages.append(float("nan"))
            bad["age"] += 1
        try:
            sexes.append(read_sex(row.get("sex", "")))
        except ValueError:
            sexes.append(MISSING)
            bad["sex"] += 1
    notes.extend(
        f"cells of the column '{name}' that could not be read and count as missing: {count}"
        for name, count in bad.items()
        if count
    )
    return ages, sexes


def _modality(row: Mapping[Hashable, str]) -> str:
    stated = row.get("modality", "")
    if not is_empty(stated):
        return canonical_modality(stated)
    return guess_modality(os.path.basename(row["path"])) or "unknown"  # noqa: PTH119


def _extra(path: str) -> str:
    name = parse_image_name(os.path.basename(path))  # noqa: PTH119
    return name.extra if name else ""


def _refuse_duplicates(scans: tuple[ScanRow, ...], lines: Sequence[int]) -> None:
    seen: dict[str, tuple[int, ScanRow]] = {}
    for line, scan in zip(lines, scans, strict=True):
        if scan.path in seen:
            before, other = seen[scan.path]
            same = (scan.subject, scan.session, scan.condition) == (other.subject, other.session, other.condition)
            what = "list the same scan twice" if same else "give one file to two subjects, sessions or conditions"
            raise ManifestError(
                f"Lines {before} and {line} of the manifest {what}.", remedy="Remove or correct one of them."
            )
        seen[scan.path] = (line, scan)


def _refuse_two_spellings(scans: tuple[ScanRow, ...]) -> None:
    spellings: dict[str, str] = {}
    for scan in scans:
        key = re.sub(r"[^a-z0-9+]", "", scan.condition.lower())
        if spellings.setdefault(key, scan.condition) != scan.condition:
            raise ManifestError(
                f"The conditions '{spellings[key]}' and '{scan.condition}' differ only in spelling.",
                remedy="Write one of them everywhere.",
            )


def _is_phantom(table: pd.DataFrame, scans: tuple[ScanRow, ...]) -> bool:
    """Tell whether nobody here exists: the column says so or, where there is none, the data sets of all scans."""
    said = called_phantoms(table)
    return said if said is not None else all(map(phantom_root, {Path(scan.path).parent for scan in scans}))
