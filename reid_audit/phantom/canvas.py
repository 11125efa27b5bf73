"""A label volume in the mean head that simple solids are painted into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.phantom.labels import Tissue

__all__ = ["Canvas", "capsule", "ellipsoid", "resample_linear", "tube"]

Array = np.ndarray[Any, Any]
Solid = tuple["Callable[[Array, Array, Array], Array]", Array, Array]
"""A signed distance (negative inside, roughly mm) and the low and high corner of a box that holds the solid."""


def ellipsoid(center: Sequence[float], radii: Sequence[float], *, pitch: float = 0.0, yaw: float = 0.0) -> Solid:
    """Return an ellipsoid; ``pitch`` turns it about x (front up), ``yaw`` about z (front to the left), in degrees."""
    c, r = np.asarray(center, dtype=float), np.asarray(radii, dtype=float)
    cp, sp = np.cos(np.deg2rad(pitch)), np.sin(np.deg2rad(pitch))
    cy, sy = np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw))

    def distance(x: Array, y: Array, z: Array) -> Array:
        u, v, w = x - c[0], y - c[1], z - c[2]
        u, v = cy * u + sy * v, -sy * u + cy * v
        v, w = cp * v + sp * w, -sp * v + cp * w
        scaled: Array = np.sqrt((u / r[0]) ** 2 + (v / r[1]) ** 2 + (w / r[2]) ** 2)
        return np.asarray((scaled - 1.0) * r.min())

    reach = r.max() if pitch or yaw else r
    return distance, c - reach, c + reach


def capsule(start: Sequence[float], stop: Sequence[float], radius: float, end_radius: float | None = None) -> Solid:
    """Return a rod with round ends whose radius runs evenly from ``radius`` to ``end_radius``."""
    p, q = np.asarray(start, dtype=float), np.asarray(stop, dtype=float)
    last = radius if end_radius is None else end_radius
    axis = q - p
    length2 = max(float(axis @ axis), 1e-9)

    def distance(x: Array, y: Array, z: Array) -> Array:
        along = np.clip(((x - p[0]) * axis[0] + (y - p[1]) * axis[1] + (z - p[2]) * axis[2]) / length2, 0.0, 1.0)
        gap: Array = np.sqrt(
            (x - p[0] - along * axis[0]) ** 2 + (y - p[1] - along * axis[1]) ** 2 + (z - p[2] - along * axis[2]) ** 2
        )
        return np.asarray(gap - (radius + along * (last - radius)))

    reach = max(radius, last)
    return distance, np.minimum(p, q) - reach, np.maximum(p, q) + reach


def tube(path: Sequence[Sequence[float]], radii: Sequence[float] | float) -> list[Solid]:
    """Return rods along a path of points (x, y, z), one radius a point or one for all."""
    widths = [radii] * len(path) if isinstance(radii, int | float) else list(radii)
    return [capsule(path[i], path[i + 1], widths[i], widths[i + 1]) for i in range(len(path) - 1)]


def resample_linear(field: Array, shape: tuple[int, int, int], *, start: float = 0.0, step: float = 0.5) -> Array:
    """Sample a field at indices ``start + step * n`` along every axis, linearly, holding the edge values."""
    out = np.asarray(field, dtype=np.float32)
    for axis, size in enumerate(shape):
        position = np.clip(start + step * np.arange(size), 0, out.shape[axis] - 1)
        low = np.minimum(position.astype(int), out.shape[axis] - 2)
        weight = (position - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
        out = np.take(out, low, axis=axis) * (1 - weight) + np.take(out, low + 1, axis=axis) * weight
    return out


@dataclass(frozen=True, eq=False)
class Canvas:
    """Labels on a regular grid in the head frame, with the depth below the mean skin.

    Parameters
    ----------
    labels : ndarray, shape (I, J, K), uint8
        Painted in place.
    depth : ndarray, shape (I, J, K), float32
        Mm below the mean skin; negative outside.
    origin : ndarray, shape (3,)
        Head frame, mm, of voxel (0, 0, 0).
    spacing : float
        Mm.
    """

    labels: Array
    depth: Array
    origin: Array
    spacing: float

    def axes(
        self, low: Array | None = None, high: Array | None = None
    ) -> tuple[tuple[slice, slice, slice], list[Array]]:
        """Return the slices of a box in mm and its open coordinate grids x, y, z."""
        shape = np.array(self.labels.shape)
        first = np.zeros(3, int) if low is None else np.floor((low - self.origin) / self.spacing).astype(int)
        last = shape if high is None else np.ceil((high - self.origin) / self.spacing).astype(int) + 1
        first, last = np.clip(first, 0, shape), np.clip(last, 0, shape)
        box = (slice(first[0], last[0]), slice(first[1], last[1]), slice(first[2], last[2]))
        lines = [(self.origin[a] + self.spacing * np.arange(first[a], last[a])).astype(np.float32) for a in range(3)]
        return box, [lines[0][:, None, None], lines[1][None, :, None], lines[2][None, None, :]]

    def inside(self, solid: Solid) -> tuple[tuple[slice, slice, slice], Array]:
        """Return the box of a solid and its signed distance there."""
        distance, low, high = solid
        box, (x, y, z) = self.axes(low - 1.0, high + 1.0)
        return box, distance(x, y, z)

    def paint(
        self,
        label: Tissue,
        solid: Solid | list[Solid],
        *,
        min_depth: float = 2.0,
        over: Sequence[Tissue] | None = None,
        mirrored: bool = False,
        grow: float = 0.0,
    ) -> None:
        """Give the voxels of a solid a label.

        Parameters
        ----------
        label : Tissue
        solid : Solid or list of Solid
        min_depth : float
            Voxels nearer to the skin than this, in mm, stay as they are.
        over : sequence of Tissue, optional
            Only these are painted over; anything if left out.
        mirrored : bool
            Paint the mirror image on the other side too.
        grow : float
            Mm added all round.
        """
        for one in solid if isinstance(solid, list) else [solid]:
            for side in (1, -1) if mirrored else (1,):
                self._paint_one(label, one if side == 1 else _mirror(one), min_depth, over, grow)

    def _paint_one(
        self, label: Tissue, solid: Solid, min_depth: float, over: Sequence[Tissue] | None, grow: float
    ) -> None:
        distance, low, high = solid
        box, gap = self.inside((distance, low - grow, high + grow))
        chosen = (gap < grow) & (self.depth[box] > min_depth)
        if over is not None:
            chosen &= np.isin(self.labels[box], [int(t) for t in over])
        self.labels[box][chosen] = int(label)


def _mirror(solid: Solid) -> Solid:
    distance, low, high = solid
    flip = np.array([-1.0, 1.0, 1.0])
    return lambda x, y, z: distance(-x, y, z), np.minimum(low * flip, high * flip), np.maximum(low * flip, high * flip)
