"""Noise of a scan from the scan alone, without air, which a defacer may have altered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reid_audit.types import Mask, Volume

__all__ = ["noise_level"]

_GAIN = 6.0**1.5
"""Of the filter for white noise: each axis has the weights 1, -2, 1."""

_TO_SD = 1.482602218505602
"""Median absolute deviation of a normal distribution to its standard deviation."""

_FEWEST = 100


def noise_level(volume: Volume, mask: Mask) -> float | None:
    """Standard deviation of the noise inside a mask.

    Second differences along all three axes leave noise and nothing that varies slowly; their median absolute deviation
    takes no notice of the few voxels at edges. Noise that is correlated between voxels (a resampled or smoothed scan)
    reads lower than it is.

    Parameters
    ----------
    volume : Volume
    mask : Mask
        On the grid of the volume; only voxels whose 26 neighbours lie in it too are used.

    Returns
    -------
    float or None
        In the unit of the intensities; None for fewer than 100 such voxels.

    References
    ----------
    Immerkaer, Computer Vision and Image Understanding 64:300-302, 1996, doi:10.1006/cviu.1996.0060 (here in three
    dimensions, with a median in place of a mean).
    """
    from scipy.ndimage import binary_erosion

    inside = binary_erosion(mask.data, np.ones((3, 3, 3), dtype=bool))
    if int(inside.sum()) < _FEWEST:
        return None
    left = np.asarray(volume.data, dtype=np.float64)
    for axis in range(3):
        left = np.pad(np.diff(left, n=2, axis=axis), [(1, 1) if each == axis else (0, 0) for each in range(3)])
    values = left[inside]
    return float(_TO_SD * np.median(np.abs(values - np.median(values))) / _GAIN)
