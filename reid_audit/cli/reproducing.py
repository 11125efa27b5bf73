"""What ``reid-audit reproduce`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["run_reproduce"]


def run_reproduce(
    study: str, out: Path, *, scans: Mapping[str, Path], phantoms: Mapping[str, Any], workers: int, quiet: bool
) -> int:
    """Repeat a study, print its table, and return the exit status.

    Parameters
    ----------
    study : str
    out : Path
    scans : mapping of str to Path
        Condition and folder of the user's own scans; empty for phantoms.
    phantoms : mapping
        How the phantoms are made, where that was said.
    workers : int
    quiet : bool
    """
    from reid_audit.inputs import cohort_of_folders
    from reid_audit.reproduce import (
        STUDIES,
        reproduce_s0,
        reproduce_s1,
        reproduce_s2,
        reproduce_s3,
        reproduce_s4,
        write_rows,
    )
    from reid_audit.reproduce.write import table_in_words
    from reid_audit.store import alone_in

    _check_scans(study, out, scans, phantoms)
    with alone_in(out):
        cohort, lost = cohort_of_folders(scans, out / "scans.csv") if scans else (None, ())
        with telling(quiet=quiet) as tell:
            if study != "s4":
                repeat = {"s0": reproduce_s0, "s1": reproduce_s1, "s2": reproduce_s2, "s3": reproduce_s3}[study]
                done = repeat(out, workers=workers, progress=tell, **phantoms)
            else:
                done = reproduce_s4(out, cohort=cohort, lost=lost, workers=workers, progress=tell, **phantoms)
        page = write_rows(STUDIES[study], done.rows, out, phantoms=not scans)
        typer.echo(table_in_words(done.rows))
        typer.echo(f"Table: {page}")
        if done.complete:
            return 0
        if study in {"s0", "s1", "s3"}:
            for each in done.failures:
                typer.echo(f"  {each.condition}: {each.what} {each.remedy}".rstrip(), err=True)
            typer.echo("Results are incomplete: the scans above are lost.", err=True)
        else:
            typer.echo(f"Results are incomplete; the failures are listed in {_reports(out)}.", err=True)
        return INCOMPLETE


def _check_scans(study: str, out: Path, scans: Mapping[str, Path], phantoms: Mapping[str, Any]) -> None:
    """Refuse scans of one's own where they cannot be used or would have private files among them, and strange names."""
    _check_defacers(study, phantoms.get("defacers", ()))
    if "diffusion" in phantoms and study != "s3":
        raise UsageError(f"The study {study} rebuilds no faces.", remedy="Leave out --diffusion.")
    if scans and study == "s2":
        raise UsageError("The study s2 needs photographs too.", remedy="Use `reid-audit run` on your own data.")
    if scans and study in {"s0", "s1", "s3"}:
        raise UsageError(
            f"The study {study} makes its own scans and defaces them.",
            remedy="Use `reid-audit compare` or `reid-audit reconstruct` on your own scans.",
        )
    if scans and set(phantoms) - {"seed"}:
        said = ", ".join(f"--{name.replace('_', '-')}" for name in phantoms if name != "seed")
        raise UsageError(
            f"{said.replace('populations', 'population')}: of phantoms, and there are none beside --scans.",
            remedy="Leave out the one or the other.",
        )
    for folder in scans.values():
        if out.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                f"OUT '{out}' is, or lies in, a folder of scans: templates and keys would be released with them.",
                remedy="Name a folder elsewhere.",
            )


def _check_defacers(study: str, names: Sequence[str]) -> None:
    from reid_audit.defacers import DEFACERS

    if names and study not in {"s0", "s1"}:
        raise UsageError(f"The study {study} has its own defacers.", remedy="Leave out --defacer.")
    for name in names:
        if name not in DEFACERS:
            raise UsageError(f"There is no defacer '{name}'.", remedy=f"Choose from: {', '.join(DEFACERS)}.")


def _reports(out: Path) -> str:
    return ", ".join(str(page) for page in sorted(out.glob("**/audit/report.html")))
