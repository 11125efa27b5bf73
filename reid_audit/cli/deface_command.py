"""The command ``reid-audit deface``, its arguments and its help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.options import DefacerName, Out, Quiet, Scheduler, SchedulerTls, Workers, given

__all__ = ["deface"]


def deface(
    source: Annotated[
        Path,
        typer.Argument(metavar="IN", help="A scan, a folder with one DICOM series, a BIDS data set, or a manifest."),
    ],
    out: Out,
    *,
    defacer: DefacerName,
    brain_mask: Annotated[
        Path | None,
        typer.Option("--brain-mask", metavar="PATH", help="Mask on the scan's grid, or a folder of them (fMRIPrep's)."),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", min=1.0, metavar="SECONDS", help="For one scan.")
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="IMAGE", help="Run the tool in this container image (name, or .sif file)."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", help="docker, podman, apptainer or singularity; default what is there.")
    ] = None,
    files: Annotated[
        Path | None,
        typer.Option("--files", metavar="PATH", help="Atlases, weights, templates or scripts that the defacer needs."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results", metavar="DIR", help="Run nothing: check and take in what the defacer has written there."
        ),
    ] = None,
    workers: Workers = None,
    quiet: Quiet = False,
    scheduler: Scheduler = None,
    scheduler_tls: SchedulerTls = None,
) -> None:
    """Deface scans into a BIDS derivative, check every result, and write one row a scan to OUT/defacing.tsv.

    The same command on the same OUT goes on where it stopped. Inputs are never written to.
    """
    from reid_audit.cli.defacing import run_deface
    from reid_audit.workers import on_cluster

    options = given(brain_mask=brain_mask, seconds=time_limit, image=image, engine=engine, files=files, results=results)
    with on_cluster(scheduler, tls=scheduler_tls):
        done = run_deface(source, out, defacer=defacer, options=options, workers=workers or 1, quiet=quiet)
    raise typer.Exit(done)
