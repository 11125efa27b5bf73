"""Registration to the template: how far what was done to a scan moves the place that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from reid_audit.types import Mask, Volume

__all__ = ["movement", "to_template"]

_POINTS = 2000
_TRIANGLES = 60_000


def to_template(volume: Volume) -> np.ndarray[Any, Any]:
    """Register a scan to the mean head by its skin.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    ndarray, shape (4, 4), float64
        Rigid map from RAS millimetres of the scan to the head frame.

    Raises
    ------
    HeadError
        If the scan holds no head.
    """
    return np.asarray(head_surface(volume, target_triangles=_TRIANGLES).to_head)


def movement(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any], brain: Mask) -> float:
    """Mean distance between where two transforms put the brain.

    Parameters
    ----------
    first, second : ndarray, shape (4, 4)
        From RAS millimetres of the same scan.
    brain : Mask
        Voxels whose places are compared; at least one.

    Returns
    -------
    float
        Mm.

    Raises
    ------
    ValueError
        For an empty mask.
    """
    marked = np.argwhere(brain.data)
    if not len(marked):
        raise ValueError("An empty mask has no place to compare.")
    chosen = marked[np.linspace(0, len(marked) - 1, min(_POINTS, len(marked))).astype(int)]
    points = chosen @ brain.affine[:3, :3].T + brain.affine[:3, 3]
    apart = points @ (first - second)[:3, :3].T + (first - second)[:3, 3]
    return float(np.linalg.norm(apart, axis=1).mean())
