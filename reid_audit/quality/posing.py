"""The skin of an original with its pose, of a child's head too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.anatomy import REGIONS, align_head_of_any_age, estimate_scale, load_head_model
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
"""Mm, median, from the mean face to the skin beyond which an original shows none: whole heads of all ages lie within 6,
brains without their skull beyond 17 (an adult's mean head) or 10 (a child's, which a brain resembles)."""
_NO_CHILD = 8.0
_IMAGED = 0.2
"""Share of the mean face that must lie in the field of view for this to be told."""


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
        There is no head, none of any age fits, or it shows no face.
    """
    surface = head_surface(volume, target_triangles=TRIANGLES)
    lost, away = is_lost(surface), 0.0
    if not lost:
        points = np.asarray(surface.points, np.float64)
        scale = estimate_scale(_moved(points, surface.to_head))
        away = _face_gap(volume, surface, scale * head_of_age(None), surface.to_head)
        if away <= _NO_FACE:
            return surface
    child = _as_child(volume, surface)
    if child is not None:
        return child
    if lost:
        raise HeadError(
            "The pose of the head in the original was not found, so that no region of its face can be named.",
            remedy="Check the orientation in the header, and that the scan shows a head with its skin.",
        )
    raise HeadError(
        f"The original shows no face: the skin is {away:.0f} mm (median) from where the mean face lies; allowed are "
        f"{_NO_FACE:.0f} mm.",
        remedy="Give the scan as it was before defacing, of the whole head with its skin.",
    )


def _as_child(volume: Volume, surface: HeadSurface) -> HeadSurface | None:
    """Return the surface with the pose of a child's mean head whose face lies on the skin, None where none does."""
    aged = align_head_of_any_age(skin_points(volume))
    found = aged.alignment
    if aged.years is None or not found.found:
        return None
    if _face_gap(volume, surface, found.scale * head_of_age(aged.years), found.to_head) > _NO_CHILD:
        return None
    kept = tuple(note for note in surface.quality.notes if _NOT_FOUND not in note)
    said = f"pose doubtful: no adult's head fits, that of a child of {aged.years:g} years was laid on it"
    quality = replace(surface.quality, pose_residual=found.residual_mm, pose_angles=found.angles, notes=(*kept, said))
    return replace(surface, to_head=found.to_head, quality=quality)


def _face_gap(volume: Volume, surface: HeadSurface, head: Array, to_head: Array) -> float:
    """Return the median distance from a head's face to the skin, mm; 0 where too little of it is in the field of view.

    Parameters
    ----------
    volume : Volume
    surface : HeadSurface
    head : ndarray, shape (V, 3)
        Vertices of the head model in the size of the scan's head, head frame.
    to_head : ndarray, shape (4, 4)
    """
    model = load_head_model()
    face = _moved(head[(model.face > 0.5) & (model.labels != REGIONS["eyes"])], np.linalg.inv(to_head))
    index = (face - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T
    imaged = ((index >= -0.5) & (index <= np.array(volume.data.shape) - 0.5)).all(axis=1)
    if imaged.mean() < _IMAGED:
        return 0.0
    return float(np.median(cKDTree(np.asarray(surface.points, np.float64)).query(face[imaged])[0]))


def is_lost(surface: HeadSurface) -> bool:
    """Tell whether the pose of a surface was not found."""
    return any(_NOT_FOUND in note for note in surface.quality.notes)


def _moved(points: Array, matrix: Array) -> Array:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
