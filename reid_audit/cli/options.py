"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "Angles",
    "Attackers",
    "By",
    "Cache",
    "Confidence",
    "DefacerName",
    "Detector",
    "Distractors",
    "DumpConfig",
    "Embedder",
    "MixedFolds",
    "Models",
    "Originals",
    "Out",
    "PairsPerPeople",
    "Participants",
    "PhotoDetector",
    "Photos",
    "Quiet",
    "Resamples",
    "Scheduler",
    "SchedulerTls",
    "Seed",
    "Select",
    "Sessions",
    "SettingsFile",
    "Size",
    "SvmC",
    "SvmKernel",
    "TopK",
    "TriageStage",
    "Triangles",
    "ViewsPerScan",
    "WithFaces",
    "Workers",
    "angles",
    "given",
]

_RENDERING = "Rendering"
_MATCHING = "Matching and intervals"
_CLUSTER = "Cluster"
_SELECTION = "Selection"


def _explain(names: list[str] | None) -> list[str] | None:
    """Print who the attackers are when one asks for ``list``."""
    if names and "list" in names:
        from reid_audit.attackers import ATTACKERS

        for attacker in ATTACKERS.values():
            typer.echo(attacker.name)
            typer.echo("  " + attacker.summary.replace("\n", "\n  "))
        raise typer.Exit
    return names


def _whole_or_all(text: str | None) -> str | None:
    """Refuse what is neither a whole number nor ``all``; which numbers are allowed is for the settings to say."""
    if text is not None and text != "all" and not text.isdecimal():
        raise typer.BadParameter(f"'{text}' is neither a whole number nor 'all'.")
    return text


def _list_defacers(name: str) -> str:
    """Print which defacers there are, what each needs and whether it is ready, when one asks for ``list``."""
    if name == "list":
        from reid_audit.cli.defacing import say_defacers

        say_defacers()
        raise typer.Exit
    return name


Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="Folder to write to; made when missing, readable by you alone.")
]
Photos = Annotated[
    Path | None,
    typer.Option("--photos", metavar="DIR", help="Photographs: sub-LABEL* in a folder, or a folder with photos.tsv."),
]
Distractors = Annotated[
    Path | None,
    typer.Option(
        "--distractors",
        metavar="INPUT",
        help="Scans of people who are not in the release (BIDS data set or manifest): open-set searches them too.",
    ),
]
Originals = Annotated[
    Path | None,
    typer.Option(
        "--originals",
        metavar="DIR",
        help="Data set of the scans before they were defaced; the first argument is then what is to be released.",
    ),
]
Participants = Annotated[
    list[str] | None,
    typer.Option(
        "--participant-label",
        "--participant_label",
        metavar="LABEL",
        help="These people alone, with or without sub-; several with commas or blanks, or given again.",
        rich_help_panel=_SELECTION,
    ),
]
Sessions = Annotated[
    list[str] | None,
    typer.Option(
        "--session-label",
        "--session_label",
        metavar="LABEL",
        help="These sessions alone, with or without ses-; several with commas or blanks, or given again.",
        rich_help_panel=_SELECTION,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="KEY=VALUE",
        help="Scans alone whose name says so (acq=mprage, run=1), or modality=T1w, condition=NAME; may be given again.",
        rich_help_panel=_SELECTION,
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="FILE", help="YAML file of settings, as --dump-config prints; flags override it."
    ),
]
DumpConfig = Annotated[
    bool, typer.Option("--dump-config", help="Print every setting that would hold, as YAML, and stop.")
]
PairsPerPeople = Annotated[
    int | None,
    typer.Option(
        "--pairs-per-people",
        help="Pairs of renders that scan-to-scan compares for two people; default 36.",
        rich_help_panel=_MATCHING,
    ),
]
TriageStage = Annotated[
    bool | None,
    typer.Option(
        "--triage/--no-triage",
        help="Ask every file of BIDS_DIR whether it gives somebody away; default where BIDS_DIR is a release: with "
        "--originals, or where none of its own scans counts as original.",
    ),
]
Attackers = Annotated[
    list[str] | None,
    typer.Option(
        "--attacker",
        metavar="NAME",
        callback=_explain,
        is_eager=True,
        help="Run this attacker; may be given again; default all but local-features, open-set. 'list' explains each.",
    ),
]
DefacerName = Annotated[
    str,
    typer.Option(
        "--defacer",
        metavar="NAME",
        callback=_list_defacers,
        is_eager=True,
        help="What defaces. 'list' shows the names, what each needs, and whether it is ready on this machine.",
    ),
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default 1, in the demo 2.")]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Let the workers of this Dask cluster do the tasks: tls://HOST:PORT (docs/cluster.md).",
        rich_help_panel=_CLUSTER,
    ),
]
SchedulerTls = Annotated[
    Path | None,
    typer.Option(
        "--scheduler-tls",
        metavar="DIR",
        help="Folder with ca.pem, cert.pem and key.pem for tls://.",
        rich_help_panel=_CLUSTER,
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="The one source of randomness; default 1.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")]
Triangles = Annotated[
    str | None,
    typer.Option(
        "--triangles",
        metavar="N|all",
        callback=_whole_or_all,
        help="Reduce each mesh to this many, or keep it whole; default all.",
        rich_help_panel=_RENDERING,
    ),
]
Size = Annotated[
    int | None, typer.Option("--size", help="Edge of a render in pixels; default 400.", rich_help_panel=_RENDERING)
]
Detector = Annotated[
    str | None,
    typer.Option(
        "--detector", metavar="NAME", help="Finds faces in renders; default dlib-large.", rich_help_panel=_RENDERING
    ),
]
PhotoDetector = Annotated[
    str | None,
    typer.Option(
        "--photo-detector", metavar="NAME", help="Finds faces in photographs; default dlib.", rich_help_panel=_RENDERING
    ),
]
Embedder = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="NAME",
        help=(
            "Turns faces into templates: dlib-onnx, dlib, onnx:PATH (an .onnx file with its declaration beside it), "
            "onnx:NAME (an installed one) or deepface:MODEL; default dlib-onnx."
        ),
        rich_help_panel=_MATCHING,
    ),
]
TopK = Annotated[
    int | None,
    typer.Option(
        "--top-k", help="Renders that photo-set, fusion and adapted average; default 5.", rich_help_panel=_MATCHING
    ),
]
SvmC = Annotated[
    float | None, typer.Option("--svm-c", help="Penalty of the SVMs; default 1.", rich_help_panel=_MATCHING)
]
SvmKernel = Annotated[
    list[str] | None,
    typer.Option(
        "--svm-kernel",
        metavar="NAME",
        help="Kernel of the SVMs, linear or rbf; may be given again; default linear.",
        rich_help_panel=_MATCHING,
    ),
]
WithFaces = Annotated[
    bool,
    typer.Option(
        "--with-faces",
        help="Write scans side by side, and the pictures behind each match, to OUT/private/faces; they show faces.",
    ),
]
ViewsPerScan = Annotated[
    int | None,
    typer.Option("--views-per-scan", help="Renders that scan-to-scan compares; default 9.", rich_help_panel=_MATCHING),
]
MixedFolds = Annotated[
    bool | None,
    typer.Option(
        "--mixed-folds/--no-mixed-folds",
        help="Accuracy of scan-to-scan in folds that share people too, labelled as leaking.",
        rich_help_panel=_MATCHING,
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Rank 1 by group as well: age, modality, sex or site; may be given again. Small groups are suppressed.",
        rich_help_panel=_MATCHING,
    ),
]
Confidence = Annotated[
    float | None, typer.Option("--confidence", help="Of the intervals; default 0.95.", rich_help_panel=_MATCHING)
]
Resamples = Annotated[
    int | None,
    typer.Option("--resamples", help="Bootstrap resamples of people; default 1000.", rich_help_panel=_MATCHING),
]


Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache", metavar="DIR", help="Folder of networks that were converted; default reid_audit in ~/.cache."
    ),
]
Models = Annotated[
    Path | None,
    typer.Option("--models", metavar="DIR", help="Folder of models that you installed; default models in the cache."),
]


def Angles(what: str) -> Any:  # noqa: N802 - reads as the annotation that it makes
    """Return the option for a list of angles."""
    name, default = {
        "camera yaw": ("--yaws", "-20,0,20"),
        "camera pitch": ("--pitches", "-15,0,15"),
        "light azimuth": ("--azimuths", "-30,0,30"),
        "light elevation": ("--elevations", "15,38,60"),
    }[what]
    return typer.Option(
        name, metavar="A,B,...", help=f"Degrees of {what}; default {default}.", rich_help_panel=_RENDERING
    )


def angles(text: str | None, option: str) -> tuple[float, ...] | None:
    """Return angles from text.

    Raises
    ------
    typer.BadParameter
        If a part of it is no number.
    """
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is not a list of numbers with commas, such as -20,0,20.", param_hint=option
        ) from None


def given(**values: Any) -> dict[str, Any]:
    """Return the settings that somebody gave."""
    return {name: value for name, value in values.items() if value is not None}
