"""Which triangle is seen in which pixel: the one thing that photographs need VTK for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Camera", "Raster", "Seen"]

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera, or a parallel one.

    Parameters
    ----------
    position, target, up : ndarray, shape (3,), float64
        Head frame, mm. ``up`` need not be square to the line of sight.
    angle : float
        Vertical field of view in degrees; 0 for a parallel projection.
    half_height : float
        Half the height of the picture in mm, of a parallel projection only.
    """

    position: Array
    target: Array
    up: Array
    angle: float = 0.0
    half_height: float = 0.0

    @property
    def axes(self) -> Array:
        """Right, up and forward as rows, shape (3, 3): unit vectors in the head frame."""
        forward = self.target - self.position
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, self.up)
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(right, forward), forward])

    @property
    def slope(self) -> float:
        """Tangent of half the field of view."""
        return float(np.tan(np.radians(self.angle) / 2))

    def project(self, points: Array, size: int) -> tuple[Array, Array]:
        """Project points to pixels.

        Parameters
        ----------
        points : ndarray, shape (N, 3)
            Head frame, mm.
        size : int
            Width and height of the picture.

        Returns
        -------
        pixels : ndarray, shape (N, 2)
            u to the right and v down, from the centre of the top left pixel.
        depth : ndarray, shape (N,)
            Along the line of sight from the camera, mm.
        """
        local = (np.asarray(points, np.float64) - self.position) @ self.axes.T
        reach = self.slope * local[:, 2] if self.angle else np.full(len(local), self.half_height)
        flat = local[:, :2] / reach[:, None] * (size / 2)
        return np.stack([size / 2 - 0.5 + flat[:, 0], size / 2 - 0.5 - flat[:, 1]], axis=1), local[:, 2]

    def rays(self, rows: Array, columns: Array, size: int) -> Array:
        """Return the directions of sight through pixels, shape (N, 3), not of unit length."""
        right, up, forward = self.axes * np.array([[self.slope], [self.slope], [1.0]])
        across = (columns + 0.5) / (size / 2) - 1.0
        down = (rows + 0.5) / (size / 2) - 1.0
        return np.asarray(forward + across[:, None] * right - down[:, None] * up)


@dataclass(frozen=True, eq=False)
class Seen:
    """What a camera sees of a mesh.

    Parameters
    ----------
    rows, columns : ndarray, shape (N,), int64
        The pixels that the mesh covers.
    triangle : ndarray, shape (N,), int64
        Which one is seen there.
    weights : ndarray, shape (N, 3), float32
        Barycentric coordinates of the point that is seen.
    """

    rows: Array
    columns: Array
    triangle: Array
    weights: Array

    def interpolate(self, values: Array, triangles: Array) -> Array:
        """Return vertex values at the pixels: shape (N, K), float32, from (V, K)."""
        corners = triangles[self.triangle]
        out = values[corners[:, 0]] * self.weights[:, :1]
        out += values[corners[:, 1]] * self.weights[:, 1:2]
        out += values[corners[:, 2]] * self.weights[:, 2:]
        return np.asarray(out, np.float32)


class Raster:
    """An off-screen window that draws triangle numbers and depths of one mesh; a context manager.

    Parameters
    ----------
    points : ndarray, shape (V, 3), float
        Head frame, mm.
    triangles : ndarray, shape (F, 3), int
        Fewer than 2**24 - 1.
    """

    def __init__(self, points: Array, triangles: Array) -> None:
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  the factory of windows
        from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer, vtkRenderWindow

        self._points = np.ascontiguousarray(points, np.float32)
        self._triangles = np.ascontiguousarray(triangles, np.int64)
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(_numbered(self._points, self._triangles))
        mapper.SetScalarModeToUseCellData()
        mapper.SetColorModeToDirectScalars()
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().LightingOff()
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(0.0, 0.0, 0.0)
        self._renderer.AddActor(actor)
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.AddRenderer(self._renderer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.RemoveAllViewProps()
        self._window.Finalize()

    def see(self, camera: Camera, size: int) -> Seen:
        """Return what a perspective camera sees in a square picture."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        self._render(camera, size)
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, size - 1, size - 1, 0, pixels, 0)
        colours = vtk_to_numpy(pixels).reshape(size, size, -1)[::-1].astype(np.int64)
        number = colours[..., 0] + 256 * colours[..., 1] + 65536 * colours[..., 2] - 1
        rows, columns = np.nonzero(number >= 0)
        triangle = number[rows, columns]
        rays = camera.rays(rows, columns, size).astype(np.float32)
        corners = self._points[self._triangles[triangle]] - camera.position.astype(np.float32)
        return Seen(rows, columns, triangle, _barycentric(rays, corners))

    def depth(self, camera: Camera, size: int) -> Array:
        """Return the distance to a parallel camera, shape (size, size), mm; inf where nothing is."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkFloatArray

        near, far = self._render(camera, size)
        values = vtkFloatArray()
        self._window.GetZbufferData(0, 0, size - 1, size - 1, values)
        buffer = vtk_to_numpy(values).reshape(size, size)[::-1].astype(np.float64)
        return np.where(buffer < 1.0, near + buffer * (far - near), np.inf)

    def _render(self, camera: Camera, size: int) -> tuple[float, float]:
        view = self._renderer.GetActiveCamera()
        view.SetPosition(*camera.position)
        view.SetFocalPoint(*camera.target)
        view.SetViewUp(*camera.up)
        view.SetParallelProjection(not camera.angle)
        if camera.angle:
            view.SetViewAngle(camera.angle)
        else:
            view.SetParallelScale(camera.half_height)
        reach = (self._points - camera.position) @ camera.axes[2]
        near, far = max(1.0, float(reach.min()) - 5.0), float(reach.max()) + 5.0
        view.SetClippingRange(near, far)
        if self._window.GetSize() != (size, size):
            self._window.SetSize(size, size)
        self._window.Render()
        return near, far


def _numbered(points: Array, triangles: Array) -> Any:
    """Return a vtkPolyData whose cells are coloured by their number plus one."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    mesh = vtkPolyData()
    where = vtkPoints()
    where.SetData(numpy_to_vtk(points, deep=True))
    mesh.SetPoints(where)
    cells = vtkCellArray()
    offsets = np.arange(0, 3 * len(triangles) + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(triangles.ravel(), deep=True))
    mesh.SetPolys(cells)
    number = np.arange(1, len(triangles) + 1, dtype=np.int64)
    colours = np.stack([number % 256, number // 256 % 256, number // 65536], axis=1).astype(np.uint8)
    mesh.GetCellData().SetScalars(numpy_to_vtk(colours, deep=True))
    return mesh


def _barycentric(rays: Array, corners: Array) -> Array:
    """Weights of the corners where rays from the origin meet the planes of triangles, kept within them."""
    a, first, second = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(rays, second)
    scale = np.einsum("ij,ij->i", first, across)
    scale = np.where(np.abs(scale) < 1e-12, 1e-12, scale)
    u = -np.einsum("ij,ij->i", a, across) / scale
    v = np.einsum("ij,ij->i", rays, np.cross(-a, first)) / scale
    weights = np.clip(np.stack([1.0 - u - v, u, v], axis=1), 0.0, 1.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
