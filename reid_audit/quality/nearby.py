"""Whether a marked voxel lies near a point: exact, and quick because the distance is a few millimetres."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["near_marked"]

Array = np.ndarray[Any, Any]


def near_marked(marked: Array, affine: Array, points: Array, reach: float | Array) -> Array:
    """Tell for each point whether the centre of a marked voxel lies within some distance.

    Parameters
    ----------
    marked : ndarray, shape (I, J, K), bool
    affine : ndarray, shape (4, 4)
        Voxel index to RAS mm; may be oblique or sheared.
    points : ndarray, shape (N, 3)
        RAS mm.
    reach : float or ndarray, shape (3,)
        Mm, in all directions or along each axis of the grid (an ellipsoid); a point exactly so far away counts.

    Returns
    -------
    ndarray, shape (N,), bool
        False beyond the grid.
    """
    matrix, shift = affine[:3, :3], affine[:3, 3]
    index = (np.asarray(points, dtype=np.float64) - shift) @ np.linalg.inv(matrix).T
    middle = np.rint(index).astype(np.int64)
    rest = index - middle
    found = np.zeros(len(index), dtype=bool)
    limit = np.array(marked.shape)
    # In units of the reach along each axis the ellipsoid is a ball of radius 1.
    scaled = matrix / np.broadcast_to(reach, 3)
    for offset in _offsets(scaled):
        todo = np.flatnonzero(~found)
        cell = middle[todo] + offset
        inside = ((cell >= 0) & (cell < limit)).all(axis=1)
        todo, cell = todo[inside], cell[inside]
        hit = marked[cell[:, 0], cell[:, 1], cell[:, 2]]
        todo = todo[hit]
        away = (offset - rest[todo]) @ scaled.T
        found[todo] = np.einsum("ij,ij->i", away, away) <= 1.0 + 1e-9
    return found


def _offsets(matrix: Array) -> Array:
    """Offsets of the voxels that can lie within 1 of a point of the middle voxel, nearest first."""
    inverse = np.linalg.inv(matrix)
    most = np.ceil(np.linalg.norm(inverse, axis=1) + 0.5).astype(int)
    axes = [np.arange(-n, n + 1) for n in most]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distance = np.linalg.norm(grid @ matrix.T, axis=1)
    half = 0.5 * float(np.linalg.norm(np.abs(matrix).sum(axis=1)))
    order = np.argsort(distance, kind="stable")
    order = order[distance[order] <= 1.0 + half]
    return np.asarray(grid[order])
