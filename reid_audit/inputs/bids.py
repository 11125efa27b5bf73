"""Find the scans of a BIDS data set and say what was done to each."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError
from reid_audit.inputs.description import Description, read_description
from reid_audit.inputs.names import (
    canonical_modality,
    deface_variant,
    is_mask_name,
    is_modality,
    parse_image_name,
    slug,
    split_extension,
    strip_prefix,
)
from reid_audit.inputs.people import MISSING, is_empty, read_age, read_sex
from reid_audit.inputs.quantities import participants_file
from reid_audit.inputs.rows import Collected, ScanRow
from reid_audit.inputs.sidecars import Sidecars, defacing_named
from reid_audit.inputs.tables import read_text_table
from reid_audit.inputs.walk import MAX_FILES, walk_files
from reid_audit.types import ORIGINAL, Failure

if TYPE_CHECKING:
    from reid_audit.inputs.names import ImageName

__all__ = ["is_bids", "read_bids"]

_DATATYPES = {"anat", "ct", "pet"}
_NOT_ENTERED = {
    "code",
    "logs",
    "figures",
    "stimuli",
    "truth",
    "node_modules",
    "func",
    "dwi",
    "fmap",
    "meg",
    "eeg",
    "ieeg",
    "perf",
}
_ORIGINAL_SOURCES = {"pre-deface", "predeface", "pre_deface", "bidsonym", "original", "originals"}
_UNEXPECTED = "where no scan to audit is expected, or nothing says that a face was removed"
_OWN_SPACE = {"", "orig", "t1w", "native", "individual", "scanner"}
_SITE_COLUMNS = ("site", "site_id", "center", "centre", "scanner_site", "institution")


@dataclass(frozen=True)
class _Found:
    """One image on the way to a row."""

    path: Path
    name: ImageName
    condition: str


@dataclass(frozen=True)
class _Person:
    age: float = float("nan")
    sex: str = MISSING
    site: str = ""
    cohort: str = ""


def is_bids(folder: Path) -> bool:
    """Tell whether a folder looks like a BIDS data set: a description, or subjects with images."""
    if (folder / "dataset_description.json").is_file():
        return True
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return False
    return any(_has_datatype(folder / name) for name in names if name.startswith("sub-"))


def _has_datatype(subject: Path) -> bool:
    try:
        places = [subject, *(item for item in subject.iterdir() if item.name.startswith("ses-"))]
        return any((place / datatype).is_dir() for place in places for datatype in _DATATYPES)
    except OSError:
        return False


def read_bids(root: Path) -> Collected:
    """Read the scans of a BIDS data set.

    Parameters
    ----------
    root : Path
        A raw data set, with or without ``derivatives`` and ``sourcedata``, or a derivative.

    Returns
    -------
    Collected

    Raises
    ------
    ManifestError
        If there is no scan, or far too many files.

    Notes
    -----
    Condition of a scan:

    * in the raw tree ``original``, unless its sidecar's DeidentificationMethod speaks of the face (then the tool's name
      where it is known, else ``defaced``), or the scan's original lies in ``sourcedata`` (then ``defaced``);
    * in ``sourcedata/pre-deface`` and ``sourcedata/bidsonym`` (``*_no_deid``) ``original``;
    * in ``derivatives/NAME`` ``NAME``, if the file's name, its sidecar or NAME says that a face was removed; several
      variants of one scan become ``NAME-VARIANT``. Masks, images in a template's space and all else are skipped.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100 - links stay as they are
    description = read_description(root)
    tree = walk_files(root, enter=lambda name: name not in _NOT_ENTERED)
    if not tree.complete:
        raise ManifestError(
            f"The data set holds more than {MAX_FILES:,} files.",
            remedy="Name a smaller folder, or write a manifest of its scans.",
        )
    sidecars = Sidecars(
        root, [file for file in tree.files if file.suffix == ".json" and file.name != "dataset_description.json"]
    )
    notes = [*tree.notes]
    found, failures, skipped = _images(root, tree.files, description, sidecars)
    counts = Counter(why for _, why in skipped)
    notes.extend(f"{_images_of(count)} skipped: {why}" for why, count in counts.items())
    if tree.closed:
        notes.append(f"folders not walked: {len(tree.closed)}; the triage of a release looks into each")
    skipped += [(f"{folder}{os.sep}", _why_closed(folder.name)) for folder in tree.closed]
    found = _with_sources(found, root, notes)
    people = _participants(root, notes)
    rows = sorted(
        (_row(item, people) for item in found),
        key=lambda row: (row.subject, row.session, row.condition != ORIGINAL, row.condition, row.path),
    )
    if sidecars.n_unreadable:
        notes.append(f"sidecars that are no JSON objects and were not used: {sidecars.n_unreadable}")
    if not description.found:
        notes.append("the data set has no dataset_description.json")
    return Collected(
        scans=tuple(rows),
        name=description.name or "cohort",
        phantom=description.phantom,
        notes=tuple(notes),
        failures=tuple(failures),
        skipped=tuple(skipped),
    )


def _images(
    root: Path, files: tuple[Path, ...], description: Description, sidecars: Sidecars
) -> tuple[list[_Found], list[Failure], list[tuple[str, str]]]:
    """Return the scans, what is misplaced, and the images that are left out, each with why."""
    found: list[_Found] = []
    failures: list[Failure] = []
    skipped: list[tuple[str, str]] = []
    for file in files:
        if not split_extension(file.name)[1]:
            continue
        parts = file.relative_to(root).parts
        subject = next((part for part in parts[:-1] if part.startswith("sub-")), None)
        name = parse_image_name(file.name)
        if subject is None or name is None or is_mask_name(file.name) or not is_modality(name.suffix):
            skipped.append((str(file), "no head scan by its place or name"))
        elif f"sub-{name.entities['sub']}" != subject:
            failures.append(_misplaced(subject, name))
        elif reason := _second_choice(name):
            skipped.append((str(file), reason))
        else:
            condition = _condition(parts, file, name, description, sidecars)
            if condition is None:
                skipped.append((str(file), _UNEXPECTED))
            else:
                found.append(_Found(file, name, condition))
    return found, failures, skipped


def _images_of(count: int) -> str:
    return f"{count} image" if count == 1 else f"{count} images"


def _why_closed(folder: str) -> str:
    """Say why nothing of a folder is audited."""
    return "a hidden folder" if folder.startswith(".") else f"a folder '{folder}', in which no head scan is expected"


def _second_choice(name: ImageName) -> str:
    """Say why an image is not taken although it is one of the head; empty where it is."""
    if name.entities.get("part", "mag") != "mag":
        return "phase, real or imaginary part"
    if name.entities.get("echo", "1").lstrip("0") != "1":
        return "later echo of a scan"
    if name.entities.get("space", "").lower() not in _OWN_SPACE:
        return "in the space of a template"
    return ""


def _condition(
    parts: tuple[str, ...], file: Path, name: ImageName, description: Description, sidecars: Sidecars
) -> str | None:
    """Return what was done to a scan; None where the image is not to be audited."""
    top = parts[0]
    if top == "sourcedata":
        known = len(parts) > 2 and parts[1].lower() in _ORIGINAL_SOURCES
        return ORIGINAL if known or name.variant == ORIGINAL else None
    if top == "derivatives":
        depth = next(index for index, part in enumerate(parts) if part.startswith("sub-"))
        return _derived("-".join(parts[1:depth]), file, name, sidecars) if depth > 1 else None
    if top.startswith("sub-") and description.derivative:
        pipeline = description.generators[0] if description.generators else description.name or "defaced"
        return _derived(pipeline, file, name, sidecars, sure=True)
    return _raw(file, name, sidecars) if top.startswith("sub-") or top == "rawdata" else None


def _raw(file: Path, name: ImageName, sidecars: Sidecars) -> str | None:
    if name.variant:
        return name.variant
    if name.entities.get("desc"):
        return None
    return defacing_named(sidecars.of(file)) or ORIGINAL


def _derived(pipeline: str, file: Path, name: ImageName, sidecars: Sidecars, *, sure: bool = False) -> str | None:
    label = slug(pipeline)
    if name.variant == ORIGINAL:
        return ORIGINAL
    if name.variant:
        plain = name.variant.lower() in {"defaced", "refaced", "deidentified", "anonymized", label.lower()}
        return label if plain else f"{label}-{slug(name.variant)}"
    if name.entities.get("desc"):
        return label if defacing_named(sidecars.of(file)) else None
    return label if sure or deface_variant(pipeline) or defacing_named(sidecars.of(file)) else None


def _with_sources(found: list[_Found], root: Path, notes: list[str]) -> list[_Found]:
    """Call a raw scan defaced when its original lies in sourcedata beside it."""
    sources = {_scan_key(item.name) for item in found if item.path.relative_to(root).parts[0] == "sourcedata"}
    result = [
        replace(item, condition="defaced")
        if item.condition == ORIGINAL
        and item.path.relative_to(root).parts[0].startswith("sub-")
        and _scan_key(item.name) in sources
        else item
        for item in found
    ]
    changed = sum(1 for before, after in zip(found, result, strict=True) if before.condition != after.condition)
    if changed:
        notes.append(f"raw scans that count as 'defaced' because sourcedata holds their originals: {changed}")
    return result


def _scan_key(name: ImageName) -> tuple[tuple[str, str], ...]:
    return (*sorted((key, value) for key, value in name.entities.items() if key != "desc"), ("suffix", name.suffix))


def _misplaced(subject: str, name: ImageName) -> Failure:
    return Failure(
        stage="manifest",
        subject=strip_prefix(subject, "sub"),
        session=name.entities.get("ses", ""),
        condition="",
        sample=f"{slug(subject)}_{slug(name.suffix)}_misplaced",
        what="The file's name and its folder name two different subjects.",
        remedy="Rename or move the file.",
    )


def _row(item: _Found, people: dict[str, _Person]) -> ScanRow:
    subject = item.name.entities["sub"]
    person = people.get(subject, _Person())
    return ScanRow(
        subject=subject,
        session=item.name.entities.get("ses", ""),
        condition=item.condition,
        modality=_modality(item.name),
        path=str(item.path),
        age=person.age,
        sex=person.sex,
        site=person.site,
        extra=item.name.extra,
        cohort=person.cohort,
    )


def _modality(name: ImageName) -> str:
    """Return the modality; a contrast-enhanced scan (``ce-gadolinium_T1w``) is another one than the plain scan."""
    enhanced = canonical_modality(f"{name.suffix}CE")
    return enhanced if "ce" in name.entities and is_modality(enhanced) else canonical_modality(name.suffix)


def _participants(root: Path, notes: list[str]) -> dict[str, _Person]:
    """Read participants.tsv; a table that cannot be read costs ages and sexes, not the audit."""
    if (file := participants_file(root)) is None:
        return {}
    try:
        table = read_text_table(file)
    except ManifestError as error:
        notes.append(f"participants.tsv was not used: {error.message}")
        return {}
    if "participant_id" not in table.columns:
        notes.append("participants.tsv was not used: it has no column participant_id")
        return {}
    people: dict[str, _Person] = {}
    n_bad = n_twice = 0
    for row in table.to_dict("records"):
        subject = strip_prefix(row["participant_id"], "sub")
        if subject in people:
            n_twice += 1
            continue
        person, bad = _person({str(key): str(value) for key, value in row.items()})
        n_bad += bad
        people[subject] = person
    if n_bad:
        notes.append(f"ages or sexes in participants.tsv that could not be read and count as missing: {n_bad}")
    if n_twice:
        notes.append(f"subjects that stand twice in participants.tsv (the first line was used): {n_twice}")
    return people


def _person(row: dict[str, str]) -> tuple[_Person, int]:
    bad = 0
    age, sex = float("nan"), MISSING
    try:
        age = read_age(row.get("age", ""))
    except ValueError:
        bad += 1
    try:
        sex = read_sex(row.get("sex", row.get("gender", "")))
    except ValueError:
        bad += 1
    site = next((row[name] for name in _SITE_COLUMNS if not is_empty(row.get(name, ""))), "")
    cohort = row.get("cohort", "")
    return _Person(age, sex, site, "" if is_empty(cohort) else cohort), bad
