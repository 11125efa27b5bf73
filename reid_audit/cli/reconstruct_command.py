"""The commands ``reid-audit reconstruct``, their arguments and their help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.errors import guarded
from reid_audit.cli.options import (
    Attackers,
    Out,
    Photos,
    Quiet,
    Resamples,
    Seed,
    SettingsFile,
    WithFaces,
    Workers,
    given,
)

__all__ = ["reconstruct"]

reconstruct = typer.Typer(
    name="reconstruct",
    help="Rebuild the faces of defaced scans, and measure how near they come and whom they identify.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Presets(StrEnum):
    """Of the diffusion model."""

    TINY = "tiny"
    SMALL = "small"
    FULL = "full"


@reconstruct.command()
@guarded
def train(
    source: Annotated[Path, typer.Argument(metavar="COHORT", help="Originals: a BIDS data set or a manifest.")],
    out: Out,
    *,
    preset: Annotated[
        Presets,
        typer.Option(help="tiny: minutes on two cores, for tests; small: hours, or a small GPU; full: one large GPU."),
    ] = Presets.SMALL,
    seed: Seed = 1,
    device: Annotated[str | None, typer.Option(help="Of torch; default a GPU where there is one.")] = None,
    quiet: Quiet = False,
) -> None:
    """Train a diffusion model on heads with their faces, one scan a person; needs the extra 'reconstruct'.

    The same command on the same OUT goes on where it stopped.
    """
    from reid_audit.cli.reconstructing import run_train

    raise typer.Exit(run_train(source, out, preset=preset.value, seed=seed or 0, device=device, quiet=quiet))


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
            help="template, average, shape, shape-sample, or diffusion:FOLDER of a trained model; may be given again.",
        ),
    ] = None,
    predict: Annotated[
        list[str] | None,
        typer.Option(
            "--predict",
            metavar="COLUMN",
            help="Numbers of people in their table: how well are they predicted from the voxels of faces, before and "
            "after? age, sex, or any column of numbers; may be given again.",
        ),
    ] = None,
    participants: Annotated[
        Path | None,
        typer.Option(
            "--participants", metavar="TABLE", help="With the columns of --predict; default participants.tsv of COHORT."
        ),
    ] = None,
    photos: Photos = None,
    settings_file: SettingsFile = None,
    attacker: Attackers = None,
    workers: Workers = None,
    seed: Seed = None,
    resamples: Resamples = None,
    with_faces: WithFaces = False,
    quiet: Quiet = False,
) -> None:
    """Rebuild the faces of the defaced scans, measure them against the originals, and audit the result.

    The same command on the same OUT goes on where it stopped.
    """
    from reid_audit.cli.configuring import with_file
    from reid_audit.cli.reconstructing import run_attack

    flags = given(
        photos=photos,
        attackers=tuple(attacker) if attacker else None,
        workers=workers,
        seed=seed,
        resamples=resamples,
    )
    options = with_file(settings_file, flags)
    names = tuple(dict.fromkeys(("average", *(by or ("template", "shape")))))
    done = run_attack(
        source,
        out,
        training=training,
        attackers=names,
        options=options,
        quiet=quiet,
        with_faces=with_faces,
        predicted=tuple(dict.fromkeys(predict or ())),
        participants=participants,
    )
    raise typer.Exit(done)
