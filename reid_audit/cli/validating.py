"""``reid-audit validate``: what would be audited, what would not and why, and what it would take."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.errors import INCOMPLETE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.cli.inputs import Inputs
    from reid_audit.enrolment.estimate import Estimate
    from reid_audit.inputs.scan_header import ScanHeader
    from reid_audit.settings import Settings
    from reid_audit.types import Cohort

__all__ = ["run_validate"]

_MOST, _NAMED = 20, 5
"""Lost scans that are named, and skipped files of each reason; all with --verbose."""

_MINUTE, _HOUR = 60.0, 3600.0


def run_validate(inputs: Inputs, *, settings: Mapping[str, Any], verbose: bool = False) -> int:
    """Print what an audit would do, and return the exit status.

    Parameters
    ----------
    inputs : Inputs
    settings : mapping
    verbose : bool
        Name everything that would be skipped or lost.

    Raises
    ------
    UsageError
        Nothing can be audited, or a setting is not allowed.
    """
    from reid_audit.cli.commands import check_attackers
    from reid_audit.settings import make_settings

    checked = make_settings(settings)
    check_attackers(checked.attackers)
    cohort, lost = inputs.cohort()
    headers, unreadable = read_headers(cohort)
    _say_cohort(cohort)
    unreadable += [(failure.sample, f"{failure.what} {failure.remedy}".strip()) for failure in lost]
    if unreadable:
        typer.echo(f"Will be lost ({len(unreadable)}):")
        _say_some([f"{sample}: {why}" for sample, why in unreadable], None if verbose else _MOST)
    _say_skipped(inputs, cohort, None if verbose else _NAMED)
    _say_notes(cohort)
    _say_estimate(inputs, cohort, headers, checked)
    return INCOMPLETE if unreadable else 0


def read_headers(cohort: Cohort) -> tuple[list[ScanHeader], list[tuple[str, str]]]:
    """Return the headers of the scans of a cohort, and sample and reason of those that cannot be read, or are cut off.

    DICOM series have no single header: they are taken for readable, and for one of 256 x 256 x 192 voxels.
    """
    from reid_audit.cli.wholeness import cut_off
    from reid_audit.errors import InputError
    from reid_audit.inputs.checks import check_shape
    from reid_audit.inputs.names import split_extension
    from reid_audit.inputs.scan_header import ScanHeader, read_scan_header

    headers: list[ScanHeader] = []
    unreadable: list[tuple[str, str]] = []
    for sample, path in zip(cohort.scans["sample"], map(Path, cohort.scans["path"]), strict=True):
        try:
            if path.is_dir() or (path.is_file() and not split_extension(path.name)[1]):
                headers.append(ScanHeader((256, 256, 192), (1.0, 1.0, 1.0)))
                continue
            header = read_scan_header(path)
            check_shape(header.shape)
            if missing := cut_off(path):
                unreadable.append((str(sample), missing))
                continue
            headers.append(header)
        except InputError as error:
            unreadable.append((str(sample), f"{error.message} {error.remedy}".strip()))
        except OSError as error:
            unreadable.append((str(sample), f"{error.strerror or type(error).__name__}."))
    return headers, unreadable


def _say_cohort(cohort: Cohort) -> None:
    from reid_audit.report.wording import counted, people_of

    people = len(cohort.subjects)
    typer.echo(
        f"{people_of(people)}, {counted(len(cohort.scans), 'scan')}, "
        f"{counted(len(cohort.photos), 'photo')} would be audited:"
    )
    groups = cohort.scans.groupby(["condition", "modality"])
    for (condition, modality), part in groups:
        sessions = part[["subject", "session"]].drop_duplicates()
        typer.echo(
            f"  {condition}, {modality}: {counted(len(part), 'scan')} of "
            f"{people_of(part['subject'].nunique())} in {counted(len(sessions), 'session')}"
        )


def _say_notes(cohort: Cohort) -> None:
    if cohort.notes:
        typer.echo("Worth knowing:")
        _say_some(cohort.notes, None)


def _say_skipped(inputs: Inputs, cohort: Cohort, most: int | None) -> None:
    """Name what would not be audited, by reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for path, why in cohort.skipped:
        by_reason[why].append(_from(inputs, path))
    for why, paths in sorted(by_reason.items()):
        typer.echo(f"Skipped, {why} ({len(paths)}):")
        _say_some(sorted(paths), most)
    if by_reason:
        typer.echo(f"No attack searches what is skipped; {_looked_at(inputs, cohort)}.")


def _looked_at(inputs: Inputs, cohort: Cohort) -> str:
    from reid_audit.cli.triaging import is_release

    if is_release(inputs, cohort):
        return "the triage, which `run` does as well, will look at every file of it that lies in the release"
    return "no triage is part of such a run: `reid-audit triage` looks at every file of a release"


def _from(inputs: Inputs, path: str) -> str:
    """Return a path from the data set that the user named, where it lies in one."""
    for place in (inputs.source, inputs.originals):
        if place is not None and Path(path).is_relative_to(root := os.path.abspath(place)):  # noqa: PTH100 - as it was read
            inner = os.path.relpath(path, root) + (os.sep if path.endswith(os.sep) else "")
            return inner if place == inputs.source else f"originals: {inner}"
    return path


def _say_some(lines: Sequence[str], most: int | None) -> None:
    from reid_audit.inputs.printable import in_one_line

    for line in lines[:most]:
        typer.echo(f"  {in_one_line(line)}")
    if most is not None and len(lines) > most:
        typer.echo(f"  and {len(lines) - most} more (--verbose names all)")


def _say_estimate(inputs: Inputs, cohort: Cohort, headers: list[ScanHeader], settings: Settings) -> None:
    from reid_audit.cli.triaging import is_release
    from reid_audit.enrolment.estimate import estimate_enrolment

    found = estimate_enrolment(headers, len(cohort.photos), len(cohort.subjects), settings)
    triaged = is_release(inputs, cohort)
    if triaged:
        found += _triage_estimate(inputs, settings)
    what = "with" if triaged else "without"
    workers = f"{settings.workers} {'process' if settings.workers == 1 else 'processes'}"
    typer.echo(
        f"Takes about {_duration(found.seconds)} with {workers} ({what} the triage of every file) and "
        f"{max(found.n_bytes / 1e6, 1):.0f} MB in OUT; right within a factor of two on an idle machine."
    )


def _triage_estimate(inputs: Inputs, settings: Settings) -> Estimate:
    from reid_audit.enrolment.estimate import estimate_triage
    from reid_audit.inputs.names import split_extension
    from reid_audit.triage.walk import walk_release

    places, _ = walk_release(inputs.source)
    files = [Path(place.path) for place in places if place.state == "file"]
    volumes = sum(bool(split_extension(file.name)[1]) for file in files)
    size = sum(file.stat().st_size for file in files if file.exists())
    compared = volumes if inputs.originals is not None else 0
    return estimate_triage(volumes - compared, compared, size, settings)


def _duration(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return "a second" if seconds < 1.5 else f"{seconds:.0f} seconds"
    return f"{seconds / _MINUTE:.0f} minutes" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} hours"
