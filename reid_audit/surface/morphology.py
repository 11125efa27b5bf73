"""Shapes on a grid with millimetre spacing: distances, dilation, closing, opening, components.

Radii are in millimetres however thick the slices are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reid_audit.surface.grid import Array

__all__ = ["closed", "components", "dilated", "distance_to", "filled_planes", "flooded", "largest_component", "opened"]

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


def components(mask: Array) -> tuple[Array, Array]:
    """Label the face-connected components of a mask.

    Returns
    -------
    labels : ndarray, shape (I, J, K), int32
        0 outside.
    sizes : ndarray, shape (n + 1,)
        Voxels a label; the background's entry is 0.
    """
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    return labels, sizes


def largest_component(mask: Array) -> tuple[Array, float]:
    """Return the largest component, and its share of the mask (0 where the mask is empty)."""
    labels, sizes = components(mask)
    total = int(sizes.sum())
    if total == 0:
        return np.zeros_like(mask), 0.0
    best = int(sizes.argmax())
    return np.asarray(labels == best), float(sizes[best] / total)


def filled_planes(mask: Array, axis: int) -> Array:
    """Fill the holes of every plane across ``axis``: air that is enclosed within its own plane."""
    from scipy import ndimage

    in_plane = ndimage.generate_binary_structure(3, 1)
    in_plane[tuple([1] * axis + [0])] = False
    in_plane[tuple([1] * axis + [2])] = False
    return np.asarray(ndimage.binary_fill_holes(mask, structure=in_plane))


def flooded(free: Array, seeds: Array) -> Array:
    """Return the components of ``free`` that hold a seed."""
    labels, sizes = components(free)
    reached = np.zeros(len(sizes), dtype=bool)
    reached[np.unique(labels[seeds & free])] = True
    reached[0] = False
    return np.asarray(reached[labels])
