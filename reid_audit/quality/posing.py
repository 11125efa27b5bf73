"""The skin of an original with its pose, of a child's head too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.anatomy import align_head_of_any_age, load_head_model
from reid_audit.anatomy.outline import skin_points
from reid_audit.errors import HeadError
from reid_audit.quality.fitting import head_of_age
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from reid_audit.types import HeadSurface, Volume

__all__ = ["TRIANGLES", "is_lost", "posed_surface"]

Array = np.ndarray[Any, Any]

TRIANGLES = 60_000
_NOT_FOUND = "pose not found"
_NO_FACE = 12.0
"""Mm, median, from the face of a child's mean head to the skin beyond which there is none: a brain without its skull
looks like a child's head."""


def posed_surface(volume: Volume) -> HeadSurface:
    """Draw the skin of an original and find its pose; where no adult's head fits try those of children.

    Parameters
    ----------
    volume : Volume
        With its face.

    Returns
    -------
    HeadSurface
        A note says where the pose is that of a child's mean head.

    Raises
    ------
    HeadError
        There is no head, or none of any age fits.
    """
    surface = head_surface(volume, target_triangles=TRIANGLES)
    if not is_lost(surface):
        return surface
    aged = align_head_of_any_age(skin_points(volume))
    found = aged.alignment
    if aged.years is not None and found.found:
        face = found.scale * head_of_age(aged.years)[load_head_model().face > 0.5]
        away, _ = cKDTree(np.asarray(surface.points, np.float64)).query(_moved(face, np.linalg.inv(found.to_head)))
        if float(np.median(away)) <= _NO_FACE:
            kept = tuple(note for note in surface.quality.notes if _NOT_FOUND not in note)
            said = f"pose doubtful: no adult's head fits, that of a child of {aged.years:g} years was laid on it"
            quality = replace(
                surface.quality,
                pose_residual=found.residual_mm,
                pose_angles=found.angles,
                notes=(*kept, said),
            )
            return replace(surface, to_head=found.to_head, quality=quality)
    raise HeadError(
        "The pose of the head in the original was not found, so that no region of its face can be named.",
        remedy="Check the orientation in the header, and that the scan shows a head with its skin.",
    )


def is_lost(surface: HeadSurface) -> bool:
    """Tell whether the pose of a surface was not found."""
    return any(_NOT_FOUND in note for note in surface.quality.notes)


def _moved(points: Array, matrix: Array) -> Array:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
