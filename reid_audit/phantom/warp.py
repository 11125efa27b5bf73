"""A smooth map from a person's head to the mean head, drawn from vertices that correspond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

__all__ = ["Warp", "warp_to_mean"]

Array = np.ndarray[Any, Any]

_SPACING = 5.0
_MARGIN = 30.0
_SCALES = (24.0, 11.0, 5.0, 3.5, 3.5)
"""Widths in mm of the rounds of smoothing; each takes up what the one before left over."""


@dataclass(frozen=True, eq=False)
class Warp:
    """An affine map followed by displacements on a coarse grid.

    Parameters
    ----------
    affine : ndarray, shape (3, 4), float64
        Person's head frame to mean head frame.
    values : ndarray, shape (3, I, J, K), float32
        Displacements in mm, added to the result of the affine map, on a grid in the person's head frame.
    origin : ndarray, shape (3,)
    spacing : float
    """

    affine: Array
    values: Array
    origin: Array
    spacing: float

    def __call__(self, points: Array) -> Array:
        """Return where points of the person's head lie in the mean head.

        Parameters
        ----------
        points : ndarray, shape (..., 3)
            Mm, head frame.

        Returns
        -------
        ndarray, shape (..., 3), float64
        """
        index = np.moveaxis((points - self.origin) / self.spacing, -1, 0)
        moved = [map_coordinates(v, index, order=1, mode="nearest") for v in self.values]
        return np.asarray(points @ self.affine[:, :3].T + self.affine[:, 3] + np.stack(moved, axis=-1))


def warp_to_mean(person: Array, mean: Array) -> Warp:
    """Fit a smooth map to corresponding vertices.

    Parameters
    ----------
    person, mean : ndarray, shape (V, 3)
        Mm, head frame; row by row the same place.

    Returns
    -------
    Warp
    """
    system = np.column_stack([person, np.ones(len(person))])
    affine = np.linalg.lstsq(system, np.asarray(mean, float), rcond=None)[0].T
    left = mean - system @ affine.T
    low = person.min(axis=0) - _MARGIN
    shape = tuple(int(n) for n in np.ceil((person.max(axis=0) + _MARGIN - low) / _SPACING).astype(int) + 1)
    index = (person - low) / _SPACING
    values = np.zeros((3, *shape), dtype=np.float32)
    for number, scale in enumerate(_SCALES):
        added = _smooth(index, left, (shape[0], shape[1], shape[2]), scale / _SPACING, fades=number > 0)
        values += added
        left = left - np.stack([map_coordinates(a, index.T, order=1, mode="nearest") for a in added], axis=1)
    return Warp(affine, values, low, _SPACING)


def _smooth(index: Array, left: Array, shape: tuple[int, int, int], sigma: float, *, fades: bool) -> Array:
    """Return the Gaussian-weighted mean of what is left, on the grid; fading to nothing where no vertex is near."""
    base = np.clip(np.floor(index).astype(int), 0, np.array(shape) - 2)
    part = index - base
    weight = np.zeros(shape, dtype=np.float64)
    sums = np.zeros((3, *shape), dtype=np.float64)
    for corner in np.ndindex(2, 2, 2):
        share = np.prod(np.where(corner, part, 1 - part), axis=1)
        flat = np.ravel_multi_index(tuple((base + corner).T), shape)
        weight += np.bincount(flat, share, weight.size).reshape(shape)
        for axis in range(3):
            sums[axis] += np.bincount(flat, share * left[:, axis], weight.size).reshape(shape)
    weight = gaussian_filter(weight, sigma, mode="constant", truncate=5.0)
    floor = 0.02 * weight.max() if fades else 1e-9 * weight.max()
    smoothed = [gaussian_filter(s, sigma, mode="constant", truncate=5.0) / (weight + floor) for s in sums]
    return np.asarray(smoothed, dtype=np.float32)
