"""What ``reid-audit reproduce`` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from reid_audit.types import Cohort, Failure

__all__ = ["folders_of", "run_reproduce"]


def folders_of(given: Sequence[str]) -> dict[str, Path]:
    """Return condition and folder of each ``CONDITION=DIR``.

    Raises
    ------
    UsageError
        One is not of that form, a condition is named twice, or there is no such folder.
    """
    folders: dict[str, Path] = {}
    for word in given:
        condition, equals, folder = word.partition("=")
        if not (condition and equals and folder) or condition in folders:
            raise UsageError(
                f"'{word}' is not a condition and a folder, or names its condition again.",
                remedy="Write for example --scans original=DIR --scans totalsegmentator=DIR.",
            )
        if not Path(folder).is_dir():
            raise UsageError(
                f"There is no folder '{folder}' with scans of condition '{condition}'.", remedy="Correct the path."
            )
        folders[condition] = Path(folder)
    return folders


def run_reproduce(
    study: str, out: Path, *, scans: Mapping[str, Path], phantoms: Mapping[str, Any], workers: int, quiet: bool
) -> int:
    """Repeat a study, print its table, and return the exit status.

    Parameters
    ----------
    study : str
    out : Path
    scans : mapping of str to Path
        Condition and folder of the user's own scans; empty for phantoms.
    phantoms : mapping
        How the phantoms are made, where that was said.
    workers : int
    quiet : bool
    """
    from reid_audit.reproduce import STUDIES, reproduce_s2, reproduce_s4, write_rows
    from reid_audit.reproduce.write import table_in_words
    from reid_audit.store import own_folder

    _check_scans(study, out, scans, phantoms)
    own_folder(out)
    cohort, lost = _cohort(scans, out) if scans else (None, ())
    with telling(quiet=quiet) as tell:
        if study == "s2":
            done = reproduce_s2(out, workers=workers, progress=tell, **phantoms)
        else:
            done = reproduce_s4(out, cohort=cohort, lost=lost, workers=workers, progress=tell, **phantoms)
    page = write_rows(STUDIES[study], done.rows, out, phantoms=not scans)
    typer.echo(table_in_words(done.rows))
    typer.echo(f"Table: {page}")
    if done.complete:
        return 0
    typer.echo(f"Results are incomplete; the failures are listed in {_reports(out)}.", err=True)
    return INCOMPLETE


def _check_scans(study: str, out: Path, scans: Mapping[str, Path], phantoms: Mapping[str, Any]) -> None:
    """Refuse scans of one's own where they cannot be used, or where private files would lie among them."""
    if scans and study == "s2":
        raise UsageError("The study s2 needs photographs too.", remedy="Use `reid-audit run` on your own data.")
    if scans and set(phantoms) - {"seed"}:
        said = ", ".join(f"--{name.replace('_', '-')}" for name in phantoms if name != "seed")
        raise UsageError(
            f"{said.replace('populations', 'population')}: of phantoms, and there are none beside --scans.",
            remedy="Leave out the one or the other.",
        )
    for folder in scans.values():
        if out.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                f"OUT '{out}' is, or lies in, a folder of scans: templates and keys would be released with them.",
                remedy="Name a folder elsewhere.",
            )


def _reports(out: Path) -> str:
    return ", ".join(str(page) for page in sorted(out.glob("**/audit/report.html")))


def _cohort(scans: Mapping[str, Path], out: Path) -> tuple[Cohort, tuple[Failure, ...]]:
    """Read folders of scans, one a condition, by way of a manifest that the user can look at."""
    import pandas as pd

    from reid_audit.inputs import read_cohort
    from reid_audit.store import write_text

    manifest = out / "scans.csv"
    parts = [_drafted(condition, folder) for condition, folder in scans.items()]
    write_text(manifest, pd.concat(parts).to_csv(index=False))
    return read_cohort(manifest)


def _drafted(condition: str, folder: Path) -> pd.DataFrame:
    """Draft the manifest of one folder; of a data set with several conditions take the one that was named."""
    from reid_audit.inputs import draft_manifest

    drafted = draft_manifest(folder)
    found = sorted(set(drafted["condition"]))
    if condition in found:
        drafted = drafted[drafted["condition"] == condition]
    elif len(found) > 1:
        raise UsageError(
            f"The folder '{folder}' holds scans of several conditions, by their names {', '.join(found)}, none of them "
            f"'{condition}'.",
            remedy="Name a folder of one condition, or write a manifest for `reid-audit run`.",
        )
    paths = [str(folder.absolute() / path) for path in drafted["path"]]
    return drafted.assign(path=paths, condition=condition)
