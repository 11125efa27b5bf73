"""How much of each voxel a closed mesh fills: exact along one axis, supersampled across it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["voxel_coverage"]

_CHUNK = 400_000
"""Candidate (triangle, line) pairs that are worked on at once."""

_NUDGE = (1.37e-4, 2.11e-4)
"""Shift of the lines in voxels, so that none runs exactly through an edge of a mesh that lies on the grid."""


def voxel_coverage(
    points: np.ndarray[Any, Any],
    triangles: np.ndarray[Any, Any],
    shape: tuple[int, int, int],
    *,
    supersample: int = 3,
) -> np.ndarray[Any, Any]:
    """Return the share of every voxel that lies inside a closed mesh.

    Lines run along the third axis, ``supersample ** 2`` through each voxel; every crossing of a triangle switches
    inside on or off at its exact height. Counting crossings with their sign (the winding number) needs no nearest
    point and no guess about the sign, and parts that overlap, such as an eyeball in its socket, count once.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
        Vertices in voxel indices: voxel (i, j, k) reaches half an index to each side of its centre.
    triangles : ndarray, shape (F, 3), int
        Wound the same way all over; outwards or inwards.
    shape : tuple of int
        Of the grid. Parts of the mesh outside it are cut off.
    supersample : int
        Lines through a voxel along each of the first two axes.

    Returns
    -------
    ndarray, shape ``shape``, float32
        From 0 (outside) to 1 (inside).

    Raises
    ------
    ValueError
        If ``supersample`` is below 1.
    """
    if supersample < 1:
        raise ValueError(
            f"The 'supersample' parameter of voxel_coverage must be at least 1. Got {supersample} instead."
        )
    n_i, n_j, n_k = shape
    corners = np.asarray(points, dtype=np.float64)[np.asarray(triangles)]
    # To the grid of lines: line a runs at index (a + 0.5) / supersample - 0.5.
    corners[..., :2] = (corners[..., :2] + 0.5) * supersample - 0.5 + np.array(_NUDGE)
    corners[..., 2] += 0.5
    switched = np.zeros(n_i * n_j * (n_k + 1), dtype=np.float64)
    for a, b, height, sign in _crossings(corners, (n_i * supersample, n_j * supersample)):
        column = (a // supersample) * n_j + b // supersample
        inside_top = np.clip(height, 0.0, float(n_k))
        k = np.minimum(inside_top.astype(np.int64), n_k - 1)
        share = inside_top - k
        flat = column * (n_k + 1) + k
        switched += np.bincount(flat, sign * (1.0 - share), minlength=len(switched))
        switched += np.bincount(flat + 1, sign * share, minlength=len(switched))
    filled = np.cumsum(switched.reshape(n_i, n_j, n_k + 1), axis=2)[..., :n_k] / supersample**2
    if filled.min() < -0.5:
        np.negative(filled, out=filled)
    return np.clip(filled, 0.0, 1.0, out=filled).astype(np.float32)


def _crossings(
    corners: np.ndarray[Any, Any], lines: tuple[int, int]
) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield line indices, heights and signs of the crossings of lines with triangles, some triangles at a time."""
    low = np.ceil(corners[..., :2].min(axis=1)).astype(np.int64)
    high = np.floor(corners[..., :2].max(axis=1)).astype(np.int64)
    low = np.maximum(low, 0)
    high = np.minimum(high, np.array(lines) - 1)
    extent = np.maximum(high - low + 1, 0)
    candidates = extent.prod(axis=1)
    keep = candidates > 0
    corners, low, extent, candidates = corners[keep], low[keep], extent[keep], candidates[keep]
    start = 0
    while start < len(corners):
        stop = start + max(1, int(np.searchsorted(np.cumsum(candidates[start:]), _CHUNK)))
        yield _crossings_of(corners[start:stop], low[start:stop], extent[start:stop], candidates[start:stop])
        start = stop


def _crossings_of(
    corners: np.ndarray[Any, Any],
    low: np.ndarray[Any, Any],
    extent: np.ndarray[Any, Any],
    candidates: np.ndarray[Any, Any],
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the crossings of all lines in the bounding boxes of some triangles."""
    owner = np.repeat(np.arange(len(corners)), candidates)
    within = np.arange(candidates.sum()) - np.repeat(np.cumsum(candidates) - candidates, candidates)
    a = low[owner, 0] + within // extent[owner, 1]
    b = low[owner, 1] + within % extent[owner, 1]
    p, q, r = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])
    inverse = np.divide(1.0, area, out=np.zeros_like(area), where=area != 0)
    da, db = a - p[owner, 0], b - p[owner, 1]
    s = (da * (r - p)[owner, 1] - db * (r - p)[owner, 0]) * inverse[owner]
    t = (db * (q - p)[owner, 0] - da * (q - p)[owner, 1]) * inverse[owner]
    hit = (s >= 0) & (t >= 0) & (s + t <= 1) & (area[owner] != 0)
    owner, s, t = owner[hit], s[hit], t[hit]
    height = p[owner, 2] + s * (q - p)[owner, 2] + t * (r - p)[owner, 2]
    # Seen from below, a triangle wound counter-clockwise from outside is entered where its area is negative.
    return a[hit], b[hit], height, -np.sign(area[owner])
