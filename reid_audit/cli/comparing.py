"""What ``reid-audit compare`` does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.commands import check_attackers
from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reid_audit.comparison import Comparison

__all__ = ["run_compare"]


def run_compare(
    originals: Path,
    conditions: Mapping[str, Path],
    out: Path,
    *,
    photos: Path | None,
    tables: Mapping[str, Path],
    margin: float,
    seeds: int,
    settings: Mapping[str, Any],
    quiet: bool,
) -> int:
    """Compare defacers, print their table, and return the exit status.

    Parameters
    ----------
    originals : Path
    conditions : mapping of str to Path
        Name of each defacer to the folder of what it made.
    out : Path
    photos : Path or None
    tables : mapping of str to Path
        ``"masks"``, ``"measures"``, ``"yardstick"``, ``"chart"``: those that were given.
    margin : float
    seeds : int
    settings : mapping
        Of the audit.
    quiet : bool
    """
    from reid_audit.comparison import compare, read_masks, write_comparison
    from reid_audit.inputs import cohort_of_folders
    from reid_audit.settings import make_settings
    from reid_audit.store import alone_in
    from reid_audit.utility import read_chart, read_measures, yardsticks

    checked = make_settings(settings)
    folders = {ORIGINAL: originals, **conditions}
    check_attackers(checked.attackers)
    _check(folders, out, photos)
    # Everything that the user wrote is read before anything takes long.
    masks = read_masks(tables["masks"]) if "masks" in tables else None
    chart = read_chart(tables["chart"]) if "chart" in tables else None
    measures, notes = read_measures(tables["measures"]) if "measures" in tables else (None, ())
    ruler, unread = read_measures(tables["yardstick"]) if "yardstick" in tables else (None, ())
    usual = () if ruler is None else yardsticks(ruler)
    notes = (*notes, *(f"yardstick, {note}" for note in unread))
    with alone_in(out):
        cohort, lost = cohort_of_folders(folders, out / "scans.csv", photos)
        cohort = replace(cohort, name=originals.resolve().name)
        with telling(quiet=quiet) as tell:
            done = compare(
                cohort,
                out,
                settings=checked,
                failures=lost,
                seeds=seeds,
                masks=masks,
                chart=chart,
                measures=measures,
                usual=usual,
                margin=margin,
                progress=tell,
            )
        page = write_comparison(done, out)
        _say(done, notes)
        typer.echo(f"Report: {page}")
        if done.complete:
            return 0
        typer.echo("Results are incomplete; the report says what was lost.", err=True)
        return INCOMPLETE


def _check(folders: Mapping[str, Path], out: Path, photos: Path | None) -> None:
    """Refuse what cannot be compared, or private files among the data."""
    if len(folders) < 2:
        raise UsageError(
            "A comparison takes at least one condition beside the originals.", remedy="Add --condition NAME=DIR."
        )
    for folder in (*folders.values(), *([photos] if photos else [])):
        if not folder.exists():
            raise UsageError(f"There is no '{folder}'.", remedy="Correct the path.")
        if out.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                f"OUT '{out}' is, or lies in, a folder of data: templates and keys would be kept with them.",
                remedy="Name a folder elsewhere.",
            )


def _say(done: Comparison, notes: tuple[str, ...]) -> None:
    """Print a line a condition: risk, success, brain, measures."""
    from reid_audit.comparison.words import comparison_words
    from reid_audit.report import PHANTOM_NOTICE

    table = comparison_words(done.rows, done.confidence)
    for cells in table.rows:
        named = dict(zip(table.columns, cells, strict=True))
        typer.echo(
            f"{named['Condition']}: risk up to {named['Risk, upper limit']} (n = {named['n searched']}), success "
            f"{named['Success (interval)']} (n = {named['n judged']}), brain lost "
            f"{named['Brain lost ml, median (most)']} ml, Spearman {named['Spearman, median (least)']}"
        )
    for row in done.rows:
        if row.note:
            typer.echo(f"  {row.condition}, not assessed: {row.note}", err=True)
    for note in (*notes, *done.notes):
        typer.echo(f"  {note}", err=True)
    if done.findings.cohort.phantom:
        typer.echo(f"Phantoms: {PHANTOM_NOTICE}.")
