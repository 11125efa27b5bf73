"""Whether the files about to be released are the audited ones: by their bytes, and by voxels with affine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.gating.digests import series_digest, voxel_digest
from reid_audit.gating.records import MOST_FILES
from reid_audit.gating.series import lies_in
from reid_audit.gating.voxels_alone import holds_voxels_alone
from reid_audit.store import bytes_key, link_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reid_audit.gating.attestation import Attestation, AttestedFile

__all__ = ["Compared", "compare_release"]

_HISTORY = ".git"
"""Folder of version control: not entered; the attestation must know of it."""

_ANNEX = f"{os.sep}.git{os.sep}annex{os.sep}objects{os.sep}"


@dataclass(frozen=True)
class Compared:
    """Paths of a release beside those of an attestation, relative to the release, sorted.

    Parameters
    ----------
    same : tuple of str
        The very bytes.
    voxels_only : tuple of str
        Other bytes, and the audited voxels at the audited place: packed otherwise, or with another header, and nothing
        behind the voxels (:func:`~reid_audit.gating.voxels_alone.holds_voxels_alone`; NIfTI). Of a DICOM series each
        file whose images are voxels of it, where the series as a whole is what it was.
    changed, missing, added : tuple of str
        Not what was audited; not there; there, and never looked at.
    unreadable : tuple of str
        Files that cannot be read, folders that cannot be entered, and links that lead out of the release.
    skipped : tuple of str
        Folders of version control that the attestation names; what is in them is not compared.
    """

    same: tuple[str, ...] = ()
    voxels_only: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def audited(self, *, voxels: bool = False) -> bool:
        """Tell whether these are the audited files and no others.

        Parameters
        ----------
        voxels : bool
            Take a scan with the audited voxels and affine for the audited one, whatever else its header says: a header
            may name people.
        """
        strange = (*self.changed, *self.missing, *self.added, *self.unreadable)
        return bool(self.same or self.voxels_only) and not strange and (voxels or not self.voxels_only)


def compare_release(
    attestation: Attestation, release: Path | str, *, progress: Callable[[str, int, int], None] | None = None
) -> Compared:
    """Compare every file of a folder with an attestation.

    Parameters
    ----------
    attestation : Attestation
    release : path-like
        The folder about to be released.
    progress : callable, optional
        As for :func:`reid_audit.audit`.

    Returns
    -------
    Compared

    Raises
    ------
    UsageError
        If there is no such folder, or it holds more files than anybody audits.
    """
    root = Path(release)
    if not root.is_dir():
        raise UsageError(f"There is no folder '{release}' to be released.", remedy="Correct the path.")
    entries = _walk(root)
    known = {file.path: file for file in attestation.files}
    found: dict[str, list[str]] = {"missing": sorted(set(known) - set(entries)), "changed": []}
    for number, (name, path) in enumerate(sorted(entries.items())):
        if progress:
            progress("verify", number, len(entries))
        found.setdefault(_judged(path, root, known.get(name)), []).append(name)
    same_voxels = _of_same_voxels(attestation, root, entries, found["changed"])
    found["changed"] = [name for name in found["changed"] if name not in same_voxels]
    found["voxels_only"] = sorted({*found.get("voxels_only", ()), *same_voxels})
    if progress:
        progress("verify", len(entries), len(entries))
    return Compared(**{kind: tuple(names) for kind, names in found.items()})


def _judged(path: Path, root: Path, audited: AttestedFile | None) -> str:
    """Return the field of :class:`Compared` in which an entry of the release belongs."""
    if audited is None:
        return "added"
    if path.name == _HISTORY and path.is_dir():
        return "skipped"
    if audited.kind == "link":
        return _judged_link(path, root, audited)
    return "unreadable" if _leads_out(path, root) else _compared(path, audited)


def _judged_link(path: Path, root: Path, audited: AttestedFile) -> str:
    """Return the field for what was a link without content, or to a folder: it must lead where it led, and to no file.

    Where it leads is known by the hash of its text. An attestation of before that hash says nothing of it: changed.
    """
    if not path.is_symlink() or link_key(path) != audited.sha256:
        return "changed"
    if not path.exists():
        return "same"
    if _leads_out(path, root):
        return "unreadable"
    return "same" if path.is_dir() else "changed"


def _compared(path: Path, audited: AttestedFile) -> str:
    try:
        digest = bytes_key(path) if path.is_file() else None  # a pipe would be waited for without end
    except OSError:
        digest = None
    if digest is None:
        return "unreadable"
    if digest == audited.sha256:
        return "same"
    same_voxels = audited.voxels is not None and holds_voxels_alone(path) and voxel_digest(path) == audited.voxels
    return "voxels_only" if same_voxels else "changed"


def _leads_out(path: Path, root: Path) -> bool:
    """Tell whether a link leads out of the release, as a triage has it: what lies in git-annex's store is content."""
    if not path.is_symlink():
        return False
    target = Path(os.path.realpath(path))
    return not target.is_relative_to(root.resolve()) and _ANNEX not in f"{target}{os.sep}"


def _of_same_voxels(
    attestation: Attestation, root: Path, entries: Mapping[str, Path], changed: Sequence[str]
) -> frozenset[str]:
    """Return the changed files that hold nothing but voxels of an audited series, which are what they were."""
    same: set[str] = set()
    for series in attestation.series:
        here = [name for name in changed if lies_in(name, series.folder)]
        digest, files = series_digest(root / series.folder) if here else (None, frozenset())
        if digest == series.voxels:
            same.update(name for name in here if entries[name].resolve() in files)
    return frozenset(same)


def _walk(root: Path) -> dict[str, Path]:
    """Return every file by its name in the release, hidden ones included, and every folder that is not entered."""
    entries: dict[str, Path] = {}

    def shut(error: OSError) -> None:
        folder = Path(os.fsdecode(error.filename))
        entries[_named(folder, root)] = folder

    for base, folders, names in os.walk(root, followlinks=False, onerror=shut):
        here = Path(base)
        aside = {name for name in folders if name == _HISTORY or (here / name).is_symlink()}
        folders[:] = sorted(set(folders) - aside)
        entries |= {_named(here / name, root): here / name for name in (*names, *aside)}
        if len(entries) > MOST_FILES:
            raise UsageError(
                f"The folder holds more than {MOST_FILES:,} files.", remedy="Name the folder of one release."
            )
    return entries


def _named(path: Path, root: Path) -> str:
    """Return the name of an entry as a triage writes it: bytes that are no UTF-8 as escapes."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
