"""Bring scans and photos together into a cohort."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from reid_audit.errors import ManifestError
from reid_audit.inputs.bids import is_bids, read_bids
from reid_audit.inputs.description import phantom_root
from reid_audit.inputs.manifest import read_manifest
from reid_audit.inputs.originals import with_originals
from reid_audit.inputs.people import MISSING
from reid_audit.inputs.photos import find_photos
from reid_audit.inputs.rows import number_photos, sample_ids
from reid_audit.inputs.selection import select_scans
from reid_audit.inputs.tables import TABLE_EXTENSIONS
from reid_audit.inputs.withheld import without_labels
from reid_audit.types import ORIGINAL, Cohort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.inputs.rows import Collected, PhotoRow, ScanRow
    from reid_audit.inputs.selection import Selection
    from reid_audit.types import Failure

__all__ = ["PHOTO_COLUMNS", "SCAN_COLUMNS", "collect_scans", "read_cohort"]

SCAN_COLUMNS = ("subject", "session", "condition", "modality", "path", "age", "sex", "site", "cohort", "sample")
PHOTO_COLUMNS = ("subject", "path", "sample")
_OF_PHOTOS = "photo"
_YEARS_APART = 1.5
"""By which the ages of one person in one session may differ: they are rounded, and of two days."""


def read_cohort(
    path: Path | str,
    photos: Path | str | None = None,
    *,
    originals: Path | str | None = None,
    selection: Selection | None = None,
) -> tuple[Cohort, tuple[Failure, ...]]:
    """Read what is to be audited from a BIDS tree or a manifest.

    Parameters
    ----------
    path : path-like
        A BIDS data set, raw or derivative, or a manifest (CSV, TSV or Parquet; see ``docs/manifest.md``).
    photos : path-like, optional
        A folder with a table ``photos.tsv`` or ``photos.csv`` (subject, path), such a table itself, or a folder with
        files named ``sub-<label>*``.
    originals : path-like, optional
        A second tree or manifest, of the scans before they were defaced; ``path`` is then what is to be released.
    selection : Selection, optional
        Which scans to take; photos of people who were not asked for are left out.

    Returns
    -------
    Cohort
        All scans and photos. No image is opened. One whose file does not exist stays, as one that cannot be read
        does: whoever enrols it counts it as lost. The cohort's notes say how many there are, and what to do. No label
        of a person stands in the names of data set, conditions, modalities, sites and cohorts (:func:`without_labels`).
    tuple of Failure
        One a file that lies where it cannot be told whose it is; the others go on.

    Raises
    ------
    ManifestError
        If nothing can be audited: no such place, no scan at all, a manifest with an unknown or missing column, a scan
        listed twice, a condition spelled in two ways or named ``photo``; or if no file of any scan, or of any photo,
        exists.
    """
    collected = collect_scans(Path(path))
    if originals is not None:
        collected = with_originals(collected, collect_scans(Path(originals)), Path(path), Path(originals))
    if selection is not None:
        collected = select_scans(collected, selection)
    if not collected.scans:
        raise ManifestError(
            "No head scan was found.",
            remedy="Name a BIDS data set with anat images, or draft a manifest with `reid-audit manifest DIR`.",
        )
    _refuse_reserved(collected.scans)
    scans = pd.DataFrame([asdict(scan) for scan in collected.scans]).drop(columns="extra")
    scans["sample"] = sample_ids(collected.scans)
    scans["age"] = scans["age"].astype(float)
    scans = scans[list(SCAN_COLUMNS)]
    absent = _absent(scans["path"], "scans", "the manifest's folder")
    rows, told = _photo_rows(photos, set(scans["subject"]), selection.participants if selection else ())
    pictures, notes = _photos(rows, set(scans["subject"]))
    notes = [*told, *notes]
    phantom, doubts = _still_phantom(collected.phantom, rows)
    cohort = Cohort(scans, pictures, phantom, collected.name, skipped=collected.skipped)
    cohort = without_labels(cohort)
    changed, scans = cohort.notes, cohort.scans
    notes = [*collected.notes, *changed, *doubts, *absent, *_scan_notes(scans), *_label_notes(scans), *notes]
    return replace(cohort, notes=tuple(notes)), collected.failures


def _refuse_reserved(scans: Sequence[ScanRow]) -> None:
    """Refuse the condition under which results tell of photographs."""
    count = sum(scan.condition == _OF_PHOTOS for scan in scans)
    if count:
        raise ManifestError(
            f"The condition of {count} {'scan' if count == 1 else 'scans'} is '{_OF_PHOTOS}', a name kept for results "
            "about photographs; any other name is allowed.",
            remedy="Rename the condition in the manifest, or the folder under 'derivatives', after what was done.",
        )


def collect_scans(path: Path) -> Collected:
    """Read which scans a BIDS data set or a manifest holds.

    Raises
    ------
    ManifestError
        It is neither.
    """
    if path.is_dir():
        if is_bids(path):
            return read_bids(path)
        raise ManifestError(
            "The folder is not a BIDS data set: it has neither dataset_description.json nor folders sub-*/anat.",
            remedy="Draft a manifest of its scans with `reid-audit manifest DIR`, correct it, and name that file.",
        )
    if not path.exists():
        raise ManifestError("The data set or manifest does not exist.", remedy="Correct the path.")
    if path.suffix.lower() not in TABLE_EXTENSIONS:
        raise ManifestError(
            f"A manifest is a CSV, TSV or Parquet table, got a file with the extension '{path.suffix}'.",
            remedy="To look at one scan use `reid-audit render`; to audit several write a manifest.",
        )
    return read_manifest(path)


def _absent(paths: pd.Series[Any], what: str, folder: str) -> list[str]:
    """Say how many of some files do not exist, or refuse where none does."""
    lost = sum(not os.path.exists(path) for path in paths)  # noqa: PTH110 - False below a closed folder
    if lost and lost == len(paths):
        raise ManifestError(
            f"None of the {lost} {what} exists.",
            remedy=f"Paths are relative to {folder}; correct them, or get the files (git-annex).",
        )
    if not lost:
        return []
    remedy = "correct their paths, or get the files (a link of git-annex without content looks like this)"
    return [f"the files of {lost} of the {len(paths)} {what} do not exist: they count as lost; {remedy}"]


def _photo_rows(
    place: Path | str | None, subjects: set[str], wanted: Sequence[str] = ()
) -> tuple[list[PhotoRow], list[str]]:
    if place is None:
        return [], []
    rows, notes = find_photos(Path(place), subjects)
    return [row for row in rows if not wanted or row.subject in wanted], notes


def _photos(rows: Sequence[PhotoRow], subjects: set[str]) -> tuple[pd.DataFrame, list[str]]:
    columns = {
        "subject": [row.subject for row in rows],
        "path": [row.path for row in rows],
        "sample": number_photos(rows),
    }
    table = pd.DataFrame(columns, columns=list(PHOTO_COLUMNS), dtype=str)
    absent = _absent(table["path"], "photos", "the table's folder")
    return table, [*absent, *_photo_notes(table, subjects)]


def _photo_notes(photos: pd.DataFrame, subjects: set[str]) -> list[str]:
    strangers = set(photos["subject"]) - subjects
    if not strangers:
        return []
    who = "1 person has" if len(strangers) == 1 else f"{len(strangers)} people have"
    notes = [f"{who} photos but no scan: kept as somebody whose mate is absent"]
    bare = {label.lower().lstrip("0") for label in subjects}
    alike = sum(1 for label in strangers if label.lower().lstrip("0") in bare)
    if alike:
        notes.append(f"of these, with the label of a scan but for leading zeros or capitals: {alike}; check the labels")
    return notes


def _scan_notes(scans: pd.DataFrame) -> list[str]:
    """Say that there is no original, and where people have unequal numbers of scans."""
    many = scans.groupby(["condition", "subject"]).size().groupby("condition").agg(["min", "max"])
    notes = [
        f"people have {row['min']} to {row['max']} scans of condition '{condition}': who holds photographs searches "
        "equally many of each person, drawn at random"
        for condition, row in many[many["min"] < many["max"]].iterrows()
    ]
    if ORIGINAL in many.index:
        return notes
    return [
        f"no scan has the condition '{ORIGINAL}', only {', '.join(many.index)}: nothing shows what was gained",
        *notes,
    ]


def _label_notes(scans: pd.DataFrame) -> list[str]:
    """Say how many labels seem to stand for two people: of two sexes, or of two ages in one session."""
    sexes = scans[scans["sex"] != MISSING].groupby("subject")["sex"].nunique()
    ages = scans.groupby(["subject", "session"])["age"].agg(["min", "max"])
    apart = ages.index[ages["max"] - ages["min"] > _YEARS_APART].get_level_values("subject")
    count = len(set(sexes.index[sexes > 1]) | set(apart))
    if not count:
        return []
    stand = "1 label stands" if count == 1 else f"{count} labels stand"
    two = f"two sexes, or of ages more than {_YEARS_APART:g} years apart in one session"
    return [f"{stand} for scans of {two}: two people may share it, and would count as one; check the labels"]


def _still_phantom(phantom: bool, photos: Sequence[PhotoRow]) -> tuple[bool, list[str]]:
    """Photos of real people among phantoms make the cohort one of real people."""
    if not phantom:
        return False, []
    if all(map(phantom_root, {Path(photo.path).parent for photo in photos if not photo.phantom})):
        return True, []
    said = "a column 'phantom' of the table of photos may say that nobody in them exists"
    return False, [f"some photos lie outside any phantom data set: the cohort counts as one of real people; {said}"]
