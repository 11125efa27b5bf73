"""Draft a manifest from a folder: guesses for a person to correct."""

from __future__ import annotations

import math
import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reid_audit.errors import ManifestError
from reid_audit.inputs.bids import is_bids, read_bids
from reid_audit.inputs.dicom_headers import looks_like_dicom, read_headers
from reid_audit.inputs.manifest import MANIFEST_COLUMNS
from reid_audit.inputs.names import deface_variant, guess_modality, is_mask_name, split_extension
from reid_audit.inputs.walk import MAX_FILES, walk_files
from reid_audit.types import ORIGINAL

__all__ = ["draft_manifest"]

_MIN_DICOM_FILES = 3
_SUBJECT = re.compile(r"(?:^|[_\-])(?:sub|subj|subject|patient|pat)[-_]?([A-Za-z0-9]+)", re.IGNORECASE)
_SESSION = re.compile(r"(?:^|[_\-])(?:ses|session|visit|timepoint|tp)[-_]?([A-Za-z0-9]+)", re.IGNORECASE)
_MODALITIES = {"CT": "CT", "PT": "pet"}


@dataclass(frozen=True)
class _Scan:
    path: Path  # relative to the folder
    modality: str
    subject: str
    session: str
    rest: tuple[str, ...]  # words of the name that were not understood
    condition: str


def draft_manifest(folder: Path | str) -> pd.DataFrame:
    """Find scans under a folder and guess whose they are and what was done to them.

    Parameters
    ----------
    folder : path-like
        A BIDS data set, or any tree of images and DICOM series folders.

    Returns
    -------
    pandas.DataFrame
        One row a scan, columns as a manifest has them, ``path`` relative to the folder: to be corrected by hand and
        saved there. What could not be guessed is empty; ``condition`` is ``original`` where no name says otherwise.

    Raises
    ------
    ManifestError
        If there is no such folder, no scan in it, or far too many files.
    """
    root = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are
    if not root.is_dir():
        raise ManifestError("There is no such folder to draft a manifest from.", remedy="Correct the path.")
    rows = _bids_rows(root) if is_bids(root) else []
    rows = rows or _guessed_rows(root)
    if not rows:
        raise ManifestError(
            "No scan was found in the folder: no NIfTI, MGZ, NRRD or MetaImage file and no DICOM series.",
            remedy="Name the folder that holds the scans.",
        )
    return pd.DataFrame(rows, columns=list(MANIFEST_COLUMNS))


def _bids_rows(root: Path) -> list[dict[str, object]]:
    return [
        {
            "subject": scan.subject,
            "session": scan.session,
            "condition": scan.condition,
            "modality": scan.modality,
            "path": Path(scan.path).relative_to(root).as_posix(),
            "age": "" if math.isnan(scan.age) else f"{scan.age:g}",
            "sex": scan.sex,
            "site": scan.site,
            "cohort": scan.cohort,
        }
        for scan in read_bids(root).scans
    ]


def _guessed_rows(root: Path) -> list[dict[str, object]]:
    tree = walk_files(root)
    if not tree.complete:
        raise ManifestError(f"The folder holds more than {MAX_FILES:,} files.", remedy="Name a smaller folder.")
    images = [file for file in tree.files if split_extension(file.name)[1] and not is_mask_name(file.name)]
    scans = [_guess(file.relative_to(root), guess_modality(file.name) or "") for file in images]
    scans += [_guess(place.relative_to(root), modality) for place, modality in _dicom_places(root, tree.files)]
    scans.sort(key=lambda scan: (scan.subject, scan.path.as_posix()))
    alike = Counter(_key(scan) for scan in scans)
    return [
        {
            "subject": scan.subject,
            "session": scan.session or ("-".join(scan.rest) if alike[_key(scan)] > 1 else ""),
            "condition": scan.condition,
            "modality": scan.modality,
            "path": scan.path.as_posix(),
            "age": "",
            "sex": "",
            "site": "",
            "cohort": "",
        }
        for scan in scans
    ]


def _key(scan: _Scan) -> tuple[str, ...]:
    return (scan.subject, scan.session, scan.condition, scan.modality)


def _dicom_places(root: Path, files: tuple[Path, ...]) -> list[tuple[Path, str]]:
    """Return folders with DICOM series, and multi-frame files of their own, each with a modality."""
    folders: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        if not split_extension(file.name)[1] and looks_like_dicom(file):
            folders[file.parent].append(file)
    places = []
    for folder, members in sorted(folders.items()):
        frames = read_headers(members[:1] if len(members) >= _MIN_DICOM_FILES else members).frames
        modality = _MODALITIES.get(frames[0].modality, "") if frames else ""
        modality = (
            modality
            or (guess_modality(frames[0].description) or "" if frames else "")
            or guess_modality(folder.name)
            or ""
        )
        if len(members) >= _MIN_DICOM_FILES and folder != root:
            places.append((folder, modality))
        else:
            places.extend((frame.path, modality) for frame in frames if frame.index == _MIN_DICOM_FILES - 1)
    return places


def _guess(path: Path, modality: str) -> _Scan:
    stem, _ = split_extension(path.name)
    text = "/".join([*path.parts[:-1], stem])
    condition = _condition(text)
    subject = next(
        (match[1] for part in reversed(path.parts) if (match := _SUBJECT.search(split_extension(part)[0]))), ""
    )
    session = next(
        (match[1] for part in reversed(path.parts) if (match := _SESSION.search(split_extension(part)[0]))), ""
    )
    words = [word for word in re.split(r"[_\s.]+", stem) if word and not _understood(word)]
    if not subject:
        subject = (
            path.parts[0]
            if len(path.parts) > 1 and not deface_variant(path.parts[0])
            else (words[0] if words else stem)
        )
        words = [word for word in words if word != subject]
    return _Scan(path, modality, subject, session, tuple(words), condition)


def _condition(text: str) -> str:
    """Name the tool or the fact that a path speaks of, else original."""
    if re.search(r"no_deid|pre-?deface|undefaced", text, re.IGNORECASE):
        return ORIGINAL
    for part in text.split("/")[:-1]:
        if deface_variant(part):
            return part
    return "defaced" if deface_variant(text) else ORIGINAL


def _understood(word: str) -> bool:
    known = guess_modality(word) is not None or deface_variant(word) or word.lower() in {"dicom", "dcm", "nii"}
    return known or bool(_SUBJECT.match(word) or _SESSION.match(word))
