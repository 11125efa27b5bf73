"""How far each piece of skin was moved: a copy of a face follows it, another face does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import map_coordinates

if TYPE_CHECKING:
    from reid_audit.quality.skin import ExpectedSkin

__all__ = ["followed_share", "skin_depth"]

Array = np.ndarray[Any, Any]

_REACH, _STEP = 6.0, 0.25
"""Mm along the normal that skin is looked for, and between two looks; between them it is interpolated."""


def skin_depth(data: Array, affine: Array, level: float, skin: ExpectedSkin) -> Array:
    """Return how far out from each piece of expected skin tissue ends.

    Parameters
    ----------
    data : ndarray, shape (I, J, K)
        Intensities.
    affine : ndarray, shape (4, 4)
    level : float
        Intensity half way between air and tissue.
    skin : ExpectedSkin
        N pieces, with normals.

    Returns
    -------
    ndarray, shape (N,), float64
        Mm along the normal to the nearest place where tissue ends and air begins, positive outwards; NaN where within
        6 mm no tissue ends.
    """
    along = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    to_index = np.linalg.inv(affine)
    start = skin.points @ to_index[:3, :3].T + to_index[:3, 3]
    direction = skin.normals @ to_index[:3, :3].T
    index = start[:, None] + along[:, None] * direction[:, None]
    above = map_coordinates(data, np.moveaxis(index, -1, 0), output=np.float32, order=1, mode="nearest") - level
    ends = (above[:, :-1] >= 0) & (above[:, 1:] < 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        where = along[:-1] + _STEP * above[:, :-1] / (above[:, :-1] - above[:, 1:])
    nearest = np.where(ends, np.abs(where), np.inf).argmin(axis=1)[:, None]
    depth = np.where(ends, where, np.nan)
    return np.asarray(np.take_along_axis(depth, nearest, axis=1)[:, 0], np.float64)


def followed_share(moved: Array, area: Array, within: float) -> float:
    """Return the share of skin that another surface follows, wherever it lies as a whole.

    A copy that was darkened, smoothed or grown lies beside the skin by the same distance everywhere; another face does
    not.

    Parameters
    ----------
    moved : ndarray, shape (N,)
        Mm outwards from the skin to the other surface; NaN where there is none.
    area : ndarray, shape (N,)
        Mm^2 of each piece.
    within : float
        Mm from the median that a piece may have moved.

    Returns
    -------
    float
        Of the whole area, pieces without another surface included; 0 without skin.
    """
    found = np.isfinite(moved)
    if not area.sum() or not found.any():
        return 0.0
    order = np.argsort(moved[found], kind="stable")
    weight = np.cumsum(area[found][order])
    middle = moved[found][order][np.searchsorted(weight, weight[-1] / 2)]
    return float(area[found][np.abs(moved[found] - middle) <= within].sum() / area.sum())
