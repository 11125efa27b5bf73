"""What ``reid-audit quality`` does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reid_audit.types import Result, ScanQuality

__all__ = ["run_quality"]

_NONE = {"-", "none"}
_SEED = 1
_MOST = 5
"""Reasons that are printed."""


def run_quality(
    originals: Path,
    defaced: Path,
    out: Path,
    *,
    brain_masks: Path | None,
    mask_error: float | None,
    ratings: Path | None,
    detector: str,
    workers: int,
    quiet: bool,
) -> int:
    """Judge defaced scans, print the summary, and return the exit status.

    Parameters
    ----------
    originals : Path
        ``-`` where there are none.
    defaced, out : Path
    brain_masks : Path or None
    mask_error : float or None
        Mm that the outline of the given masks may be off.
    ratings : Path or None
    detector : str
        Name, or ``none``.
    workers : int
    quiet : bool

    Raises
    ------
    ReidAuditError
        For wrong usage, missing weights, or a disk that refuses; a scan that cannot be judged is a row.
    """
    import numpy as np

    from reid_audit.inputs.description import phantom_root
    from reid_audit.plugins import load_detector
    from reid_audit.quality import LIMITS, find_pairs, judge_pairs
    from reid_audit.quality.agreement import agreement_results
    from reid_audit.quality.ratings import join_ratings, read_ratings
    from reid_audit.report import PHANTOM_NOTICE, PRIVATE
    from reid_audit.report.quality import quality_in_words, write_quality
    from reid_audit.report.wording import counted
    from reid_audit.store import alone_in, own_folder, private_folder

    before = None if str(originals) in _NONE else originals
    own_folder(_apart(out, defaced, before, brain_masks))
    wanted = None if detector in _NONE else detector
    if wanted is not None:
        load_detector(wanted)
    rated = None if ratings is None else read_ratings(ratings)
    limits = LIMITS if mask_error is None else replace(LIMITS, given_error_mm=mask_error)
    pairs, notes = find_pairs(defaced, before, brain_masks)
    if phantom_root(defaced.absolute()):
        notes = (*notes, f"Phantoms: {PHANTOM_NOTICE}.")
    with alone_in(out):
        store = private_folder(private_folder(out / PRIVATE) / "judged")
        with telling(quiet=quiet) as tell:
            judged = judge_pairs(pairs, detector=wanted, limits=limits, workers=workers, store=store, progress=tell)
        agreement: tuple[Result, ...] = ()
        if rated is not None:
            joined, strangers = join_ratings(rated, judged, [pair.defaced for pair in pairs])
            if strangers:
                notes = (*notes, f"{strangers} of {len(rated)} ratings are of scans that were not judged")
            agreement = agreement_results(joined, np.random.default_rng(_SEED))
        page = write_quality(judged, out, agreement=agreement, notes=notes, limits=limits)
        for line in (*quality_in_words(judged, agreement), *notes):
            typer.echo(line)
        typer.echo(f"Page: {page}; table: {out / 'quality.tsv'}")
        lost = sum(one.failure is not None for one in judged)
        if lost:
            for line in _reasons(judged):
                typer.echo(f"  {line}", err=True)
            typer.echo(f"{counted(lost, 'scan')} could not be judged; quality.tsv says which.", err=True)
        return INCOMPLETE if lost else 0


def _reasons(judged: Sequence[ScanQuality]) -> list[str]:
    """Return why scans could not be judged, the most frequent reasons first, with their number."""
    from reid_audit.report.wording import counted

    counts = Counter(f"{one.failure.what} {one.failure.remedy}".strip() for one in judged if one.failure is not None)
    lines = [f"{counted(count, 'scan')}: {why}" for why, count in counts.most_common(_MOST)]
    return [*lines, *([f"and {len(counts) - _MOST} other reasons"] if len(counts) > _MOST else [])]


def _apart(out: Path, *data: Path | None) -> Path:
    """Return OUT, or refuse one that lies among the data."""
    for place in data:
        if place is not None and place.is_dir() and out.resolve().is_relative_to(place.resolve()):
            raise UsageError(
                f"OUT '{out}' is, or lies in, the data that are judged: its table would be released with them.",
                remedy="Name a folder elsewhere.",
            )
    return out
