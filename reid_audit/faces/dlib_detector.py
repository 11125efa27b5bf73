"""dlib's frontal face detector, as ``face_recognition`` uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reid_audit.errors import SettingsError
from reid_audit.faces._dlib import dlib_version, frontal_detector
from reid_audit.faces.picture import check_rgb
from reid_audit.types import Face, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

__all__ = ["DlibDetector", "DlibLargeFaceDetector"]

_SIDE = 223
"""Pixels of the longer side of a picture in which dlib's smallest box, 72 pixels, is a third of that side."""


@dataclass(frozen=True)
class DlibDetector:
    """Histograms of oriented gradients and linear classifiers for five head poses; runs in one thread.

    Boxes are cut to the picture exactly as ``face_recognition.face_locations`` cuts them. The confidence is the
    classifier's margin: above 0 is a detection, 1 is sure; it is not a probability.

    Parameters
    ----------
    upsample : {0, 1}
        How often the picture is doubled first. 0 finds faces from about 80 pixels, 1 from about 40 pixels at four
        times the cost. ``face_recognition`` uses 1.

    References
    ----------
    .. [1] D. E. King, "Max-Margin Object Detection", 2015, https://doi.org/10.48550/arXiv.1502.00046
    .. [2] N. Dalal, B. Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005,
       https://doi.org/10.1109/CVPR.2005.177
    """

    upsample: int = 1

    def __post_init__(self) -> None:
        if self.upsample not in (0, 1):
            raise SettingsError(
                f"The 'upsample' parameter of DlibDetector must be 0 or 1. Got {self.upsample!r} instead.",
                remedy="Use 1 to find faces smaller than 80 pixels, 0 to be four times as fast.",
            )

    @property
    def spec(self) -> ModelSpec:
        """Name, version and licence; the classifiers are part of dlib itself, so there are no weights to hash."""
        return ModelSpec(f"dlib-hog-upsample{self.upsample}", dlib_version(), "BSL-1.0", needs=("dlib-bin",))

    def detect(self, image: np.ndarray[Any, Any]) -> tuple[Face, ...]:
        """Return the faces in one picture, surest first.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB.

        Returns
        -------
        tuple of Face
            Boxes in whole pixels: left, top, right, bottom, the last two inclusive where the picture does not cut
            them. Empty where there is no face.

        Raises
        ------
        UsageError
            Not an RGB picture.
        """
        picture = check_rgb(image)
        if 0 in picture.shape:
            return ()
        boxes, confidences, _ = frontal_detector().run(picture, self.upsample, 0.0)
        edges = [(box.left(), box.top(), box.right(), box.bottom()) for box in boxes]
        return _faces(edges, confidences, picture)


@dataclass(frozen=True)
class DlibLargeFaceDetector:
    """The same classifiers for pictures that a head fills, as renders do; runs in one thread.

    A face is looked for only where its box is at least a third as wide as the picture: the picture is brought to 223
    pixels first, whatever its size. In renders that is a margin of a fifth below the smallest box that was ever found
    (docs/decisions/0004-engine.md), at a tenth of the cost of :class:`DlibDetector`. Colour is not looked at.
    """

    @property
    def spec(self) -> ModelSpec:
        """Name, version and licence; the classifiers are part of dlib itself, so there are no weights to hash."""
        return ModelSpec("dlib-hog-large", dlib_version(), "BSL-1.0", needs=("dlib-bin",))

    def detect(self, image: np.ndarray[Any, Any]) -> tuple[Face, ...]:
        """Return the faces in one picture, surest first.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB.

        Returns
        -------
        tuple of Face
            Boxes in pixels of the picture given, cut where it ends. Empty where there is no face.

        Raises
        ------
        UsageError
            Not an RGB picture.
        """
        import cv2

        picture = check_rgb(image)
        if 0 in picture.shape:
            return ()
        height, width = picture.shape[:2]
        scale = _SIDE / max(height, width)
        small = max(round(width * scale), 1), max(round(height * scale), 1)
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)  # the very values of a render; a third less work
        resized = cv2.resize(grey, small, interpolation=cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR)
        boxes, confidences, _ = frontal_detector().run(resized, 0, 0.0)
        across, down = width / small[0], height / small[1]
        edges = [
            (
                across * (box.left() + 0.5) - 0.5,
                down * (box.top() + 0.5) - 0.5,
                across * (box.right() + 0.5) - 0.5,
                down * (box.bottom() + 0.5) - 0.5,
            )
            for box in boxes
        ]
        return _faces(edges, confidences, picture)


def _faces(
    edges: Iterable[tuple[float, float, float, float]], confidences: Iterable[float], picture: np.ndarray[Any, Any]
) -> tuple[Face, ...]:
    """Cut boxes to the picture; surest first."""
    height, width = picture.shape[:2]
    faces = [
        Face(
            (
                float(max(left, 0)),
                float(max(top, 0)),
                float(min(right, width)),
                float(min(bottom, height)),
            ),
            float(confidence),
        )
        for (left, top, right, bottom), confidence in zip(edges, confidences, strict=True)
    ]
    return tuple(sorted(faces, key=lambda face: -face.confidence))
