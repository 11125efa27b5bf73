"""A small copy of a scan: enough to find the head and the usual brightness of its tissues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["coarse_copy"]


def coarse_copy(volume: Volume, spacing: float = 3.0) -> Volume:
    """Return the means over blocks of voxels.

    Parameters
    ----------
    volume : Volume
    spacing : float
        Mm that a block may measure at most along each axis, unless one voxel measures more.

    Returns
    -------
    Volume
        float32; voxels that fill no whole block at the end of an axis are left out.
    """
    block = np.maximum(np.floor(spacing / volume.voxel_size + 1e-3).astype(int), 1)
    block = np.minimum(block, np.array(volume.data.shape))
    data: np.ndarray[Any, Any] = np.asarray(volume.data)
    for axis, size in enumerate(block):
        data = np.moveaxis(data, axis, 0)
        whole = data.shape[0] // size
        data = data[: whole * size].reshape(whole, size, *data.shape[1:]).mean(axis=1, dtype=np.float32)
        data = np.moveaxis(data, 0, axis)
    scale = np.diag([*block.astype(float), 1.0])
    scale[:3, 3] = (block - 1) / 2
    return replace(volume, data=np.ascontiguousarray(data), affine=volume.affine @ scale)
