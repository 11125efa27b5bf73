"""From a face in a picture to the picture that a network takes: laid on five points, or its box, level or as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.faces._dlib import face_landmarks

if TYPE_CHECKING:
    from reid_audit.types import Face

__all__ = ["FIVE_POINT_TEMPLATE", "Similarity", "box_in", "by_five_points", "cut_out", "placed"]

FIVE_POINT_TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Eyes, tip of the nose and corners of the mouth, u and v, in a picture of 112 x 112 pixels, left before right.

Where ArcFace (J. Deng et al., CVPR 2019, https://doi.org/10.1109/CVPR.2019.00482) and those after it, SFace among them,
expect them: the published code of InsightFace and OpenCV's ``FaceRecognizerSF`` hold these numbers.
"""

_TEMPLATE_SIDE = 112
_DLIB_PLACES = ((38.0, 54.0), (73.8, 54.1), (55.7, 80.6))
"""Where the middles of dlib's eye corners and its point below the nose lie in the template.

Medians over 40 photographs of people and 40 of phantoms, all placed by YuNet's points; standard deviation 1.4 to 2.0
pixels. A face that is laid on them lies 1.9 pixels off the one that is laid on YuNet's points (median; nine of ten:
3.2).
"""


@dataclass(frozen=True)
class Similarity:
    """Turning, scaling and shifting: ``z`` goes to ``factor * z + shift``, with ``z = u + 1j * v``.

    Parameters
    ----------
    factor, shift : complex
        In pixels; a mirrored picture is none of them.
    """

    factor: complex
    shift: complex

    def applied(self, points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return where points of shape (N, 2) go."""
        moved = self.factor * (points[:, 0] + 1j * points[:, 1]) + self.shift
        return np.column_stack((moved.real, moved.imag))


def placed(
    picture: np.ndarray[Any, Any], face: Face, size: tuple[int, int], alignment: str, margin: float = 0.0
) -> Similarity | None:
    """Return how a face is brought into the input of a network.

    Parameters
    ----------
    picture : ndarray, shape (H, W, 3), uint8
        RGB.
    face : Face
    size : tuple of int
        Height and width of the input in pixels.
    alignment : {"five-point", "eyes", "crop"}
    margin : float
        For all but five points: as :func:`box_in` has it.

    Returns
    -------
    Similarity or None
        None where box or points have no extent.
    """
    if alignment == "five-point":
        return by_five_points(picture, face, size[0])
    if alignment == "crop":
        return box_in(face, size, margin)
    left, right = (complex(u, v) for u, v in _eyes(picture, face))
    return box_in(face, size, margin, (right - left).conjugate())


def by_five_points(picture: np.ndarray[Any, Any], face: Face, side: int) -> Similarity | None:
    """Return how a face comes to lie on the template of five points, by least squares.

    The detector's landmarks are used where it gives them. Elsewhere dlib's five-point model looks for eye corners and
    the base of the nose in the box, as it does for dlib's own embedder: middles of the eyes and base of the nose are
    laid where they were seen to lie in the template.

    Parameters
    ----------
    picture : ndarray, shape (H, W, 3), uint8
        RGB.
    face : Face
    side : int
        Of the network's square input, in pixels; the template grows with it.

    Returns
    -------
    Similarity or None
        None where all points coincide.
    """
    scale = side / _TEMPLATE_SIDE
    if face.landmarks is not None:
        return _fitted(np.array(face.landmarks), scale * np.array(FIVE_POINT_TEMPLATE))
    points = _eyes_and_nose_base(picture, face)
    return _fitted(points, scale * np.array(_DLIB_PLACES))


def box_in(face: Face, size: tuple[int, int], margin: float = 0.0, turn: complex = 1) -> Similarity | None:
    """Return how the box of a face comes to lie in the middle of a picture, its proportions kept.

    Parameters
    ----------
    face : Face
    size : tuple of int
        Height and width of the network's input in pixels.
    margin : float
        What is added on each side of the box, in shares of the box's longer side.
    turn : complex
        Its direction is that by which the picture is turned about the middle of the box.

    Returns
    -------
    Similarity or None
        None for a box without area, and for no direction.
    """
    left, top, right, bottom = face.box
    if face.area == 0 or turn == 0:
        return None
    factor = turn / abs(turn) * min(size) / (max(right - left, bottom - top) * (1 + 2 * margin))
    middle = complex(size[1], size[0]) / 2
    half = complex(0.5, 0.5)  # from edges, as boxes have them, to centres of pixels
    return Similarity(factor, middle - half - factor * (complex(*face.center) - half))


def cut_out(picture: np.ndarray[Any, Any], moved: Similarity, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Return the part of a picture that a similarity brings into a frame; black beyond the picture's edge.

    Parameters
    ----------
    picture : ndarray, shape (H, W, 3), uint8
    moved : Similarity
    size : tuple of int
        Height and width of the frame in pixels.

    Returns
    -------
    ndarray, shape (height, width, 3), uint8
        Bilinear; a picture that is reduced to less than half is averaged first.
    """
    import cv2

    reduced, to_reduced = _reduced(picture, abs(moved.factor))
    # From a point of the reduced picture: back to the picture, then to the frame; both axes shrink nearly alike.
    linear = np.array([[moved.factor.real, -moved.factor.imag], [moved.factor.imag, moved.factor.real]])
    back = np.diag(1 / to_reduced)
    offset = linear @ (0.5 / to_reduced - 0.5) + (moved.shift.real, moved.shift.imag)
    matrix = np.column_stack((linear @ back, offset))
    return np.asarray(cv2.warpAffine(reduced, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR))


def _eyes(picture: np.ndarray[Any, Any], face: Face) -> np.ndarray[Any, Any]:
    """Return the middles of the eyes, that at the picture's left first; shape (2, 2)."""
    return np.array(face.landmarks[:2]) if face.landmarks is not None else _eyes_and_nose_base(picture, face)[:2]


def _eyes_and_nose_base(picture: np.ndarray[Any, Any], face: Face) -> np.ndarray[Any, Any]:
    """Return what dlib's five-point model sees in the box: middles of the eyes, base of the nose; shape (3, 2)."""
    found = np.array([(part.x, part.y) for part in face_landmarks(picture, face).parts()], dtype=np.float64)
    return np.array([found[2:4].mean(axis=0), found[0:2].mean(axis=0), found[4]])


def _reduced(picture: np.ndarray[Any, Any], scale: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the picture at twice the scale at which it is wanted, where that is smaller, and by how much it shrank."""
    height, width = picture.shape[:2]
    if scale >= 0.5:
        return picture, np.ones(2)
    import cv2

    small = max(round(2 * scale * width), 1), max(round(2 * scale * height), 1)
    return cv2.resize(picture, small, interpolation=cv2.INTER_AREA), np.array([small[0] / width, small[1] / height])


def _fitted(points: np.ndarray[Any, Any], template: np.ndarray[Any, Any]) -> Similarity | None:
    """Return the similarity that brings points nearest to others, in the sense of least squares."""
    given, wanted = (side[:, 0] + 1j * side[:, 1] for side in (points, template))
    centred = given - given.mean()
    spread = float(np.sum(np.abs(centred) ** 2))
    if not spread > 0:
        return None
    factor = complex(np.sum(np.conj(centred) * (wanted - wanted.mean())) / spread)
    return Similarity(factor, complex(wanted.mean() - factor * given.mean()))
