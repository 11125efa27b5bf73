"""Whether the files about to be released are the audited ones: by their bytes, and by voxels with affine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.gating.digests import series_digest, voxel_digest
from reid_audit.gating.records import MOST_FILES
from reid_audit.gating.series import lies_in
from reid_audit.gating.voxels_alone import holds_voxels_alone
from reid_audit.store import bytes_key, link_key
from reid_audit.triage.walk import walk_release

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reid_audit.gating.attestation import Attestation, AttestedFile
    from reid_audit.triage.walk import Place

__all__ = ["Compared", "compare_release"]


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
    entries = _entries(root)
    known = {file.path: file for file in attestation.files}
    found: dict[str, list[str]] = {"missing": sorted(set(known) - set(entries)), "changed": []}
    for number, (name, place) in enumerate(sorted(entries.items())):
        if progress:
            progress("verify", number, len(entries))
        found.setdefault(_judged(place, known.get(name)), []).append(name)
    same_voxels = _of_same_voxels(attestation, root, entries, found["changed"])
    found["changed"] = [name for name in found["changed"] if name not in same_voxels]
    found["voxels_only"] = sorted({*found.get("voxels_only", ()), *same_voxels})
    if progress:
        progress("verify", len(entries), len(entries))
    return Compared(**{kind: tuple(names) for kind, names in found.items()})


def _entries(root: Path) -> dict[str, Place]:
    """Return everything in a release by its name, as a triage lists it."""
    places, complete = walk_release(root, max_files=MOST_FILES)
    if not complete:
        raise UsageError(f"The folder holds more than {MOST_FILES:,} files.", remedy="Name the folder of one release.")
    return {place.name: place for place in places}


def _judged(place: Place, audited: AttestedFile | None) -> str:
    """Return the field of :class:`Compared` in which an entry of the release belongs."""
    if audited is None:
        return "added"
    if place.state == "history":
        return "skipped" if audited.kind == "history" else "changed"
    if audited.kind == "link":
        return _judged_link(place, audited)
    if audited.kind == "folder":
        return "same" if place.state == "empty" else "changed"
    return "unreadable" if place.state == "outside" else _compared(Path(place.path), audited)


def _judged_link(place: Place, audited: AttestedFile) -> str:
    """Return the field for what was a link without content, or to a folder: it must lead where it led, and to no file.

    Where it leads is known by the hash of its text. An attestation of before that hash says nothing of it: changed.
    """
    if not Path(place.path).is_symlink() or link_key(place.path) != audited.sha256:
        return "changed"
    if place.state == "outside":
        return "unreadable"
    return "same" if place.state in {"absent", "inside"} else "changed"


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


def _of_same_voxels(
    attestation: Attestation, root: Path, entries: Mapping[str, Place], changed: Sequence[str]
) -> frozenset[str]:
    """Return the changed files that hold nothing but voxels of an audited series, which are what they were."""
    same: set[str] = set()
    for series in attestation.series:
        here = [name for name in changed if lies_in(name, series.folder)]
        digest, files = series_digest(root / series.folder) if here else (None, frozenset())
        if digest == series.voxels:
            same.update(name for name in here if Path(entries[name].path).resolve() in files)
    return frozenset(same)
