"""Which defaced scan belongs to which original and which brain mask."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from reid_audit.errors import UsageError
from reid_audit.inputs import draft_manifest
from reid_audit.inputs.bids import is_bids
from reid_audit.inputs.brain_masks import BrainMasks, brain_mask_files, find_brain_mask, scan_name, tells_scan
from reid_audit.inputs.cohort import collect_scans
from reid_audit.inputs.names import guess_modality, parse_image_name, split_extension
from reid_audit.inputs.pairing import ScanKey, partners, scan_key
from reid_audit.inputs.rows import sample_ids
from reid_audit.inputs.tables import TABLE_EXTENSIONS
from reid_audit.inputs.withheld import without_labels
from reid_audit.types import ORIGINAL, Cohort, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["ScanPair", "find_pairs"]

_DEFACED = "defaced"

Row = dict[str, str]


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
    brain_told : bool
        False for a mask whose name leaves open which scan of the person it was made of: it counts only on the scan's
        own grid.
    failure : Failure or None
        Why there is nothing to judge: the defacer left no scan, or it lies where nobody can tell whose it is.
    """

    sample: str
    subject: str
    session: str
    condition: str
    modality: str
    defaced: str
    original: str = ""
    brain: str = ""
    brain_told: bool = True
    failure: Failure | None = None


@dataclass(frozen=True)
class _Place:
    """What lies in one place."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


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
        A mask, or a folder with masks as :func:`~reid_audit.inputs.brain_masks.brain_mask_files` finds them. A mask is
        that of every scan only where all are defaced forms of one.

    Returns
    -------
    tuple of ScanPair
        One a defaced scan; one with a failure for each that lies where nobody can tell whose it is, and, in a folder or
        a table, for each original without a scan of a condition that has others of its sequence.
    tuple of str
        What could not be paired and what was left out, in words and numbers, without names.

    Raises
    ------
    UsageError
        If a place does not exist, or there is no defaced scan, or no brain mask in a folder of them.
    ManifestError
        If a manifest is none.
    """
    for place in (defaced, originals, brain_masks):
        if place is not None and not place.exists():
            raise UsageError(f"There is no '{place}'.", remedy="Correct the path.")
    after = _read(defaced)
    before = _Place(()) if originals is None else _read(originals)
    masks = None if brain_masks is None else brain_mask_files(brain_masks)
    if _is_one(defaced) and originals is not None and _is_one(originals):
        pairs = [_masked(_pair(after.rows[0], before.rows[0]), before.rows[0], masks)]
        return tuple(pairs), tuple(_notes(pairs, originals, brain_masks))
    released = [row for row in after.rows if row["condition"] != ORIGINAL]
    released = released or [{**row, "condition": _DEFACED} for row in after.rows]
    known, repeats = _originals(before.rows)
    own = {name: _by_key(row for row in released if row["condition"] == name) for name in _conditions(released)}
    original_of = {name: partners(keys, known) for name, keys in own.items()}
    if masks is not None and masks.named and len(known or {scan_key(row) for row in released}) > 1:
        masks = BrainMasks(masks.files)
    pairs = []
    for row in released:
        key = original_of[row["condition"]].get(scan_key(row))
        original = None if key is None else known[key]
        if original is not None and original["path"] == row["path"]:
            original = None
        pairs.append(_masked(_pair(row, original), original or row, masks))
    lost, notes = ([], []) if _is_one(defaced) else _lost(original_of, known)
    pairs += _failed(lost, after.failures, _conditions(released))
    told = [*after.notes, *([] if originals == defaced else [f"originals: {note}" for note in before.notes])]
    if originals is not None and originals != defaced and before.failures:
        told.append(f"originals that lie where nobody can tell whose they are: {len(before.failures)}")
    if repeats:
        told.append(f"originals that nothing but their path tells from another: {repeats}; the first was used")
    return tuple(pairs), (*told, *notes, *_notes(pairs, originals, brain_masks))


def _notes(pairs: Sequence[ScanPair], originals: Path | None, brain_masks: Path | None) -> list[str]:
    notes = []
    present = [pair for pair in pairs if pair.failure is None]
    alone = sum(not pair.original for pair in present)
    if originals is not None and alone:
        notes.append(
            f"{alone} of {len(present)} defaced scans have no original of the same person, session, sequence and run"
        )
    bare = sum(not pair.brain for pair in present)
    if brain_masks is not None and bare:
        notes.append(
            f"{bare} of {len(present)} defaced scans have no brain mask: none is named after their person, session, "
            "sequence and run, or several are"
        )
    return notes


def _is_one(place: Path) -> bool:
    return place.is_file() and place.suffix.lower() not in TABLE_EXTENSIONS


def _read(place: Path) -> _Place:
    """Return the scans of a place as a table's rows, and what of it was left out."""
    if _is_one(place):
        stem, _ = split_extension(place.name)
        name = parse_image_name(place.name)
        entities = {} if name is None else name.entities
        return _Place(
            (
                {
                    "sample": stem or place.name,
                    "subject": entities.get("sub", ""),
                    "session": entities.get("ses", ""),
                    "condition": _DEFACED,
                    "modality": guess_modality(place.name) or "",
                    "path": str(place),
                },
            )
        )
    if place.is_file() or is_bids(place):
        return _listed(place)
    rows = _texts(draft_manifest(place).to_dict("records"))
    stems = Counter(_stem(row["path"]).rsplit("/", 1)[-1].lower() for row in rows)
    for row in rows:
        stem = _stem(row["path"])
        last = stem.rsplit("/", 1)[-1]
        row["sample"] = last if stems[last.lower()] == 1 else stem
        row["path"] = str(place / row["path"])
    return _Place(tuple(rows))


def _stem(path: str) -> str:
    return split_extension(path)[0] or path


def _listed(place: Path) -> _Place:
    """Return the scans of a BIDS data set or a manifest; no label of a person stands in the names of conditions."""
    found = collect_scans(place)
    if not found.scans:
        raise UsageError(f"There is no scan in '{place}'.", remedy="Name the folder or the manifest of the scans.")
    scans = pd.DataFrame([asdict(scan) for scan in found.scans]).assign(sample=sample_ids(found.scans))
    cohort = without_labels(Cohort(scans, pd.DataFrame({"subject": []}, dtype=str), name=found.name))
    return _Place(tuple(_texts(cohort.scans.to_dict("records"))), (*found.notes, *cohort.notes), found.failures)


def _texts(records: Iterable[Any]) -> list[Row]:
    names = ("sample", "subject", "session", "condition", "modality", "path")
    return [{name: str(row.get(name, "")) for name in names} for row in records]


def _conditions(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(row["condition"] for row in rows))


def _by_key(rows: Iterable[Row]) -> dict[ScanKey, Row]:
    known: dict[ScanKey, Row] = {}
    for row in sorted(rows, key=lambda one: one["path"]):
        known.setdefault(scan_key(row), row)
    return known


def _originals(rows: Iterable[Row]) -> tuple[dict[ScanKey, Row], int]:
    """Return the originals, and how many have the key of another."""
    before = [row for row in rows if row["condition"] == ORIGINAL]
    known = _by_key(before)
    return known, len(before) - len(known)


def _pair(row: Row, original: Row | None) -> ScanPair:
    return ScanPair(
        sample=row["sample"],
        subject=row["subject"],
        session=row["session"],
        condition=row["condition"],
        modality=row["modality"],
        defaced=row["path"],
        original="" if original is None else original["path"],
    )


def _masked(pair: ScanPair, scan: Row, masks: BrainMasks | None) -> ScanPair:
    """Add the brain mask that was made of a scan."""
    if masks is None:
        return pair
    name = scan_name(Path(scan["path"]), subject=scan["subject"], session=scan["session"], modality=scan["modality"])
    mask = find_brain_mask(name, masks)
    if mask is None:
        return pair
    return replace(pair, brain=str(mask), brain_told=masks.named or tells_scan(mask, name))


def _lost(
    original_of: Mapping[str, Mapping[ScanKey, ScanKey]], known: Mapping[ScanKey, Row]
) -> tuple[list[ScanPair], list[str]]:
    """Return the originals of which a condition has no scan, and how many are of sequences that it has none of."""
    lost, notes = [], []
    for condition, pairs in original_of.items():
        there = set(pairs.values())
        absent = [key for key in known if key not in there]
        done = {key.modality for key in there}
        lost += [_absent(known[key], condition) for key in absent if key.modality in done]
        never = sum(key.modality not in done for key in absent) if there else 0
        if never:
            notes.append(
                f"{never} {'original is' if never == 1 else 'originals are'} of a sequence of which condition "
                f"'{condition}' has no scan: not counted"
            )
    return lost, notes


def _absent(original: Row, condition: str) -> ScanPair:
    sample = f"{original['sample'].removesuffix(f'_{ORIGINAL}')}_{condition}"
    failure = Failure(
        "read",
        original["subject"],
        original["session"],
        condition,
        sample,
        "There is no defaced scan of this original.",
        "Run the defacer on this scan, or look at why it gave nothing.",
    )
    return replace(_pair(original, original), sample=sample, condition=condition, defaced="", brain="", failure=failure)


def _failed(lost: Sequence[ScanPair], failures: Sequence[Failure], conditions: Sequence[str]) -> list[ScanPair]:
    """Return a row for each scan that cannot be judged; a misplaced file is the reason of one that is missing."""
    open_ones: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, pair in enumerate(lost):
        open_ones[pair.subject, pair.session].append(place)
    made = list(lost)
    for failure in failures:
        waiting = open_ones[failure.subject, failure.session]
        if waiting:
            place = waiting.pop(0)
            why = replace(made[place].failure or failure, stage=failure.stage, what=failure.what, remedy=failure.remedy)
            made[place] = replace(made[place], failure=why)
        else:
            condition = conditions[0] if len(conditions) == 1 else "unknown"
            row = ScanPair(failure.sample, failure.subject, failure.session, condition, "unknown", "")
            made.append(replace(row, failure=replace(failure, condition=condition)))
    return made
