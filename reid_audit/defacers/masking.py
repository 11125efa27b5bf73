"""Brain masks that come from elsewhere: looked at before anything is cut by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError

if TYPE_CHECKING:
    from reid_audit.types import Mask, Volume

__all__ = ["check_brain"]

_LEAST, _MOST = 100.0, 2500.0
"""Millilitres: smaller than the brain of any newborn, larger than the largest."""


def check_brain(mask: Mask, volume: Volume) -> np.ndarray[Any, Any]:
    """Return the mask of a brain if it fits a scan.

    Parameters
    ----------
    mask : Mask
    volume : Volume

    Returns
    -------
    ndarray, shape of the volume, bool

    Raises
    ------
    HeadError
        It lies on another grid, or has not the size of a brain.
    """
    same = mask.data.shape == volume.data.shape and np.allclose(mask.affine, volume.affine, rtol=0, atol=1e-3)
    if not same:
        raise HeadError(
            f"The mask of the brain has shape {mask.data.shape} and its own affine; the scan has {volume.data.shape}.",
            remedy="Give a mask on the scan's own grid.",
        )
    millilitres = float(mask.data.sum()) * float(abs(np.linalg.det(volume.affine[:3, :3]))) / 1000.0
    if not _LEAST < millilitres < _MOST:
        raise HeadError(
            f"The mask of the brain holds {millilitres:.0f} ml; a brain has {_LEAST:.0f} to {_MOST:.0f} ml.",
            remedy="Look at the mask; where it was estimated, give one from another tool.",
        )
    return np.asarray(mask.data)
