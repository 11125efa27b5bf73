"""Draws which way the skin faces, with VTK, off-screen: one rasterisation a camera, whatever the lights.

A pixel of an ordinary picture has three times 8 bits, too few for a normal in three numbers: an embedding moves by
0.08. A direction has two degrees of freedom; unfolded onto a square (octahedron), each gets 12 bits, which hold it to
0.04 degrees: a fifth of a grey level. The fragment shader writes them, ``_directions`` reads them back.

References
----------
.. [1] Z. H. Cigolle et al., "A Survey of Efficient Representations for Independent Unit Vectors", J. Computer Graphics
   Techniques 3(2), 2014, https://jcgt.org/published/0003/02/01/
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid_audit.render.camera import Camera

__all__ = ["NormalMap", "Scene", "open_scene", "vertex_normals"]

Array = np.ndarray[Any, Any]

_STEPS = 4094  # of each of the two numbers: 1 to 4095, so that 0 is left for where there is no head

_WRITE_NORMAL = f"""//VTK::Light::Impl
  vec3 along_ = normalVCVSOutput / (abs(normalVCVSOutput.x) + abs(normalVCVSOutput.y) + abs(normalVCVSOutput.z));
  vec2 sign_ = vec2(along_.x < 0.0 ? -1.0 : 1.0, along_.y < 0.0 ? -1.0 : 1.0);
  vec2 square_ = along_.z < 0.0 ? (1.0 - abs(along_.yx)) * sign_ : along_.xy;
  vec2 code_ = floor((square_ * 0.5 + 0.5) * {_STEPS}.0 + 0.5) + 1.0;
  vec2 high_ = floor(code_ / 16.0);
  vec2 low_ = code_ - 16.0 * high_;
  fragOutput0 = vec4(vec3(high_, low_.x * 16.0 + low_.y) / 255.0, 1.0);
"""


@dataclass(frozen=True, eq=False)
class NormalMap:
    """Where a camera sees skin, and which way it faces there.

    Parameters
    ----------
    size : int
        Height and width of the picture.
    pixels : ndarray, shape (M,), int64
        Places in the flattened picture, row 0 on top.
    normals : ndarray, shape (M, 3), float32
        Unit length, in the camera's frame: right, up, towards the camera. The last is negative only where normals
        of neighbouring triangles are blended at an outline.
    """

    size: int
    pixels: Array
    normals: Array


class Scene:
    """One window with one head and one camera."""

    def __init__(self, window: Any, renderer: Any, size: int) -> None:
        self._window, self._renderer, self._size = window, renderer, size

    def seen_by(self, camera: Camera) -> NormalMap:
        """Rasterise the head for a camera."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        eye = self._renderer.GetActiveCamera()
        eye.SetPosition(*camera.position)
        eye.SetFocalPoint(*camera.target)
        eye.SetViewUp(0.0, 0.0, 1.0)
        eye.SetViewAngle(camera.view_angle)
        distance = float(np.linalg.norm(camera.target - camera.position))
        eye.SetClippingRange(0.4 * distance, 2.0 * distance)
        self._window.Render()
        drawn = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, self._size - 1, self._size - 1, 0, drawn, 0)
        colours = vtk_to_numpy(drawn).reshape(self._size, self._size, 3)[::-1].reshape(-1, 3)
        pixels = np.flatnonzero(colours.any(axis=1))
        return NormalMap(self._size, pixels, _directions(colours[pixels]))


def _directions(colours: Array) -> Array:
    """Return the normals that the shader wrote; shape (M, 3), float32."""
    high_x, high_y, both = colours.astype(np.int32).T
    code = np.stack([high_x * 16 + both // 16, high_y * 16 + both % 16], axis=1)
    square = (code - 1).astype(np.float32) * np.float32(2 / _STEPS) - 1
    away = 1 - np.abs(square).sum(axis=1)
    inner = np.maximum(-away, 0)[:, None]
    normals = np.column_stack([square - np.copysign(inner, square), away])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return normals


@contextmanager
def open_scene(points: Array, triangles: Array, size: int) -> Iterator[Scene]:
    """Build the scene, and take window and graphics memory down whatever happens.

    Parameters
    ----------
    points : ndarray, shape (V, 3), float32
        Head frame, mm.
    triangles : ndarray, shape (F, 3)
    size : int
        Height and width of the pictures.
    """
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - registers the implementation that the factory hands out
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)  # codes of two surfaces cannot be blended
    window.SetSize(size, size)
    renderer = vtkRenderer()
    renderer.SetBackground(0.0, 0.0, 0.0)
    actor = head_actor(points, triangles)
    first, everywhere = True, False
    actor.GetShaderProperty().AddFragmentShaderReplacement("//VTK::Light::Impl", first, _WRITE_NORMAL, everywhere)
    renderer.AddActor(actor)
    window.AddRenderer(renderer)
    try:
        yield Scene(window, renderer, size)
    finally:
        renderer.RemoveAllViewProps()
        window.RemoveRenderer(renderer)
        window.Finalize()


def head_actor(points: Array, triangles: Array) -> Any:
    """Return the mesh as VTK draws it, with a normal at each vertex."""
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
    normals = numpy_to_vtk(vertex_normals(points, triangles).astype(np.float32), deep=True)
    normals.SetName("Normals")
    mesh.GetPointData().SetNormals(normals)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetInterpolationToPhong()
    actor.GetProperty().BackfaceCullingOn()  # the mesh is closed
    return actor


def vertex_normals(points: Array, triangles: Array) -> Array:
    """Return unit normals at the vertices, weighted by triangle area.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
    triangles : ndarray, shape (F, 3), int

    Returns
    -------
    ndarray, shape (V, 3), float64
        Outward for triangles that are counter-clockwise from outside.
    """
    corners = np.asarray(points, np.float64)[triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(area[:, axis], 3), len(points)) for axis in range(3)], axis=1
    )
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))
