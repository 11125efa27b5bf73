"""The template of a photo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.faces.choice import face_of_photo
from reid_audit.faces.reasons import SEVERAL_FACES
from reid_audit.faces.templates import embed_face, failed_photo, photo_row

if TYPE_CHECKING:
    from reid_audit.protocols import Detector, Embedder
    from reid_audit.types import Face, Photo, Templates

__all__ = ["DETECTION_SIDE", "embed_photo"]

DETECTION_SIDE = 800
"""Longest side in pixels at which a photo is first searched; the second search is at twice that size."""


def embed_photo(photo: Photo, detector: Detector, embedder: Embedder, *, subject: str, sample: str) -> Templates:
    """Find and embed the one face of a photo.

    The photo is not cropped. It is searched at a longest side of at most 800 pixels; if there is no face, once more at
    twice that size: a small photo is enlarged, a large one less reduced. What is embedded is always the photo as it
    came, the box being carried back to it.

    The only face is taken; of several the largest, where its box has at least twice the area of the next one.

    Parameters
    ----------
    photo : Photo
        Upright.
    detector : Detector
    embedder : Embedder
    subject, sample : str
        Of the photo, as the manifest has them.

    Returns
    -------
    Templates
        One row. Where no face, or several, were found: NaN, ``detected`` False and the reason.
    """
    face, reason = face_of_photo(_find(photo.pixels, detector))
    if reason == SEVERAL_FACES:
        return failed_photo(reason, embedder, subject=subject, sample=sample)
    vector, reason = embed_face(embedder, photo.pixels, face)
    return photo_row(vector, reason, embedder, subject=subject, sample=sample)


def _find(pixels: np.ndarray[Any, Any], detector: Detector) -> tuple[Face, ...]:
    """Return the faces at the first size at which there are any, in pixels of the photo as it came."""
    if 0 in pixels.shape:
        return ()
    first = min(1.0, DETECTION_SIDE / max(pixels.shape[:2]))
    for scale in (first, 2 * first):
        picture = _resized(pixels, scale)
        faces = detector.detect(picture)
        if faces:
            across, down = pixels.shape[1] / picture.shape[1], pixels.shape[0] / picture.shape[0]
            return tuple(face.scaled(across, down) for face in faces)
    return ()


def _resized(pixels: np.ndarray[Any, Any], scale: float) -> np.ndarray[Any, Any]:
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    if (height, width) == pixels.shape[:2]:
        return pixels
    import cv2

    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=method))
