"""What a face model in ONNX form wants and gives, declared in a small JSON file beside it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Declaration", "changed", "declaration_beside", "read_declaration"]

_LARGEST = 65_536
_REMEDY = "See docs/weights.md for the fields, with an example."

Side = Annotated[int, Field(ge=16, le=1024)]
Pixel = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]
Spread = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]


class Declaration(BaseModel):
    """How a face is given to a model, and what its template is.

    Parameters
    ----------
    name : str
        In reports: small letters, digits, ``.``, ``_`` and ``-``; at most 64.
    licence : str
        Of the weights.
    size : tuple of int
        Height and width of the input in pixels.
    layout : {"NCHW", "NHWC"}
        Order of the input's axes.
    channels : {"RGB", "BGR"}
        Order of the colours.
    mean, std : tuple of float
        A value v, 0 to 255, of each colour in that order becomes ``(v - mean) / std``.
    alignment : {"five-point", "eyes", "crop"}
        ``"five-point"``: laid on the template of ArcFace, for a square input. ``"eyes"``: the box of the face, turned
        until the eyes are level, as DeepFace does. ``"crop"``: the box as it is.
    margin : float
        Around a box: added on each side, in shares of its longer side.
    dimension : int
        Length of a template.
    metric : {"cosine", "euclidean"}
        How templates are made to be compared. For ``"cosine"`` they are scaled to unit length, so that Euclidean
        distances rank as cosines do; for ``"euclidean"`` they are left as they come.
    sha256 : str
        Of the model's file, in hexadecimal; empty where it is not pinned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    licence: Annotated[str, Field(min_length=1, max_length=200)]
    size: tuple[Side, Side]
    layout: Literal["NCHW", "NHWC"]
    channels: Literal["RGB", "BGR"]
    mean: tuple[Pixel, Pixel, Pixel]
    std: tuple[Spread, Spread, Spread]
    alignment: Literal["five-point", "eyes", "crop"]
    margin: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.0
    dimension: Annotated[int, Field(ge=2, le=16_384)]
    metric: Literal["cosine", "euclidean"]
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.alignment == "five-point" and self.size[0] != self.size[1]:
            raise ValueError("alignment 'five-point' needs a square size")
        if self.alignment == "five-point" and self.margin:
            raise ValueError("margin belongs to alignment 'eyes' or 'crop'")
        return self

    @property
    def preprocessing(self) -> str:
        """What is done to a face, in words and as a short digest of every number: enters the cache key."""
        given = self.model_dump_json(exclude={"name", "licence", "sha256"})
        height, width = self.size
        digest = hashlib.sha256(given.encode()).hexdigest()[:8]
        return f"{width} x {height} {self.channels}, {self.alignment}, {self.metric}, preprocessing {digest}"


def declaration_beside(model: Path) -> Path:
    """Return where the declaration of a model's file is: the same name, ending in ``.json``."""
    return model.with_suffix(".json")


def read_declaration(path: Path, shown: str) -> Declaration:
    """Read the declaration of a model.

    Parameters
    ----------
    path : pathlib.Path
        Of the JSON file.
    shown : str
        How messages name it.

    Returns
    -------
    Declaration

    Raises
    ------
    UsageError
        There is none, it is larger than 64 KiB, no JSON, or a field is missing, unknown or not allowed.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no declaration '{shown}': how a face is to be given to the model is not known.",
            remedy=f"Write it beside the model. {_REMEDY}",
        ) from error
    except OSError as error:
        raise UsageError(f"The declaration '{shown}' cannot be read: {error.strerror}.", remedy=_REMEDY) from error
    if len(content) > _LARGEST:
        raise UsageError(f"The declaration '{shown}' is larger than {_LARGEST} bytes.", remedy=_REMEDY)
    try:
        return Declaration.model_validate_json(content)
    except ValidationError as error:
        raise _refusal(error, shown) from error


def changed(given: Declaration, shown: str, **fields: str) -> Declaration:
    """Return a declaration with other values in some fields; raises UsageError where these are not allowed."""
    try:
        return Declaration.model_validate(given.model_dump() | fields)
    except ValidationError as error:
        raise _refusal(error, shown) from error


def _refusal(error: ValidationError, shown: str) -> UsageError:
    """Say every field that is missing, unknown or not allowed, and what came in."""
    faults = []
    for fault in error.errors():
        where = ".".join(map(str, fault["loc"]))
        given = "" if fault["type"] == "missing" or not where else f", got {fault['input']!r:.80}"
        faults.append(f"{where or 'the whole'}: {fault['msg']}{given}")
    return UsageError(f"The declaration '{shown}' is not allowed: {'; '.join(faults)}.", remedy=_REMEDY)
