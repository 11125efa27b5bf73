"""The command ``reid-audit triage``, its arguments and its help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.options import (  # noqa: TC001 - Typer reads the annotations
    Originals,
    Out,
    Quiet,
    Scheduler,
    SchedulerTls,
    Workers,
)

__all__ = ["triage"]


def triage(
    release: Annotated[
        Path, typer.Argument(metavar="BIDS_DIR", help="What is to be released: everything in it is looked at.")
    ],
    out: Out,
    *,
    originals: Originals = None,
    detector: Annotated[
        str, typer.Option("--detector", metavar="NAME", help="Finds faces in renders; default dlib-large.")
    ] = "dlib-large",
    photo_detector: Annotated[
        str, typer.Option("--photo-detector", metavar="NAME", help="Finds faces in pictures; default dlib.")
    ] = "dlib",
    workers: Workers = 1,
    quiet: Quiet = False,
    scheduler: Scheduler = None,
    scheduler_tls: SchedulerTls = None,
) -> None:
    """Ask every file of a release whether it gives somebody away: has a face, has none, cannot tell.

    Looks at volumes of any kind, series, pictures, pictures inside of reports, headers and tables, and says what it
    could not look at. Writes OUT/private/triage.json; the same command on the same OUT goes on where it stopped.
    Exit status: 0 nothing found, 3 something gives somebody away, 4 some file is undecided or was not looked at.
    """
    from reid_audit.cli.triaging import run_triage
    from reid_audit.workers import on_cluster

    with on_cluster(scheduler, tls=scheduler_tls):
        done = run_triage(
            release,
            out,
            originals=originals,
            detector=detector,
            picture_detector=photo_detector,
            workers=workers or 1,
            quiet=quiet,
        )
    raise typer.Exit(done)
