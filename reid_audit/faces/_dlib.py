"""dlib's models, loaded once a process and only when first used."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import TYPE_CHECKING, Any

from reid_audit.errors import MissingResourceError
from reid_audit.faces.weights import FACE_ENCODER, FIVE_POINTS, weights_file

if TYPE_CHECKING:
    import numpy as np

    from reid_audit.types import Face

__all__ = ["dlib_module", "dlib_version", "face_encoder", "face_landmarks", "frontal_detector"]

_REMEDY = "Install it with `pip install dlib-bin`."


def dlib_module() -> Any:
    """Return the module, or say how to get it."""
    try:
        import dlib
    except ImportError as error:
        raise MissingResourceError(
            "The package 'dlib', which finds and embeds faces, is not installed.", remedy=_REMEDY
        ) from error
    return dlib


def dlib_version() -> str:
    """Return the version of the distribution that brings dlib, without importing it."""
    for distribution in ("dlib-bin", "dlib"):
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    raise MissingResourceError("The package 'dlib', which finds and embeds faces, is not installed.", remedy=_REMEDY)


@functools.cache
def frontal_detector() -> Any:
    """Return the HOG detector that is compiled into dlib."""
    return dlib_module().get_frontal_face_detector()


def face_landmarks(picture: np.ndarray[Any, Any], face: Face) -> Any:
    """Return eye corners and nose base as dlib's ``full_object_detection``; the box is rounded to whole pixels."""
    box = dlib_module().rectangle(*(round(edge) for edge in face.box))
    return _five_point_predictor()(picture, box)


@functools.cache
def _five_point_predictor() -> Any:
    return dlib_module().shape_predictor(str(weights_file(FIVE_POINTS)))


@functools.cache
def face_encoder() -> Any:
    """Return the residual network that embeds a face chip."""
    return dlib_module().face_recognition_model_v1(str(weights_file(FACE_ENCODER)))
