"""Which scans are to be defaced, and what each will be called."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.errors import UsageError
from reid_audit.inputs.bids import is_bids
from reid_audit.inputs.cohort import read_cohort
from reid_audit.inputs.derivative import Names, output_names
from reid_audit.inputs.description import phantom_root
from reid_audit.inputs.dicom_headers import looks_like_dicom
from reid_audit.inputs.names import guess_modality, parse_image_name, split_extension
from reid_audit.inputs.sidecars import Sidecars
from reid_audit.inputs.tables import TABLE_EXTENSIONS
from reid_audit.inputs.walk import walk_files
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Scan", "Scans", "scans_of"]

_LOOKED_AT = 50
_CONDITION = re.compile(rf"_{ORIGINAL}(?=(_\d+)?$)")


@dataclass(frozen=True)
class Scan:
    """One scan to be defaced.

    Parameters
    ----------
    name : str
        As in the table.
    path : Path
    modality : str
        Empty where nothing says.
    names : Names
        What its results are called.
    sidecar : mapping
        What its BIDS sidecars say.
    """

    name: str
    path: Path
    modality: str
    names: Names
    sidecar: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scans:
    """What somebody pointed at.

    Parameters
    ----------
    scans : tuple of Scan
    name : str
        Of the data set.
    phantom : bool
        True for people who do not exist.
    notes : tuple of str
        What is not among the scans, and why.
    lost : tuple of (str, str)
        Name of each scan that is listed and cannot be defaced, and why.
    folders : tuple of Path
        That hold the scans, where somebody named more than a file.
    """

    scans: tuple[Scan, ...]
    name: str
    phantom: bool = False
    notes: tuple[str, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    folders: tuple[Path, ...] = ()


def scans_of(source: Path) -> Scans:
    """Return the original scans of a file, a DICOM folder, a BIDS data set or a manifest.

    Parameters
    ----------
    source : Path

    Returns
    -------
    Scans

    Raises
    ------
    UsageError
        There is no such place, or no scan in it.
    """
    if not source.exists():
        raise UsageError(f"There is no '{source}' to deface.", remedy="Correct the path.")
    if source.is_dir() and not is_bids(source):
        if not _holds_dicom(source):
            raise UsageError(
                f"'{source}' is neither a BIDS data set nor a folder with one DICOM series.",
                remedy="Draft a manifest of its scans with `reid-audit manifest DIR`, correct it, and name that file.",
            )
        return _single(source)
    if source.is_dir() or source.suffix.lower() in TABLE_EXTENSIONS:
        return _many(source)
    return _single(source)


def _holds_dicom(folder: Path) -> bool:
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith(".")]
    return any(looks_like_dicom(file) for file in files[:_LOOKED_AT])


def _single(path: Path) -> Scans:
    stem = split_extension(path.name)[0] or path.resolve().name
    modality = guess_modality(path.name) or ""
    names = output_names(path.resolve().name if path.is_dir() else path.name, modality=modality, flat=True)
    beside = [] if path.is_dir() else [file for file in path.parent.glob("*.json") if file.is_file()]
    sidecar = Sidecars(path.parent, beside).of(path) if beside and parse_image_name(path.name) else {}
    one = Scan(stem, path, modality, names, sidecar)
    folders = (path,) if path.is_dir() else ()
    return Scans((one,), stem, phantom=phantom_root(path.parent) is not None, folders=folders)


def _many(source: Path) -> Scans:
    cohort, failures = read_cohort(source)
    originals = cohort.scans[cohort.scans["condition"] == ORIGINAL]
    if originals.empty:
        raise UsageError(
            f"No scan of '{source}' is an original: all are said to be altered already.",
            remedy="Name the data set or the manifest that holds the scans as they were made.",
        )
    root = source if source.is_dir() else source.parent
    sidecars = _sidecars(root) if source.is_dir() else None
    scans: list[Scan] = []
    lost = [(failure.sample, f"{failure.what} {failure.remedy}".strip()) for failure in failures]
    taken: set[str] = set()
    for row in originals.to_dict("records"):
        path, sample = Path(str(row["path"])), _CONDITION.sub("", str(row["sample"]))
        modality = str(row["modality"])
        name = partial(
            output_names, path.name, modality=modality, subject=str(row["subject"]), session=str(row["session"])
        )
        names, number = name(), 2
        while names.image in taken and parse_image_name(path.name) is None:
            names = name(extra=str(number))
            number += 1
        if names.image in taken:
            lost.append(
                (sample, "Another scan has the same name: its result would be overwritten. Rename one of them.")
            )
            continue
        taken.add(names.image)
        scans.append(Scan(sample, path, modality, names, sidecars.of(path) if sidecars is not None else {}))
    altered = len(cohort.scans) - len(originals)
    notes = [*cohort.notes, *([f"scans left out because they are altered already: {altered}"] if altered else [])]
    folders = (source,) if source.is_dir() else _holding(source, [scan.path for scan in scans])
    return Scans(tuple(scans), cohort.name, cohort.phantom, tuple(notes), tuple(lost), folders)


def _holding(manifest: Path, files: list[Path]) -> tuple[Path, ...]:
    """Return the folders that hold the scans of a manifest.

    The one folder that all lie in, unless the manifest lies deeper: scans from everywhere have only the disk in common,
    and each its own folder.
    """
    places = sorted({path.resolve().parent for path in files})
    common = Path(os.path.commonpath(places)) if places else None
    if common is None or common in manifest.resolve().parent.parents:
        return tuple(places)
    return (common,)


def _sidecars(root: Path) -> Sidecars:
    files = [file for file in walk_files(root).files if file.suffix == ".json"]
    return Sidecars(root.absolute(), [file.absolute() for file in files if file.name != "dataset_description.json"])
