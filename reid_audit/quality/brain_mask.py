"""Brings a brain mask that somebody gives onto the grid of a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import affine_transform

from reid_audit.errors import VolumeError
from reid_audit.inputs.brain_masks import BRAIN_ML
from reid_audit.quality.brain import BrainMask
from reid_audit.quality.limits import LIMITS

if TYPE_CHECKING:
    from reid_audit.quality.limits import Limits
    from reid_audit.types import Mask, Volume

__all__ = ["given_brain"]

_INSIDE = 0.98
"""Share of the mask that must lie in the scan's field of view."""


def given_brain(mask: Mask, volume: Volume, *, limits: Limits = LIMITS) -> BrainMask:
    """Return a mask on the grid of a scan, by nearest neighbours where its own grid is another.

    Parameters
    ----------
    mask : Mask
        In the same place of the world as the scan, on any grid.
    volume : Volume
    limits : Limits

    Returns
    -------
    BrainMask
        Its error is the stated one; on another grid half a voxel of the coarser grid more.

    Raises
    ------
    VolumeError
        If the mask lies elsewhere than the scan, or has not the size of a brain.
    """
    data, affine = np.asarray(mask.data), np.asarray(mask.affine)
    size = float(data.sum()) * abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0
    low, high = BRAIN_ML
    if not low <= size <= high:
        raise VolumeError(
            f"The brain mask holds {size:.0f} ml; a brain has {low:.0f} to {high:.0f} ml.",
            remedy="Give a mask that is 1 in the brain and 0 elsewhere.",
        )
    if data.shape == volume.data.shape and np.allclose(affine, volume.affine, atol=1e-2):
        return BrainMask(data, limits.given_error_mm, "given")
    inner = np.linalg.inv(affine) @ np.asarray(volume.affine)
    moved = affine_transform(
        data.astype(np.uint8), inner[:3, :3], inner[:3, 3], volume.data.shape, order=0, mode="constant", cval=0
    )
    kept = float(moved.sum()) * abs(float(np.linalg.det(volume.affine[:3, :3]))) / 1000.0
    if kept < _INSIDE * size:
        raise VolumeError(
            f"The brain mask lies elsewhere than the scan: {kept / size:.0%} of it lie in the field of view.",
            remedy="Give a mask in the scan's own space, not in that of a template.",
        )
    coarser = max(float(np.linalg.norm(affine[:3, :3], axis=0).max()), float(volume.voxel_size.max()))
    return BrainMask(moved > 0, limits.given_error_mm + 0.5 * coarser, "given")
