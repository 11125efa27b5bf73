"""The command ``reid-audit quality``, its arguments and its help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.options import (  # noqa: TC001 - Typer reads the annotations
    Out,
    Quiet,
    Scheduler,
    SchedulerTls,
    Workers,
)

__all__ = ["quality"]


def quality(
    originals: Annotated[
        Path, typer.Argument(metavar="ORIGINALS", help="A scan or a data set as it was; '-' where there is none.")
    ],
    defaced: Annotated[Path, typer.Argument(metavar="DEFACED", help="The same after defacing.")],
    out: Out,
    *,
    brain_masks: Annotated[
        Path | None,
        typer.Option(
            "--brain-masks", metavar="DIR", help="Brain masks of the originals; without, an estimate is made."
        ),
    ] = None,
    mask_error: Annotated[
        float | None,
        typer.Option("--mask-error", min=0, help="Mm that the outline of these masks may be off; default 0."),
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option("--ratings", metavar="FILE", help="Table of raters: rater, scan, face_pass, brain_pass."),
    ] = None,
    detector: Annotated[
        str, typer.Option("--detector", metavar="NAME", help="Looks for faces in renders; 'none' leaves that out.")
    ] = "dlib-large",
    workers: Workers = 1,
    quiet: Quiet = False,
    scheduler: Scheduler = None,
    scheduler_tls: SchedulerTls = None,
) -> None:
    """Judge defaced scans: is the face gone, region by region, and is the brain still there.

    Writes quality.tsv, quality.json and quality.html to OUT. A scan that cannot be judged is a row with its reason. The
    same command on the same OUT goes on where it stopped.
    """
    from reid_audit.cli.judging import run_quality
    from reid_audit.workers import on_cluster

    with on_cluster(scheduler, tls=scheduler_tls):
        done = run_quality(
            originals,
            defaced,
            out,
            brain_masks=brain_masks,
            mask_error=mask_error,
            ratings=ratings,
            detector=detector,
            workers=workers or 1,
            quiet=quiet,
        )
    raise typer.Exit(done)
