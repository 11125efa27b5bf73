"""The skin of an original, with its pose and its face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.anatomy import REGIONS, load_head_model, mean_head_of
from reid_audit.errors import HeadError
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from reid_audit.types import HeadSurface, Volume

__all__ = ["TRIANGLES", "pose_notes", "posed_surface"]

Array = np.ndarray[Any, Any]

TRIANGLES = 60_000
_NO_FACE = 12.0
"""Mm, median, from the mean face to the skin beyond which an original shows none: whole heads of all ages lie within 6,
an adult's brain without its skull beyond 17."""
_NO_CHILD = 5.0
"""The same where a child's head was laid on it: whole ones lie within 2.5, bare brains of newborns beyond 8; those of
infants, which resemble a newborn's head, mostly beyond 4."""
_IMAGED = 0.2
"""Share of the mean face that must lie in the field of view for this to be told."""


def posed_surface(volume: Volume) -> HeadSurface:
    """Draw the skin of an original and find its pose.

    Parameters
    ----------
    volume : Volume
        With its face.

    Returns
    -------
    HeadSurface

    Raises
    ------
    HeadError
        There is no head, no mean head fits it, or it shows no face.
    """
    surface = head_surface(volume, target_triangles=TRIANGLES)
    if not surface.quality.posed:
        raise HeadError(
            "The pose of the head in the original was not found, so that no region of its face can be named.",
            remedy="Check the orientation in the header, and that the scan shows a head with its skin.",
        )
    away, limit = _face_gap(volume, surface), _NO_FACE if surface.years is None else _NO_CHILD
    if away > limit:
        raise HeadError(
            f"The original shows no face: the skin is {away:.0f} mm (median) from where the mean face lies; allowed "
            f"are {limit:.0f} mm.",
            remedy="Give the scan as it was before defacing, of the whole head with its skin.",
        )
    return surface


def _face_gap(volume: Volume, surface: HeadSurface) -> float:
    """Return the median distance from the mean face to the skin, mm; 0 where too little of it is in the field of view.

    Parameters
    ----------
    volume : Volume
    surface : HeadSurface
        With its pose.
    """
    model = load_head_model()
    face = mean_head_of(surface)[(model.face > 0.5) & (model.labels != REGIONS["eyes"])]
    index = (face - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T
    imaged = ((index >= -0.5) & (index <= np.array(volume.data.shape) - 0.5)).all(axis=1)
    if imaged.mean() < _IMAGED:
        return 0.0
    return float(np.median(cKDTree(np.asarray(surface.points, np.float64)).query(face[imaged])[0]))


def pose_notes(surface: HeadSurface) -> tuple[str, ...]:
    """Return what a surface says of its pose: doubts, and whose head was laid on it."""
    return tuple(note for note in surface.quality.notes if note.startswith(("pose", "head of a child")))
