"""The models of DeepFace as embedders: run by DeepFace itself, offline, on weights that the user installed."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.faces._dlib import dlib_version
from reid_audit.faces._onnx import cpu_session, onnxruntime_version
from reid_audit.faces.alignment import cut_out, placed
from reid_audit.faces.catalogue import CATALOGUE, DEEPFACE_DLIB
from reid_audit.faces.folders import cache_folder
from reid_audit.faces.installing import expected_digest, installed_file
from reid_audit.faces.onnx_embedder import compared_by
from reid_audit.faces.picture import check_rgb
from reid_audit.faces.weights import FACE_ENCODER, FIVE_POINTS, WEIGHTS, weights_file
from reid_audit.store import private_folder
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reid_audit.types import Face

__all__ = ["DeepFaceEmbedder", "deepface_models"]

_PACKAGE = "deepface"
_ENGINE = "onnx"


def deepface_models() -> tuple[str, ...]:
    """Return the names of DeepFace's models that can be used where their weights are installed."""
    return (DEEPFACE_DLIB, *(model.deepface for model in CATALOGUE.values() if model.deepface))


class DeepFaceEmbedder:
    """One of DeepFace's face models, fed as DeepFace feeds it; in one thread.

    The box of the face is turned until the eyes are level, brought to the model's size and given to DeepFace's own
    client as blue, green, red from 0 to 1. Eyes are the detector's where it gives them, else those that dlib's
    five-point model finds in the box, as DeepFace's detector ``dlib`` does. Templates are of unit length: DeepFace
    compares by cosine.

    DeepFace downloads weights that it does not find. Here it is given a folder of its own in the cache folder, with a
    link to the one file of the model, which is checked first; it is never asked for a model whose file is not there.

    Parameters
    ----------
    model : str
        One of :func:`deepface_models`.

    Raises
    ------
    UsageError
        DeepFace has no such model, or runs on another engine than onnxruntime in this process.
    MissingResourceError
        DeepFace or the weights are not installed, or the weights are not those that were installed.

    References
    ----------
    .. [1] S. Serengil, A. Ozpinar, "A Benchmark of Facial Recognition Pipelines and Co-Usability Performances of
       Modules", Journal of Information Technologies 17(2), 2024, 95-107, https://doi.org/10.17671/gazibtd.1399077
    """

    def __init__(self, model: str) -> None:
        if model not in deepface_models():
            raise UsageError(
                f"There is no model '{model}' of DeepFace. Known: {', '.join(deepface_models())}.",
                remedy="Check the spelling; capitals count.",
            )
        _check_installed()
        self._model = model
        known = next((each for each in CATALOGUE.values() if each.deepface == model), None)
        path, self._digest = (weights_file(FACE_ENCODER), WEIGHTS[FACE_ENCODER]) if known is None else _installed(known)
        self._licence = known.licence if known else "MIT; weights CC0-1.0"
        self._dimension = int(known.preprocessing["dimension"]) if known else 128
        self._client = _client(model, path)
        width, height = self._client.input_shape
        self._size = (int(height), int(width))

    @property
    def spec(self) -> ModelSpec:
        """Name, versions, licence, hashes of the weights and of the landmark model, dimension."""
        versions = f"{importlib.metadata.version(_PACKAGE)}, onnxruntime {onnxruntime_version()}, dlib {dlib_version()}"
        return ModelSpec(
            f"deepface:{self._model}",
            f"DeepFace {versions}",
            self._licence,
            weights_sha256=(self._digest, WEIGHTS[FIVE_POINTS]),
            dimension=self._dimension,
            needs=(_PACKAGE, "dlib-bin", "face_recognition_models", "onnxruntime"),
        )

    def embed(self, image: np.ndarray[Any, Any], face: Face) -> np.ndarray[Any, Any]:
        """Align and embed one face.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB: the picture that the face was found in.
        face : Face

        Returns
        -------
        ndarray, shape (dimension,), float32
            Of unit length; NaN for a face of no extent.

        Raises
        ------
        UsageError
            Not an RGB picture.
        """
        picture = check_rgb(image)
        moved = placed(picture, face, self._size, "eyes")
        if moved is None:
            return np.full(self._dimension, np.nan, np.float32)
        cut = cut_out(picture, moved, self._size)
        given = cut[None, :, :, ::-1].astype(np.float32) / np.float32(255)
        return compared_by("cosine", np.asarray(self._client.forward(given), dtype=np.float32))


def _check_installed() -> None:
    if importlib.util.find_spec(_PACKAGE) is None:
        raise MissingResourceError(
            "The package 'deepface', which holds these models, is not installed.",
            remedy="Install the extra: `pip install 'reid_audit[deepface]'`.",
        )


def _installed(known: Any) -> tuple[Path, str]:
    """Return the weights of a model and their SHA-256, after comparing it with the one that was recorded."""
    path = installed_file(known)
    remedy = f"Install '{known.file}' with `reid-audit weights add FILE`; docs/weights.md says where it is published."
    if path is None:
        raise MissingResourceError(f"The weights of DeepFace's {known.deepface} are not installed.", remedy=remedy)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    expected = expected_digest(path)
    if digest != expected:
        said = f"recorded is {expected}" if expected else "none was recorded"
        raise MissingResourceError(f"The installed '{known.file}' has SHA-256 {digest}; {said}.", remedy=remedy)
    return path.resolve(), digest


def _client(model: str, weights: Path) -> Any:
    """Return DeepFace's client for a model, its network in a session of one thread."""
    home = private_folder(cache_folder() / _PACKAGE)
    folder = private_folder(private_folder(home / ".deepface") / "weights")
    _link(folder / weights.name, weights)
    with _environment({"DEEPFACE_HOME": str(home.resolve()), "DEEPFACE_BACKEND_ENGINE": _ENGINE}):
        engine = importlib.import_module("deepface.commons.backend_utils").get_backend_engine()
        if engine != _ENGINE:
            raise UsageError(
                f"DeepFace runs on '{engine}' in this process, whose weights are other files; 'onnx' is allowed.",
                remedy="Start another process, or set DEEPFACE_BACKEND_ENGINE=onnx before DeepFace is first used.",
            )
        # Not the package's front door: importing that silences every warning of the process.
        modeling = importlib.import_module("deepface.modules.modeling")
        client = modeling.build_model(task="facial_recognition", model_name=model)
    if model != DEEPFACE_DLIB:
        client.model = cpu_session(weights.read_bytes())
    return client


def _link(link: Path, target: Path) -> None:
    """Let a link point to a file, whatever stood there, and whoever else is at it."""
    beside = link.with_name(f".{link.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    beside.symlink_to(target)
    beside.replace(link)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
