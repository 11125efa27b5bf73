"""What every photograph shares: the dense head, its place on the mean head, how deep its points lie in folds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from reid_audit.anatomy import REGIONS, load_head_model
from reid_audit.phantom.photo_hair import HairGrid, hair_grid
from reid_audit.phantom.photo_mesh import grid_triangles, loop_operator
from reid_audit.phantom.photo_raster import Camera, Raster
from reid_audit.render.normals import vertex_normals

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DenseHead", "dense_head", "shoulders"]

Array = np.ndarray[Any, Any]

_ROUND = 96
"""Points around the shoulders."""


@dataclass(frozen=True, eq=False)
class DenseHead:
    """The head model's surface, subdivided.

    Parameters
    ----------
    operator : scipy.sparse.csr_matrix, shape (W, V)
        Dense points from the points of a head.
    triangles : ndarray, shape (F, 3), int32
    canonical : ndarray, shape (W, 3), float32
        The dense points of the mean head, mm: the coordinates in which textures are written.
    eye : ndarray, shape (W,), bool
        Points of the eyeballs.
    hem : ndarray, shape (R,), int
        The points of the head model at which the neck ends.
    lips, ears : ndarray, shape (W,), float32
        Share of each region, 0 to 1.
    open : ndarray, shape (W,), float32
        Share of the sky that a point of the mean head sees, 0 to 1.
    hair : HairGrid
    landmarks : mapping of str to ndarray
        Of the mean head.
    """

    operator: sparse.csr_matrix
    triangles: Array
    canonical: Array
    eye: Array
    hem: Array
    lips: Array
    ears: Array
    open: Array
    hair: HairGrid
    landmarks: Mapping[str, Array]


@cache
def dense_head() -> DenseHead:
    """Return the dense head: made once a process, in about a second."""
    model = load_head_model()
    mean = np.asarray(model.mean, np.float64)
    pieces = _pieces(model.triangles, len(mean))
    eye = pieces != pieces[int(np.argmin(mean[:, 2]))]
    cap = _middle_of_cap(mean, model.triangles)
    operator, triangles = loop_operator(model.triangles, len(mean), levels=2)
    share = {name: operator @ (model.labels == REGIONS[name]).astype(np.float32) for name in ("lips", "ears")}
    coarse, coarse_triangles = loop_operator(model.triangles, len(mean))
    sky = _sky(coarse @ mean, coarse_triangles)[: len(mean)]
    usable = ~eye & (model.labels != REGIONS["ears"])
    usable[cap] = False
    return DenseHead(
        operator=operator,
        triangles=triangles,
        canonical=np.asarray(operator @ mean, np.float32),
        eye=(operator @ eye.astype(np.float32)) > 0.5,
        hem=np.setdiff1d(model.triangles[(model.triangles == cap).any(axis=1)], [cap]),
        lips=share["lips"],
        ears=share["ears"],
        open=np.asarray(np.clip(operator @ sky, 0.0, 1.0), np.float32),
        hair=hair_grid(mean, np.asarray(model.triangles, np.int64), usable, model.landmarks),
        landmarks=model.landmarks,
    )


def _middle_of_cap(points: Array, triangles: Array) -> int:
    """Return the point that closes the neck: the one with the most triangles far below."""
    low = points[:, 2] < points[:, 2].min() + 0.25 * np.ptp(points[:, 2])
    return int(np.argmax(np.bincount(triangles.ravel(), minlength=len(points)) * low))


def _pieces(triangles: Array, size: int) -> Array:
    ends = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    graph = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1])


def _sky(points: Array, triangles: Array, directions: int = 48, size: int = 320) -> Array:
    """Share of a cosine-weighted sky that is not hidden, by depth pictures from all sides; shape (V,)."""
    normals = vertex_normals(points, triangles)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    reach = float(np.linalg.norm(points - centre, axis=1).max()) + 5.0
    number = np.arange(directions) + 0.5
    height = 1.0 - 2.0 * number / directions
    turn = np.pi * (1.0 + 5.0**0.5) * number
    ring = np.sqrt(1.0 - height**2)
    seen, total = np.zeros(len(points)), np.zeros(len(points))
    with Raster(points, triangles) as raster:
        for way in np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1):
            camera = Camera(centre + way * 2 * reach, centre, _any_up(way), half_height=reach)
            cosine = np.maximum(normals @ way, 0.0)
            seen += cosine * (1.0 - hidden(raster.depth(camera, size), camera, points + normals * 0.8, bias=1.2))
            total += cosine
    return seen / np.maximum(total, 1e-9)


def _any_up(way: Array) -> Array:
    return np.array([0.0, 0.0, 1.0]) if abs(way[2]) < 0.9 else np.array([0.0, 1.0, 0.0])


def hidden(depth: Array, camera: Camera, points: Array, *, bias: float) -> Array:
    """Return 1 where something lies nearer to a camera than the points by more than ``bias`` mm, else 0; shape (N,)."""
    pixels, distance = camera.project(points, len(depth))
    where = np.clip(np.rint(pixels).astype(np.int64), 0, len(depth) - 1)
    return np.asarray(depth[where[:, 1], where[:, 0]] < distance - bias, np.float32)


def shoulders(hem: Array) -> tuple[Array, Array]:
    """Return a collar and shoulders below a neck.

    Parameters
    ----------
    hem : ndarray, shape (R, 3)
        Where the neck ends, in any order, mm.

    Returns
    -------
    points : ndarray, shape (N, 3)
    triangles : ndarray, shape (F, 3), int32
    """
    middle = (hem.max(axis=0) + hem.min(axis=0))[:2] / 2
    away = hem[:, :2] - middle
    turn = 2 * np.pi * np.arange(_ROUND) / _ROUND
    at = np.arctan2(away[:, 0], away[:, 1])
    throat = _evened(np.interp(turn, at, np.hypot(away[:, 0], away[:, 1]), period=2 * np.pi))
    low = _evened(np.interp(turn, at, hem[:, 2], period=2 * np.pi))
    step = np.concatenate([np.linspace(0.0, 1.0, 40), np.ones(6)])
    collar = np.minimum(step / 0.12, 1.0)[:, None]
    out = np.clip((step - 0.12) / 0.88, 0.0, 1.0)[:, None]
    rise = 16.0 - 17.0 * collar - 190.0 * out**2.3
    rise[-6:, 0] -= 90.0 * np.arange(1, 7)
    near = throat + 6.0 + 2.0 * collar
    wide = near + (205.0 - near) * (1 - (1 - out) ** 1.25)
    deep = near + (110.0 - near) * (1 - (1 - out) ** 1.6)
    level = low + (low.mean() - low) * np.minimum(1.0, 1.5 * out) + rise
    grid = np.stack([middle[0] + wide * np.sin(turn), middle[1] + deep * np.cos(turn), level], axis=2)
    return grid.reshape(-1, 3), grid_triangles(len(step), len(turn), closed=True)


def _evened(values: Array) -> Array:
    """Smooth values that go around."""
    return np.asarray(ndimage.gaussian_filter1d(values, 2.0, mode="wrap"))
