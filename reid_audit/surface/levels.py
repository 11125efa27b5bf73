"""Intensity levels: where air ends and tissue begins, for any contrast and under a bias field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import HeadError
from reid_audit.surface.grid import block_mean, interpolated

if TYPE_CHECKING:
    from reid_audit.surface.grid import Array
    from reid_audit.types import Kind

__all__ = ["Levels", "global_levels", "local_tissue"]

_AIR_HU = -1000.0
_CT_EDGE = 0.7  # of the way from air to tissue: -300 HU; foam, cloth and hair stay below
_MRI_EDGE = 0.2
_SIGMAS = 4.0
_MUCH_PADDING = 0.25
_ENOUGH = 400_000  # evenly spaced voxels that tell the levels of an MRI


@dataclass(frozen=True)
class Levels:
    """Intensities that describe a whole scan.

    Parameters
    ----------
    air : float
        Median of the air around the head.
    noise : float
        Robust standard deviation of that air.
    tissue : float
        Median of what is not air.
    threshold : float
        Between the two: at or above it a voxel may be head.
    notes : tuple of str
    """

    air: float
    noise: float
    tissue: float
    threshold: float
    notes: tuple[str, ...] = ()


def global_levels(values: Array, kind: Kind) -> Levels:
    """Estimate the levels of air and tissue.

    Parameters
    ----------
    values : ndarray, shape (I, J, K)
        Intensities, averaged over blocks of about 2 mm so that noise is small.
    kind : {"mri", "ct", "pet"}

    Returns
    -------
    Levels

    Raises
    ------
    HeadError
        The image is constant, or nothing stands out from the background.
    """
    sample = values.ravel()
    lowest, highest = float(sample.min()), float(sample.max())
    if not highest > lowest:
        raise HeadError(
            f"A head was looked for in an image whose voxels all have the value {lowest:g}.",
            remedy="Check that the file holds the scan and not an empty export.",
        )
    return _ct_levels(sample) if kind == "ct" else _mri_levels(sample, lowest)


def _ct_levels(sample: Array) -> Levels:
    notes: tuple[str, ...] = ()
    shift = 0.0
    low = float(np.percentile(sample, 2))
    if low > -500:
        shift = -_AIR_HU if low < 300 else 0.0
        notes = (f"CT numbers look shifted (lowest values about {low:g}); air taken at {_AIR_HU + shift:g}",)
    air = _AIR_HU + shift
    soft = sample[(sample > air + 750) & (sample < air + 1250)]
    if len(soft) < 0.005 * len(sample):
        raise HeadError(
            "A CT image holds less than 0.5 % of voxels with the density of soft tissue (-250 to 250 HU).",
            remedy="Check that the values are Hounsfield units and that the image shows a head.",
        )
    tissue = float(np.median(soft))
    return Levels(air, 20.0, tissue, air + _CT_EDGE * (tissue - air), notes)


def _mri_levels(sample: Array, lowest: float) -> Levels:
    """Alternate between a threshold and the medians on both sides of it.

    A little padding is left out, as it is no air. Where there is much of it (defaced, masked, resampled), the noise
    may be gone with the air, and dark tissue would be taken for it: the padding then counts as air.
    """
    values = np.sort(sample[:: max(len(sample) // _ENOUGH, 1)])
    n_padding = int(np.searchsorted(values, lowest, side="right"))
    inside = values[n_padding:]
    if not len(inside):
        raise HeadError(
            f"A head was looked for in an image next to all of whose voxels have the value {lowest:g}.",
            remedy="Check that the file holds the scan and not an empty export.",
        )
    real = inside if 0.01 < n_padding / len(values) < _MUCH_PADDING else values
    bright = min(int(np.searchsorted(inside, inside.mean(dtype=np.float64))), len(inside) - 1)
    tissue = _middle(inside[bright:])
    threshold = lowest + 0.3 * (tissue - lowest)
    air, noise = lowest, 0.0
    for _ in range(12):
        cut = int(np.searchsorted(real, np.float32(threshold)))
        below, above = real[:cut], real[cut:]
        if len(below) > 0.02 * len(real):
            air = _middle(below)
            noise = 1.4826 * _middle_distance(below, air)
        tissue = _middle(above) if len(above) else tissue
        fresh = max(air + _MRI_EDGE * (tissue - air), min(air + _SIGMAS * noise, 0.5 * (air + tissue)))
        if abs(fresh - threshold) < 1e-3 * (tissue - lowest):
            break
        threshold = fresh
    return Levels(air, noise, tissue, threshold)


def _middle(ordered: Array) -> float:
    """Median of values in ascending order."""
    return float(ordered[(len(ordered) - 1) // 2]) / 2 + float(ordered[len(ordered) // 2]) / 2


def _middle_distance(ordered: Array, centre: float) -> float:
    """Median of the distances of values in ascending order from one of them, found by bisection."""
    low, high = 0.0, max(centre - float(ordered[0]), float(ordered[-1]) - centre)
    for _ in range(24):
        width = (low + high) / 2
        first = int(np.searchsorted(ordered, np.float32(centre - width)))
        last = int(np.searchsorted(ordered, np.float32(centre + width)))
        low, high = (low, width) if 2 * (last - first) >= len(ordered) else (width, high)
    return high


def local_tissue(values: Array, skin: Array, level: float, spacing: Array, reach: float = 12.0) -> Array:
    """Smooth map of the intensity of the tissue just under the skin, so that a bias field moves no surface.

    A Gaussian mean over the skin, drawn on blocks of a third of its standard deviation and interpolated.

    Parameters
    ----------
    values : ndarray, shape (I, J, K), float32
    skin : ndarray, shape (I, J, K), bool
        The outer shell of the head, tissue only.
    level : float
        Fallback far from any skin.
    spacing : ndarray, shape (3,)
        In mm.
    reach : float
        Standard deviation of the averaging window in mm.

    Returns
    -------
    ndarray, shape (I, J, K), float32
    """
    from scipy import ndimage

    grid = np.diag([*spacing, 1.0])
    weight, coarse = block_mean(skin, grid, reach / 3)
    total, _ = block_mean(np.where(skin, values, np.float32(0)), grid, reach / 3)
    sigma = reach / np.diag(coarse)[:3]
    weight = ndimage.gaussian_filter(weight, sigma, mode="constant", truncate=3.0)
    total = ndimage.gaussian_filter(total, sigma, mode="constant", truncate=3.0)
    trust = np.float32(1e-3)
    return interpolated((total + trust * np.float32(level)) / (weight + trust), coarse, values.shape, grid)
