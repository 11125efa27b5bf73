"""One real man, as a surface and as photographs, among people who do not exist.

The mesh is Infinite-Realities' 3D scan of Lee Perry-Smith (CC BY 3.0), read from outside the repository. The scan and
the photographs made of it live in the step's private folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_mesh", "photographs", "voxelised"]

MILLIMETRES = 50.0
"""One unit of the file; the head, chin to vertex, is then 230 mm."""


def load_mesh(folder: Path) -> Any:
    """Return the mesh in RAS millimetres (the file: x to the subject's left, y up, z to the front), cut at the neck."""
    import pyvista as pv

    mesh = pv.read(folder / "LeePerrySmith.obj")
    x, y, z = (np.asarray(mesh.points)[:, axis] * MILLIMETRES for axis in range(3))
    mesh.points = np.column_stack([-x, z, y])
    return mesh


def voxelised(
    mesh: Any, *, voxel_size: float = 1.0, lowest: float = -110.0
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Make a scan of uniform tissue in air with partial volume, and a little Rician noise.

    Parameters
    ----------
    mesh : pyvista.PolyData
        RAS mm.
    voxel_size, lowest : float
        mm; the field of view ends at ``lowest``, below the chin.

    Returns
    -------
    data : ndarray, shape (I, J, K), float32
    affine : ndarray, shape (4, 4)
    """
    import pyvista as pv
    import vtk

    fine = voxel_size / 2
    points = np.asarray(mesh.points)
    head = points[points[:, 2] > lowest]
    low = np.array([head[:, 0].min(), head[:, 1].min(), lowest]) - [15, 15, 0]
    low[0], high = (
        max(low[0], -125.0),
        np.array([min(head[:, 0].max() + 15, 125.0), head[:, 1].max() + 15, points[:, 2].max() + 15]),
    )
    shape = 2 * np.ceil((high - low) / voxel_size).astype(int)
    image = pv.ImageData(dimensions=shape, spacing=[fine] * 3, origin=low)
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(mesh.triangulate().fill_holes(1e6))
    stencil.SetOutputSpacing(image.spacing)
    stencil.SetOutputOrigin(image.origin)
    stencil.SetOutputWholeExtent(image.extent)
    to_image = vtk.vtkImageStencilToImage()
    to_image.SetInputConnection(stencil.GetOutputPort())
    to_image.SetInsideValue(1)
    to_image.SetOutputScalarTypeToUnsignedChar()
    to_image.Update()
    inside = pv.wrap(to_image.GetOutput()).point_data.active_scalars.reshape(shape, order="F").astype(np.float32)
    blocks = inside.reshape(shape[0] // 2, 2, shape[1] // 2, 2, shape[2] // 2, 2).mean(axis=(1, 3, 5))
    rng = np.random.default_rng(8)
    noisy = np.hypot(800 * blocks + rng.normal(0, 12, blocks.shape), rng.normal(0, 12, blocks.shape))
    affine = np.diag([voxel_size] * 3 + [1.0])
    affine[:3, 3] = low + fine / 2
    return noisy.astype(np.float32), affine


def photographs(mesh: Any, texture: Path, *, size: int = 500) -> list[np.ndarray[Any, Any]]:
    """Photograph the textured mesh from a few places under two lights; RGB uint8."""
    import pyvista as pv

    pictures = []
    for yaw, pitch, light in [(0, 0, 0), (12, 4, 30), (-10, -3, -35), (4, 8, 10)]:
        plotter = pv.Plotter(off_screen=True, window_size=[size, size], lighting="none")
        plotter.set_background("#9aa3ab")
        plotter.add_mesh(
            mesh, texture=pv.read_texture(texture), smooth_shading=True, ambient=0.25, diffuse=0.8, specular=0.05
        )
        focus = np.array([0.0, 60.0, 80.0])
        plotter.add_light(pv.Light(position=focus + 900 * _direction(light, 25), focal_point=focus, intensity=0.9))
        plotter.add_light(pv.Light(position=focus + 900 * _direction(-light, 0), focal_point=focus, intensity=0.35))
        plotter.camera.position = focus + 1100 * _direction(yaw, pitch)
        plotter.camera.focal_point = focus
        plotter.camera.up = (0, 0, 1)
        plotter.camera.view_angle = 18
        pictures.append(np.asarray(plotter.screenshot(return_img=True)))
        plotter.close()
    return pictures


def _direction(yaw: float, pitch: float) -> np.ndarray[Any, Any]:
    """Return the unit vector from the face to a camera; positive yaw is the subject's left (x negative)."""
    a, e = np.radians([yaw, pitch])
    return np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])
