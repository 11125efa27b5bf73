"""What the commands do: call the library and print what came of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.inputs import Inputs
from reid_audit.cli.log import log_failures
from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError
from reid_audit.store import alone_in, for_people_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types import Findings

__all__ = ["Inputs", "check_attackers", "run_audit", "run_demo", "run_enrolment", "run_manifest", "run_phantom"]


_NAMED = 10
"""Files that a run names; `reid-audit triage` names more, and the list has all."""


def run_audit(
    inputs: Inputs,
    out: Path,
    *,
    settings: Mapping[str, Any],
    quiet: bool,
    triage: bool | None = None,
    with_faces: bool = False,
) -> int:
    """Audit a cohort, print the verdict, and return the exit status.

    Parameters
    ----------
    inputs : Inputs
    out : Path
    settings : mapping
    quiet : bool
    triage : bool, optional
        Whether every file of the source is asked whether it gives somebody away; by default where it is a release.

    with_faces : bool
        Write the pictures behind each match to the private folder as well.

    Raises
    ------
    ReidAuditError
        As :func:`reid_audit.audit` does.
    """
    from reid_audit.settings import make_settings

    inputs.check(out)
    checked = make_settings(settings)
    check_attackers(checked.attackers)
    from reid_audit.appendix import forget_faces, write_faces
    from reid_audit.auditing import audit
    from reid_audit.cli.layout import write_layout
    from reid_audit.cli.triaging import is_release, say_triage, triage_stage

    cohort, unread = inputs.cohort()
    wanted = is_release(inputs, cohort) if triage is None else triage
    with alone_in(out), telling(quiet=quiet, out=out, command="run") as tell:
        write_layout(out, inputs.source, phantom=cohort.phantom)
        forget_faces(out)
        found = triage_stage(inputs, out, checked, tell) if wanted else None
        done = audit(cohort, distractors=inputs.distractors, settings=checked, out=out, failures=unread, progress=tell)
        log_failures(out, done.findings.failures)
        faces = write_faces(done.findings, settings=checked, out=out, progress=tell) if with_faces else None
    say_verdict(done.findings, out)
    if cohort.skipped:
        typer.echo(f"Not audited: {out / 'private' / 'skipped.csv'} names each image and folder, with why.")
    if faces is not None:
        typer.echo(f"Faces, private, not to be handed on: {faces}")
    if found is not None:
        say_triage(found, most=_NAMED)
    return 0 if done.findings.complete else INCOMPLETE


def run_enrolment(
    inputs: Inputs, out: Path, *, settings: Mapping[str, Any], quiet: bool, with_faces: bool = False
) -> int:
    """Make and keep the templates of a cohort, say how many there are, and return the exit status.

    Where people were asked for by name, others may be enrolled in the same OUT at the same time.

    Raises
    ------
    UsageError
        With faces: nobody is matched yet.
    """
    from reid_audit.settings import make_settings

    if with_faces:
        raise UsageError(
            "Level participant matches nobody: there are no faces to show.", remedy="Give --with-faces at level group."
        )
    inputs.check(out)
    checked = make_settings(settings)
    from reid_audit.cli.layout import write_layout
    from reid_audit.enrolment import enrol_cohort, enrol_distractors, people_to_enrol
    from reid_audit.inputs import read_distractors
    from reid_audit.report.wording import counted

    cohort, unread = inputs.cohort()
    some = bool(inputs.participants)
    lock = for_people_in(out, people_to_enrol(cohort)) if some else alone_in(out)
    with lock, telling(quiet=quiet, out=out, command="run participant", beside=some) as tell:
        write_layout(out, inputs.source, phantom=cohort.phantom)
        enrolled = enrol_cohort(cohort, settings=checked, out=out, progress=tell)
        failures = [*unread, *enrolled.failures]
        n_scans = len(cohort.scans)
        if inputs.distractors is not None:
            others, unread = read_distractors(inputs.distractors, cohort)
            padding = enrol_distractors(others, settings=checked, out=out, progress=tell)
            failures += [*unread, *padding.failures]
            n_scans += len(others.scans)
    lost = [failure for failure in failures if failure.stage != "detect"]
    scans, pictures = counted(n_scans, "scan"), counted(len(cohort.photos), "photo")
    typer.echo(
        f"{scans} and {pictures} enrolled or tried, {len(lost)} lost. "
        "The group level attacks them and writes the report."
    )
    for failure in lost:
        typer.echo(f"  {failure.stage}: {failure.what} {failure.remedy}", err=True)
    return INCOMPLETE if lost else 0


def check_attackers(attackers: tuple[str, ...]) -> None:
    """Refuse an attacker that there is not.

    Raises
    ------
    UsageError
    """
    from reid_audit.attackers import ATTACKERS

    for name in attackers:
        if name not in ATTACKERS:
            raise UsageError(
                f"There is no attacker '{name}'.", remedy=f"Choose from: {', '.join(ATTACKERS)}; 'list' explains each."
            )


def say_verdict(findings: Findings, out: Path) -> None:
    """Print the verdict as the report words it, and where the report is."""
    from reid_audit.report import PHANTOM_NOTICE, verdict
    from reid_audit.report.limits import how_many_people, what_the_quoted_show
    from reid_audit.report.verdict import identifications
    from reid_audit.report.wording import counted

    for statement in verdict(findings):
        typer.echo(statement.text)
        for reading in statement.readings:
            typer.echo(f"  - {reading}")
    quoted, people = identifications(findings), len(findings.cohort.subjects)
    typer.echo(f"What {how_many_people(quoted, people)} can and cannot show:")
    for line in what_the_quoted_show(quoted, people, float(findings.settings.get("confidence", 0.95))):
        typer.echo(f"  - {line}")
    if findings.cohort.phantom:
        typer.echo(f"Phantoms: {PHANTOM_NOTICE}.")
    if not findings.complete:
        lost = len(findings.failures)
        are = "is" if lost == 1 else "are"
        typer.echo(f"Results are incomplete; {counted(lost, 'failure')} {are} listed in the report.", err=True)
    typer.echo(f"Report: {out / 'report.html'}")


def run_demo(out: Path, *, subjects: int, settings: Mapping[str, Any], quiet: bool) -> int:
    """Make a phantom cohort with two sham defacers in OUT/cohort, audit it, and return the exit status."""
    with alone_in(out):
        cohort = out / "cohort"
        wanted = {"n_subjects": subjects, "seed": settings.get("seed", 1)}
        _write_phantoms(cohort, wanted, workers=int(settings.get("workers", 1)), quiet=quiet)
        return run_audit(Inputs(cohort, photos=cohort / "photos"), out, settings=settings, quiet=quiet)


def run_phantom(out: Path, wanted: Mapping[str, Any], *, workers: int, quiet: bool) -> int:
    """Write a phantom cohort and return the exit status."""
    _write_phantoms(out, wanted, workers=workers, quiet=quiet)
    typer.echo(f"Phantom cohort: {out}")
    return 0


def _write_phantoms(folder: Path, wanted: Mapping[str, Any], *, workers: int, quiet: bool) -> None:
    from reid_audit.phantom import PhantomSettings, write_cohort

    with telling(quiet=quiet) as tell:
        write_cohort(PhantomSettings(**wanted), folder, workers=workers, progress=tell)


def run_manifest(folder: Path, output: Path | None, *, force: bool) -> int:
    """Draft a manifest, print or write it, and return the exit status."""
    from reid_audit.inputs import draft_manifest
    from reid_audit.store import csv_text, write_csv

    if output is not None and output.exists() and not force:
        raise UsageError(
            f"'{output}' exists and may hold corrections by hand.", remedy="Name another file, or add --force."
        )
    table = draft_manifest(folder)
    if output is None:
        typer.echo(csv_text(table), nl=False)
        return 0
    from reid_audit.report.wording import counted

    near = output.resolve().parent
    paths = [Path(os.path.relpath((folder / path).absolute(), near)).as_posix() for path in table["path"]]
    write_csv(output, table.assign(path=paths))
    typer.echo(f"{counted(len(table), 'scan')} drafted in {output}: correct it by hand before an audit.")
    return 0
