"""What a scanner adds to a head: table, bias, fillings, fold-over, noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter1d

from reid_audit.phantom.labels import Tissue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.phantom.contrast import Contrast

__all__ = ["add_headrest", "add_noise", "bias_field", "blurred", "choose_fillings", "dental_artefact", "fold_over"]

Array = np.ndarray[Any, Any]


def bias_field(shape: tuple[int, int, int], strength: float, rng: np.random.Generator) -> Array:
    """Return a smooth field to multiply with, 1 on average, as receive coils make it.

    Parameters
    ----------
    shape : tuple of int
    strength : float
        Greatest deviation from 1, roughly.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape ``shape``, float32
    """
    lines = [np.linspace(-1, 1, n, dtype=np.float32) for n in shape]
    waves = []
    for line in lines:
        phase = rng.uniform(0, 2 * np.pi, 3)
        weight = rng.normal(size=3)
        waves.append(sum(weight[k] * np.cos(np.pi * (k + 1) / 2 * line + phase[k]) for k in range(3)))
    x, y, z = waves[0][:, None, None], waves[1][None, :, None], waves[2][None, None, :]
    low = [w.min() for w in waves]
    spread = max(float(sum(w.max() for w in waves) - sum(low)) / 2, 1e-6)
    middle = float(sum(low)) + spread
    return np.asarray(1.0 + strength * ((x + y + z) - middle) / spread, dtype=np.float32)


def blurred(image: Array, sigmas: Sequence[float] | Array) -> Array:
    """Return the image smoothed by a Gaussian, one standard deviation in voxels an axis."""
    for axis, sigma in enumerate(sigmas):
        if sigma > 0.05:
            image = gaussian_filter1d(image, sigma, axis=axis, truncate=3.0, mode="nearest")
    return image


def add_noise(image: Array, contrast: Contrast, noise: float, rng: np.random.Generator) -> Array:
    """Return the image with noise: Rician for MRI, Gaussian for CT, growing with the signal for PET.

    Parameters
    ----------
    image : ndarray, float32
    contrast : Contrast
    noise : float
        Standard deviation as a share of the contrast's reference signal.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, float32
    """
    sd = float(noise * contrast.reference)
    if sd <= 0:
        return image
    first: Array = np.multiply(sd, rng.standard_normal(image.shape, dtype=np.float32))
    if contrast.kind == "ct":
        # Reconstruction filters leave noise with a grain, not from voxel to voxel alone.
        return np.asarray(image + 1.9 * blurred(first, (0.6, 0.6, 0.0)))
    if contrast.kind == "pet":
        grain = 4.0 * blurred(first, (1.0, 1.0, 1.0))
        return np.asarray(np.maximum(image + np.sqrt(np.maximum(image, 0.02) / contrast.reference) * grain, 0))
    second: Array = np.multiply(sd, rng.standard_normal(image.shape, dtype=np.float32))
    return np.asarray(np.hypot(image + first, second))


def fold_over(image: Array, axis: int, excess: tuple[int, int]) -> Array:
    """Return the image with what lies outside the field of view folded in from the other side.

    Parameters
    ----------
    image : ndarray, shape (I, J, K)
        On the grid before it is cut.
    axis : int
    excess : tuple of int
        Voxels to be cut off at the low and the high end.

    Returns
    -------
    ndarray
        Shorter by both along the axis.
    """
    low, high = excess
    moved = np.moveaxis(image, axis, 0)
    kept = np.array(moved[low : len(moved) - high])
    if low:
        kept[-low:] += moved[:low]
    if high:
        kept[:high] += moved[len(moved) - high :]
    return np.moveaxis(kept, 0, axis)


def choose_fillings(labels: Array, strength: float, rng: np.random.Generator) -> Array:
    """Return the voxels in which fillings sit.

    Parameters
    ----------
    labels : ndarray, shape (I, J, K), uint8
    strength : float
        0 for one filling, 1 for a mouthful.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (N, 3), int
        Empty where the field of view holds no teeth.
    """
    teeth = np.argwhere(labels == Tissue.TOOTH)
    if not len(teeth):
        return teeth
    return np.asarray(teeth[rng.integers(len(teeth), size=1 + round(3 * strength))])


def dental_artefact(
    image: Array,
    fillings: Array,
    voxel_size: Array,
    contrast: Contrast,
    strength: float,
    *,
    rng: np.random.Generator,
) -> Array:
    """Return the image with what metal fillings do to it: voids with bright rims in MRI, streaks in CT.

    Parameters
    ----------
    image : ndarray, shape (I, J, K), float32
    fillings : ndarray, shape (N, 3), int
    voxel_size : ndarray, shape (3,)
        Mm; axes right, front, up.
    contrast : Contrast
    strength : float
        0 to 1.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, float32
    """
    image = image.copy()
    for spot in fillings if contrast.kind != "pet" else ():
        if contrast.kind == "ct":
            _streaks(image, spot, voxel_size, strength, rng)
        else:
            _void(image, spot, voxel_size, strength, rng)
    return image


def _box(shape: tuple[int, ...], spot: Array, reach: Array) -> tuple[tuple[slice, ...], list[Array]]:
    low = np.maximum(spot - reach, 0)
    high = np.minimum(spot + reach + 1, shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    lines = np.meshgrid(
        *(np.arange(a, b) - s for a, b, s in zip(low, high, spot, strict=True)), indexing="ij", sparse=True
    )
    return box, list(lines)


def _void(image: Array, spot: Array, voxel_size: Array, strength: float, rng: np.random.Generator) -> None:
    radius = (7.0 + 9.0 * strength) * rng.uniform(0.75, 1.2)
    box, steps = _box(image.shape, spot, np.ceil(1.8 * radius / voxel_size).astype(int))
    x, y, z = (s * v for s, v in zip(steps, voxel_size, strict=True))
    # The field of a dipole has lobes along and across the main field.
    distance = np.sqrt(x**2 + y**2 + z**2) + 1e-6
    lobes = np.abs(3 * (z / distance) ** 2 - 1)
    reach = radius * (0.72 + 0.28 * lobes)
    gone = 1.0 / (1.0 + np.exp(-(distance - reach) / 1.0))
    rim = np.exp(-(((distance - reach - 2.0) / 1.6) ** 2)) * np.clip(lobes - 0.5, 0, 1)
    image[box] = image[box] * (gone + 0.8 * strength * rim)


def _streaks(image: Array, spot: Array, voxel_size: Array, strength: float, rng: np.random.Generator) -> None:
    reach = np.array([*image.shape])
    reach[2] = max(1, round(3.0 / voxel_size[2]))
    box, steps = _box(image.shape, spot, reach)
    x, y, z = (s * v for s, v in zip(steps, voxel_size, strict=True))
    distance = np.sqrt(x**2 + y**2) + 2.0
    angle = np.arctan2(y, x)
    rays = sum(np.cos(n * angle + rng.uniform(0, 2 * np.pi)) for n in (3, 5, 8, 13, 21, 34))
    fade = np.exp(-((z / 2.5) ** 2)) * 2600.0 * strength / distance
    inside = image[box] > -800
    image[box] += np.where(inside, 1.0, 0.45) * fade * rays
    image[box][(distance < 4.0) & (np.abs(z) < 2.5)] = 3071.0
    np.clip(image[box], -1024.0, 3071.0, out=image[box])


def add_headrest(image: Array, voxel_to_world: Array, back: float, coverage: Array) -> Array:
    """Return a CT with headrest, foam and table behind the head.

    Parameters
    ----------
    image : ndarray, shape (I, J, K), float32
        Hounsfield units.
    voxel_to_world : ndarray, shape (4, 4)
        To the scanner's RAS mm: the couch does not turn with the head.
    back : float
        y of the hindmost point of the head, mm.
    coverage : ndarray, shape (I, J, K), float32
        Share of each voxel that is head.

    Returns
    -------
    ndarray, float32
    """
    grid = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in image.shape), indexing="ij", sparse=True)
    x, y, z = (sum(voxel_to_world[a, b] * grid[b] for b in range(3)) + voxel_to_world[a, 3] for a in range(3))
    trough = np.sqrt(x**2 + (y - (back - 5.0) - 118.0) ** 2) - 118.0
    held = (y < back + 42.0) & (z > -130.0)
    added = np.full(image.shape, -1000.0, dtype=np.float32)
    added[held & (trough < 0) & (trough > -9.0)] = -935.0
    added[held & (trough >= 0) & (trough < 3.0)] = 140.0
    added[held & (trough >= 3.0) & (trough < 9.0) & (np.abs(x) < 80)] = -900.0
    couch = back - 24.0 + 0.0011 * x**2 - y
    added[(couch > 0) & (couch < 2.5) & (np.abs(x) < 205) & (z < 60)] = 180.0
    added[(couch >= 2.5) & (couch < 14.0) & (np.abs(x) < 200) & (z < 60)] = -880.0
    return np.asarray(np.where(coverage > 0, np.maximum(image, image + (added + 1000.0) * (1 - coverage)), added))
