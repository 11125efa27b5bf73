"""Which defaced scan belongs to which original and which brain mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.errors import UsageError
from reid_audit.inputs import draft_manifest, read_cohort
from reid_audit.inputs.bids import is_bids
from reid_audit.inputs.names import (
    canonical_modality,
    guess_modality,
    is_mask_name,
    parse_image_name,
    split_extension,
)
from reid_audit.inputs.tables import TABLE_EXTENSIONS
from reid_audit.inputs.walk import walk_files
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ScanPair", "find_pairs"]

_DEFACED = "defaced"


@dataclass(frozen=True)
class ScanPair:
    """One defaced scan with what it is judged by.

    Parameters
    ----------
    sample, subject, session, condition, modality : str
    defaced : str
        Path.
    original, brain : str
        Path, empty where there is none.
    """

    sample: str
    subject: str
    session: str
    condition: str
    modality: str
    defaced: str
    original: str = ""
    brain: str = ""


def find_pairs(
    defaced: Path, originals: Path | None = None, brain_masks: Path | None = None
) -> tuple[tuple[ScanPair, ...], tuple[str, ...]]:
    """Find the defaced scans, and for each its original and its brain mask.

    Parameters
    ----------
    defaced : Path
        A scan, a BIDS data set (raw or derivative), a manifest, or any folder of scans.
    originals : Path, optional
        The same, of the scans before; may be the same data set, if it holds both.
    brain_masks : Path, optional
        A mask, or a folder in which masks lie with ``sub-`` and ``brain`` in their names.

    Returns
    -------
    tuple of ScanPair
        One a defaced scan.
    tuple of str
        What could not be paired, in words and numbers, without names.

    Raises
    ------
    UsageError
        If a place does not exist, or there is no defaced scan.
    """
    for place in (defaced, originals, brain_masks):
        if place is not None and not place.exists():
            raise UsageError(f"There is no '{place}'.", remedy="Correct the path.")
    rows = _rows(defaced)
    before = [] if originals is None else _rows(originals)
    if _is_one(defaced) and originals is not None and _is_one(originals):
        mask = "" if brain_masks is None or brain_masks.is_dir() else str(brain_masks)
        one = rows[0]
        if brain_masks is not None and brain_masks.is_dir():
            mask = _mask_of(one, _masks(brain_masks))
        pairs = [_pair(one, before[0]["path"], mask)]
        return tuple(pairs), tuple(_notes(pairs, originals, brain_masks))
    released = [row for row in rows if row["condition"] != ORIGINAL] or [{**row, "condition": _DEFACED} for row in rows]
    known = _by_key(row for row in before if row["condition"] == ORIGINAL)
    masks = [] if brain_masks is None else _masks(brain_masks)
    pairs = []
    for row in released:
        original = known.get(_key(row), "")
        pairs.append(_pair(row, "" if original == row["path"] else original, _mask_of(row, masks)))
    return tuple(pairs), tuple(_notes(pairs, originals, brain_masks))


def _notes(pairs: list[ScanPair], originals: Path | None, brain_masks: Path | None) -> list[str]:
    notes = []
    alone = sum(not pair.original for pair in pairs)
    if originals is not None and alone:
        notes.append(f"{alone} of {len(pairs)} defaced scans have no original of the same person, session and sequence")
    bare = sum(not pair.brain for pair in pairs)
    if brain_masks is not None and bare:
        notes.append(f"{bare} of {len(pairs)} defaced scans have no brain mask in the folder of masks")
    return notes


def _is_one(place: Path) -> bool:
    return place.is_file() and place.suffix.lower() not in TABLE_EXTENSIONS


def _rows(place: Path) -> list[dict[str, str]]:
    """Return the scans of a place as a table's rows."""
    if _is_one(place):
        stem, _ = split_extension(place.name)
        name = parse_image_name(place.name)
        entities = {} if name is None else name.entities
        return [
            {
                "sample": stem or place.name,
                "subject": entities.get("sub", ""),
                "session": entities.get("ses", ""),
                "condition": _DEFACED,
                "modality": guess_modality(place.name) or "",
                "path": str(place),
            }
        ]
    if place.is_file() or is_bids(place):
        cohort, _ = read_cohort(place)
        return _texts(cohort.scans.to_dict("records"))
    table = draft_manifest(place)
    rows = _texts(table.to_dict("records"))
    for row in rows:
        row["sample"] = split_extension(Path(row["path"]).name)[0] or row["path"]
        row["path"] = str(place / row["path"])
    return rows


def _texts(records: Iterable[Any]) -> list[dict[str, str]]:
    names = ("sample", "subject", "session", "condition", "modality", "path")
    return [{name: str(row.get(name, "")) for name in names} for row in records]


def _key(row: dict[str, str]) -> tuple[str, str, str, str]:
    """Return what a scan and its defaced version share."""
    name = parse_image_name(Path(row["path"]).name)
    extra = "" if name is None else name.extra
    return row["subject"], row["session"], canonical_modality(row["modality"]), extra


def _by_key(rows: Iterable[dict[str, str]]) -> dict[tuple[str, str, str, str], str]:
    known: dict[tuple[str, str, str, str], str] = {}
    for row in sorted(rows, key=lambda one: one["path"]):
        known.setdefault(_key(row), row["path"])
    return known


def _pair(row: dict[str, str], original: str, brain: str) -> ScanPair:
    return ScanPair(
        sample=row["sample"],
        subject=row["subject"],
        session=row["session"],
        condition=row["condition"],
        modality=row["modality"],
        defaced=row["path"],
        original=original,
        brain=brain,
    )


def _masks(place: Path) -> list[Path]:
    """Return the brain masks of a folder, or the one that was named."""
    if place.is_file():
        return [place]
    return [path for path in walk_files(place).files if is_mask_name(path.name) and "brain" in path.name.lower()]


def _mask_of(row: dict[str, str], masks: list[Path]) -> str:
    """Return the mask of a scan: of the same person and session, best of the same sequence and in its own space."""
    best: tuple[int, str] = (0, "")
    for path in masks:
        name = parse_image_name(path.name)
        entities = {} if name is None else name.entities
        if entities.get("sub", "") != row["subject"] or entities.get("ses", row["session"]) != row["session"]:
            continue
        space = entities.get("space", "orig").lower()
        if space not in {"orig", "t1w", "native", "individual", "scanner"}:
            continue
        words = {part.lower() for part in (*entities.values(), *split_extension(path.name)[0].split("_"))}
        score = 2 if row["modality"].lower() in words else 1
        if score > best[0] or (score == best[0] and str(path) < best[1]):
            best = (score, str(path))
    return best[1]
