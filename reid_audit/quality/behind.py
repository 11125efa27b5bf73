"""Whether the air behind the head is empty: a face that is folded over can stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import distance_transform_edt, label

from reid_audit.quality.limits import LIMITS
from reid_audit.surface.grid import block_mean
from reid_audit.types import AirBehind

if TYPE_CHECKING:
    from reid_audit.quality.limits import Limits
    from reid_audit.types import Volume

__all__ = ["judge_air_behind"]

Array = np.ndarray[Any, Any]

_BLOCK = 3.0
"""Mm of the blocks that are averaged, so that noise is small."""
_AWAY = 10.0
"""Mm from the head within which blurring and ringing are no ghost."""
_BEHIND = -40.0
"""Mm in front of the ears, in the mean head: further back is behind."""
_SIDE, _DOWN, _UP = 95.0, -110.0, 100.0
"""Mm of the mean head that a face folded over can take up: to either side, below and above the ears."""
_BRIGHT = 0.25
"""Share of the tissue's brightness above air."""
_PIECE_ML = 0.2
"""Smaller pieces are noise."""
_LEAST_ML = 30.0
"""Air behind the head below which there is nothing to look at."""


def judge_air_behind(
    volume: Volume, head: Array, to_head: Array, scale: float, *, tissue: float, limits: Limits = LIMITS
) -> AirBehind:
    """Look for coherent signal in the air behind the head.

    Parameters
    ----------
    volume : Volume
        The defaced scan.
    head : ndarray, shape of the volume, bool
        Of the original, or of the defaced scan where there is none.
    to_head : ndarray, shape (4, 4)
        RAS mm to the head frame.
    scale : float
    tissue : float
        Brightness of tissue above air.
    limits : Limits

    Returns
    -------
    AirBehind
        ``not assessed`` for CT and PET, and where the field of view ends at the head.
    """
    if volume.kind != "mri":
        why = f"not assessed: nothing folds over in {volume.kind.upper()}, and a headrest may lie there"
        return AirBehind("not assessed", why)
    values, affine = block_mean(np.asarray(volume.data), volume.affine, _BLOCK)
    share, _ = block_mean(np.asarray(head, dtype=np.float32), volume.affine, _BLOCK)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    away = distance_transform_edt(share <= 0, sampling=spacing) > _AWAY if head.any() else np.ones(share.shape, bool)
    behind = away & _place(values.shape, affine, to_head, scale)
    block_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0
    if behind.sum() * block_ml < _LEAST_ML:
        why = f"not assessed: the field of view holds {behind.sum() * block_ml:.0f} ml of air behind the head"
        return AirBehind("not assessed", why)
    usual = float(np.median(values[behind]))
    pieces, _ = label(behind & (values > usual + _BRIGHT * tissue))
    sizes = np.bincount(pieces.ravel())[1:] * block_ml
    bright = float(sizes[sizes >= _PIECE_ML].sum())
    failed = bright >= limits.behind_ml
    state = "signal" if failed else "no face-like signal"
    evidence = (
        f"{state} in the air behind the head: {bright:.1f} of {behind.sum() * block_ml:.0f} ml are brighter than "
        f"{_BRIGHT:.0%} of tissue; it fails from {limits.behind_ml:g} ml on"
    )
    return AirBehind("fail" if failed else "pass", evidence, bright)


def _place(shape: tuple[int, ...], affine: Array, to_head: Array, scale: float) -> Array:
    """Mark where behind the head a face can be folded to."""
    matrix = to_head @ affine
    i, j, k = np.ogrid[: shape[0], : shape[1], : shape[2]]
    x, y, z = (
        (matrix[row, 0] * i + matrix[row, 1] * j + matrix[row, 2] * k + matrix[row, 3]) / scale for row in range(3)
    )
    return np.asarray((y < _BEHIND) & (np.abs(x) < _SIDE) & (z > _DOWN) & (z < _UP))
