"""Rows on their way into a cohort, and the ids that they get."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reid_audit.inputs.names import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reid_audit.types import Failure

__all__ = ["Collected", "PhotoRow", "ScanRow", "number_photos", "sample_ids", "unique_names"]


@dataclass(frozen=True)
class ScanRow:
    """One scan.

    Parameters
    ----------
    subject, session, condition, modality : str
        Labels without ``sub-`` and ``ses-``; session empty where there is none.
    path : str
        Absolute.
    age : float
        Years; NaN where unknown.
    sex : str
        ``"F" "M" "O" "n/a"``.
    site : str
        Empty where unknown.
    extra : str
        What else the file name says, for the id: ``"run-2"``.
    cohort : str
        The study or data set that the person is of, where several were put together; empty where nothing says.
    """

    subject: str
    session: str
    condition: str
    modality: str
    path: str
    age: float
    sex: str
    site: str
    extra: str = ""
    cohort: str = ""


@dataclass(frozen=True)
class PhotoRow:
    """One photo: whose, where, and whether its table says that they do not exist."""

    subject: str
    path: str
    phantom: bool = False


@dataclass(frozen=True)
class Collected:
    """What a BIDS tree or a manifest holds.

    Parameters
    ----------
    scans : tuple of ScanRow
    name : str
    phantom : bool
    notes : tuple of str
    failures : tuple of Failure
    skipped : tuple of (str, str)
        Absolute path of each image and folder that was left out, and why.
    """

    scans: tuple[ScanRow, ...]
    name: str
    phantom: bool = False
    notes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = field(default=())
    skipped: tuple[tuple[str, str], ...] = ()


def sample_ids(scans: Sequence[ScanRow]) -> list[str]:
    """Return a readable id a scan: ``sub-01_ses-1_run-2_T1w_original``.

    An id depends on the scan alone, so that another scan more or less changes none; only scans that nothing but their
    path tells apart are numbered, in the order of their paths.
    """
    names = []
    for scan in scans:
        parts = [f"sub-{slug(scan.subject)}"]
        parts += [f"ses-{slug(scan.session)}"] if scan.session else []
        parts += [slug(scan.extra)] if scan.extra else []
        names.append("_".join([*parts, slug(scan.modality), slug(scan.condition)]))
    return unique_names(names, [scan.path for scan in scans])


def number_photos(photos: Sequence[PhotoRow]) -> list[str]:
    """Return an id a photo: ``sub-01_photo-1``, counted in the order of the paths."""
    order = sorted(range(len(photos)), key=lambda index: photos[index].path)
    counts: Counter[str] = Counter()
    names = [""] * len(photos)
    for index in order:
        label = slug(photos[index].subject)
        counts[label] += 1
        names[index] = f"sub-{label}_photo-{counts[label]}"
    return names


def unique_names(names: Sequence[str], paths: Iterable[str]) -> list[str]:
    """Number names that occur more than once (case ignored) in the order of the paths; the first keeps its name."""
    keys = list(paths)
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    result = list(names)
    for index in sorted(range(len(names)), key=lambda position: keys[position]):
        name = names[index]
        if name.lower() in seen:
            number = 2
            while f"{name}_{number}".lower() in taken:
                number += 1
            name = f"{name}_{number}"
            taken.add(name.lower())
        seen.add(names[index].lower())
        result[index] = name
    return result
