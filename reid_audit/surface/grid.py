"""Regular grids: block means, separable resampling, blurring.

Resampling is one product with a sparse matrix an axis: no loop over voxels, one thread, the same bits on every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Array",
    "block_mean",
    "blur_matrix",
    "blurred",
    "cubic_matrix",
    "interpolated",
    "interpolated_planes",
    "linear_matrix",
    "mean_matrix",
    "moved_affine",
    "resample_axis",
]

Array = np.ndarray[Any, Any]


def block_mean(data: Array, affine: Array, target: float) -> tuple[Array, Array]:
    """Average whole blocks of voxels so that each is about ``target`` mm wide, and never split a voxel.

    Parameters
    ----------
    data : ndarray, shape (I, J, K)
    affine : ndarray, shape (4, 4)
        Voxel index to RAS millimetres.
    target : float
        Wanted edge length in mm; axes that are already coarser stay as they are.

    Returns
    -------
    data : ndarray, float32, C order
    affine : ndarray, shape (4, 4), float64
        Of the new voxels' centres.
    """
    size = np.linalg.norm(affine[:3, :3], axis=0)
    factors = np.maximum(np.rint(target / size), 1).astype(int)
    factors = np.minimum(factors, np.maximum(np.asarray(data.shape) // 4, 1))
    out = data
    for axis, factor in enumerate(factors):
        if factor > 1:
            length = out.shape[axis] // factor * factor
            parts = [np.moveaxis(out, axis, 0)[start:length:factor] for start in range(factor)]
            total = parts[0].astype(np.float32)
            for part in parts[1:]:
                total += part
            total /= np.float32(factor)
            out = np.moveaxis(total, 0, axis)
    return np.ascontiguousarray(out, dtype=np.float32), moved_affine(affine, (factors - 1) / 2, factors)


def moved_affine(affine: Array, origin: Array, step: Array) -> Array:
    """Affine of a grid whose index 0 lies at ``origin`` and whose unit step is ``step``, both in old voxels."""
    inner = np.eye(4)
    inner[:3, :3] = np.diag(step)
    inner[:3, 3] = origin
    return np.asarray(affine, dtype=np.float64) @ inner


def cubic_matrix(length: int, positions: Array) -> Any:
    """Weights of Catmull-Rom interpolation along one axis, ends repeated.

    Parameters
    ----------
    length : int
        Number of samples.
    positions : ndarray, shape (M,)
        Where to interpolate, in sample indices.

    Returns
    -------
    ndarray, shape (M, length), float32
        Rows sum to 1.
    """
    base = np.floor(positions).astype(int)
    t = positions - base
    weights = np.stack(
        [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ],
        axis=1,
    )
    return _banded(length, base[:, None] + np.arange(-1, 3), weights)


def linear_matrix(length: int, positions: Array) -> Any:
    """Weights of linear interpolation along one axis, ends repeated; shape (M, length), float32."""
    base = np.floor(positions).astype(int)
    t = positions - base
    return _banded(length, base[:, None] + np.arange(2), np.stack([1.0 - t, t], axis=1))


def mean_matrix(length: int, step: float) -> Any:
    """Weights that average samples over windows ``step`` samples wide; shape (floor(length / step), length)."""
    from scipy import sparse

    count = max(int(length / step), 1)
    edges = np.arange(count + 1) * step
    samples = np.arange(length + 1)
    low = np.maximum(edges[:-1, None], samples[None, :-1])
    high = np.minimum(edges[1:, None], samples[None, 1:])
    weights = np.clip(high - low, 0.0, None)
    return sparse.csr_array((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))


def blur_matrix(length: int, sigma: float, positions: Array) -> Any:
    """Weights of a Gaussian window of ``sigma`` samples around positions, ends repeated; shape (M, length), float32."""
    base, reach = np.rint(positions).astype(int), _reach(sigma)
    columns = base[:, None] + np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * ((columns - positions[:, None]) / sigma) ** 2)
    return _banded(length, columns, weights / weights.sum(axis=1, keepdims=True))


def blurred(data: Array, sigma: float) -> Array:
    """Blur by a Gaussian window of ``sigma`` voxels, ends repeated.

    As three products with :func:`blur_matrix` at every voxel, in a quarter of the time.

    Parameters
    ----------
    data : ndarray, shape (I, J, K), float32, C order
    sigma : float
        In voxels, alike along the axes.

    Returns
    -------
    ndarray, shape (I, J, K), float32, C order
    """
    import cv2

    reach, same = _reach(sigma), np.ones(1, dtype=np.float32)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    window = (weights / weights.sum()).astype(np.float32)
    out = np.empty_like(data)
    for plane, into in zip(data, out, strict=True):
        cv2.sepFilter2D(plane, cv2.CV_32F, window, window, dst=into, borderType=cv2.BORDER_REPLICATE)
    flat = out.reshape(len(out), -1)
    flat = cv2.sepFilter2D(flat, cv2.CV_32F, same, window, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(flat).reshape(data.shape)


def _reach(sigma: float) -> int:
    """Samples on either side of a Gaussian window; what lies further out no longer counts."""
    return round(3 * sigma)


def _banded(length: int, columns: Array, weights: Array) -> Any:
    from scipy import sparse

    rows = np.broadcast_to(np.arange(len(columns))[:, None], columns.shape)
    inside = np.clip(columns, 0, length - 1)
    entries = np.asarray(weights, dtype=np.float32).ravel()
    return sparse.csr_array((entries, (rows.ravel(), inside.ravel())), shape=(len(columns), length))


def resample_axis(data: Array, matrix: Any, axis: int) -> Array:
    """Apply a sparse matrix of weights along one axis.

    Parameters
    ----------
    data : ndarray, shape (I, J, K)
    matrix : sparse array, shape (M, data.shape[axis]), float32
    axis : int

    Returns
    -------
    ndarray, float32
        Of length M along ``axis``; its memory order is not C.
    """
    front = np.moveaxis(data, axis, 0)
    flat = np.ascontiguousarray(front, dtype=np.float32).reshape(len(front), -1)
    return np.moveaxis((matrix @ flat).reshape(matrix.shape[0], *front.shape[1:]), 0, axis)


def interpolated(coarse: Array, coarse_affine: Array, shape: tuple[int, ...], affine: Array) -> Array:
    """Interpolate a coarse map on a finer grid: :func:`interpolated_planes` put together; float32, C order."""
    out = np.empty(shape, dtype=np.float32)
    for into, plane in zip(out, interpolated_planes(coarse, coarse_affine, shape, affine), strict=True):
        into[...] = plane
    return out


def interpolated_planes(coarse: Array, coarse_affine: Array, shape: tuple[int, ...], affine: Array) -> Iterator[Array]:
    """Interpolate a coarse map linearly on a finer grid whose axes run alike, plane by plane.

    Parameters
    ----------
    coarse : ndarray, shape (I, J, K)
    coarse_affine : ndarray, shape (4, 4)
        Index of the coarse map to RAS millimetres.
    shape : tuple of int
        Of the finer grid; beyond the coarse map its ends are repeated.
    affine : ndarray, shape (4, 4)
        Of the finer grid.

    Yields
    ------
    ndarray, shape ``shape[1:]``, float32
        The planes across the first axis; the caller's own, to change at will.
    """
    inner = np.linalg.solve(coarse_affine, affine)
    places = [
        np.clip(inner[axis, axis] * np.arange(shape[axis]) + inner[axis, 3], 0, coarse.shape[axis] - 1)
        for axis in range(3)
    ]
    for axis in (2, 1):
        coarse = resample_axis(coarse, linear_matrix(coarse.shape[axis], places[axis]), axis)
    coarse = np.ascontiguousarray(coarse)
    for place in places[0]:
        before = min(int(place), max(len(coarse) - 2, 0))
        after = min(before + 1, len(coarse) - 1)
        share = np.float32(place - before)
        plane = coarse[after] * share
        plane += coarse[before] * (np.float32(1) - share)
        yield plane
