"""A head model ends at the neck; a person does not: the neck goes on below the field of view."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["lengthen_neck"]

Array = np.ndarray[Any, Any]


def lengthen_neck(points: Array, triangles: Array, is_neck: Array, floor: float) -> tuple[Array, Array]:
    """Extend the closed neck straight down to a plane.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
        Mm; z up.
    triangles : ndarray, shape (F, 3), int
        Closed; the neck ends in a fan of triangles around one vertex.
    is_neck : ndarray, shape (V,), bool
        Vertices among which the centre of the fan is.
    floor : float
        Height in mm at which the neck shall end, below all points.

    Returns
    -------
    points : ndarray, shape (V + L, 3), float64
        The first V are the old ones, but for the centre of the fan, which moved down.
    triangles : ndarray, shape (F + 2 L, 3), int
        Closed.
    """
    centre = _fan_centre(triangles, is_neck)
    fan = triangles[(triangles == centre).any(axis=1)]
    rest = triangles[~(triangles == centre).any(axis=1)]
    # Turn each triangle of the fan so that its centre comes last: what is left is an edge of the loop, in order.
    turned = np.array([np.roll(t, 2 - int(np.flatnonzero(t == centre)[0])) for t in fan])
    start, stop = turned[:, 0], turned[:, 1]
    loop = np.unique(start)
    below = np.searchsorted(loop, np.arange(len(points))) + len(points)
    out = np.concatenate([points, points[loop]]).astype(np.float64)
    middle = out[loop].mean(axis=0)
    # Lean a little backwards, as necks do under a head that looks ahead, and round the end to a level plane.
    out[len(points) :, 1] += -0.06 * (out[len(points) :, 2] - floor)
    out[len(points) :, 2] = floor
    out[centre] = [middle[0], out[len(points) :, 1].mean(), floor]
    wall = np.concatenate(
        [np.stack([start, stop, below[start]], axis=1), np.stack([stop, below[stop], below[start]], axis=1)]
    )
    cap = np.stack([below[start], below[stop], np.full_like(start, centre)], axis=1)
    return out, np.concatenate([rest, wall, cap]).astype(np.int64)


def _fan_centre(triangles: Array, is_neck: Array) -> int:
    """Return the vertex of the neck that most triangles share."""
    valence = np.bincount(triangles.ravel(), minlength=len(is_neck))
    return int(np.argmax(np.where(is_neck, valence, 0)))
