"""The inside of the mean head, built once from solids and kept in memory; a person's inside is this one, warped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt

from reid_audit.anatomy.head_model import REGIONS, load_head_model
from reid_audit.anatomy.voxels import voxel_coverage
from reid_audit.phantom.brain import paint_cranium
from reid_audit.phantom.canvas import Canvas, resample_linear
from reid_audit.phantom.face_interior import Anchors, paint_airways, paint_bones, paint_eyes, paint_muscles
from reid_audit.phantom.labels import FACE_REGIONS, Tissue
from reid_audit.phantom.neck import lengthen_neck

if TYPE_CHECKING:
    from reid_audit.anatomy.head_model import HeadModel

__all__ = ["NECK_FLOOR", "Interior", "mean_interior"]

Array = np.ndarray[Any, Any]

_SEED = 20_611
"""Places the folds of the one brain; part of the anatomy, not of any experiment."""
_COARSE = 2.0
_REACH = 80.0
"""Depths beyond this, in mm, are not told apart."""
_SKIN = 1.7
NECK_FLOOR = -196.0
"""Height at which the lengthened neck ends."""
_REGION_REACH = {"eyes": 20.0, "nose": 16.0, "mouth": 16.0, "ears": 4.0, "face": 12.0}
"""Mm from the skin down to which tissue counts as part of a region in the true masks."""


@dataclass(frozen=True, eq=False)
class Interior:
    """Tissue and face region everywhere in the mean head.

    Parameters
    ----------
    labels : ndarray, shape (I, J, K), uint8
        :class:`~reid_audit.phantom.labels.Tissue`; skin goes on outside the mean skin, so that a person who is larger
        than the warp says has skin there and not a hole.
    regions : ndarray, shape (I, J, K), uint8
        Codes of ``FACE_REGIONS``, 0 elsewhere.
    origin : ndarray, shape (3,)
        Head frame of the mean head, mm, of voxel (0, 0, 0).
    spacing : float
        Mm.
    """

    labels: Array
    regions: Array
    origin: Array
    spacing: float


@lru_cache(maxsize=4)
def mean_interior(spacing: float = 1.0) -> Interior:
    """Return the inside of the head model's mean head.

    Parameters
    ----------
    spacing : float
        Mm; 1 or 2.

    Returns
    -------
    Interior
    """
    model = load_head_model()
    longer, faces = lengthen_neck(model.mean, model.triangles, model.labels == REGIONS["neck"], NECK_FLOOR)
    low = np.floor(longer.min(axis=0)) - 12.0
    high = longer.max(axis=0) + 12.0
    shape = tuple(int(n) for n in np.ceil((high - low) / _COARSE).astype(int) + 1)
    samples, owner = _dense_samples(longer, faces)
    depth, nearest = _signed_depth(longer, faces, samples, low, (shape[0], shape[1], shape[2]))
    regions = _regions(model, owner, depth, nearest)
    factor = round(_COARSE / spacing)
    fine = (shape[0] * factor, shape[1] * factor, shape[2] * factor)
    canvas = Canvas(
        np.full(fine, Tissue.SKIN, dtype=np.uint8), resample_linear(depth, fine, step=1.0 / factor), low, spacing
    )
    _paint(canvas, Anchors.of(model.landmarks))
    for axis in range(3):
        regions = np.repeat(regions, factor, axis=axis)
    for array in (canvas.labels, regions):
        array.flags.writeable = False
    return Interior(canvas.labels, regions, low, spacing)


def _paint(canvas: Canvas, at: Anchors) -> None:
    """Paint from the outside in; what comes later lies on top."""
    _, (_, _, z) = canvas.axes()
    canvas.labels[canvas.depth > _SKIN] = Tissue.FAT
    thickness = np.where(z > at.eye[2] + 25.0, 4.0, 5.5)
    deep = (canvas.depth > thickness) & (z < at.eye[2] + 60.0)
    canvas.labels[deep & ~_fat_planes(canvas)] = Tissue.MUSCLE
    paint_muscles(canvas, at)
    paint_bones(canvas, at)
    paint_airways(canvas, at)
    paint_eyes(canvas, at)
    paint_cranium(canvas, np.random.default_rng(_SEED))


def _fat_planes(canvas: Canvas) -> Array:
    """Return thin sheets that part the muscles of face and neck, as fat does."""
    _, (x, y, z) = canvas.axes()
    side = np.abs(x)
    wave = (
        np.sin(0.21 * side + 0.13 * y + 0.4) + np.sin(0.17 * y - 0.24 * side + 0.03 * z) + np.sin(0.06 * z + 0.12 * y)
    )
    return np.asarray((np.abs(wave) < 0.13) & (z < 15.0))


def _dense_samples(points: Array, triangles: Array, step: float = 2.2) -> tuple[Array, Array]:
    """Return points spread over the surface and, for each, the vertex nearest to it in its triangle."""
    corners = points[triangles]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    parts = np.maximum(1, np.ceil(longest / step).astype(int))
    spots, owners = [], []
    for n in np.unique(parts):
        u, v = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
        u, v = u[u + v <= n] / n, v[u + v <= n] / n
        weights = np.stack([1 - u - v, u, v], axis=1)
        chosen = parts == n
        spots.append(np.einsum("wc,tcx->twx", weights, corners[chosen]).reshape(-1, 3))
        owners.append(triangles[chosen][:, weights.argmax(axis=1)].ravel())
    return np.concatenate(spots), np.concatenate(owners)


def _signed_depth(
    points: Array, triangles: Array, samples: Array, low: Array, shape: tuple[int, int, int]
) -> tuple[Array, Array]:
    """Return mm below the skin (negative outside) on the coarse grid, and the nearest sample."""
    inside = voxel_coverage((points - low) / _COARSE, triangles, shape) > 0.5
    # Walls that lie inside, such as the back of the eyeballs, are not skin.
    buried = binary_erosion(inside, np.ones((3, 3, 3)))
    outer = ~buried[tuple(np.rint((samples - low) / _COARSE).astype(int).T)]
    cell = np.rint((samples[outer] - low) / _COARSE).astype(int)
    flat = np.ravel_multi_index(tuple(cell.T), shape)
    # Of the samples in a cell the one nearest to their mean stands for the surface there.
    count = np.maximum(np.bincount(flat, minlength=inside.size), 1)
    mean = np.stack([np.bincount(flat, samples[outer][:, a], inside.size) / count for a in range(3)], axis=1)
    order = np.argsort(-np.linalg.norm(samples[outer] - mean[flat], axis=1))
    chosen = np.full(inside.size, len(samples))
    chosen[flat[order]] = np.flatnonzero(outer)[order]
    empty = np.ones(inside.size, bool)
    empty[flat] = False
    where = distance_transform_edt(empty.reshape(shape), return_distances=False, return_indices=True)
    seed = np.ravel_multi_index(tuple(where), shape)
    grid = np.meshgrid(*(low[a] + _COARSE * np.arange(shape[a]) for a in range(3)), indexing="ij", sparse=True)
    distance = np.sqrt(sum((grid[a] - mean[:, a][seed]) ** 2 for a in range(3)))
    distance = np.minimum(distance, _REACH).astype(np.float32)
    return np.where(inside, distance, -distance), chosen[seed]


def _regions(model: HeadModel, owner: Array, depth: Array, nearest: Array) -> Array:
    """Return the code of the face region on the coarse grid, from the label of the nearest skin."""
    points, forehead, chin = model.mean, model.landmarks["forehead"], model.landmarks["gnathion"]
    facing = (points[:, 2] < forehead[2]) & (points[:, 2] > chin[2] - 3.0) & (points[:, 1] > 0.35 * chin[1])
    code = np.where(facing, FACE_REGIONS["face"], 0).astype(np.uint8)
    for name, region in (("eyes", "eyes"), ("brows", "face"), ("nose", "nose"), ("lips", "mouth"), ("ears", "ears")):
        code[model.labels == REGIONS[name]] = FACE_REGIONS[region]
    known = np.where(owner < len(code), code[np.minimum(owner, len(code) - 1)], 0)
    found = np.append(known, 0).astype(np.uint8)[nearest]
    reach = np.zeros(len(FACE_REGIONS) + 1)
    for name, mm in _REGION_REACH.items():
        reach[FACE_REGIONS[name]] = mm
    found[depth > reach[found]] = 0
    return np.asarray(found)
