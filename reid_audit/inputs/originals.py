"""A release in one tree and its originals in another: brought together, each under its own condition."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError, UsageError
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reid_audit.inputs.rows import Collected, ScanRow

__all__ = ["RELEASED", "with_originals"]

RELEASED = "defaced"
"""Condition of a released scan whose name and sidecar do not say what was done to it."""


def with_originals(released: Collected, originals: Collected, root: Path, place: Path) -> Collected:
    """Put the originals of a release beside it.

    Parameters
    ----------
    released : Collected
        What is to be released. A scan of it that nothing calls defaced is ``"defaced"`` all the same: it is what goes
        out. One in its ``sourcedata`` is no part of the audit (the triage of the release names it).
    originals : Collected
        Of the other tree; only what is ``original`` there is taken.
    root, place : Path
        Of the release and of the originals.

    Returns
    -------
    Collected

    Raises
    ------
    UsageError
        If the originals lie in what is to be released.
    ManifestError
        If the other tree holds no original, or none of a person in the release.
    """
    if root.is_dir() and place.resolve().is_relative_to(root.resolve()):
        raise UsageError(
            f"The originals '{place}' lie in what is to be released.",
            remedy="Move them elsewhere, or name the folder that is really released.",
        )
    before = tuple(scan for scan in originals.scans if scan.condition == ORIGINAL)
    if not before:
        raise ManifestError(
            "The data set of the originals holds no scan that nobody altered.",
            remedy="Name the BIDS data set of the undefaced scans.",
        )
    sources = os.path.join(os.path.abspath(root), "sourcedata") + os.sep  # noqa: PTH100, PTH118 - links stay as they are
    after = tuple(_released(scan) for scan in released.scans if not scan.path.startswith(sources))
    left = len(released.scans) - len(after)
    paths = {scan.path for scan in after}
    before = tuple(scan for scan in before if scan.path not in paths)
    people = {scan.subject for scan in after}
    if not any(scan.subject in people for scan in before):
        raise ManifestError(
            "No original scan is of a person in the release.", remedy="Check that both trees use the same labels."
        )
    notes = [*released.notes]
    if left:
        notes.append(f"scans in the sourcedata of the release that are not audited, and should not be released: {left}")
    alone = len(people - {scan.subject for scan in before})
    if alone:
        notes.append(f"people of the release without an original: {alone}")
    notes.extend(f"originals: {note}" for note in originals.notes)
    return replace(
        released,
        scans=(*after, *before),
        phantom=released.phantom and originals.phantom,
        notes=tuple(notes),
        failures=(*released.failures, *originals.failures),
        skipped=(*released.skipped, *_left_out(released, sources), *originals.skipped),
    )


def _left_out(released: Collected, sources: str) -> Iterator[tuple[str, str]]:
    """Yield the scans of a release that lie in its ``sourcedata``, with why they are no part of the audit."""
    for scan in released.scans:
        if scan.path.startswith(sources):
            yield scan.path, "in the sourcedata of the release: it should not be released"


def _released(scan: ScanRow) -> ScanRow:
    return replace(scan, condition=RELEASED) if scan.condition == ORIGINAL else scan
