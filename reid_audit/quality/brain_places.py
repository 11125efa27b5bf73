"""Coarse places in the brain by where they lie in the head model: names for a reader, no atlas."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["PLACES", "places_of"]

Array = np.ndarray[Any, Any]

PLACES: tuple[str, ...] = (
    "frontal pole",
    "orbitofrontal",
    "temporal pole",
    "temporal lobe, lower side",
    "cerebellum and brain stem",
    "occipital pole",
    "crown",
    "elsewhere",
)
"""In the order in which they claim a place."""

_BOXES: tuple[tuple[str, tuple[float, float], tuple[float, float], tuple[float, float]], ...] = (
    ("frontal pole", (0.0, 60.0), (58.0, np.inf), (33.0, np.inf)),
    ("orbitofrontal", (0.0, 50.0), (30.0, np.inf), (-np.inf, 45.0)),
    ("temporal pole", (15.0, np.inf), (18.0, 50.0), (-np.inf, 30.0)),
    ("temporal lobe, lower side", (28.0, np.inf), (-30.0, 18.0), (-np.inf, 20.0)),
    ("cerebellum and brain stem", (0.0, np.inf), (-np.inf, 20.0), (-np.inf, 15.0)),
    ("occipital pole", (0.0, np.inf), (-np.inf, -70.0), (-np.inf, np.inf)),
    ("crown", (0.0, np.inf), (-np.inf, np.inf), (95.0, np.inf)),
)
"""Mm of the mean head: from the middle plane to the side, to the front, up; tragions at the origin."""


def places_of(points: Array) -> Array:
    """Name the place of each point.

    Parameters
    ----------
    points : ndarray, shape (N, 3)
        Frame and size of the mean head, mm.

    Returns
    -------
    ndarray, shape (N,), str
        ``"left frontal pole"`` and the like; what lies within 5 mm of the middle plane has no side.
    """
    side = np.abs(points[:, 0])
    number = np.full(len(points), len(PLACES) - 1)
    for index in range(len(_BOXES) - 1, -1, -1):
        _, x, y, z = _BOXES[index]
        inside = (side >= x[0]) & (side < x[1]) & (points[:, 1] >= y[0]) & (points[:, 1] < y[1])
        number[inside & (points[:, 2] >= z[0]) & (points[:, 2] < z[1])] = index
    names = np.array(PLACES, dtype=object)[number]
    prefix = np.where(side < 5.0, "", np.where(points[:, 0] > 0, "right ", "left ")).astype(object)
    return np.asarray(prefix + names, dtype=str)
