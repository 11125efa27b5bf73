"""The commands, their arguments and their help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.compare_command import compare
from reid_audit.cli.deface_command import deface
from reid_audit.cli.errors import DEBUG, guarded
from reid_audit.cli.gate_command import gate, plan, verify
from reid_audit.cli.options import (
    Angles,
    Attackers,
    By,
    Cache,
    Confidence,
    Detector,
    Distractors,
    DumpConfig,
    Embedder,
    MixedFolds,
    Models,
    Originals,
    Out,
    PairsPerPeople,
    Participants,
    PhotoDetector,
    Photos,
    Quiet,
    Resamples,
    Scheduler,
    SchedulerTls,
    Seed,
    Select,
    Sessions,
    SettingsFile,
    Size,
    SvmC,
    SvmKernel,
    TopK,
    TriageStage,
    Triangles,
    ViewsPerScan,
    WithFaces,
    Workers,
    angles,
    given,
)
from reid_audit.cli.pdf_command import pdf
from reid_audit.cli.quality_command import quality
from reid_audit.cli.reconstruct_command import reconstruct
from reid_audit.cli.reproduce_command import reproduce
from reid_audit.cli.signature import signature
from reid_audit.cli.triage_command import triage
from reid_audit.cli.validate_command import validate
from reid_audit.cli.weights import weights

__all__ = ["app"]

app = typer.Typer(
    name="reid-audit",
    help=(
        "Measure how well a named attacker can tell whose head scans are whose, with an interval, a chance level and a "
        "control beside every number. Nothing leaves this machine."
    ),
    epilog=(
        "Exit status: 0 complete, 1 results are incomplete, 2 wrong usage. Of gate, verify and signature check: 3 no, "
        "4 nobody can say."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(weights)
app.add_typer(signature)
app.add_typer(reconstruct)


class Level(StrEnum):
    """Of a BIDS App."""

    PARTICIPANT = "participant"
    GROUP = "group"


def _version(wanted: bool) -> None:
    if wanted:
        from reid_audit import __version__

        typer.echo(f"reid-audit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[  # noqa: ARG001 - the callback acts on it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    cache: Cache = None,
    models: Models = None,
) -> None:
    DEBUG.set(debug)
    if cache is not None or models is not None:
        from reid_audit.faces.folders import folders_named

        context.with_resource(folders_named(cache=cache, models=models))


@app.command()
@guarded
def run(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A BIDS data set, or a manifest (CSV, TSV or Parquet).")
    ],
    out: Out,
    level: Annotated[
        Level,
        typer.Argument(
            metavar="LEVEL",
            help="participant: make and keep each scan's templates; group (default): that too, then attack and report.",
        ),
    ] = Level.GROUP,
    *,
    photos: Photos = None,
    originals: Originals = None,
    distractors: Distractors = None,
    participant_label: Participants = None,
    session_label: Sessions = None,
    select: Select = None,
    attacker: Attackers = None,
    workers: Workers = None,
    seed: Seed = None,
    triage_stage: TriageStage = None,
    with_faces: WithFaces = False,
    settings_file: SettingsFile = None,
    dump_config: DumpConfig = False,
    quiet: Quiet = False,
    triangles: Triangles = None,
    size: Size = None,
    yaws: Annotated[str | None, Angles("camera yaw")] = None,
    pitches: Annotated[str | None, Angles("camera pitch")] = None,
    azimuths: Annotated[str | None, Angles("light azimuth")] = None,
    elevations: Annotated[str | None, Angles("light elevation")] = None,
    detector: Detector = None,
    photo_detector: PhotoDetector = None,
    embedder: Embedder = None,
    top_k: TopK = None,
    svm_c: SvmC = None,
    svm_kernel: SvmKernel = None,
    views_per_scan: ViewsPerScan = None,
    pairs_per_people: PairsPerPeople = None,
    mixed_folds: MixedFolds = None,
    by: By = None,
    confidence: Confidence = None,
    resamples: Resamples = None,
    scheduler: Scheduler = None,
    scheduler_tls: SchedulerTls = None,
) -> None:
    """Audit a cohort and write report.html, report.json and tables to OUT.

    The same command on the same OUT goes on where it stopped.
    """
    from reid_audit.cli.commands import Inputs, run_audit, run_enrolment
    from reid_audit.cli.configuring import say_config, with_file
    from reid_audit.workers import on_cluster

    flags = given(
        attackers=tuple(attacker) if attacker else None,
        workers=workers,
        seed=seed,
        triangles=triangles,
        size=size,
        yaws=angles(yaws, "--yaws"),
        pitches=angles(pitches, "--pitches"),
        azimuths=angles(azimuths, "--azimuths"),
        elevations=angles(elevations, "--elevations"),
        detector=detector,
        photo_detector=photo_detector,
        embedder=embedder,
        top_k=top_k,
        svm_c=svm_c,
        svm_kernels=tuple(svm_kernel) if svm_kernel else None,
        views_per_scan=views_per_scan,
        pairs_per_people=pairs_per_people,
        mixed_folds=mixed_folds,
        groups=tuple(by) if by else None,
        confidence=confidence,
        resamples=resamples,
    )
    settings = with_file(settings_file, flags)
    if dump_config:
        say_config(settings)
        raise typer.Exit
    asked = (tuple(participant_label or ()), tuple(session_label or ()), tuple(select or ()))
    inputs = Inputs(source, photos=photos, distractors=distractors, originals=originals, asked=asked)
    with on_cluster(scheduler, tls=scheduler_tls):
        if level is Level.PARTICIPANT:
            done = run_enrolment(inputs, out, settings=settings, quiet=quiet, with_faces=with_faces)
        else:
            done = run_audit(inputs, out, triage=triage_stage, settings=settings, quiet=quiet, with_faces=with_faces)
    raise typer.Exit(done)


@app.command()
@guarded
def demo(
    out: Out,
    *,
    subjects: Annotated[int, typer.Option(min=2, help="People to make up.")] = 16,
    attacker: Attackers = None,
    by: By = None,
    workers: Workers = 2,
    seed: Seed = 1,
    quiet: Quiet = False,
    triangles: Triangles = None,
    size: Size = None,
) -> None:
    """Make a cohort of people who do not exist in OUT/cohort, deface it twice, and audit it."""
    from reid_audit.cli.commands import run_demo

    settings = given(
        attackers=tuple(attacker) if attacker else None,
        groups=tuple(by) if by else None,
        workers=workers,
        seed=seed,
        triangles=triangles,
        size=size,
    )
    raise typer.Exit(run_demo(out, subjects=subjects, settings=settings, quiet=quiet))


@app.command()
@guarded
def render(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="A scan, a DICOM folder, a BIDS data set, a manifest, or any folder of scans."
        ),
    ],
    out: Out,
    *,
    quiet: Quiet = False,
    triangles: Triangles = None,
    size: Size = None,
    yaws: Annotated[str | None, Angles("camera yaw")] = None,
    pitches: Annotated[str | None, Angles("camera pitch")] = None,
    azimuths: Annotated[str | None, Angles("light azimuth")] = None,
    elevations: Annotated[str | None, Angles("light elevation")] = None,
    detector: Detector = None,
) -> None:
    """Render heads, say in which a face is found, and write contact sheets to OUT/renders (private)."""
    from reid_audit.cli.rendering import run_render

    settings = given(
        triangles=triangles,
        size=size,
        yaws=angles(yaws, "--yaws"),
        pitches=angles(pitches, "--pitches"),
        azimuths=angles(azimuths, "--azimuths"),
        elevations=angles(elevations, "--elevations"),
        detector=detector,
    )
    raise typer.Exit(run_render(source, out, settings=settings, quiet=quiet))


@app.command()
@guarded
def phantom(
    out: Out,
    *,
    subjects: Annotated[int, typer.Option(min=1, help="People to make up.")] = 16,
    sessions: Annotated[int, typer.Option(min=1, help="Sessions of each.")] = 1,
    modality: Annotated[
        list[str] | None, typer.Option(help="T1w, T1wCE, T2w, FLAIR, CT or PET; may be given again.")
    ] = None,
    photos: Annotated[int, typer.Option(min=0, help="Photographs of each.")] = 2,
    defacer: Annotated[
        list[str] | None,
        typer.Option(
            help="Sham defacer to apply: zero, partial, meanface; may be given again; default zero and meanface."
        ),
    ] = None,
    voxel_size: Annotated[float | None, typer.Option(help="Edge of a voxel in mm; default 1.")] = None,
    left_marker: Annotated[bool, typer.Option("--left-marker", help="Mark the left side, to test frames.")] = False,
    workers: Workers = 1,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Write a BIDS data set of people who do not exist, with photographs."""
    from reid_audit.cli.commands import run_phantom

    wanted = given(
        n_subjects=subjects,
        sessions=sessions,
        modalities=tuple(modality) if modality else None,
        photos_per_subject=photos,
        conditions=("original", *defacer) if defacer else None,
        voxel_size=voxel_size,
        left_marker=left_marker,
        seed=seed,
    )
    raise typer.Exit(run_phantom(out, wanted, workers=workers or 1, quiet=quiet))


@app.command()
@guarded
def manifest(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that holds scans.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV to write; else it is printed.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Draft a manifest of the scans in a folder, to be corrected by hand."""
    from reid_audit.cli.commands import run_manifest

    raise typer.Exit(run_manifest(folder, output, force=force))


@app.command()
@guarded
def purge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run.")],
) -> None:
    """Remove what a run left that shows or tells who someone is: templates, renders, scores, the key to the pseudonyms.

    The report and its tables stay.
    """
    from reid_audit.cli.purging import run_purge

    raise typer.Exit(run_purge(out))


for _command in (validate, triage, deface, quality, compare, reproduce, gate, verify, plan, pdf):
    app.command()(guarded(_command))
