"""Where the weights of dlib's face models are, and whether they are what they should be.

The files come with the distribution ``face_recognition_models``. Its package is located, never imported: importing it
pulls in ``pkg_resources``, which is deprecated and slow.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from reid_audit.errors import MissingResourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FACE_ENCODER", "FIVE_POINTS", "WEIGHTS", "weights_file"]

FACE_ENCODER = "dlib_face_recognition_resnet_model_v1.dat"
"""The 128-dimensional embedder; public domain (CC0)."""

FIVE_POINTS = "shape_predictor_5_face_landmarks.dat"
"""Eye corners and the base of the nose; public domain (CC0)."""

WEIGHTS: Mapping[str, str] = MappingProxyType(
    {
        FACE_ENCODER: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        FIVE_POINTS: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        # The next two are never loaded. The 68 points were learnt from a set that forbids commercial use.
        "mmod_human_face_detector.dat": "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
        "shape_predictor_68_face_landmarks.dat": "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
    }
)
"""File name to SHA-256 of every file that ``face_recognition_models`` 0.3.0 ships."""

_PACKAGE = "face_recognition_models"
_REMEDY = "Install it again with `pip install --force-reinstall face_recognition_models==0.3.0`."


@functools.cache
def weights_file(name: str) -> Path:
    """Return the path of a file of weights, after checking its SHA-256.

    Parameters
    ----------
    name : str
        One of :data:`WEIGHTS`.

    Returns
    -------
    pathlib.Path
        Checked once a process.

    Raises
    ------
    UsageError
        The name is not one of :data:`WEIGHTS`.
    MissingResourceError
        The package or the file is absent, or the file is not the one that it should be.
    """
    if name not in WEIGHTS:
        raise UsageError(f"There are no weights '{name}'. Known: {', '.join(WEIGHTS)}.")
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise MissingResourceError(f"The package '{_PACKAGE}', which holds '{name}', is not installed.", remedy=_REMEDY)
    path = Path(found.origin).parent / "models" / name
    if not path.is_file():
        raise MissingResourceError(f"The package '{_PACKAGE}' is installed without its file '{name}'.", remedy=_REMEDY)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != WEIGHTS[name]:
        raise MissingResourceError(
            f"The file '{name}' of '{_PACKAGE}' has SHA-256 {digest}, expected {WEIGHTS[name]}.", remedy=_REMEDY
        )
    return path
