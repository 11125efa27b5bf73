"""Bends the mean head onto the skin of one scan, so that every piece of that skin has a region."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.anatomy import REGIONS, load_head_model, mean_head_of
from reid_audit.quality.regions import PARTS, vertex_parts
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from reid_audit.types import HeadSurface

__all__ = ["bent_head", "outside_vertices", "placed_head", "vertex_normals"]

Array = np.ndarray[Any, Any]

_WIDTHS = (60.0, 40.0, 25.0, 16.0, 10.0, 10.0)
"""Mm over which the bending is smooth, round after round."""
_FARTHEST = (30.0, 25.0, 20.0, 15.0, 10.0, 8.0)
"""Mm that the skin may lie away from a vertex that it pulls."""
_FACING = 0.6
"""Least cosine between the normals of a vertex and of the skin that it is pulled to."""
_AGES: tuple[float | None, ...] = (0.0, 2.0, 6.0, 11.0, None)
"""Years of the heads that are tried; None is the mean adult."""
_FEWEST = 50
"""Vertices that must find skin."""
_NODES = 2500
"""Vertices that are pulled; the others follow."""
_STARTS = 2
"""Heads that are tried at several heights: those that fit best when laid on the skin."""
_HEIGHTS = (0.0, -8.0, 8.0, -16.0, 16.0, -24.0, 24.0)
"""Mm along the height of the head: what is pulled along normals alone stays where the start had its mouth."""
_BETWEEN = (0.0, -4.0, 4.0)
"""Mm around the best of these heights."""
_THINNED = 4
"""One vertex in so many is pulled while starts are compared."""
_ROWS = 100
"""Places at a time, which bounds memory."""
_GAP = 8.0
"""Mm: farther skin counts as this far when starts are compared."""


def placed_head(surface: HeadSurface) -> tuple[Array, float]:
    """Return the head model where the surface has its pose: of the child that fitted, else of the age of its size.

    Parameters
    ----------
    surface : HeadSurface
        With its face or without.

    Returns
    -------
    points : ndarray, shape (V, 3), float64
        Vertices of the head model, RAS mm of the scan.
    scale : float
        Size relative to the mean adult's.
    """
    if surface.years is not None:
        return mean_head_of(surface), surface.scale
    age = min(_AGES, key=lambda known: abs(_size_of(known) - surface.scale))
    return _placed(surface, age), surface.scale


def _placed(surface: HeadSurface, age: float | None) -> Array:
    """Return the usual head of an age in size and place of the one that was found."""
    return _moved(surface.scale / _size_of(age) * _head_of_age(age), np.linalg.inv(surface.to_head))


def bent_head(surface: HeadSurface) -> Array:
    """Return the head model bent onto a whole surface.

    Heads of several ages are laid on the surface by rotation, shift and size, mostly by the cranium. In each round of
    bending every vertex of face and ears is pulled along its normal to the skin that faces the same way, and what
    pulls is averaged over the neighbourhood, which shrinks from round to round. Such pulls do not slide a mouth along
    a cheek: the two heads that fit best are bent coarsely from several heights, and the start whose face then lies
    nearest to the skin is bent in full.

    Parameters
    ----------
    surface : HeadSurface
        Of a head with its face.

    Returns
    -------
    ndarray, shape (V, 3), float64
        Vertices of the head model, RAS mm of the scan.
    """
    skin = np.asarray(surface.points, np.float64)
    facing = vertex_normals(skin, np.asarray(surface.triangles))
    tree = cKDTree(skin)
    up = surface.to_head[2, :3]
    laid = sorted((_laid(points, tree, facing) for points in _candidates(surface)), key=lambda one: one[1])

    def gap(start: Array) -> float:
        return _gap(_bent(start, tree, facing, coarsely=True), tree)

    best = min((points + height * up for points, _ in laid[:_STARTS] for height in _HEIGHTS), key=gap)
    best = min((best + height * up for height in _BETWEEN), key=gap)
    return _bent(best, tree, facing)


def _bent(points: Array, tree: cKDTree, facing: Array, *, coarsely: bool = False) -> Array:
    """Bend a head from where it stands; coarsely in half of the rounds, and pulled by a few vertices."""
    moving, pulled = _chosen()
    step, points = (_THINNED if coarsely else 1), points.copy()
    for width, farthest in list(zip(_WIDTHS, _FARTHEST, strict=True))[:: 2 if coarsely else 1]:
        places, along, fits = _pulls(points, pulled[::step], tree, facing, farthest)
        if fits.sum() < _FEWEST // step:
            break
        points[moving] += _spread(points[moving], places[fits], along[fits], width)
    return points


def _gap(points: Array, tree: cKDTree) -> float:
    """Return how far the face of a head lies from the skin on average, mm."""
    distance, _ = tree.query(points[_front()], distance_upper_bound=_GAP)
    return float(np.minimum(distance, _GAP).mean())


def _head_of_age(age: float | None) -> Array:
    """Return the usual head of an age, None for the mean adult; head frame, mm."""
    model = load_head_model()
    if age is None:
        return np.asarray(model.mean, np.float64)
    return np.asarray(model.phenotype(age=age, female=0.5, weight=0.5, ancestry=(1, 1, 1)), np.float64)


def _size_of(age: float | None) -> float:
    """Return the size of the usual head of an age relative to the mean adult."""
    return 1.0 if age is None else load_head_model().size_of(age, 0.5)


def _candidates(surface: HeadSurface) -> list[Array]:
    """Return heads of all ages in size and place of the one that was found."""
    return [_placed(surface, age) for age in _AGES]


def _laid(points: Array, tree: cKDTree, facing: Array, rounds: int = 12) -> tuple[Array, float]:
    """Lay a head on the skin by rotation, shift and size; return it and how far from the skin it lies."""
    triangles = np.asarray(load_head_model().triangles)
    chosen = _face_and_cranium()
    for _ in range(rounds):
        own = vertex_normals(points, triangles)[chosen]
        distance, nearest = tree.query(points[chosen])
        fits = (distance < _FARTHEST[0]) & (np.einsum("ij,ij->i", own, facing[nearest]) > _FACING)
        if fits.sum() < _FEWEST:
            return points, np.inf
        near = distance[fits]
        kept = near <= np.quantile(near, 0.8)
        source = points[chosen][fits][kept]
        gap = np.einsum("ij,ij->i", tree.data[nearest[fits][kept]] - source, own[fits][kept])
        points = _similar(points, source, source + gap[:, None] * own[fits][kept])
    _, along, fits = _pulls(points, chosen, tree, facing, _FARTHEST[0])
    return points, float(np.sqrt(np.mean(np.einsum("ij,ij->i", along[fits], along[fits]))))


def _similar(points: Array, source: Array, target: Array) -> Array:
    """Move points by the rotation, shift and size that lay one cloud on another best (Umeyama 1991)."""
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    one, two = source - middle, target - goal
    left, strength, right = np.linalg.svd(two.T @ one)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    size = float((strength * signs).sum() / (one**2).sum())
    return np.asarray(size * (points - middle) @ (left @ np.diag(signs) @ right).T + goal)


def _pulls(points: Array, pulled: Array, tree: cKDTree, facing: Array, farthest: float) -> tuple[Array, Array, Array]:
    """Return where vertices lie, how far along their normals the skin is, and which of them have skin to go to."""
    own = vertex_normals(points, np.asarray(load_head_model().triangles))[pulled]
    places = points[pulled]
    distance, nearest = tree.query(places)
    fits = (distance < farthest) & (np.einsum("ij,ij->i", own, facing[nearest]) > _FACING)
    return places, np.einsum("ij,ij->i", tree.data[nearest] - places, own)[:, None] * own, fits


@cache
def _face_and_cranium() -> Array:
    """Vertices that a head is laid by: neither eyes nor ears nor neck."""
    left_out = [REGIONS["eyes"], REGIONS["ears"], REGIONS["neck"]]
    return np.flatnonzero(~np.isin(load_head_model().labels, left_out))[::2]


@cache
def outside_vertices() -> Array:
    """Vertices of face and ears of the mean head that lie on its outside: no inside of mouth, nose or socket."""
    from reid_audit.anatomy.voxels import voxel_coverage

    model, parts = load_head_model(), vertex_parts()
    low = model.mean.min(axis=0) - 6.0
    shape = tuple(int(n) for n in np.ceil((model.mean.max(axis=0) + 6.0 - low) / 2.0))
    inside = voxel_coverage((model.mean - low) / 2.0, model.triangles, (shape[0], shape[1], shape[2])) > 0.5
    normals = vertex_normals(model.mean, np.asarray(model.triangles))
    index = np.rint((model.mean + 4.0 * normals - low) / 2.0).astype(int)
    index = np.clip(index, 0, np.array(shape) - 1)
    buried = inside[index[:, 0], index[:, 1], index[:, 2]]
    return frozen_array(np.flatnonzero((parts > 0) & ~buried & np.any(normals != 0, axis=1)))


@cache
def _front() -> Array:
    """Vertices of the face that are seen, without eyes and ears."""
    seen = outside_vertices()
    return seen[np.isin(vertex_parts()[seen], [PARTS["face"], PARTS["nose"], PARTS["mouth"]])]


@cache
def _chosen() -> tuple[Array, Array]:
    """Vertices that move (face, ears and what is near), and those of them that are pulled."""
    model = load_head_model()
    parts = vertex_parts()
    near = (parts > 0) | ((model.labels != REGIONS["neck"]) & (model.mean[:, 1] > 0.0))
    moving = np.flatnonzero(near)
    candidates = np.flatnonzero(near & (parts != PARTS["eyes"]))
    step = max(len(candidates) // _NODES, 1)
    return moving, candidates[::step]


def _spread(places: Array, nodes: Array, pull: Array, width: float) -> Array:
    """Return the Gaussian mean of the pulls around each place, held back where there are few; shape (N, 3)."""
    middle = nodes.mean(axis=0)
    # In single precision: bent heads lie within 1e-5 mm of those in double precision, in two thirds of the time.
    ends = ((nodes - middle) / width).astype(np.float32)
    squares = np.einsum("ij,ij->i", ends, ends)
    pulls = np.column_stack([pull, np.ones(len(pull))]).astype(np.float32)
    out = np.empty_like(places)
    for start in range(0, len(places), _ROWS):
        part = ((places[start : start + _ROWS] - middle) / width).astype(np.float32)
        away = np.einsum("ij,ij->i", part, part)[:, None] + squares - 2.0 * part @ ends.T
        total = np.exp(-0.5 * away) @ pulls
        out[start : start + _ROWS] = total[:, :3] / (total[:, 3:] + 1.0)
    return out


def vertex_normals(points: Array, triangles: Array) -> Array:
    """Return unit normals at the vertices of a mesh, weighted by area; zero where a vertex has no triangle.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
    triangles : ndarray, shape (F, 3), int
        Counter-clockwise seen from outside.

    Returns
    -------
    ndarray, shape (V, 3), float64
    """
    corners = np.asarray(points, np.float64)[triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(cross[:, axis], 3), minlength=len(points)) for axis in range(3)],
        axis=1,
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(np.divide(total, length, out=np.zeros_like(total), where=length > 0))


def _moved(points: Array, matrix: Array) -> Array:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
