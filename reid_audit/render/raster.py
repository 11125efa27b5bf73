"""Draws a head from every camera and under every light.

Geometry, camera and light are separate: the scene is built once, rasterised once a camera, and lit afterwards.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import SettingsError
from reid_audit.render.camera import DEFAULT_GRID, camera_at
from reid_audit.render.light import SKIN, Material, lit
from reid_audit.render.normals import open_scene
from reid_audit.types import Renders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import HeadSurface, View

__all__ = ["render_head"]

Array = np.ndarray[Any, Any]

_SIZES = (32, 4096)


def render_head(
    surface: HeadSurface,
    views: Sequence[View] = DEFAULT_GRID,
    *,
    size: int = 400,
    material: Material = SKIN,
) -> Renders:
    """Draw one head from every view.

    Parameters
    ----------
    surface : HeadSurface
    views : sequence of View
        Order is kept; views that share a camera are cheapest side by side.
    size : int
        Height and width in pixels, 32 to 4096.
    material : Material

    Returns
    -------
    Renders
        The same bytes for the same surface, views and size.

    Raises
    ------
    SettingsError
        ``size`` is out of range.
    """
    if not _SIZES[0] <= size <= _SIZES[1]:
        raise SettingsError(
            f"The size of a picture must be between {_SIZES[0]} and {_SIZES[1]} pixels, got {size}.",
            remedy="400 is what the detection rates of the documentation were measured with.",
        )
    points = _in_head_frame(surface)
    images = np.empty((len(views), size, size), dtype=np.uint8)
    projections = np.empty((len(views), 3, 4))
    if len(views):
        with open_scene(points, surface.triangles, size) as scene:
            row = 0
            for (yaw, pitch), same_camera in groupby(views, key=lambda view: view.camera):
                camera = camera_at(yaw, pitch, surface.scale)
                lights = [view.light for view in same_camera]
                rows = slice(row, row + len(lights))
                images[rows] = lit(scene.seen_by(camera), camera, lights, material)
                projections[rows] = camera.projection(size)
                row = rows.stop
    return Renders(images, tuple(views), projections)


def _in_head_frame(surface: HeadSurface) -> Array:
    rotation, shift = surface.to_head[:3, :3], surface.to_head[:3, 3]
    return np.ascontiguousarray(surface.points.astype(np.float64) @ rotation.T + shift, dtype=np.float32)
