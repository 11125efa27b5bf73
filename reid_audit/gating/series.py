"""Scans in several files, such as DICOM series: one hash of their voxels, beside those of the bytes of each file."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from reid_audit.gating.records import MOST_FILES, Digest, Record, ReleasedPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reid_audit.gating.records import Released, Triage

__all__ = ["AttestedSeries", "attested_series", "lies_in"]


class AttestedSeries(Record):
    """One scan that is a folder of files.

    Parameters
    ----------
    folder : str
        Relative to the release, with ``/``; empty where the release is the folder.
    files : int
        In it, each listed with its own hash.
    voxels : str
        SHA-256 of voxels and affine of the scan.
    """

    folder: Literal[""] | ReleasedPath
    files: Annotated[int, Field(ge=2, le=MOST_FILES)]
    voxels: Digest


def attested_series(triage: Triage, released: Sequence[Released]) -> tuple[AttestedSeries, ...]:
    """Return the folders of the release that hold exactly the files of an audited scan.

    The record of a run has hashes and no paths. So a folder is told by what is in it: the same files, each as often.

    Parameters
    ----------
    triage : Triage
    released : sequence of Released

    Returns
    -------
    tuple of AttestedSeries
        By folder. None of a scan whose voxels could not be read, or whose folder nobody looked at as a whole.
    """
    digests = {volume.path: volume.sha256 or "" for volume in triage.volumes}
    paths = sorted(digests)
    where: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        where[digests[path]].append(path)
    found = {
        folder: AttestedSeries(folder=folder, files=len(scan.files), voxels=scan.voxels)
        for scan in released
        if scan.voxels is not None and len(scan.files) > 1
        for path in where.get(scan.files[0], ())
        if (folder := _folder_of(path, scan.files, paths, digests)) is not None
    }
    return tuple(found[folder] for folder in sorted(found))


def lies_in(path: str, folder: str) -> bool:
    """Tell whether a path of the release lies in a folder of it; all do in the empty one."""
    return not folder or path.startswith(f"{folder}/")


def _folder_of(path: str, files: Sequence[str], paths: Sequence[str], digests: Mapping[str, str]) -> str | None:
    """Return the innermost folder around a path whose files are exactly these."""
    wanted = Counter(files)
    for folder in _folders(path):
        start = bisect_left(paths, f"{folder}/") if folder else 0
        end = bisect_left(paths, f"{folder}0") if folder else len(paths)  # "0" comes right after "/"
        if end - start > len(files):
            return None
        if end - start == len(files) and Counter(digests[each] for each in paths[start:end]) == wanted:
            return folder
    return None


def _folders(path: str) -> Iterator[str]:
    """Yield the folders around a path, innermost first; the release itself is empty."""
    for parent in PurePosixPath(path).parents:
        yield "" if parent == PurePosixPath() else parent.as_posix()
