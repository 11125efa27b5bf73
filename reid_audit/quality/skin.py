"""Where the skin of face and ears was, or should be, piece by piece, with its region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.anatomy import load_head_model
from reid_audit.quality.crevices import in_crevice
from reid_audit.quality.fitting import bent_head, outside_vertices, placed_head, vertex_normals
from reid_audit.quality.regions import EYE_DEPTH, EYE_REACH, PARTS, skin_samples
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from reid_audit.types import HeadSurface

__all__ = ["ExpectedSkin", "model_skin", "own_skin"]

Array = np.ndarray[Any, Any]

_FARTHEST = 12.0
"""Mm from the bent head beyond which skin belongs to no region."""


@dataclass(frozen=True, eq=False)
class ExpectedSkin:
    """Skin of face and ears in pieces.

    Parameters
    ----------
    points : ndarray, shape (N, 3), float64
        RAS mm.
    area : ndarray, shape (N,), float64
        Mm^2 that each point stands for.
    normals : ndarray, shape (N, 3), float64
        Unit vectors that point out of the head; 0 where a point belongs to no triangle.
    parts : ndarray, shape (N,), uint8
        Codes of :data:`reid_audit.quality.regions.PARTS`; none is 0.
    to_head : ndarray, shape (4, 4), float64
        RAS mm to the head frame, rigid.
    scale : float
        Size of the head relative to the mean head.
    source : {"original", "head model"}
        The skin of the original, or the mean head placed in the defaced scan.
    """

    points: Array
    area: Array
    normals: Array
    parts: Array
    to_head: Array
    scale: float
    source: Literal["original", "head model"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen_array(self.points, np.float64))
        object.__setattr__(self, "area", frozen_array(self.area, np.float64))
        object.__setattr__(self, "normals", frozen_array(self.normals, np.float64))
        object.__setattr__(self, "parts", frozen_array(self.parts, np.uint8))
        object.__setattr__(self, "to_head", frozen_array(self.to_head, np.float64))


def own_skin(surface: HeadSurface, head: Array, affine: Array) -> ExpectedSkin:
    """Return the skin of a whole head with its regions, without what lies in nostrils and behind the ears.

    Parameters
    ----------
    surface : HeadSurface
        Of the original.
    head : ndarray, shape (I, J, K), bool
        The head in the scan.
    affine : ndarray, shape (4, 4)
        Of the scan.

    Returns
    -------
    ExpectedSkin
    """
    bent = bent_head(surface)
    _, scale = placed_head(surface)
    points, triangles = np.asarray(surface.points, np.float64), np.asarray(surface.triangles)
    area, normals = vertex_areas(points, triangles), vertex_normals(points, triangles)
    parts = parts_of(points, bent, surface.to_head, scale)
    kept = (parts > 0) & ~in_crevice(points, head, affine)
    return ExpectedSkin(points[kept], area[kept], normals[kept], parts[kept], surface.to_head, scale, "original")


def model_skin(surface: HeadSurface) -> ExpectedSkin:
    """Return where face and ears of the mean head lie in a scan, from its pose alone.

    Parameters
    ----------
    surface : HeadSurface
        Of the defaced scan.

    Returns
    -------
    ExpectedSkin
        The part of the mean head that is seen from outside.
    """
    points, scale = placed_head(surface)
    chosen, triangles = outside_vertices(), np.asarray(load_head_model().triangles)
    area, normals = vertex_areas(points, triangles)[chosen], vertex_normals(points, triangles)[chosen]
    parts = parts_of(points[chosen], points, surface.to_head, scale)
    return ExpectedSkin(points[chosen], area, normals, parts, surface.to_head, scale, "head model")


def parts_of(points: Array, vertices: Array, to_head: Array, scale: float) -> Array:
    """Return the part of each place on the skin of a head that the head model was laid on.

    Parameters
    ----------
    points : ndarray, shape (N, 3)
        On the skin.
    vertices : ndarray, shape (V, 3)
        Of the head model, in the same frame.
    to_head : ndarray, shape (4, 4)
        Of that frame to the head frame.
    scale : float

    Returns
    -------
    ndarray, shape (N,), uint8
        0 far from the head model, and what is neither face nor ear.
    """
    samples = skin_samples()
    distance, nearest = cKDTree(samples.places(vertices)).query(points)
    parts = np.where(distance < _FARTHEST, samples.parts[nearest], 0).astype(np.uint8)
    forward = to_head[1, :3]
    for side in ("left", "right"):
        front = load_head_model().landmarks_of(vertices)[f"{side}_eye"]
        away = np.linalg.norm(points - (front - EYE_DEPTH * scale * forward), axis=1)
        parts[(away < EYE_REACH * scale) & (parts == PARTS["face"])] = PARTS["eyes"]
    return parts


def vertex_areas(points: Array, triangles: Array) -> Array:
    """Return a third of the area of each vertex's triangles, mm^2; shape (V,)."""
    corners = np.asarray(points, np.float64)[triangles]
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return np.asarray(np.bincount(triangles.ravel(), np.repeat(area / 3.0, 3), minlength=len(points)))
