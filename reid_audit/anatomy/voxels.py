"""How much of each voxel a closed mesh fills: exact along one axis, supersampled across it."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["voxel_coverage"]

Array = np.ndarray[Any, Any]
Hits = tuple[Array, Array, Array, Array]
"""Line indices along the first and second axis, heights, and signs: 1 where a line enters, -1 where it leaves."""

_CHUNK = 400_000
"""Candidate (triangle, line) pairs that are worked on at once."""

_NUDGE = (1.37e-4, 2.11e-4)
"""Shift of the lines in voxels, so that none runs exactly through an edge of a mesh that lies on the grid."""


def voxel_coverage(
    points: Array,
    triangles: Array,
    shape: tuple[int, int, int],
    *,
    supersample: int = 3,
) -> Array:
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
    inwards = np.einsum("ti,ti->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) < 0
    # To the grid of lines: line a runs at index (a + 0.5) / supersample - 0.5.
    corners[..., :2] = (corners[..., :2] + 0.5) * supersample - 0.5 + np.array(_NUDGE)
    corners[..., 2] += 0.5
    a, b, height, sign = _outer(*_crossings(corners, (n_i * supersample, n_j * supersample)), flip=bool(inwards))
    height = np.clip(height, 0.0, float(n_k))
    k = np.minimum(height.astype(np.int64), n_k - 1)
    flat = ((a // supersample) * n_j + b // supersample) * (n_k + 1) + k
    share = height - k
    switched = np.bincount(flat, sign * (1.0 - share), minlength=n_i * n_j * (n_k + 1))
    switched += np.bincount(flat + 1, sign * share, minlength=len(switched))
    filled = np.cumsum(switched.reshape(n_i, n_j, n_k + 1), axis=2)[..., :n_k] / supersample**2
    return np.clip(filled, 0.0, 1.0).astype(np.float32)


def _outer(a: Array, b: Array, height: Array, sign: Array, *, flip: bool) -> Hits:
    """Keep of the crossings those at which a line comes from outside of all parts, or leaves the last."""
    if flip:
        sign = -sign
    if not len(a):
        return a, b, height, sign
    # One number sorts by line, then by height: two sorts of integers and floats would take three times as long.
    line = a * (b.max() + 1) + b
    low, span = height.min(), np.ptp(height) + 1.0
    order = np.argsort(line + (height - low) / span)
    a, b, height, sign, line = a[order], b[order], height[order], sign[order], line[order]
    after = np.cumsum(sign)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    # What was not closed on one line must not go on to the next.
    after -= np.repeat((after - sign)[first], np.diff(np.append(first, len(line))))
    kept = (after > 0) != (after - sign > 0)
    return a[kept], b[kept], height[kept], sign[kept]


def _crossings(corners: Array, lines: tuple[int, int]) -> Hits:
    """Return line indices, heights and signs of the crossings of lines with triangles."""
    low = np.ceil(corners[..., :2].min(axis=1)).astype(np.int64)
    high = np.floor(corners[..., :2].max(axis=1)).astype(np.int64)
    low = np.maximum(low, 0)
    high = np.minimum(high, np.array(lines) - 1)
    extent = np.maximum(high - low + 1, 0)
    candidates = extent.prod(axis=1)
    keep = candidates > 0
    corners, low, extent, candidates = corners[keep], low[keep], extent[keep], candidates[keep]
    found: list[Hits] = []
    start, total = 0, np.cumsum(candidates)
    while start < len(corners):
        before = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + _CHUNK)))
        found.append(_crossings_of(corners[start:stop], low[start:stop], extent[start:stop], candidates[start:stop]))
        start = stop
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    a, b, height, sign = (np.concatenate(part) for part in zip(*found, strict=True))
    return a, b, height, sign


def _crossings_of(corners: Array, low: Array, extent: Array, candidates: Array) -> Hits:
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
