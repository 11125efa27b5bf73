"""What lens, sensor and file do to the light: background, exposure, blur, noise, JPEG."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from reid_audit.phantom.texture import linear

__all__ = ["background", "compress", "develop", "soften"]

Array = np.ndarray[Any, Any]


def background(size: int, rng: np.random.Generator, *, clutter: float) -> Array:
    """Return an empty room out of focus.

    Parameters
    ----------
    size : int
        Width and height.
    rng : numpy.random.Generator
    clutter : float
        0 a plain wall, 1 full of things.

    Returns
    -------
    ndarray, shape (size, size, 3), float32
        Linear RGB.
    """
    wall = linear(rng.uniform(0.35, 0.85) * (1.0 + rng.normal(0, 0.06, 3)))
    picture = np.tile(np.asarray(wall, np.float32), (64, 64, 1))
    for _ in range(round(14 * clutter)):
        low = rng.integers(-8, 60, 2)
        extent = rng.integers(4, 30, 2)
        colour = linear(np.clip(rng.uniform(0.1, 0.95) + rng.normal(0, 0.06, 3), 0, 1))
        corner = (low + extent).tolist()
        cv2.rectangle(picture, low.tolist(), corner, [float(c) for c in colour], thickness=-1)
    picture = cv2.GaussianBlur(picture, (0, 0), 3.5)
    ramp = 1.0 + rng.normal(0, 0.12) * np.linspace(-1, 1, 64)[:, None] + rng.normal(0, 0.12) * np.linspace(-1, 1, 64)
    picture = np.clip(picture * ramp[..., None], 0.0, 1.0).astype(np.float32)
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_CUBIC))


def soften(picture: Array, radius: float) -> Array:
    """Blur by a Gaussian of some standard deviation in pixels; 0 leaves the picture as it is."""
    return picture if radius <= 0 else np.asarray(cv2.GaussianBlur(picture, (0, 0), radius))


def develop(picture: Array, rng: np.random.Generator, *, noise: float, tint: Array, grey: bool) -> Array:
    """Turn light into 8-bit sRGB.

    Parameters
    ----------
    picture : ndarray, shape (H, W, 3)
        Linear RGB, white about 1.
    rng : numpy.random.Generator
    noise : float
        Standard deviation at mid-grey, share of white.
    tint : ndarray, shape (3,)
        White balance: factors of the channels.
    grey : bool

    Returns
    -------
    ndarray, shape (H, W, 3), uint8
    """
    light = np.clip(picture, 0.0, None) * tint
    shot = rng.standard_normal(light.shape, dtype=np.float32)
    light = np.clip(light + noise * np.sqrt(light / 0.2 + 0.05) * shot * 0.2 / 0.45, 0.0, None)
    knee = np.where(light > 0.8, 0.8 + 0.2 * np.tanh((light - 0.8) / 0.2), light)
    srgb = np.where(knee <= 0.0031308, 12.92 * knee, 1.055 * np.maximum(knee, 1e-6) ** (1 / 2.4) - 0.055)
    if grey:
        srgb = np.repeat((srgb @ np.array([0.299, 0.587, 0.114]))[..., None], 3, axis=2)
    return np.asarray(np.rint(np.clip(srgb, 0.0, 1.0) * 255.0), np.uint8)


def compress(pixels: Array, quality: int) -> Array:
    """Pass a picture through a JPEG file in memory: shape (H, W, 3), uint8, RGB."""
    grey = bool((pixels[..., :1] == pixels).all())
    source = pixels[..., 0] if grey else pixels[..., ::-1]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(source), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if grey:
        return np.repeat(np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))[..., None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])
