"""From the skin field to a mesh: contour, smooth, decimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError
from reid_audit.surface.smoothing import neighbours, smoothed

if TYPE_CHECKING:
    from reid_audit.surface.field import SkinField
    from reid_audit.surface.grid import Array

__all__ = ["skin_mesh"]


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
    .. [1] M. Garland, P. S. Heckbert, "Surface simplification using quadric error metrics", SIGGRAPH 1997,
       doi:10.1145/258734.258849
    """
    points, triangles = _contour(field)
    points, triangles, joined = _largest(points, triangles, neighbours(triangles, len(points)))
    if smoothing > 0:
        points = smoothed(points, joined, smoothing)
    if target_triangles is not None and len(triangles) > target_triangles:
        points, triangles = _decimated(points, triangles, target_triangles)
    if np.linalg.det(field.affine[:3, :3]) > 0:  # the contour was drawn in the order K, J, I
        triangles = triangles[:, ::-1].copy()
    return points, triangles


def _contour(field: SkinField) -> tuple[Array, Array]:
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
    points = (index @ field.affine[:3, :3].T + field.affine[:3, 3]).astype(np.float32)
    return points, vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int32)


def _largest(points: Array, triangles: Array, joined: Any) -> tuple[Array, Array, Any]:
    """Keep the piece of most triangles, and the points that it uses."""
    from scipy.sparse import csgraph

    # Every edge is run through both ways: what is reached from a point also reaches it, a strong component.
    _, piece = csgraph.connected_components(joined, connection="strong")
    sizes = np.bincount(piece[triangles[:, 0]])
    if np.count_nonzero(sizes) == 1:
        return points, triangles, joined
    kept = piece == int(sizes.argmax())
    number = np.cumsum(kept, dtype=np.int32) - np.int32(1)
    triangles = number[triangles[kept[triangles[:, 0]]]]
    return points[kept], triangles, neighbours(triangles, int(kept.sum()))


def _decimated(points: Array, triangles: Array, target: int) -> tuple[Array, Array]:
    """Collapse the edges that cost least; the mesh stays closed (docs/decisions/0004-engine.md)."""
    import fast_simplification

    # The package keeps the mesh in module state: never from two threads of one process at once.
    fewer, corners = fast_simplification.simplify(points, triangles, target_count=target)
    return fewer.astype(np.float32), corners.astype(np.int32)
