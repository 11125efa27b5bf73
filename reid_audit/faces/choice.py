"""Which of several detected faces is the one that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.faces.reasons import NO_FACE, SEVERAL_FACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Face

__all__ = ["CLEARLY_LARGEST", "face_of_photo", "face_of_render"]

CLEARLY_LARGEST = 2.0
"""In a photo the largest face is meant when its box has at least this many times the area of the next one."""


def face_of_render(faces: Sequence[Face], width: int, height: int) -> Face | None:
    """Return the face of the head that was rendered: a second box is a false alarm, on an ear or in the neck.

    Of the boxes that have at least half the area of the largest, the one whose centre is nearest to the picture's
    centre; of equals the surest.

    Parameters
    ----------
    faces : sequence of Face
    width, height : int
        Of the picture, in pixels.

    Returns
    -------
    Face or None
        None where there is no face.
    """
    if not faces:
        return None
    least = max(face.area for face in faces) / 2

    def off_centre(face: Face) -> tuple[float, float]:
        u, v = face.center
        return (u - width / 2) ** 2 + (v - height / 2) ** 2, -face.confidence

    return min((face for face in faces if face.area >= least), key=off_centre)


def face_of_photo(faces: Sequence[Face]) -> tuple[Face | None, str]:
    """Return the face that a photo is of, or why that cannot be told.

    The only face, or the largest where it has at least :data:`CLEARLY_LARGEST` times the area of the next.

    Parameters
    ----------
    faces : sequence of Face

    Returns
    -------
    face : Face or None
    reason : str
        Empty where there is a face, else one of :mod:`reid_audit.faces.reasons`.
    """
    ordered = sorted(faces, key=lambda face: (-face.area, -face.confidence))
    if not ordered:
        return None, NO_FACE
    if len(ordered) > 1 and ordered[0].area < CLEARLY_LARGEST * ordered[1].area:
        return None, SEVERAL_FACES
    return ordered[0], ""
