"""A mesh as small pieces of known area, and distances to it that do not depend on how it is triangulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

__all__ = ["Pieces", "distance_to_mesh", "pieces_of"]

Array = np.ndarray[Any, Any]

_NEIGHBOURS = 6
"""Pieces near a place whose triangles are measured exactly."""
_CHUNK = 50_000
_ROUND = 30.0
"""Around the places: triangles further away are looked at only where nothing nearer was found."""
_FAR, _ROUGHLY = 15.0, 0.01
"""Distance beyond which the middle of a piece stands for its triangle, and the share by which it may be off there."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Points spread over a mesh, each with the area that it stands for.

    Parameters
    ----------
    points : ndarray, shape (N, 3), float64
        Centres of the pieces, in the frame of the mesh.
    area : ndarray, shape (N,), float64
        They add up to the area of the mesh.
    normals : ndarray, shape (N, 3), float64
        Unit vectors, outwards where the mesh is wound counter-clockwise seen from outside.
    owner : ndarray, shape (N,), int
        Triangle of each piece.
    """

    points: Array
    area: Array
    normals: Array
    owner: Array


def pieces_of(points: Array, triangles: Array, longest: float = 1.5) -> Pieces:
    """Cut every triangle into equal parts whose sides are no longer than a length.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
    triangles : ndarray, shape (F, 3), int
    longest : float
        In the unit of the points.

    Returns
    -------
    Pieces
        Triangles without area are left out.
    """
    corners = np.asarray(points, np.float64)[np.asarray(triangles)]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double = np.linalg.norm(cross, axis=1)
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    cuts = np.maximum(1, np.ceil(sides / longest - 1e-9).astype(int))
    whole = double > 0
    centres, areas, owners = [], [], []
    for n in np.unique(cuts[whole]):
        chosen = np.flatnonzero(whole & (cuts == n))
        mixture = _parts(int(n))
        centres.append(np.einsum("pc,tcx->tpx", mixture, corners[chosen]).reshape(-1, 3))
        areas.append(np.repeat(0.5 * double[chosen] / n**2, n**2))
        owners.append(np.repeat(chosen, n**2))
    if not centres:
        return Pieces(np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)), np.zeros(0, int))
    owner = np.concatenate(owners)
    return Pieces(np.concatenate(centres), np.concatenate(areas), cross[owner] / double[owner, None], owner)


def _parts(n: int) -> Array:
    """Return the centres of the n * n equal parts of a triangle as mixtures of its corners; shape (n * n, 3)."""
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    up, down = i + j < n, i + j < n - 1
    first = np.concatenate([i[up] + 1 / 3, i[down] + 2 / 3]) / n
    second = np.concatenate([j[up] + 1 / 3, j[down] + 2 / 3]) / n
    return np.stack([1 - first - second, first, second], axis=1)


def distance_to_mesh(places: Array, points: Array, triangles: Array) -> Array:
    """Return the distance of places to the nearest point of a mesh: of its triangles, not of its vertices.

    Parameters
    ----------
    places : ndarray, shape (N, 3)
    points : ndarray, shape (V, 3)
    triangles : ndarray, shape (F, 3), int

    Returns
    -------
    ndarray, shape (N,), float64
        Not negative; infinite where the mesh has no area. Exact up to 15, and to 1 % beyond, where no face lies.
    """
    there = np.asarray(places, np.float64)
    if not len(there):
        return np.zeros(0)
    known, faces = np.asarray(points, np.float64), np.asarray(triangles)
    low, high = there.min(axis=0) - _ROUND, there.max(axis=0) + _ROUND
    corners = known[faces]
    near = ((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1)
    found = _distances(there, known, faces[near])
    # A triangle that was left out may be nearer than one that is further away than it can be.
    beyond = found > _ROUND
    if beyond.any() and not near.all():
        found[beyond] = _distances(there[beyond], known, faces)
    return found


def _distances(places: Array, points: Array, triangles: Array) -> Array:
    """Return distances as :func:`distance_to_mesh`, to all of the triangles that are given."""
    cut = pieces_of(points, triangles)
    if not len(cut.points):
        return np.full(len(places), np.inf)
    corners = points[triangles]
    tree = cKDTree(cut.points)
    near = min(_NEIGHBOURS, len(cut.points))
    found = np.empty(len(places))
    for start in range(0, len(places), _CHUNK):
        part = places[start : start + _CHUNK]
        away, _ = tree.query(part, eps=_ROUGHLY)
        close = away < _FAR
        _, nearest = tree.query(part[close], k=near)
        owners = cut.owner[nearest.reshape(-1)]
        exact = _to_triangles(np.repeat(part[close], near, axis=0), corners[owners])
        away[close] = exact.reshape(-1, near).min(axis=1)
        found[start : start + _CHUNK] = away
    return found


def _to_triangles(places: Array, corners: Array) -> Array:
    """Return the distance of each place to its triangle; shapes (N, 3) and (N, 3, 3)."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    away = places - corners[:, 0]
    normal = np.cross(first, second)
    square = np.einsum("ij,ij->i", normal, normal)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.einsum("ij,ij->i", np.cross(away, second), normal) / square
        v = np.einsum("ij,ij->i", np.cross(first, away), normal) / square
        height = np.abs(np.einsum("ij,ij->i", away, normal)) / np.sqrt(square)
    over = (square > 0) & (u >= 0) & (v >= 0) & (u + v <= 1)
    edges = np.min([_to_edge(places, corners[:, a], corners[:, (a + 1) % 3]) for a in range(3)], axis=0)
    return np.asarray(np.where(over, height, edges))


def _to_edge(places: Array, start: Array, stop: Array) -> Array:
    along = stop - start
    length = np.maximum(np.einsum("ij,ij->i", along, along), 1e-300)
    share = np.clip(np.einsum("ij,ij->i", places - start, along) / length, 0.0, 1.0)
    return np.asarray(np.linalg.norm(places - start - share[:, None] * along, axis=1))
