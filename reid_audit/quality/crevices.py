"""Skin that nobody sees: in nostrils and ear canals, behind the ears."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates

from reid_audit.surface.grid import block_mean

__all__ = ["in_crevice"]

Array = np.ndarray[Any, Any]

_SPACING = 2.0
"""Mm of the grid on which crevices are closed."""
_BALL = 7.0
"""Mm: radius of the ball that does not enter a crevice."""
_DEEP = 3.0
"""Mm below the closed surface from which on skin lies in a crevice."""


def in_crevice(points: Array, head: Array, affine: Array) -> Array:
    """Tell which pieces of skin lie in crevices that a ball does not enter.

    Parameters
    ----------
    points : ndarray, shape (N, 3)
        On the skin, RAS mm.
    head : ndarray, shape (I, J, K), bool
    affine : ndarray, shape (4, 4)
        Of ``head``.

    Returns
    -------
    ndarray, shape (N,), bool
    """
    share, coarse = block_mean(np.asarray(head, dtype=np.float32), affine, _SPACING)
    spacing = np.linalg.norm(coarse[:3, :3], axis=0)
    margin = np.ceil(2 * _BALL / spacing).astype(int)
    solid = np.pad(share >= 0.5, [(int(n), int(n)) for n in margin])
    wide = distance_transform_edt(~solid, sampling=spacing) <= _BALL
    depth = distance_transform_edt(wide, sampling=spacing) - _BALL
    index = (points - coarse[:3, 3]) @ np.linalg.inv(coarse[:3, :3]).T + margin
    return np.asarray(map_coordinates(depth, index.T, order=1, mode="nearest") > _DEEP + 0.5 * float(spacing.min()))
