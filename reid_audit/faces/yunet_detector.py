"""YuNet, a small convolutional face detector, through OpenCV; the user installs its file."""

from __future__ import annotations

import functools
import importlib.metadata
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import MissingResourceError, SettingsError
from reid_audit.faces.installed import INSTALLED_MODELS, YUNET, installed_model
from reid_audit.faces.picture import check_rgb
from reid_audit.types import Face, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["YunetDetector"]

_OVERLAP = 0.3
_MOST = 5000
_SIDE, _CENTRE = 1.08, 0.57
"""Of the square that dlib's detector would draw: its side in widths of YuNet's box, its centre in heights of it.

Medians over 688 renders of phantoms and photographs. dlib's landmarks were learnt in such squares: in YuNet's own boxes
they are 2.4 pixels off at the median and templates move by 0.15, in the squares 0.7 pixels and 0.06.
"""


@dataclass(frozen=True)
class YunetDetector:
    """A convolutional network that finds faces of about 10 to 300 pixels, turned ones too; runs in one thread.

    It needs ``face_detection_yunet_2026may.onnx`` in the folder of models (``reid-audit --models``, else ``models``
    of the cache folder). One picture at a time: the network remembers the size of the last one.

    Parameters
    ----------
    threshold : float
        Least confidence of a face, in (0, 1). At 0.9, OpenCV's default, a tenth of the renders of whole phantom heads
        is missed; at 0.6 none is, and fewer heads without a face are taken for one than by dlib.

    References
    ----------
    .. [1] W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20,
       2023, 656-665, https://doi.org/10.1007/s11633-023-1423-y
    """

    threshold: float = 0.6

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise SettingsError(
                f"The 'threshold' parameter of YunetDetector must be between 0 and 1. Got {self.threshold!r} instead."
            )
        installed_model(YUNET)  # whoever asks for YuNet without its file is to hear of it before any scan is read

    @property
    def spec(self) -> ModelSpec:
        """Name with the threshold, version of OpenCV, licence, hash of the file."""
        return ModelSpec(
            f"yunet-{self.threshold:g}",
            f"2026may, OpenCV {_opencv_version()}",
            "MIT",
            weights_sha256=(INSTALLED_MODELS[YUNET],),
            needs=(YUNET,),
        )

    def detect(self, image: np.ndarray[Any, Any]) -> tuple[Face, ...]:
        """Return the faces in one picture, surest first.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB.

        Returns
        -------
        tuple of Face
            Boxes are squares from brow to chin as dlib's detector draws them, cut to the picture; the confidence is the
            network's, at most 1; the landmarks are its own. Empty where there is no face.

        Raises
        ------
        UsageError
            Not an RGB picture.
        """
        picture = check_rgb(image)
        if 0 in picture.shape:
            return ()
        height, width = picture.shape[:2]
        with _one_thread():
            network = _network(self.threshold)
            network.setInputSize((width, height))
            _, rows = network.detect(np.ascontiguousarray(picture[:, :, ::-1]))  # OpenCV's order of colours
        found = [_face(row, width, height) for row in (() if rows is None else rows)]
        return tuple(sorted((face for face in found if face.area), key=lambda face: -face.confidence))


def _face(row: np.ndarray[Any, Any], width: int, height: int) -> Face:
    """Return a face from left, top, width, height, five points and a score."""
    left, top, across, down = (float(number) for number in row[:4])
    u, v, half = left + across / 2, top + _CENTRE * down, _SIDE * across / 2
    box = (max(u - half, 0.0), max(v - half, 0.0), min(u + half, float(width)), min(v + half, float(height)))
    numbers = [float(number) for number in row[4:14]]
    return Face(box, float(row[14]), tuple(zip(numbers[::2], numbers[1::2], strict=True)))


@functools.cache
def _network(threshold: float) -> Any:
    import cv2

    content = np.frombuffer(installed_model(YUNET), np.uint8)
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns of targets that nobody asked for
    try:
        nothing = np.empty(0, np.uint8)
        return cv2.FaceDetectorYN.create("onnx", content, nothing, (32, 32), threshold, _OVERLAP, _MOST)
    finally:
        cv2.utils.logging.setLogLevel(level)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let OpenCV work in one thread, and leave its setting as it was."""
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _opencv_version() -> str:
    name = "opencv-contrib-python-headless"
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError as error:
        what = f"The package '{name}', which runs YuNet, is not installed."
        raise MissingResourceError(what, remedy=f"Install it with `pip install {name}`.") from error
