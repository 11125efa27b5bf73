"""``reid-audit triage``: ask every file of a release, and say which give somebody away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError
from reid_audit.store import alone_in
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reid_audit.cli.inputs import Inputs
    from reid_audit.settings import Settings
    from reid_audit.triage import Answer, Triage
    from reid_audit.types import Cohort

__all__ = ["is_release", "run_triage", "say_triage", "triage_stage"]

GIVES_AWAY, OPEN = 3, 4
"""Exit status: something gives somebody away; some file is undecided or was not looked at."""

_MOST = 40
_HEADINGS: dict[Answer, tuple[str, str]] = {
    "face": ("file gives somebody away", "files give somebody away"),
    "cannot tell": ("file was looked at, and nobody can tell", "files were looked at, and nobody can tell"),
    "unaudited": ("file could not be looked at", "files could not be looked at"),
}
"""Of one, and of several."""


def run_triage(
    release: Path,
    out: Path,
    *,
    originals: Path | None,
    detector: str,
    picture_detector: str,
    workers: int,
    quiet: bool,
) -> int:
    """Triage a release, print what was answered, and return the exit status.

    Raises
    ------
    ReidAuditError
        As :func:`reid_audit.triage.triage_release` does.
    """
    from reid_audit.triage import PLACE, check_places, triage_release

    check_places(release, out, originals)
    with alone_in(out), telling(quiet=quiet, out=out, command="triage") as tell:
        done = triage_release(
            release,
            out,
            originals=originals,
            detector=detector,
            picture_detector=picture_detector,
            workers=workers,
            progress=tell,
        )
    say_triage(done)
    typer.echo(f"Every file with its answer: {out / PLACE} (private: its paths name people)")
    return status_of(done)


def is_release(inputs: Inputs, cohort: Cohort) -> bool:
    """Tell whether the source of an audit is what would be released, and not the data set that it is made from.

    A folder is, when its originals are given apart, or when none of its own scans counts as original. What lies in its
    ``sourcedata`` does not make it another thing: there a release leaks.
    """
    if not inputs.source.is_dir():
        return False
    if inputs.originals is not None:
        return True
    root = os.path.abspath(inputs.source)  # noqa: PTH100 - as the cohort has its paths
    scans = cohort.scans[cohort.scans["condition"] == ORIGINAL]
    return all(Path(os.path.relpath(path, root)).parts[0] == "sourcedata" for path in scans["path"])


def triage_stage(inputs: Inputs, out: Path, settings: Settings, tell: Callable[[str, int, int], None]) -> Triage:
    """Triage the source of an audit, with the settings of the audit.

    Raises
    ------
    UsageError
        The source is a table: nobody can say what else would be released.
    """
    from reid_audit.triage import triage_release

    if not inputs.source.is_dir():
        raise UsageError(
            f"'{inputs.source}' is a table, and what would be released beside its scans is not known.",
            remedy="Name the folder of the release, or leave --triage out.",
        )
    return triage_release(
        inputs.source,
        out,
        originals=inputs.originals,
        detector=settings.detector,
        picture_detector=settings.photo_detector,
        workers=settings.workers,
        progress=tell,
    )


def status_of(triage: Triage) -> int:
    """Return the exit status of a triage."""
    counts = triage.counts
    if counts["face"]:
        return GIVES_AWAY
    return OPEN if counts["cannot tell"] or counts["unaudited"] or not triage.complete else 0


def say_triage(triage: Triage, *, most: int = _MOST) -> None:
    """Print how many files have each answer, and name those that do not answer "none"."""
    from reid_audit.report.wording import counted

    counts = triage.counts
    typer.echo(f"{counted(len(triage.volumes), 'file')} in the release; in {counts['none']} nothing was found.")
    for answer, (one, several) in _HEADINGS.items():
        if counts[answer]:
            typer.echo(f"{counts[answer]} {one if counts[answer] == 1 else several}:")
            for line in _lines(triage, answer, most):
                typer.echo(f"  {line}")
    if not triage.complete:
        typer.echo("The triage is incomplete: the release holds more files than are looked at.", err=True)


def _lines(triage: Triage, answer: Answer, most: int) -> Iterator[str]:
    from reid_audit.inputs.printable import in_one_line

    chosen = [file for file in triage.volumes if file.answer == answer]
    yield from (f"{in_one_line(file.path)}: {file.why}" for file in chosen[:most])
    if len(chosen) > most:
        yield f"and {len(chosen) - most} more"
