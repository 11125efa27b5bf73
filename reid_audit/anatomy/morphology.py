"""Shapes on a grid with millimetre spacing: distances, dilation, closing, opening, holes.

Radii are in millimetres however thick the slices are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["closed", "depth_near_outline", "dilated", "distance_to", "holes_filled", "opened"]

Array = np.ndarray[Any, Any]

_SLAB = 8  # rows at once
_TIE = 1e-3  # mm: a voxel this much further than the radius still counts, so that rounded spacings do not matter


def distance_to(mask: Array, spacing: Array) -> Array:
    """Distance in mm from every voxel's centre to the nearest voxel of a mask.

    Parameters
    ----------
    mask : ndarray, shape (I, J, K), bool
    spacing : ndarray, shape (3,)
        Edge lengths of a voxel in mm.

    Returns
    -------
    ndarray, shape (I, J, K), float32
        0 inside the mask; a large number everywhere if the mask is empty.

    References
    ----------
    .. [1] C. R. Maurer, R. Qi, V. Raghavan, "A linear time algorithm for computing exact Euclidean distance transforms
       of binary images in arbitrary dimensions", IEEE TPAMI 25(2), 2003, doi:10.1109/TPAMI.2003.1177156
    """
    import SimpleITK

    if not mask.any():
        return np.full(mask.shape, np.float32(1e6))
    image = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing([float(s) for s in spacing[::-1]])
    run = SimpleITK.SignedMaurerDistanceMapImageFilter()
    run.SetNumberOfThreads(1)
    run.SquaredDistanceOff()
    run.UseImageSpacingOn()
    run.InsideIsPositiveOff()
    distance: Array = SimpleITK.GetArrayFromImage(run.Execute(image))
    np.maximum(distance, 0.0, out=distance)
    distance[mask] = 0.0
    return distance


def dilated(mask: Array, radius: float, spacing: Array) -> Array:
    """Return the voxels whose centres lie within a ball's radius of a voxel of the mask.

    Equal to a distance map with a limit, at a fraction of its cost: the mask is padded and laid out as one long line,
    along which the ball is a union of shifted runs.

    Parameters
    ----------
    mask : ndarray, shape (I, J, K), bool
    radius : float
        In mm.
    spacing : ndarray, shape (3,)
        Edge lengths of a voxel in mm.

    Returns
    -------
    ndarray, shape (I, J, K), bool
    """
    reach = np.floor((radius + _TIE) / spacing).astype(int)
    wide = np.pad(mask, [(n, n) for n in reach])
    line = wide.ravel()
    runs = [line]
    for shift in range(1, reach[2] + 1):
        run = runs[-1].copy()
        _mark(run, line, shift)
        _mark(run, line, -shift)
        runs.append(run)
    ball = np.zeros_like(line)
    for i, j in np.ndindex(2 * reach[0] + 1, 2 * reach[1] + 1):
        left = (radius + _TIE) ** 2 - ((i - reach[0]) * spacing[0]) ** 2 - ((j - reach[1]) * spacing[1]) ** 2
        if left >= 0:
            half = int(np.sqrt(left) / spacing[2])
            _mark(ball, runs[half], int((i - reach[0]) * wide.shape[1] + j - reach[1]) * wide.shape[2])
    inner = tuple(slice(n, n + size) for n, size in zip(reach, mask.shape, strict=True))
    return ball.reshape(wide.shape)[inner]


def _mark(line: Array, other: Array, shift: int) -> None:
    """Mark on a line what another one holds, moved by some voxels; what runs over an end is lost."""
    if shift >= 0:
        line[shift:] |= other[: len(other) - shift]
    else:
        line[:shift] |= other[-shift:]


def closed(mask: Array, radius: float, spacing: Array) -> Array:
    """Closing by a ball of ``radius`` mm; what lies outside the grid counts as background."""
    pad = [(int(np.ceil(radius / s)) + 1,) * 2 for s in spacing]
    wide = dilated(np.pad(mask, pad), radius, spacing)
    wide = ~dilated(~wide, radius, spacing)
    inner = tuple(slice(low, low + n) for (low, _), n in zip(pad, mask.shape, strict=True))
    return np.asarray(wide[inner] | mask)


def opened(mask: Array, radius: float, spacing: Array) -> Array:
    """Opening by a ball of ``radius`` mm; what lies outside the grid counts as foreground, so cuts are not rounded."""
    core = ~dilated(~mask, radius, spacing)
    return np.asarray(dilated(core, radius, spacing) & mask)


def holes_filled(mask: Array) -> Array:
    """Return a mask with what it encloses: everything from which no way over faces of voxels leads to the grid's edge.

    Parameters
    ----------
    mask : ndarray, shape (I, J, K), bool

    Returns
    -------
    ndarray, shape (I, J, K), bool
    """
    from scipy.ndimage import label

    pieces, count = label(~mask)
    outside = np.zeros(count + 1, dtype=bool)
    for axis in range(mask.ndim):
        for end in (0, -1):
            outside[np.unique(np.take(pieces, end, axis))] = True
    outside[0] = False  # the mask itself
    return np.asarray(~outside[pieces])


def depth_near_outline(mask: Array, spacing: Array, reach: float) -> Array:
    """Signed distance in mm to the outline of a mask, as far as it is of interest.

    Inside, the distance to the nearest voxel outside; outside, the negative distance to the nearest one inside. Near
    the outline a square root of the least sum of squares over a few neighbours an axis is the distance map, at a
    fraction of its cost.

    Parameters
    ----------
    mask : ndarray, shape (I, J, K), bool
    spacing : ndarray, shape (3,)
        Edge lengths of a voxel in mm.
    reach : float
        Beyond this many mm the depth stays at ``reach``, or ``-reach``.

    Returns
    -------
    ndarray, shape (I, J, K), float32

    References
    ----------
    .. [1] P. F. Felzenszwalb, D. P. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8,
       2012, doi:10.4086/toc.2012.v008a019
    """
    depth = _limited_distance(~mask, spacing, reach)
    depth -= _limited_distance(mask, spacing, reach)
    return depth


def _limited_distance(mask: Array, spacing: Array, reach: float) -> Array:
    """Distance in mm to the nearest voxel of a mask, or ``reach`` where that is less; float32."""
    limit = np.float32(reach) ** 2
    squares = np.where(mask, np.float32(0), limit)
    for plane in squares:
        plane[:] = _least(_least(plane.T, float(spacing[2]), reach).T, float(spacing[1]), reach)
    # the first axis last, in slabs that stay in the cache
    for start in range(0, squares.shape[1], _SLAB):
        slab = np.s_[:, start : start + _SLAB]
        squares[slab] = _least(squares[slab], float(spacing[0]), reach)
    return np.sqrt(squares, out=squares)


def _least(squares: Array, size: float, reach: float) -> Array:
    """Least sum, along the first axis, of a squared distance and the square of the way to it."""
    least = squares.copy(order="K")
    for step in range(1, min(int(reach / size), len(squares) - 1) + 1):
        way = np.float32((step * size) ** 2)
        np.minimum(least[step:], squares[:-step] + way, out=least[step:])
        np.minimum(least[:-step], squares[step:] + way, out=least[:-step])
    return least
