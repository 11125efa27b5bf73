"""An ONNX file and the files of numbers beside it, read whole, within bounds, and without leaving their folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reid_audit.errors import MissingResourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LARGEST_MODEL", "ModelFile", "read_model"]

LARGEST_MODEL = 1 << 30
"""Bytes of a model with all its numbers; the largest face model that is known has 580 MB."""

_REMEDY = "Save the model as one file, without external data."


@dataclass(frozen=True)
class ModelFile:
    """A model as one piece.

    Parameters
    ----------
    content : bytes
        The graph with every number in it.
    sha256 : tuple of str
        Of the file, then of each file of numbers beside it, by name.
    """

    content: bytes
    sha256: tuple[str, ...]

    def __repr__(self) -> str:
        return f"ModelFile({len(self.content)} bytes, SHA-256 {', '.join(self.sha256)})"


def read_model(path: Path, shown: str, sha256: str = "") -> ModelFile:
    """Read a model.

    Numbers may lie in files of their own beside the model, in the same folder and nowhere else: a model that names any
    other file is refused before that file is opened.

    Parameters
    ----------
    path : pathlib.Path
    shown : str
        How messages name it.
    sha256 : str
        That the file must have; empty for any.

    Returns
    -------
    ModelFile

    Raises
    ------
    UsageError
        There is no such file, it cannot be read, is too large, is no ONNX model, or names a file elsewhere.
    MissingResourceError
        It has another SHA-256; it is not looked into then.
    """
    content = _bounded(path, shown, LARGEST_MODEL)
    digest = hashlib.sha256(content).hexdigest()
    if sha256 not in {"", digest}:
        raise MissingResourceError(
            f"The model '{shown}' has SHA-256 {digest}, declared is {sha256}.",
            remedy="Install the right file with `reid-audit weights add FILE`, or correct the declaration.",
        )
    model = _parsed(content, shown)
    outside = [tensor for tensor in _tensors(model) if tensor.data_location == tensor.EXTERNAL]
    if not outside:
        return ModelFile(content, (digest,))
    files: dict[str, bytes] = {}
    left = LARGEST_MODEL - len(content)
    for tensor in outside:
        told = {entry.key: entry.value for entry in tensor.external_data}
        name = told.get("location", "")
        if name not in files:
            files[name] = _bounded(_beside(path, name, shown), name, left)
            left -= len(files[name])
        _fill(tensor, files[name], told, shown)
    digests = [hashlib.sha256(files[name]).hexdigest() for name in sorted(files)]
    return ModelFile(model.SerializeToString(), (digest, *digests))


def _bounded(path: Path, shown: str, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError as error:
        raise UsageError(f"There is no file '{shown}'.", remedy="Correct the path or the name.") from error
    except OSError as error:
        raise UsageError(f"The file '{shown}' cannot be read: {error.strerror}.", remedy="Correct the path.") from error
    if len(content) > most:
        raise UsageError(
            f"The file '{shown}' makes the model larger than {LARGEST_MODEL} bytes, which is the most that is read.",
            remedy="Name a face model.",
        )
    return content


def _parsed(content: bytes, shown: str) -> Any:
    import onnx

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:  # protobuf's own class depends on how it was built
        raise UsageError(f"The file '{shown}' is no ONNX model.", remedy="Name an .onnx file.") from error
    if not model.graph.node:
        raise UsageError(f"The file '{shown}' is no ONNX model: it holds no graph.", remedy="Name an .onnx file.")
    return model


def _tensors(part: Any) -> Iterator[Any]:
    """Yield every tensor in a message, however deep: graphs hold nodes, these attributes, these graphs and tensors."""
    from onnx import TensorProto

    for field, value in part.ListFields():
        if field.message_type is None:
            continue
        for each in value if _is_repeated(value) else (value,):
            if isinstance(each, TensorProto):
                yield each
            else:
                yield from _tensors(each)


def _is_repeated(value: Any) -> bool:
    return hasattr(value, "__len__")


def _beside(path: Path, name: str, shown: str) -> Path:
    """Return a file of the model's own folder, or refuse the name."""
    target = path.parent / name
    allowed = bool(name) and name == target.name and name not in {".", ".."} and "\0" not in name
    if not allowed or target.is_symlink():
        raise UsageError(
            f"The model '{shown}' wants its numbers from '{name[:200]}', which is not a file of its own folder.",
            remedy=_REMEDY,
        )
    return target


def _fill(tensor: Any, content: bytes, told: dict[str, str], shown: str) -> None:
    """Put the numbers of a tensor into it."""
    try:
        first = int(told.get("offset", 0))
        length = int(told.get("length", len(content) - first))
    except ValueError:
        first = length = -1
    if first < 0 or length < 0 or first + length > len(content):
        raise UsageError(f"The model '{shown}' names bytes that its file of numbers does not have.", remedy=_REMEDY)
    tensor.raw_data = content[first : first + length]
    del tensor.external_data[:]
    tensor.data_location = tensor.DEFAULT
