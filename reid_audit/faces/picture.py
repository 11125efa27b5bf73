"""The one form of a picture that detectors and embedders take."""

from __future__ import annotations

from typing import Any

import numpy as np

from reid_audit.errors import UsageError

__all__ = ["check_rgb", "to_rgb"]


def to_rgb(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a picture as RGB, a grey one with three equal channels.

    Parameters
    ----------
    image : ndarray, shape (H, W) or (H, W, 3), uint8

    Returns
    -------
    ndarray, shape (H, W, 3), uint8
        Contiguous; no copy where there need be none.

    Raises
    ------
    UsageError
        Neither of the two shapes, or not uint8.
    """
    picture = np.asarray(image)
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, axis=2)
    return check_rgb(picture)


def check_rgb(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the picture, contiguous, or say why it is none.

    Parameters
    ----------
    image : ndarray, shape (H, W, 3), uint8

    Returns
    -------
    ndarray, shape (H, W, 3), uint8

    Raises
    ------
    UsageError
        Another shape or another dtype.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise UsageError(
            "The 'image' parameter must be an RGB picture of shape (H, W, 3) and dtype uint8. "
            f"Got shape {image.shape} and dtype {image.dtype} instead."
        )
    return np.ascontiguousarray(image)
