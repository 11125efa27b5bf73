"""Every setting of an audit, with its default and what is allowed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from reid_audit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

__all__ = ["Settings", "make_settings"]

Angles = Annotated[tuple[Annotated[float, Field(ge=-90, le=90)], ...], Field(min_length=1, max_length=99)]


def _none_of_all(value: Any) -> Any:
    """Return None for the word that asks for every triangle, so that a flag can say so above a file."""
    return None if value == "all" else value


class Settings(BaseModel):
    """How an audit is run.

    Parameters
    ----------
    attackers : tuple of str
        Names from ``reid_audit.attackers.ATTACKERS``.
    yaws, pitches : tuple of float
        Camera angles in degrees; every yaw is combined with every pitch.
    azimuths, elevations : tuple of float
        Light angles in degrees; every light is combined with every camera. The default is 9 cameras x 9 lights = 81.
    size : int
        Edge of a render in pixels.
    triangles : int or None
        The mesh is reduced to this many triangles; None (also written ``"all"``) keeps it whole, as what a coarser one
        shows differs.
    detector : str
        Name of the plugin that finds faces in renders. ``"dlib-large"`` looks for faces a third as wide as the picture.
    photo_detector : str
        Name of the plugin that finds faces in photographs. ``"dlib"`` enlarges them, and finds faces from 40 pixels.
    embedder : str
        Name of the plugin that turns faces into templates. ``"dlib-onnx"`` gives the templates of ``"dlib"``, the
        reference, up to 1e-6. ``"onnx:PATH"`` is a face model with a declaration beside it, ``"onnx:NAME"`` an
        installed one, ``"deepface:MODEL"`` one of DeepFace's.
    top_k : int
        Renders whose scores ``photo-set``, ``fusion`` and ``adapted`` average.
    svm_c : float
        Penalty of the support vector machines.
    svm_kernels : tuple of {"linear", "rbf"}
        Machines that ``photo-svm`` trains.
    views_per_scan : int
        Renders of each scan that ``scan-to-scan`` compares, the same views for every scan.
    pairs_per_people : int
        Pairs of renders that ``scan-to-scan`` compares for each pair of people.
    mixed_folds : bool
        Report the accuracy of ``scan-to-scan`` in folds that share people too, as some papers do, labelled as leaking.
    groups : tuple of {"age", "modality", "sex", "site"}
        What to tell people apart by: rank 1 is reported for each group as well, small ones suppressed. The names of
        sites and modalities are then shown.
    confidence : float
        Of the intervals, two-sided.
    resamples : int
        Bootstrap resamples of people.
    seed : int
        The one source of randomness.
    workers : int
        Processes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    attackers: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "photo-nearest",
        "photo-set",
        "photo-svm",
        "scan-to-scan",
        "original-to-released",
        "assignment",
        "fusion",
        "adapted",
    )
    yaws: Angles = (-20.0, 0.0, 20.0)
    pitches: Angles = (-15.0, 0.0, 15.0)
    azimuths: Angles = (-30.0, 0.0, 30.0)
    elevations: Angles = (15.0, 38.0, 60.0)
    size: Annotated[int, Field(ge=100, le=2000)] = 400
    triangles: Annotated[Annotated[int, Field(ge=5_000)] | None, BeforeValidator(_none_of_all)] = None
    detector: str = "dlib-large"
    photo_detector: str = "dlib"
    embedder: str = "dlib-onnx"
    top_k: Annotated[int, Field(ge=1)] = 5
    svm_c: Annotated[float, Field(gt=0)] = 1.0
    svm_kernels: Annotated[tuple[Literal["linear", "rbf"], ...], Field(min_length=1)] = ("linear",)
    views_per_scan: Annotated[int, Field(ge=2)] = 9
    pairs_per_people: Annotated[int, Field(ge=1)] = 36
    mixed_folds: bool = False
    groups: tuple[Literal["age", "modality", "sex", "site"], ...] = ()
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000
    seed: Annotated[int, Field(ge=0)] = 1
    workers: Annotated[int, Field(ge=1, le=256)] = 1

    @property
    def needs_keypoints(self) -> bool:
        """Whether an attacker works with keypoints: they are found only then."""
        return "local-features" in self.attackers


def make_settings(values: Mapping[str, Any]) -> Settings:
    """Check values and make settings of them.

    Parameters
    ----------
    values : mapping
        Settings by name; those left out keep their default.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        For a name that is not a setting or a value that is not allowed; the message names each.
    """
    try:
        return Settings(**values)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])} = {fault.get('input')!r}: {_in_words(fault)}"
            for fault in error.errors()
            if not (fault["type"] == "too_short" and fault["input"])  # follows from a part that is told already
        )
        raise SettingsError(
            f"Settings that are not allowed: {faults}.", remedy="See `reid-audit run --help` for what is."
        ) from error


def _in_words(fault: ErrorDetails) -> str:
    """Return what is wrong with a value; where the checker speaks of its own types, what may be written instead."""
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(str(fault["loc"][-1]), Settings.model_fields, n=1)
        return f"there is no such setting{f'; the nearest is {near[0]}' if near else ''}"
    return {"tuple_type": "a list is wanted, such as [0, 10]"}.get(fault["type"], fault["msg"])
