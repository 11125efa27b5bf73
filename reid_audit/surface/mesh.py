"""From the skin field to a mesh: contour, smooth, decimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError

if TYPE_CHECKING:
    from reid_audit.surface.field import SkinField
    from reid_audit.surface.grid import Array

__all__ = ["skin_mesh"]

_PASS_BAND = 0.144  # of the windowed sinc: keeps what is wider than about five edges


def skin_mesh(field: SkinField, *, target_triangles: int | None, smoothing: int) -> tuple[Array, Array]:
    """Contour a skin field at 0.5.

    Parameters
    ----------
    field : SkinField
    target_triangles : int or None
        Decimate to about this many; None keeps all.
    smoothing : int
        Iterations of the windowed sinc, which does not shrink; 0 for none.

    Returns
    -------
    points : ndarray, shape (V, 3), float32
        RAS millimetres.
    triangles : ndarray, shape (F, 3), int32
        Counter-clockwise seen from outside; one closed piece.

    Raises
    ------
    HeadError
        The field has no surface.

    References
    ----------
    .. [1] G. Taubin, T. Zhang, G. Golub, "Optimal surface smoothing as filter design", ECCV 1996,
       doi:10.1007/BFb0015544
    .. [2] M. Garland, P. S. Heckbert, "Surface simplification using quadric error metrics", SIGGRAPH 1997,
       doi:10.1145/258734.258849
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy

    surface = _largest(_contour(field))
    if smoothing > 0:
        surface = _smoothed(surface, smoothing)
    points = vtk_to_numpy(surface.GetPoints().GetData()).astype(np.float32)
    triangles = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int32)
    if target_triangles is not None and len(triangles) > target_triangles:
        points, triangles = _decimated(points, triangles, target_triangles)
    if np.linalg.det(field.affine[:3, :3]) > 0:  # the contour was drawn in the order K, J, I
        triangles = triangles[:, ::-1].copy()
    return points, triangles


def _contour(field: SkinField) -> Any:
    """Flying edges on a grid with one voxel of air around it, then the affine."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    wide = np.pad(field.values, 1)
    image = vtkImageData()
    image.SetDimensions(*wide.shape[::-1])
    image.SetOrigin(-1.0, -1.0, -1.0)
    image.GetPointData().SetScalars(numpy_to_vtk(wide.reshape(-1), deep=False))
    contour = vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, 0.5)
    contour.ComputeNormalsOff()
    contour.ComputeGradientsOff()
    contour.ComputeScalarsOff()
    contour.Update()
    surface = contour.GetOutput()
    if surface.GetNumberOfPolys() == 0:
        raise HeadError(
            "The outline of the head has no surface.", remedy="Check that the image shows a head with air around it."
        )
    index = vtk_to_numpy(surface.GetPoints().GetData())[:, ::-1].astype(np.float64)
    world = np.ascontiguousarray(index @ field.affine[:3, :3].T + field.affine[:3, 3], dtype=np.float32)
    surface.GetPoints().SetData(numpy_to_vtk(world, deep=True))
    return surface


def _largest(surface: Any) -> Any:
    """Keep the largest piece."""
    from vtkmodules.vtkFiltersCore import vtkPolyDataConnectivityFilter

    connect = vtkPolyDataConnectivityFilter()
    connect.SetInputData(surface)
    connect.SetExtractionModeToLargestRegion()
    connect.Update()
    return surface if connect.GetNumberOfExtractedRegions() == 1 else _without_loose_points(connect.GetOutput())


def _without_loose_points(surface: Any) -> Any:
    """Drop points that no triangle uses."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points = vtk_to_numpy(surface.GetPoints().GetData())
    corners = vtk_to_numpy(surface.GetPolys().GetConnectivityArray())
    used = np.zeros(len(points), dtype=bool)
    used[corners] = True
    number = np.cumsum(used) - 1
    clean, place, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    place.SetData(numpy_to_vtk(np.ascontiguousarray(points[used]), deep=True))
    triangles = np.ascontiguousarray(number[corners].reshape(-1, 3), dtype=np.int64)
    offsets = np.arange(0, triangles.size + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(triangles.ravel(), deep=True))
    clean.SetPoints(place)
    clean.SetPolys(cells)
    return clean


def _smoothed(surface: Any, iterations: int) -> Any:
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    smooth = vtkWindowedSincPolyDataFilter()
    smooth.SetInputData(surface)
    smooth.SetNumberOfIterations(iterations)
    smooth.SetPassBand(_PASS_BAND)
    smooth.BoundarySmoothingOff()
    smooth.FeatureEdgeSmoothingOff()
    smooth.NonManifoldSmoothingOn()
    smooth.NormalizeCoordinatesOn()
    smooth.Update()
    return smooth.GetOutput()


def _decimated(points: Array, triangles: Array, target: int) -> tuple[Array, Array]:
    """Collapse the edges that cost least; the mesh stays closed (docs/decisions/0004-engine.md)."""
    import fast_simplification

    # The package keeps the mesh in module state: never from two threads of one process at once.
    fewer, corners = fast_simplification.simplify(points, triangles, target_count=target)
    return fewer.astype(np.float32), corners.astype(np.int32)
