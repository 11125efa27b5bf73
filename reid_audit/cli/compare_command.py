"""The command ``reid-audit compare``, its arguments and its help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.options import (
    Attackers,
    Confidence,
    Out,
    Photos,
    Quiet,
    Resamples,
    Scheduler,
    SchedulerTls,
    Seed,
    Size,
    Triangles,
    Workers,
    given,
)

__all__ = ["compare"]


def compare(
    out: Out,
    *,
    originals: Annotated[Path, typer.Option("--originals", metavar="DIR", help="The scans that nobody altered.")],
    condition: Annotated[
        list[str],
        typer.Option("--condition", metavar="NAME=DIR", help="What a defacer made of them; may be given again."),
    ],
    photos: Photos = None,
    masks: Annotated[
        Path | None,
        typer.Option("--masks", metavar="TABLE", help="Masks: subject, label (brain, tumour, temporalis), path."),
    ] = None,
    measures: Annotated[
        Path | None,
        typer.Option("--measures", metavar="TABLE", help="Your measures: subject, condition and a column a measure."),
    ] = None,
    yardstick: Annotated[
        Path | None,
        typer.Option("--yardstick", metavar="TABLE", help="The same measures made twice: conditions scan1 and scan2."),
    ] = None,
    chart: Annotated[
        Path | None,
        typer.Option("--chart", metavar="TABLE", help="Growth chart of the temporalis' area: age, sex, l, m, s."),
    ] = None,
    margin: Annotated[
        float, typer.Option("--margin", help="Of equivalence, as a share of the original.", min=0.0)
    ] = 0.05,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Audits with other random draws, for their spread.")] = 1,
    attacker: Attackers = None,
    workers: Workers = None,
    seed: Seed = None,
    quiet: Quiet = False,
    triangles: Triangles = None,
    size: Size = None,
    confidence: Confidence = None,
    resamples: Resamples = None,
    scheduler: Scheduler = None,
    scheduler_tls: SchedulerTls = None,
) -> None:
    """Put defacers side by side: risk, face and brain by scan, and what later analysis keeps; one table, one figure.

    The same command on the same OUT goes on where it stopped.
    """
    from reid_audit.cli.comparing import run_compare
    from reid_audit.cli.folders import folders_of
    from reid_audit.workers import on_cluster

    settings = given(
        attackers=tuple(attacker) if attacker else None,
        workers=workers,
        seed=seed,
        triangles=triangles,
        size=size,
        confidence=confidence,
        resamples=resamples,
    )
    with on_cluster(scheduler, tls=scheduler_tls):
        done = run_compare(
            originals,
            folders_of(condition),
            out,
            photos=photos,
            tables=given(masks=masks, measures=measures, yardstick=yardstick, chart=chart),
            margin=margin,
            seeds=seeds,
            settings=settings,
            quiet=quiet,
        )
    raise typer.Exit(done)
