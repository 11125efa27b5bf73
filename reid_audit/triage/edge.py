"""Tissue at the rear edge of the field of view, where only air can be: a face that is folded over ends there."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from reid_audit.anatomy import load_head_model

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["edge_behind"]

Array = np.ndarray[Any, Any]

_SLAB = 4.0
"""Mm at the edge that are averaged."""
_AWAY = 12.0
"""Mm behind the mean head from which on nobody's head is expected."""
_SIDE, _DOWN, _UP = 95.0, -60.0, 95.0
"""Mm of the mean head to either side of, below and above the ears: no neck, no shoulders."""
_BRIGHT = 0.25
"""Share of the tissue's brightness above air."""
_LEAST = 2000.0
"""Mm2 of the edge below which there is nothing to look at."""


def edge_behind(volume: Volume, to_head: Array, scale: float, *, air: float, tissue: float) -> float:
    """Measure tissue at the rear edge of the field of view, away from where the mean head is.

    A face that lies outside of the field of view in front appears at its rear, cut off at the edge, and may touch the
    head there: then no air lies between that would tell it from the head.

    Parameters
    ----------
    volume : Volume
    to_head : ndarray, shape (4, 4)
        RAS mm to the head frame.
    scale : float
        Size relative to the mean adult's.
    air, tissue : float
        Brightness of air, and of tissue above it.

    Returns
    -------
    float
        Mm2; NaN for CT and PET, in which nothing folds over, and where the edge lies at the head.
    """
    if volume.kind != "mri":
        return float("nan")
    values, places = _edge(volume, to_head)
    places = places / scale
    wanted = (np.abs(places[:, 0]) < _SIDE) & (places[:, 2] > _DOWN) & (places[:, 2] < _UP)
    distance, nearest = _mean_head().query(places)
    behind = wanted & (distance > _AWAY) & (places[:, 1] < _mean_head().data[nearest, 1])
    area = _pixel(volume, to_head)
    if behind.sum() * area < _LEAST:
        return float("nan")
    return float((behind & (values > air + _BRIGHT * tissue)).sum() * area)


def _rear(volume: Volume, to_head: Array) -> tuple[int, bool]:
    """Return the axis that runs from front to back, and whether its last voxel lies at the back."""
    direction = (to_head[:3, :3] @ volume.affine[:3, :3] / volume.voxel_size)[1]
    axis = int(np.abs(direction).argmax())
    return axis, bool(direction[axis] < 0)


def _edge(volume: Volume, to_head: Array) -> tuple[Array, Array]:
    """Return the mean values over the rear edge, and where they lie in the head frame."""
    axis, last = _rear(volume, to_head)
    thick = max(round(_SLAB / volume.voxel_size[axis]), 1)
    count = volume.data.shape[axis]
    slab = slice(count - thick, count) if last else slice(0, thick)
    index = [slice(None)] * 3
    index[axis] = slab
    values = np.asarray(volume.data)[tuple(index)].mean(axis=axis)
    grid = np.stack(np.meshgrid(*map(np.arange, values.shape), indexing="ij"), axis=-1).reshape(-1, 2)
    full = np.insert(grid.astype(np.float64), axis, count - 1 if last else 0, axis=1)
    matrix = to_head @ volume.affine
    return values.ravel(), full @ matrix[:3, :3].T + matrix[:3, 3]


def _pixel(volume: Volume, to_head: Array) -> float:
    """Return the area in mm2 that one value of the edge stands for."""
    axis, _ = _rear(volume, to_head)
    return float(np.prod(np.delete(volume.voxel_size, axis)))


@cache
def _mean_head() -> cKDTree:
    return cKDTree(np.asarray(load_head_model().mean, np.float64))
