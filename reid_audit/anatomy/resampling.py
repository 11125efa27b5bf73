"""Scans on other grids: any grid given by an affine, and the upright one that registration and networks work on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["air_value", "resample", "upright_copy"]

Array = np.ndarray[Any, Any]


def air_value(volume: Volume) -> float:
    """Return the value of air in a scan.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    float
        In CT -1000 HU, or the least value if that is more; otherwise 0.
    """
    return max(-1000.0, float(volume.data.min())) if volume.kind == "ct" else 0.0


def resample(
    data: Array, affine: Array, shape: tuple[int, int, int], target: Array, *, fill: float = 0.0, order: int = 1
) -> Array:
    """Sample an image on another grid.

    Where the new voxels are larger than the old ones the image is blurred first, so that nothing is skipped.

    Parameters
    ----------
    data : ndarray, shape (I, J, K)
    affine : ndarray, shape (4, 4)
        Voxel index to mm; may be oblique or sheared.
    shape : tuple of int
        Of the new grid.
    target : ndarray, shape (4, 4)
        Voxel index of the new grid to the same mm.
    fill : float
        Value outside the image.
    order : int
        0 nearest, 1 linear.

    Returns
    -------
    ndarray, shape ``shape``, float32
    """
    to_old = np.linalg.inv(affine) @ target
    values = np.asarray(data, dtype=np.float32)
    # How far one step of the new grid goes along each old axis.
    step = np.abs(to_old[:3, :3]).max(axis=1)
    if order > 0 and (step > 1.05).any():
        values = gaussian_filter(values, 0.4 * np.sqrt(np.maximum(step**2 - 1.0, 0.0)), truncate=3.0)
    return np.asarray(
        affine_transform(values, to_old[:3, :3], to_old[:3, 3], shape, np.float32, order, mode="constant", cval=fill)
    )


def upright_copy(volume: Volume, spacing: float) -> Volume:
    """Return a scan on a grid of cubes along the RAS axes that holds all of it.

    The same scan in another storage order gives the same grid.

    Parameters
    ----------
    volume : Volume
    spacing : float
        Mm.

    Returns
    -------
    Volume
        float32; outside the scan's own grid the value of air.
    """
    last = np.asarray(volume.data.shape) - 1.0
    corners = np.array(np.meshgrid(*((0.0, n) for n in last), indexing="ij")).reshape(3, -1).T
    places = corners @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    low, high = places.min(axis=0), places.max(axis=0)
    n_i, n_j, n_k = (np.ceil(np.round((high - low) / spacing, 4)).astype(int) + 1).tolist()
    target = np.diag([spacing, spacing, spacing, 1.0])
    target[:3, 3] = low
    data = resample(volume.data, volume.affine, (n_i, n_j, n_k), target, fill=air_value(volume))
    return replace(volume, data=data, affine=target)
