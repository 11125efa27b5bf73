"""The command ``reid-audit reproduce``, its arguments and its help."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from reid_audit.cli.options import Out, Quiet, Scheduler, SchedulerTls, Seed, Workers, given
from reid_audit.cli.reconstruct_command import Presets  # noqa: TC001 - typer reads it

__all__ = ["reproduce"]


class Studies(StrEnum):
    """That can be repeated."""

    S0 = "s0"
    S1 = "s1"
    S2 = "s2"
    S3 = "s3"
    S4 = "s4"


class Populations(StrEnum):
    """Of phantoms."""

    MAIN = "main"
    WITHHELD = "withheld"


def reproduce(
    study: Annotated[
        Studies,
        typer.Argument(
            help=(
                "s0: defacers by age; s1: defacing of children; s2: photographs against FLAIR scans; s3: rebuilt "
                "faces; s4: CT scans against CT scans."
            )
        ),
    ],
    out: Out,
    *,
    subjects: Annotated[int | None, typer.Option(min=2, help="People to make up; default as in the study.")] = None,
    population: Annotated[
        list[Populations] | None,
        typer.Option(help="Of phantoms; may be given again; default both, of s2 and s4 main: each takes its own time."),
    ] = None,
    voxel_size: Annotated[
        float | None, typer.Option(help="Edge of a phantom's voxel in mm; default 1; more is quicker, not the study.")
    ] = None,
    scans: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION=DIR", help="Of s4: your own scans in place of phantoms, one folder a condition."
        ),
    ] = None,
    defacer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of s0 and s1; may be given again; default all.")
    ] = None,
    diffusion: Annotated[
        Presets | None,
        typer.Option(help="Of s3: a cascade of diffusion models attacks too; needs the extra 'reconstruct'."),
    ] = None,
    workers: Workers = 2,
    seed: Seed = None,
    quiet: Quiet = False,
    scheduler: Scheduler = None,
    scheduler_tls: SchedulerTls = None,
) -> None:
    """Repeat a published study on people who do not exist, one row a method, beside what the paper reported.

    The same command on the same OUT goes on where it stopped.
    """
    from reid_audit.cli.folders import folders_of
    from reid_audit.cli.reproducing import run_reproduce
    from reid_audit.workers import on_cluster

    phantoms = given(
        subjects=subjects,
        populations=tuple(each.value for each in population) if population else None,
        voxel_size=voxel_size,
        defacers=tuple(defacer) if defacer else None,
        diffusion=diffusion.value if diffusion else None,
        seed=seed,
    )
    with on_cluster(scheduler, tls=scheduler_tls):
        done = run_reproduce(
            study.value, out, scans=folders_of(scans or ()), phantoms=phantoms, workers=workers or 2, quiet=quiet
        )
    raise typer.Exit(done)
