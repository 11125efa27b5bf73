"""``reid-audit deface``: run a defacer over scans and say what became of each."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reid_audit.defacing import Row

__all__ = ["run_deface", "say_defacers"]

NOTE = (
    "'done' says that the result was checked against the scan (grid, values, something altered, something left), and "
    "not that nobody can be recognised: an audit (`reid-audit run`) measures that."
)
_WIDTH = 100
_NAME = 24


def run_deface(source: Path, out: Path, *, defacer: str, options: Mapping[str, Any], workers: int, quiet: bool) -> int:
    """Deface the scans of a place, print what became of them, and return the exit status.

    Raises
    ------
    ReidAuditError
        As :func:`reid_audit.defacing.deface_scans` does.
    """
    from reid_audit.defacing import DONE, deface_scans
    from reid_audit.report.wording import counted

    with telling(quiet=quiet) as tell:
        done = deface_scans(source, out, defacer=defacer, workers=workers, progress=tell, **options)
    for note in done.notes:
        typer.echo(f"note: {note}", err=True)
    finished = [row for row in done.rows if row.outcome == DONE]
    failed = [row for row in done.rows if row.outcome != DONE]
    version = done.rows[0].version if done.rows else ""
    what = f"{defacer} {version}" if version != "unknown" else defacer
    typer.echo(f"{len(finished)} of {counted(len(done.rows), 'scan')} defaced by {what}{_altered(finished)}.")
    for row in finished:
        if row.reason:
            typer.echo(f"  {row.scan}: {row.reason}")
    for row in failed:
        typer.echo(f"  {row.scan}: {row.outcome}. {row.reason}", err=True)
    if finished:
        typer.echo(NOTE)
    typer.echo(f"Table: {out / 'defacing.tsv'}")
    return INCOMPLETE if failed else 0


def _altered(rows: list[Row]) -> str:
    volumes = sorted(row.altered_ml for row in rows)
    if not volumes:
        return ""
    low, high = f"{volumes[0]:.0f}", f"{volumes[-1]:.0f}"
    millilitres = low if low == high else f"{low} to {high}"
    return f"; {millilitres} ml altered, air included"


def say_defacers() -> None:
    """Print every defacer, whether it is ready on this machine, and what it needs."""
    from reid_audit.defacing import readiness

    for each in readiness():
        state = f"not ready: {each.missing}" if each.missing else "ready"
        typer.echo(_indented(f"{each.name:<{_NAME}}{state}"))
        if each.needs:
            typer.echo(_indented(f"{'':<{_NAME}}needs {'; '.join(each.needs)}"))


def _indented(text: str) -> str:
    return textwrap.fill(
        text, _WIDTH, subsequent_indent=" " * (_NAME + 2), break_on_hyphens=False, break_long_words=False
    )
