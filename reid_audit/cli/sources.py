"""What ``reid-audit render`` was pointed at: one scan, or many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Source", "sources_of"]

_LOOKED_AT = 50


@dataclass(frozen=True)
class Source:
    """One scan to look at; fields as a row of :attr:`Cohort.scans`."""

    sample: str
    path: str
    subject: str = ""
    session: str = ""
    condition: str = "original"
    modality: str = ""


def sources_of(place: Path) -> tuple[list[Source], list[tuple[str, str]]]:
    """Return the scans of a file, a DICOM folder, a BIDS data set, a manifest, or any folder of scans.

    Parameters
    ----------
    place : Path

    Returns
    -------
    list of Source
        Names are unique.
    list of (str, str)
        Name of each scan that a manifest lists and that is not there, and why it is lost.

    Raises
    ------
    UsageError
        If there is nothing of the kind.
    """
    from reid_audit.inputs.bids import is_bids
    from reid_audit.inputs.tables import TABLE_EXTENSIONS

    if not place.exists():
        raise UsageError(f"There is no '{place}'.", remedy="Correct the path.")
    if place.is_dir() and not is_bids(place):
        return (_of_series(place) or _of_folder(place)), []
    if place.is_dir() or place.suffix.lower() in TABLE_EXTENSIONS:
        return _of_cohort(place)
    return [_of_file(place)], []


def _of_cohort(place: Path) -> tuple[list[Source], list[tuple[str, str]]]:
    from reid_audit.inputs import read_cohort

    cohort, failures = read_cohort(place)
    names = ("sample", "path", "subject", "session", "condition", "modality")
    sources = [Source(**{name: str(row[name]) for name in names}) for row in cohort.scans.to_dict("records")]
    return sources, [(failure.sample, f"{failure.what} {failure.remedy}".strip()) for failure in failures]


def _of_file(place: Path) -> Source:
    from reid_audit.inputs.names import deface_variant, guess_modality, split_extension

    stem, _ = split_extension(place.name)
    condition = "defaced, by its name" if deface_variant(stem) else "original"
    return Source(stem or place.name, str(place), condition=condition, modality=guess_modality(place.name) or "")


def _of_series(place: Path) -> list[Source]:
    """Return the folder as one scan when DICOM files lie in it."""
    from reid_audit.inputs.dicom_headers import looks_like_dicom

    files = [file for file in sorted(place.iterdir()) if file.is_file() and not file.name.startswith(".")]
    dicom = any(looks_like_dicom(file) for file in files[:_LOOKED_AT])
    return [Source(place.resolve().name, str(place))] if dicom else []


def _of_folder(place: Path) -> list[Source]:
    from reid_audit.inputs import draft_manifest
    from reid_audit.inputs.names import split_extension

    sources: list[Source] = []
    taken: set[str] = set()
    for row in draft_manifest(place).to_dict("records"):
        path = place / str(row["path"])
        stem = split_extension(path.name)[0] or path.name
        name = stem if stem not in taken else str(row["path"]).replace("/", "_")
        taken.add(name)
        sources.append(Source(name, str(path), condition=str(row["condition"]), modality=str(row["modality"])))
    return sources
