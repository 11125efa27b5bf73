"""A cohort from folders of scans, one a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.inputs.cohort import read_cohort
from reid_audit.inputs.description import phantom_root
from reid_audit.inputs.draft import draft_manifest
from reid_audit.store import write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from reid_audit.types import Cohort, Failure

__all__ = ["cohort_of_folders"]


def cohort_of_folders(
    folders: Mapping[str, Path], manifest: Path, photos: Path | None = None
) -> tuple[Cohort, tuple[Failure, ...]]:
    """Read folders of scans by way of a manifest that the user can look at.

    Parameters
    ----------
    folders : mapping of str to Path
        Condition to its folder: a BIDS data set or any tree of images.
    manifest : Path
        CSV to write; what it says of each scan was guessed from names.
    photos : Path, optional
        As for :func:`~reid_audit.inputs.read_cohort`.

    Returns
    -------
    Cohort
    tuple of Failure

    Raises
    ------
    UsageError
        If a folder holds scans of several conditions and none is the one that was named.
    ManifestError
        As ``draft_manifest`` and ``read_cohort``.
    """
    import pandas as pd

    parts = [_drafted(condition, folder) for condition, folder in folders.items()]
    table = pd.concat(parts)
    if all(phantom_root(folder.absolute()) for folder in folders.values()):
        table = table.assign(phantom=True)
    write_csv(manifest, table)
    return read_cohort(manifest, photos)


def _drafted(condition: str, folder: Path) -> pd.DataFrame:
    """Draft the manifest of one folder; of a data set with several conditions take the one that was named."""
    drafted = draft_manifest(folder)
    found = sorted(set(drafted["condition"]))
    if condition in found:
        drafted = drafted[drafted["condition"] == condition]
    elif len(found) > 1:
        raise UsageError(
            f"The folder '{folder}' holds scans of several conditions, by their names {', '.join(found)}, none of them "
            f"'{condition}'.",
            remedy="Name a folder of one condition, or write a manifest for `reid-audit run`.",
        )
    paths = [str(folder.absolute() / path) for path in drafted["path"]]
    return drafted.assign(path=paths, condition=condition)
