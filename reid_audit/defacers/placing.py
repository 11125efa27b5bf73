"""Where the mean head, and above all its face, lies in a scan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.anatomy import REGIONS, load_head_model, place_adult_face
from reid_audit.defacers.coarse import coarse_copy
from reid_audit.errors import HeadError
from reid_audit.inputs import to_ras
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from reid_audit.types import HeadSurface, Volume

__all__ = ["Placement", "place_mean_head"]

Array = np.ndarray[Any, Any]

_POOR_FIT = 9.0
"""Median distance in mm from the mean head beyond which a scan is refused rather than cut in the wrong place."""
_KEEP = 0.8
"""Share of the mean face that is asked to lie on the skin."""
_FARTHEST = 30.0
"""Mm that the face may lie away from where the whole head puts it."""
_SWELLING = 1.1
"""Factor by which the face may differ in size from the whole head."""
_FACE_FITS = 4.5
"""Median distance in mm from the mean face to the skin up to which the face is believed over the whole head."""
_NO_FACE = 25.0
"""Median distance in mm from the mean face to the skin beyond which there is none, as in a brain without its skull."""
_NO_CHILD = 7.0
"""The same for the head of a child: whole ones lie within 6.5, bare brains of newborns beyond 9, of infants mostly."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the mean head lies in a scan.

    Parameters
    ----------
    to_head : ndarray, shape (4, 4), float64
        RAS mm of the scan to the head frame, rigid.
    scale : float
        Size of the head relative to the mean head.
    """

    to_head: Array
    scale: float = 1.0


def place_mean_head(volume: Volume) -> Placement:
    """Find where the mean head lies in a scan, from its skin.

    The whole head is aligned first; then the face, by points to planes, because people's faces sit a little higher or
    lower under the same skullcap. Rotation, translation and one scale are all that is fitted.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    Placement

    Raises
    ------
    HeadError
        If there is no head, or the mean head fits so badly that the face would be looked for in the wrong place.
    """
    turned = to_ras(volume)  # one answer whatever the storage order: block means start at the first voxel
    surface = head_surface(coarse_copy(turned), target_triangles=20_000, smoothing=0)
    start, fit = Placement(*place_adult_face(surface)), _misfit(surface)
    if fit > _POOR_FIT:
        raise HeadError(
            f"The mean head fits this scan to {fit:.1f} mm only; a sham defacer needs {_POOR_FIT:.0f} mm.",
            remedy="Check the scan's orientation, and that it shows a head with its skin.",
        )
    gap, limit = _face_gap(surface, start), _NO_FACE if surface.years is None else _NO_CHILD
    if gap > limit:
        raise HeadError(
            f"Where the face should be, the skin of this scan is {gap:.0f} mm away; allowed are {limit:.0f} mm.",
            remedy="Give a scan of the whole head: this one shows no face, or a brain without its skull.",
        )
    return _refined(start, _in_head_frame(surface, start))


def _in_head_frame(surface: HeadSurface, start: Placement) -> Array:
    return np.asarray(surface.points @ start.to_head[:3, :3].T + start.to_head[:3, 3], np.float64)


def _face_gap(surface: HeadSurface, start: Placement) -> float:
    """Return the median distance from the mean face to the skin, mm."""
    return float(np.median(cKDTree(_in_head_frame(surface, start)).query(start.scale * _mean_face()[0])[0]))


def _misfit(surface: HeadSurface) -> float:
    """Return how far the mean head lies from the skin, mm; infinite where it was not placed."""
    return surface.quality.pose_residual if surface.quality.posed else np.inf


@lru_cache(maxsize=1)
def _mean_face() -> tuple[Array, Array]:
    """Return points and outward normals of the mean face, eyeballs left out."""
    model = load_head_model()
    mean = np.asarray(model.mean, float)
    corners = mean[model.triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    kept = (model.face[model.triangles].min(axis=1) > 0.3) & (model.labels[model.triangles] != REGIONS["eyes"]).all(
        axis=1
    )
    area = np.linalg.norm(cross, axis=1)
    kept &= area > 1e-6
    centers, normals, area = corners[kept].mean(axis=1), cross[kept] / area[kept, None], area[kept]
    chosen = np.random.default_rng(12).choice(len(area), 1500, p=area / area.sum())
    return centers[chosen], normals[chosen]


def _refined(start: Placement, skin: Array, rounds: int = 25) -> Placement:
    """Return the placement that lays the mean face on the skin; ``skin`` is in the head frame of the start."""
    tree = cKDTree(skin)
    face, normals = _mean_face()
    turn, shift, scale = np.eye(3), np.zeros(3), start.scale
    for _ in range(rounds):
        placed = scale * face @ turn.T + shift
        facing = normals @ turn.T
        distance, nearest = tree.query(placed)
        kept = distance <= min(float(np.quantile(distance, _KEEP)), _FARTHEST)
        arm, target = placed[kept], skin[nearest[kept]]
        along, gap = facing[kept], np.einsum("ij,ij->i", target - arm, facing[kept])
        rows = np.hstack([np.cross(arm, along), along, np.einsum("ij,ij->i", arm, along)[:, None]])
        # Held back a little: a face with few points left must not make the head spin or swell.
        held = np.diag([*(np.full(3, 400.0)), *(np.full(3, 0.05)), 4000.0]) * len(gap) * 1e-2
        step = np.linalg.solve(rows.T @ rows + held, rows.T @ gap)
        small = _rotation(step[:3])
        turn, shift, scale = (
            small @ turn,
            small @ shift + step[3:6],
            scale * float(np.exp(np.clip(step[6], -0.05, 0.05))),
        )
        if np.abs(step[3:6]).max() < 0.02 and np.abs(step[:3]).max() < 2e-4:
            break
    away = np.linalg.norm(scale * face.mean(axis=0) @ turn.T + shift - start.scale * face.mean(axis=0))
    fit = float(np.median(tree.query(scale * face @ turn.T + shift)[0]))
    if away > _FARTHEST or not 1 / _SWELLING < scale / start.scale < _SWELLING or fit > _FACE_FITS:
        return start
    back = np.eye(4)
    back[:3, :3] = turn.T
    back[:3, 3] = -turn.T @ shift
    return Placement(back @ start.to_head, scale)


def _rotation(vector: Array) -> Array:
    """Return the rotation by the length of a vector, in radians, about its direction."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
