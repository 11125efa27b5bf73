"""Signed distance to the skin: the form in which heads are learnt and predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates
from scipy.spatial import cKDTree

from reid_audit.anatomy.voxels import voxel_coverage
from reid_audit.reconstruct.frame import GRID, SHAPE, SPACING
from reid_audit.reconstruct.pieces import pieces_of

__all__ = ["REACH", "inside_mesh", "signed_distance", "signed_in_scan"]

Array = np.ndarray[Any, Any]

REACH = 12.0
"""Mm beyond which a distance is only known to be more."""
_PIECE = 2.0
"""Mm: longest side of the pieces of skin that distances are taken to."""
_ASIDE = 0.6 * _PIECE
"""Mm that the nearest point of the skin may lie beside the middle of its piece."""


def signed_distance(points: Array, triangles: Array) -> Array:
    """Return the signed distance to a closed mesh on the common grid.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
        Mm of the mean head.
    triangles : ndarray, shape (F, 3), int
        Counter-clockwise seen from outside.

    Returns
    -------
    ndarray, shape :data:`~reid_audit.reconstruct.frame.SHAPE`, float32
        Mm, negative inside; cut at :data:`REACH` either way.
    """
    inside = inside_mesh(points, triangles)
    cut = pieces_of(points, triangles, longest=_PIECE)
    tree = cKDTree(cut.points)
    found = np.where(inside, -REACH, REACH)
    # Only where voxels on the other side are near can the skin be.
    depth = np.where(inside, distance_transform_edt(inside), distance_transform_edt(~inside)) * SPACING
    near = depth < REACH + SPACING
    places = np.argwhere(near) * SPACING + GRID[:3, 3]
    away, nearest = tree.query(places)
    # Near the skin the plane of a piece is nearer than its middle.
    along = np.einsum("ij,ij->i", places - cut.points[nearest], cut.normals[nearest])
    least = np.sqrt(np.maximum(away**2 - _ASIDE**2, 0.0))
    outwards = np.where(away < _PIECE, along > 0, ~inside[near])
    found[near] = np.where(outwards, 1.0, -1.0) * np.minimum(np.maximum(np.abs(along), least), REACH)
    return np.asarray(found, np.float32)


def inside_mesh(points: Array, triangles: Array) -> Array:
    """Return which places of the common grid lie in a closed mesh; shape as :func:`signed_distance`, bool."""
    index = (np.asarray(points, np.float64) - GRID[:3, 3]) / SPACING
    return voxel_coverage(index, triangles, SHAPE, supersample=1) > 0.5


def signed_in_scan(field: Array, voxels: Array, affine: Array, to_grid: Array) -> Array:
    """Return the signed distance at some voxels of a scan, in mm of the scan.

    Parameters
    ----------
    field : ndarray, shape :data:`~reid_audit.reconstruct.frame.SHAPE`
        Mm of the mean head.
    voxels : ndarray, shape (N, 3), int
    affine : ndarray, shape (4, 4)
        Of the scan.
    to_grid : ndarray, shape (4, 4)
        RAS mm to mm of the mean head.

    Returns
    -------
    ndarray, shape (N,), float32
    """
    matrix = np.linalg.inv(GRID) @ to_grid @ affine
    index = voxels @ matrix[:3, :3].T + matrix[:3, 3]
    size = float(abs(np.linalg.det(to_grid[:3, :3]))) ** (-1 / 3)
    return np.asarray(size * map_coordinates(field, index.T, order=1, mode="nearest"), np.float32)
