"""A peg on the left side of the head only: what a mirrored image cannot hide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.head_model import load_head_model
from reid_audit.phantom.identity import HeadMesh

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MARKER_RADIUS", "left_marker", "marker_ball", "with_left_marker"]

Array = np.ndarray[Any, Any]

MARKER_RADIUS = 8.0
"""Mm."""
_PLACE = (-62.0, 35.0, 62.0)
"""Where on the left temple of the mean head the marker sits, mm; the nearest vertex of its skin is meant."""


def left_marker(points: Array) -> Array:
    """Return the centre of the marker on a person's left temple.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
        Vertices of the person's head, in correspondence with the head model's.

    Returns
    -------
    ndarray, shape (3,), float64
        Same frame as the points.
    """
    mean = load_head_model().mean
    nearest = int(np.argmin(np.linalg.norm(mean - np.array(_PLACE), axis=1)))
    return np.asarray(points[nearest], dtype=np.float64)


def marker_ball(center: Array, radius: float = MARKER_RADIUS) -> tuple[Array, Array]:
    """Return a ball as a closed mesh.

    Parameters
    ----------
    center : ndarray, shape (3,)
    radius : float
        Mm.

    Returns
    -------
    points : ndarray, shape (162, 3), float64
    triangles : ndarray, shape (320, 3), int64
        Counter-clockwise seen from outside.
    """
    golden = (1 + 5**0.5) / 2
    corners = [(0.0, s, t * golden) for s in (-1.0, 1.0) for t in (-1.0, 1.0)]
    vertices = np.array([np.roll(corner, k) for corner in corners for k in range(3)]) / np.sqrt(1 + golden**2)
    faces = _hull(vertices)
    for _ in range(2):
        vertices, faces = _split(vertices, faces)
    return np.asarray(center) + radius * vertices, faces


def with_left_marker(mesh: HeadMesh) -> HeadMesh:
    """Return a head with the marker as part of its surface.

    Parameters
    ----------
    mesh : HeadMesh

    Returns
    -------
    HeadMesh
        The vertices of the head come first; those of the marker have the label of plain skin.
    """
    ball, faces = marker_ball(left_marker(mesh.points))
    return HeadMesh(
        np.concatenate([mesh.points, ball.astype(np.float32)]),
        np.concatenate([mesh.triangles, (faces + len(mesh.points)).astype(np.int32)]),
        np.concatenate([mesh.labels, np.zeros(len(ball), mesh.labels.dtype)]),
    )


def _hull(vertices: Array) -> Array:
    """Return the triangles of a convex polyhedron around the origin whose faces are all alike."""
    gap = np.linalg.norm(vertices[:, None] - vertices[None], axis=2)
    near = (gap > 0) & (gap < 1.01 * gap[gap > 0].min())
    n = len(vertices)
    found = [
        (i, j, k)
        for i in range(n)
        for j in range(i + 1, n)
        for k in range(j + 1, n)
        if near[i, j] and near[j, k] and near[i, k]
    ]
    return np.array([t if np.linalg.det(vertices[list(t)]) > 0 else (t[0], t[2], t[1]) for t in found])


def _split(vertices: Array, faces: Array) -> tuple[Array, Array]:
    """Split every triangle in four and push the new vertices out to the unit sphere."""
    points, middle = list(vertices), {}
    out = []

    def half(i: int, j: int, known: Mapping[tuple[int, int], int]) -> int:
        key = (min(i, j), max(i, j))
        if key not in known:
            point = (points[i] + points[j]) / 2
            points.append(point / np.linalg.norm(point))
            middle[key] = len(points) - 1
        return middle[key]

    for a, b, c in faces.tolist():
        ab, bc, ca = half(a, b, middle), half(b, c, middle), half(c, a, middle)
        out += [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.array(points), np.array(out)
