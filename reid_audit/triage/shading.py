"""How much of a picture is shaded as a photograph, a render or a scan is, and whether a part of it could be a face."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

__all__ = ["shaded_share", "soft_part"]

Array = np.ndarray[Any, Any]

_SOFT = (1, 40)
"""Grey levels by which neighbours differ where a picture is shaded."""
_BLOCK = 8
"""Pixels of the edge of a block in which soft places are counted."""
_DENSE = 0.35
"""Share of a block's places that are soft, from which on it is shaded: letters and lines reach 0.3, and edges alone."""
_CORE = np.ones((3, 3), bool)
"""A part that is nowhere so wide, in blocks, is a line, whatever its length."""
_ROWS = 128 * _BLOCK
"""Rows that are looked at together: a large picture would need several times its own memory at once."""


def shaded_share(pixels: Array) -> float:
    """Return the share of places whose neighbours differ a little, as in anything photographed, scanned or rendered.

    Parameters
    ----------
    pixels : ndarray, shape (H, W, 3), uint8

    Returns
    -------
    float
        0 to 1; drawings, plots and text have flat areas and sharp edges.
    """
    return float(_soft(pixels.astype(np.int16).mean(axis=2)).mean())


def soft_part(grey: Array) -> int:
    """Return the size of the largest connected part that is shaded and at no place thinner than 24 pixels.

    Parameters
    ----------
    grey : ndarray, shape (H, W), uint8

    Returns
    -------
    int
        Pixels; 0 where there is none.
    """
    strips = [_dense(grey[start : start + _ROWS + 1]) for start in range(0, grey.shape[0] - _BLOCK, _ROWS)]
    if not strips:
        return 0
    wide = ndimage.binary_opening(np.concatenate(strips), _CORE)
    parts, count = ndimage.label(wide)
    return int(np.bincount(parts.ravel())[1:].max()) * _BLOCK**2 if count else 0


def _dense(grey: Array) -> Array:
    """Return for each block of a strip whether most of it is soft."""
    soft = _soft(grey.astype(np.int16))
    rows, columns = soft.shape[0] // _BLOCK, soft.shape[1] // _BLOCK
    blocks = soft[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    return np.asarray(blocks.mean(axis=(1, 3)) >= _DENSE)


def _soft(grey: Array) -> Array:
    across = np.abs(np.diff(grey, axis=1))[:-1]
    down = np.abs(np.diff(grey, axis=0))[:, :-1]
    least, most = np.minimum(across, down), np.maximum(across, down)
    low, high = _SOFT
    return np.asarray((most >= low) & (most <= high) & (least > 0))
