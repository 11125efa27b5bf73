"""Draws a head with VTK, off-screen.

Geometry, camera and light are separate: a scene is built once, then each camera is set, and under it each light.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy import estimate_scale
from reid_audit.errors import SettingsError
from reid_audit.render.camera import DEFAULT_GRID, camera_at, direction
from reid_audit.types import Renders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reid_audit.render.camera import Camera
    from reid_audit.types import HeadSurface, View

__all__ = ["Material", "render_head"]

Array = np.ndarray[Any, Any]

_SIZES = (32, 4096)


@dataclass(frozen=True)
class Material:
    """How skin answers light; grey, so that no colour is claimed.

    Parameters
    ----------
    ambient, diffuse, specular : float
    shininess : float
    background : float
        Grey value behind the head, 0 to 1.
    """

    ambient: float = 0.18
    diffuse: float = 0.78
    specular: float = 0.12
    shininess: float = 12.0
    background: float = 0.0


SKIN = Material()


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
    scale = estimate_scale(points)
    images = np.empty((len(views), size, size), dtype=np.uint8)
    projections = np.empty((len(views), 3, 4))
    if len(views):
        with _scene(points, surface.triangles, size, material) as scene:
            row = 0
            for (yaw, pitch), same_camera in groupby(views, key=lambda view: view.camera):
                camera = camera_at(yaw, pitch, scale)
                scene.look(camera)
                projection = camera.projection(size)
                for view in same_camera:
                    images[row] = scene.lit(direction(*view.light))
                    projections[row] = projection
                    row += 1
    return Renders(images, tuple(views), projections)


def _in_head_frame(surface: HeadSurface) -> Array:
    rotation, shift = surface.to_head[:3, :3], surface.to_head[:3, 3]
    return np.ascontiguousarray(surface.points.astype(np.float64) @ rotation.T + shift, dtype=np.float32)


class _Scene:
    """One window with one head, one camera, one light."""

    def __init__(self, window: Any, renderer: Any, light: Any, size: int) -> None:
        self._window, self._renderer, self._light, self._size = window, renderer, light, size

    def look(self, camera: Camera) -> None:
        eye = self._renderer.GetActiveCamera()
        eye.SetPosition(*camera.position)
        eye.SetFocalPoint(*camera.target)
        eye.SetViewUp(0.0, 0.0, 1.0)
        eye.SetViewAngle(camera.view_angle)
        distance = float(np.linalg.norm(camera.target - camera.position))
        eye.SetClippingRange(0.4 * distance, 2.0 * distance)

    def lit(self, towards: Array) -> Array:
        """Grey picture with the light in some direction from the face; shape (size, size), uint8, row 0 on top."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        self._light.SetPosition(*(1000.0 * towards))
        self._window.Render()
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, self._size - 1, self._size - 1, 0, pixels, 0)
        flat = vtk_to_numpy(pixels).reshape(self._size, self._size, 3)
        return np.array(flat[::-1, :, 0])


@contextmanager
def _scene(points: Array, triangles: Array, size: int, material: Material) -> Iterator[_Scene]:
    """Build the scene, and take window and graphics memory down whatever happens."""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - registers the implementation that the factory hands out
    from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer, vtkRenderWindow

    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(4)
    window.SetSize(size, size)
    renderer = vtkRenderer()
    renderer.SetBackground(*[material.background] * 3)
    renderer.AutomaticLightCreationOff()
    light = vtkLight()
    light.SetLightTypeToSceneLight()
    light.PositionalOff()
    light.SetFocalPoint(0.0, 0.0, 0.0)
    renderer.AddLight(light)
    renderer.AddActor(_actor(points, triangles, material))
    window.AddRenderer(renderer)
    try:
        yield _Scene(window, renderer, light, size)
    finally:
        renderer.RemoveAllViewProps()
        renderer.RemoveAllLights()
        window.RemoveRenderer(renderer)
        window.Finalize()


def _actor(points: Array, triangles: Array, material: Material) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    mesh, place, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    place.SetData(numpy_to_vtk(points, deep=True))
    corners = np.ascontiguousarray(triangles, dtype=np.int64).ravel()
    offsets = np.arange(0, corners.size + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(corners, deep=True))
    mesh.SetPoints(place)
    mesh.SetPolys(cells)
    normals = numpy_to_vtk(vertex_normals(points, triangles), deep=True)
    normals.SetName("Normals")
    mesh.GetPointData().SetNormals(normals)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    skin = actor.GetProperty()
    skin.SetInterpolationToPhong()
    skin.SetColor(1.0, 1.0, 1.0)
    skin.SetAmbient(material.ambient)
    skin.SetDiffuse(material.diffuse)
    skin.SetSpecular(material.specular)
    skin.SetSpecularPower(material.shininess)
    return actor


def vertex_normals(points: Array, triangles: Array) -> Array:
    """Mean normal of the triangles around each vertex, weighted by area; shape (V, 3), float32, outwards."""
    corners = points[triangles].astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.stack(
        [
            sum(np.bincount(triangles[:, corner], cross[:, axis], len(points)) for corner in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-12), dtype=np.float32)
