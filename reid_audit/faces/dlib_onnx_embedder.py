"""dlib's face embedder with its network on onnxruntime: the same templates in a fraction of the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.faces._dlib import dlib_module, dlib_version, face_landmarks
from reid_audit.faces._onnx import CONVERTED, face_network, onnxruntime_version, templates_of
from reid_audit.faces.onnx_network import CHIP
from reid_audit.faces.picture import check_rgb
from reid_audit.faces.weights import FACE_ENCODER, FIVE_POINTS, WEIGHTS
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Face

__all__ = ["DlibOnnxEmbedder"]

_PADDING = 0.25


@dataclass(frozen=True)
class DlibOnnxEmbedder:
    """The network of :class:`~reid_audit.faces.DlibEmbedder`, from the same weights, on onnxruntime; in one thread.

    Landmarks and chip are made by dlib. The network is converted from dlib's own file when first used, compared with
    dlib, and refused where a number differs by more than 1e-5; seen are differences of 5e-7. The converted file is kept
    in the user's cache folder (``reid-audit --cache``).

    References
    ----------
    .. [1] D. E. King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009, 1755-1758.
    .. [2] K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
       https://doi.org/10.1109/CVPR.2016.90
    """

    @property
    def spec(self) -> ModelSpec:
        """Name, versions, licence, hashes of the two files of dlib's weights, dimension 128."""
        return ModelSpec(
            "dlib-onnx",
            f"conversion {CONVERTED[:8]}, onnxruntime {onnxruntime_version()}, dlib {dlib_version()}",
            "MIT, BSL-1.0; weights CC0-1.0",
            weights_sha256=(WEIGHTS[FIVE_POINTS], WEIGHTS[FACE_ENCODER]),
            dimension=128,
            needs=("dlib-bin", "face_recognition_models", "onnx", "onnxruntime"),
        )

    def embed(self, image: np.ndarray[Any, Any], face: Face) -> np.ndarray[Any, Any]:
        """Align and embed one face.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB: the picture that the face was found in.
        face : Face
            Its box is rounded to whole pixels.

        Returns
        -------
        ndarray, shape (128,), float32

        Raises
        ------
        UsageError
            Not an RGB picture.
        MissingResourceError
            The weights or onnxruntime are absent or not the ones that they should be.
        """
        return np.array(self.embed_all([image], [face])[0])

    def embed_all(self, images: Sequence[np.ndarray[Any, Any]], faces: Sequence[Face]) -> np.ndarray[Any, Any]:
        """Align and embed one face of each picture; from 8 on a sixth faster a face, the numbers being the same.

        Parameters
        ----------
        images : sequence of ndarray, each of shape (H, W, 3), uint8
            RGB; at least one.
        faces : sequence of Face
            As many as pictures; their boxes are rounded to whole pixels.

        Returns
        -------
        ndarray, shape (N, 128), float32

        Raises
        ------
        UsageError, MissingResourceError
            As :meth:`embed`.
        """
        chips = [_chip(check_rgb(image), face) for image, face in zip(images, faces, strict=True)]
        return templates_of(face_network(), np.stack(chips))


def _chip(picture: np.ndarray[Any, Any], face: Face) -> np.ndarray[Any, Any]:
    """Return the face, upright and of the network's size, as dlib cuts it for its own network."""
    return np.asarray(dlib_module().get_face_chip(picture, face_landmarks(picture, face), CHIP, _PADDING))
