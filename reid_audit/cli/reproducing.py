"""What ``reid-audit reproduce`` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.phantom.identity import Population
    from reid_audit.types import Cohort

__all__ = ["folders_of", "run_reproduce"]


def folders_of(given: Sequence[str]) -> dict[str, Path]:
    """Return condition and folder of each ``CONDITION=DIR``.

    Raises
    ------
    UsageError
        One is not of that form, or a condition is named twice.
    """
    folders: dict[str, Path] = {}
    for word in given:
        condition, equals, folder = word.partition("=")
        if not (condition and equals and folder) or condition in folders:
            raise UsageError(
                f"'{word}' is not a condition and a folder, or names its condition again.",
                remedy="Write for example --scans original=DIR --scans totalsegmentator=DIR.",
            )
        folders[condition] = Path(folder)
    return folders


def run_reproduce(
    study: str,
    out: Path,
    *,
    scans: Mapping[str, Path],
    subjects: int | None,
    seed: int | None,
    populations: Sequence[Population],
    workers: int,
    quiet: bool,
) -> int:
    """Repeat a study, print its table, and return the exit status."""
    from reid_audit.reproduce import STUDIES, reproduce_s2, reproduce_s4, write_rows
    from reid_audit.reproduce.write import table_in_words
    from reid_audit.store import own_folder

    own_folder(out)
    if study == "s2" and scans:
        raise UsageError("The study s2 needs photographs too.", remedy="Use `reid-audit run` on your own data.")
    some = {name: value for name, value in (("subjects", subjects), ("seed", seed)) if value is not None}
    with telling(quiet=quiet) as tell:
        if study == "s2":
            rows = reproduce_s2(out, populations=tuple(populations), workers=workers, progress=tell, **some)
        else:
            cohort = _cohort(scans, out) if scans else None
            rows = reproduce_s4(out, cohort=cohort, workers=workers, progress=tell, **some)
    page = write_rows(STUDIES[study], rows, out, phantoms=not scans)
    typer.echo(table_in_words(rows))
    typer.echo(f"Table: {page}")
    return INCOMPLETE if any(row.value is None for row in rows) else 0


def _cohort(scans: Mapping[str, Path], out: Path) -> Cohort:
    """Read folders of scans, one a condition, by way of a manifest that the user can look at."""
    import pandas as pd

    from reid_audit.inputs import draft_manifest, read_cohort
    from reid_audit.store import write_text

    parts = []
    for condition, folder in scans.items():
        drafted = draft_manifest(folder)
        drafted["path"] = [str((folder / path).resolve()) for path in drafted["path"]]
        parts.append(drafted.assign(condition=condition))
    manifest = out / "scans.csv"
    write_text(manifest, pd.concat(parts).to_csv(index=False))
    cohort, lost = read_cohort(manifest)
    for failure in lost:
        typer.echo(f"  {failure.what} {failure.remedy}", err=True)
    return cohort
