"""The commands ``reid-audit reconstruct``, their arguments and their help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.errors import guarded
from reid_audit.cli.options import Attackers, Out, Photos, Quiet, Resamples, Seed, Workers, given

__all__ = ["reconstruct"]

reconstruct = typer.Typer(
    name="reconstruct",
    help="Rebuild the faces of defaced scans, and measure how near they come and whom they identify.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@reconstruct.command()
@guarded
def attack(
    source: Annotated[
        Path, typer.Argument(metavar="COHORT", help="Originals and defaced scans: a BIDS data set or a manifest.")
    ],
    out: Out,
    *,
    training: Annotated[
        Path, typer.Option("--training", metavar="COHORT", help="Originals of other people, to learn from.")
    ],
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="NAME",
            help="template, average, shape or shape-sample; may be given again.",
        ),
    ] = None,
    photos: Photos = None,
    attacker: Attackers = None,
    workers: Workers = None,
    seed: Seed = None,
    resamples: Resamples = None,
    quiet: Quiet = False,
) -> None:
    """Rebuild the faces of the defaced scans, measure them against the originals, and audit the result.

    The same command on the same OUT goes on where it stopped.
    """
    from reid_audit.cli.reconstructing import run_attack

    options = given(
        photos=photos,
        attackers=tuple(attacker) if attacker else None,
        workers=workers,
        seed=seed,
        resamples=resamples,
    )
    names = tuple(dict.fromkeys(("average", *(by or ("template", "shape")))))
    raise typer.Exit(run_attack(source, out, training=training, attackers=names, options=options, quiet=quiet))
