"""The command ``reid-audit validate``, its arguments and its help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.options import (
    Attackers,
    Originals,
    Participants,
    Photos,
    Select,
    Sessions,
    SettingsFile,
    Workers,
    given,
)

__all__ = ["validate"]


def validate(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A BIDS data set, or a manifest (CSV, TSV or Parquet).")
    ],
    *,
    photos: Photos = None,
    originals: Originals = None,
    participant_label: Participants = None,
    session_label: Sessions = None,
    select: Select = None,
    attacker: Attackers = None,
    settings_file: SettingsFile = None,
    workers: Workers = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Name everything that is skipped, and not the first.")
    ] = False,
) -> None:
    """Say what `reid-audit run` would audit, what it would skip and why, and what time and disk it takes.

    Reads headers, takes no voxel for granted that the size of a NIfTI or MGZ file belies, and writes nothing. A damaged
    voxel inside of a whole file shows in the run alone. What it prints holds paths, and so names people. Exit status: 0
    all headers can be read and no such file is cut off, 1 some scan will be lost.
    """
    from reid_audit.cli.configuring import with_file
    from reid_audit.cli.inputs import Inputs
    from reid_audit.cli.validating import run_validate

    flags = given(attackers=tuple(attacker) if attacker else None, workers=workers)
    asked = (tuple(participant_label or ()), tuple(session_label or ()), tuple(select or ()))
    inputs = Inputs(source, photos=photos, originals=originals, asked=asked)
    raise typer.Exit(run_validate(inputs, settings=with_file(settings_file, flags), verbose=verbose))
