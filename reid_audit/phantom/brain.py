"""The brain of the mean head: two folded hemispheres, cerebellum, brain stem, ventricles, and the skull around them.

All lengths are mm in the head frame of the mean head. The shapes are drawn by hand after the proportions that any
atlas shows; they are not fitted to anyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.phantom.canvas import ellipsoid, resample_linear, tube
from reid_audit.phantom.labels import Tissue

if TYPE_CHECKING:
    from reid_audit.phantom.canvas import Canvas

__all__ = ["paint_cranium", "vault_depth"]

Array = np.ndarray[Any, Any]
Axes = tuple[Array, Array, Array]

_SKULL = 5.5
"""Thickness of the skull."""
_RIM = 1.8
"""Fluid between skull and brain."""
_DEEP = 6.0
"""Mm below the skin above which nothing of the brain is painted."""
_CORTEX = 2.7
_WAVELENGTH = 21.0
"""From one gyrus to the next but one."""


def _rise(values: Array, at: Array | float, width: float) -> Array:
    """Return a smooth step from 0 to 1."""
    return np.asarray(0.5 + 0.5 * np.tanh((values - at) / width))


def _soft_minimum(a: Array, b: Array, width: float = 2.0) -> Array:
    """Return the lesser of two fields with a rounded edge between them."""
    return np.asarray(np.minimum(a, b) - width * 0.5 * np.exp(-np.abs(a - b) / width))


def _base_height(x: Array, y: Array) -> Array:
    """Return the height of the floor of the skull: anterior, middle and posterior fossa."""
    side = np.abs(x)
    front = _rise(y, 24.0 + 16.0 * _rise(side, 24.0, 6.0), 3.5)
    back = 1.0 - _rise(y, -12.0 - 4.0 * _rise(side, 25.0, 8.0), 3.0)
    anterior = 21.0 + 9.5 * _rise(side, 10.0, 4.0) + 0.0 * y
    orbit = 11.0 * np.exp(-(((side - 29.0) / 15.0) ** 2) - ((y - 64.0) / 22.0) ** 2)
    anterior = anterior + orbit
    middle = 23.0 - 20.0 * _rise(side, 15.0, 4.0) + 0.0 * y
    posterior = -25.0 + 9.0 * (side / 40.0) ** 2 + 0.006 * np.maximum(-y - 45.0, 0.0) ** 2
    floor = np.asarray(front * anterior + (1 - front) * ((1 - back) * middle + back * posterior))
    # The clivus slopes from the sella to the foramen magnum and leaves room for the brain stem.
    clivus = 22.0 - 1.75 * (14.0 - y)
    return np.where((side < 17.0) & (y < 14.0) & (y > -16.0), np.maximum(np.minimum(floor, clivus), -27.0), floor)


def scalp_thickness(x: Array, y: Array, z: Array) -> Array:
    """Return how far bone lies below the mean skin of the cranium; the temporalis muscle thickens the temples."""
    temple = np.exp(-(((y - 48.0) / 22.0) ** 2) - ((z - 22.0) / 28.0) ** 2) * _rise(np.abs(x), 42.0, 6.0)
    return np.asarray(5.2 + 7.5 * temple)


def vault_depth(canvas: Canvas) -> Array:
    """Return the depth in mm below the inside of the skull; negative outside the brain's cavity.

    Parameters
    ----------
    canvas : Canvas

    Returns
    -------
    ndarray, shape of the canvas, float32
    """
    _, (x, y, z) = canvas.axes()
    roof = canvas.depth - (scalp_thickness(x, y, z) + _SKULL)
    floor = (z - _base_height(x, y)) * 0.85
    return np.asarray(_soft_minimum(roof, floor, 3.0), dtype=np.float32)


def paint_cranium(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint skull, fluid and brain.

    Parameters
    ----------
    canvas : Canvas
        Painted in place.
    rng : numpy.random.Generator
        Places the folds.
    """
    depth = vault_depth(canvas)
    _, (x, y, z) = canvas.axes()
    shell = (
        (depth <= 0) & (depth > -_SKULL) & (canvas.depth > scalp_thickness(x, y, z)) & (z > _base_height(x, y) - 6.5)
    )
    canvas.labels[shell] = Tissue.BONE
    diploe = shell & (depth < -1.6) & (depth > -3.9) & (z > _base_height(x, y) + 8.0)
    canvas.labels[diploe] = Tissue.MARROW
    low, high = np.array([-80.0, -115.0, -40.0]), np.array([80.0, 105.0, 130.0])
    box, (x, y, z) = canvas.axes(low, high)
    labels, inner = canvas.labels[box], depth[box]
    cavity = inner > 0
    labels[cavity] = Tissue.CSF
    _paint_cerebrum(labels, cavity, inner - _RIM, (x, y, z), spacing=canvas.spacing, rng=rng)
    _paint_cerebellum(labels, cavity, inner - _RIM, (x, y, z))
    _paint_deep(canvas)
    _paint_vessels(labels, inner, x, y, z)


def _tentorium(x: Array, y: Array) -> Array:
    """Return the height of the sheet between cerebrum and cerebellum."""
    return np.asarray(24.0 - 0.0085 * x**2 - 0.22 * np.maximum(-y - 25.0, 0.0))


def _hemisphere_depth(rim: Array, x: Array, y: Array, z: Array) -> Array:
    """Return the depth below the surface of the unfolded cerebrum, with its two great fissures cut."""
    side = np.abs(x)
    over_callosum = ((y - 6.0) / 44.0) ** 2 + ((z - 32.0) / 25.0) ** 2 > 1.0
    depth = np.where(over_callosum, np.minimum(rim, side - 0.9), rim)
    sheet = 4.0 + 0.38 * (38.0 - y)
    sylvian = np.abs(z - sheet) * 0.9 - 1.1
    lateral = (side > 30.0) & (y < 40.0) & (y > -30.0)
    depth = np.where(lateral, np.minimum(depth, sylvian), depth)
    pole = (side < 27.0) & (y > 10.0) & (y < 42.0) & (z < 20.0)
    depth = np.where(pole, np.minimum(depth, side - 14.0), depth)
    behind = (y < -14.0) & (z < _tentorium(x, y) + 12.0)
    return np.where(behind, np.minimum(depth, z - _tentorium(x, y) - 1.4), depth)


def _fold_field(x: Array, y: Array, z: Array, rng: np.random.Generator, waves: int = 26) -> Array:
    """Return a random field of one wavelength, constant along the way inwards; its zero sheets are the sulci.

    Random waves of one wavelength have zero lines that wander at a steady distance from each other, as sulci do.
    """
    hub = np.stack(np.broadcast_arrays(28.0 * np.sign(x), 0.45 * y, np.full_like(x * y * z, 30.0)))
    way = np.stack(np.broadcast_arrays(x, y, z)) - hub
    length = np.sqrt((way**2).sum(axis=0)) + 1e-3
    spot = np.stack(np.broadcast_arrays(x, y, z)) + way * ((52.0 - length) / length * 0.75)
    spot = spot.astype(np.float32)
    field = np.zeros(spot.shape[1:], dtype=np.float32)
    for index in range(waves):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        stretch = rng.uniform(0.85, 1.2) if index % 3 else rng.uniform(1.6, 2.0)
        weight = 1.0 if index % 3 else 0.45
        wave = (2 * np.pi / _WAVELENGTH * stretch * direction).astype(np.float32)
        phase = np.float32(rng.uniform(0, 2 * np.pi))
        field += weight * np.cos(np.tensordot(wave, spot, axes=1) + phase)
    return np.asarray(field / field.std(), dtype=np.float32)


def _folds(shape: tuple[int, ...], axes: Axes, spacing: float, rng: np.random.Generator) -> Array:
    """Return the distance in mm to the nearest sulcus, from the fold field on a grid of 2 mm."""
    x, y, z = axes
    coarse = max(1, round(2.0 / spacing))
    field = _fold_field(x[::coarse], y[:, ::coarse], z[:, :, ::coarse], rng)
    fine = resample_linear(field, (shape[0], shape[1], shape[2]), step=1.0 / coarse)
    steep = (2 * np.pi / _WAVELENGTH) / np.sqrt(3.0) * 1.35
    return np.abs(fine) / np.float32(steep)


def _paint_cerebrum(
    labels: Array, cavity: Array, rim: Array, axes: Axes, *, spacing: float, rng: np.random.Generator
) -> None:
    """Paint cortex and white matter, with the sulci between."""
    x, y, z = axes
    above = ~((y < -14.0) & (z < _tentorium(x, y)))
    stem = (np.abs(x) < 15.0) & (y < 18.0) & (y > -20.0) & (z < 28.0)
    depth = _hemisphere_depth(rim, x, y, z)
    to_sulcus = _folds(labels.shape, axes, spacing, rng)
    reach = 14.0 + 5.0 * np.sin(0.11 * x + 1.0) * np.sin(0.09 * y) * np.sin(0.1 * z + 0.5)
    overshoot = np.maximum(depth - reach, 0.0) * 1.0
    to_sulcus = np.sqrt(to_sulcus**2 + overshoot**2) - np.clip(1.1 - 0.06 * depth, 0.3, 1.1)
    pial = np.minimum(depth, to_sulcus)
    body = cavity & above & ~stem & (pial > 0)
    labels[body & (pial <= _CORTEX)] = Tissue.GREY
    labels[body & (pial > _CORTEX)] = Tissue.WHITE


def _paint_cerebellum(labels: Array, cavity: Array, rim: Array, axes: Axes) -> None:
    """Paint the cerebellum with its leaf-like folds, fanned out from its white core."""
    x, y, z = axes
    roof = _tentorium(x, y) - z - 1.6
    depth = np.minimum(np.minimum(rim, roof), (-14.5 - y) + 0.06 * np.abs(x))
    depth = np.minimum(depth, 52.0 - np.sqrt((x * 0.95) ** 2 + ((y + 38.0) * 1.15) ** 2 + ((z + 2.0) * 1.15) ** 2))
    body = cavity & (depth > 0)
    fan = np.arctan2(z - 3.0, -(y + 18.0)) + 0.02 * np.abs(x) + 0.12 * np.sin(0.2 * x)
    distance = np.sqrt((y + 18.0) ** 2 + (z - 3.0) ** 2 + (0.55 * x) ** 2)
    leaf = np.abs(np.sin(11.0 * fan)) * distance / 11.0
    twig = np.abs(np.sin(27.0 * fan + 0.5)) * distance / 27.0
    core = np.sqrt(((np.abs(x) - 13.0) / 15.0) ** 2 + ((y + 33.0) / 12.0) ** 2 + ((z + 2.0) / 9.0) ** 2) < 1.0
    white = (core | (leaf > 1.75)) & (depth > 3.0) & ~((twig < 0.35) & (depth < 9.0))
    furrow = (leaf < 0.55) & (depth < 11.0) & ~core
    labels[body] = Tissue.GREY
    labels[body & white] = Tissue.WHITE
    labels[body & furrow] = Tissue.CSF


def _paint_deep(canvas: Canvas) -> None:
    """Paint brain stem, corpus callosum, deep grey matter and the ventricles."""
    canvas.paint(
        Tissue.WHITE,
        tube([(0, -4, 30), (0, 1, 17), (0, 1, 8), (0, -7, -10), (0, -15, -30)], [13, 13, 13, 8, 6]),
        min_depth=_DEEP,
    )
    canvas.paint(Tissue.WHITE, ellipsoid((0, 6, 14), (15, 11, 12), pitch=-20), min_depth=_DEEP)
    canvas.paint(Tissue.WHITE, tube([(6, -8, 12), (14, -24, 4)], [6, 5]), mirrored=True, min_depth=_DEEP)
    arc = [(0, 34, 36), (0, 38, 42), (0, 32, 50), (0, 16, 55), (0, -6, 56), (0, -22, 51), (0, -30, 45), (0, -29, 40)]
    for shift in (0, 4, 8, 12, 16, 20):
        lift = 0.006 * shift**2
        path = [(shift, y, z + lift) for _, y, z in arc]
        canvas.paint(Tissue.WHITE, tube(path, [3.0, 4.0, 3.2, 2.8, 2.8, 3.4, 4.2, 3.4]), mirrored=True, min_depth=_DEEP)
    canvas.paint(Tissue.WHITE, ellipsoid((17, 2, 34), (7, 30, 16)), mirrored=True, min_depth=_DEEP)
    horns = [
        (7, 31, 43),
        (9, 18, 49),
        (11, 0, 51),
        (16, -18, 48),
        (24, -32, 40),
        (29, -24, 24),
        (32, -6, 14),
        (31, 6, 10),
    ]
    canvas.paint(Tissue.CSF, tube(horns, [3.5, 4.5, 4.0, 4.0, 5.5, 3.2, 2.2, 1.6]), mirrored=True, min_depth=_DEEP)
    canvas.paint(
        Tissue.CSF, tube([(24, -32, 40), (24, -46, 36), (20, -58, 33)], [5, 3.4, 1.5]), mirrored=True, min_depth=_DEEP
    )
    canvas.paint(Tissue.GREY, ellipsoid((10.5, -7, 38), (8.5, 14, 9), yaw=-20), mirrored=True, min_depth=_DEEP)
    canvas.paint(
        Tissue.GREY,
        tube([(13, 24, 40), (15, 12, 46), (18, -6, 50), (22, -24, 46)], [6.0, 4.5, 3, 2]),
        mirrored=True,
        min_depth=_DEEP,
    )
    canvas.paint(Tissue.GREY, ellipsoid((26, 8, 30), (5, 15, 11), yaw=-12), mirrored=True, min_depth=_DEEP)
    canvas.paint(Tissue.GREY, ellipsoid((19.5, 3, 31), (4, 9, 7), yaw=-20), mirrored=True, min_depth=_DEEP)
    canvas.paint(Tissue.CSF, ellipsoid((0, -1, 34), (1.8, 14, 9)), min_depth=_DEEP)
    canvas.paint(Tissue.CSF, ellipsoid((0, -16.5, 6), (6, 4, 9), pitch=15), min_depth=_DEEP)
    canvas.paint(Tissue.CSF, tube([(0, -12, 28), (0, -15, 18)], 1.2), min_depth=_DEEP)
    canvas.paint(Tissue.CSF, ellipsoid((0, -20, 32), (9, 5, 7)), over=[Tissue.WHITE], min_depth=_DEEP)
    canvas.paint(Tissue.GREY, ellipsoid((0, 17, 24), (4.5, 4.5, 3)), min_depth=_DEEP)
    canvas.paint(Tissue.GREY, ellipsoid((0, -19, 25), (7, 3, 5)), min_depth=_DEEP)


def _paint_vessels(labels: Array, inner: Array, x: Array, y: Array, z: Array) -> None:
    """Paint the large veins at the inside of the skull, where contrast agent shines."""
    sagittal = (np.abs(x) < 3.6 - 0.5 * (inner - 1.0)) & (inner > -0.5) & (inner < 6.0) & (z > 30.0) & (y < 80.0)
    transverse = (np.abs(z - _tentorium(x, y) + 3.0) < 3.0) & (inner > -0.5) & (inner < 4.0) & (y < -30.0)
    straight = (np.abs(x) < 1.8) & (np.abs(z - _tentorium(x, y)) < 2.4) & (y < -34.0) & (inner > 0)
    labels[sagittal | transverse | straight] = Tissue.VESSEL
