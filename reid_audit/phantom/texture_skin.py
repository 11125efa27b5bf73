"""The colours of skin and eyes, written on the mean head in millimetres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.phantom.texture import fractal_noise, linear, mix, smoothstep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.phantom.texture import Appearance

__all__ = ["eye_colour", "skin_colour"]

Array = np.ndarray[Any, Any]

_IRIS_RADIUS = 6.5
_SCLERA = linear((0.80, 0.77, 0.74))
_BLOOD = np.array([0.10, -0.34, -0.26])


def _spot(points: Array, centre: Any, spread: Any) -> Array:
    """Return a bell of height 1 around a place: (N,)."""
    return np.asarray(np.exp(-0.5 * (((points - np.asarray(centre)) / np.asarray(spread)) ** 2).sum(axis=1)))


def skin_colour(points: Array, lips: Array, ears: Array, mark: Mapping[str, Array], look: Appearance) -> Array:
    """Return the albedo of skin, lips, brows and shaven beard.

    Parameters
    ----------
    points : ndarray, shape (N, 3)
        On the mean head, mm.
    lips, ears : ndarray, shape (N,)
        Share of each region, 0 to 1.
    mark : mapping of str to ndarray
        Landmarks of the mean head.
    look : Appearance

    Returns
    -------
    ndarray, shape (N, 3)
        Linear RGB.
    """
    coarse = fractal_noise(points, spacing=1.5, seed=look.seed + 10)
    fine = fractal_noise(points, spacing=0.45, seed=look.seed + 11, slope=0.7)
    tone = 1.0 + look.mottling * (0.07 * coarse + 0.07 * fine)
    skin = np.asarray(look.skin) * tone[:, None]
    skin = skin * (1.0 + (look.blood * _flush(points, ears, mark) + 0.06 * coarse)[:, None] * _BLOOD)
    shade = 0.30 * _sockets(points, mark) + 0.12 * smoothstep(look.age, 40, 85) * np.clip(coarse, 0, None)
    skin = skin * (1.0 - shade[:, None] * np.array([0.8, 1.0, 0.95]))
    spots = fractal_noise(points, spacing=0.9, seed=look.seed + 12, slope=0.8)
    skin = skin * (1.0 - (0.4 * look.freckles * smoothstep(spots, 1.0, 2.0))[:, None] * np.array([0.5, 0.8, 1.0]))
    grain = fractal_noise(points * (1, 1, 0.6), spacing=0.5, seed=look.seed + 13, slope=0.3)
    skin = mix(skin, look.brow, _beard(points, lips, mark, look, grain))
    chapped = 1.0 + 0.10 * fractal_noise(points * (1, 1, 0.3), spacing=0.5, seed=look.seed + 14, slope=0.8)
    skin = mix(skin, np.asarray(look.lips) * chapped[:, None], 0.85 * smoothstep(lips, 0.25, 0.8))
    return mix(skin, look.brow, _brows(points, mark, look, grain))


def _flush(points: Array, ears: Array, mark: Mapping[str, Array]) -> Array:
    """Where blood shows: cheeks, tip of the nose, ears, chin."""
    nose, eye, chin = mark["pronasale"], mark["left_eye"], mark["gnathion"]
    height = nose[2] + 0.25 * (eye[2] - nose[2])
    side = np.column_stack([np.abs(points[:, 0]), points[:, 1:]])
    cheek = _spot(side, (abs(eye[0]) + 8.0, nose[1] - 34.0, height), (15, 40, 14))
    return np.asarray(
        cheek
        + 0.9 * _spot(points, nose, (13, 14, 11))
        + 0.8 * ears
        + 0.5 * _spot(points, chin + np.array([0, 0, 12]), (16, 20, 12))
    )


def _sockets(points: Array, mark: Mapping[str, Array]) -> Array:
    """Where thin skin and shade darken the surroundings of the eyes."""
    eye = mark["left_eyeball"]
    side = np.column_stack([np.abs(points[:, 0]), points[:, 1:]])
    under = _spot(side, (abs(eye[0]) - 4.0, eye[1] + 10, eye[2] - 13.0), (12, 20, 4.5))
    above = _spot(side, (abs(eye[0]) - 1.0, eye[1] + 12, eye[2] + 9.0), (15, 20, 4.0))
    return np.asarray(0.8 * under + 0.55 * above + _lashes(side, mark))


def _lashes(side: Array, mark: Mapping[str, Array]) -> Array:
    """The dark edge of the lids: dense above, faint below; beyond 1 it is as good as black."""
    eye = np.abs(mark["left_eyeball"] * (1, 0, 0)) + mark["left_eyeball"] * (0, 1, 1)
    radius = float(np.linalg.norm(mark["left_eye"] - mark["left_eyeball"]))
    local = side - eye
    gap = np.linalg.norm(local, axis=1) - radius
    near = smoothstep(-gap, -2.1, -0.5) * (local[:, 1] > 0)
    upper = smoothstep(local[:, 2], -2.0, 2.5)
    return np.asarray(near * (0.9 + 1.9 * upper))


def _beard(points: Array, lips: Array, mark: Mapping[str, Array], look: Appearance, grain: Array) -> Array:
    """Cover of beard and stubble."""
    mouth, nose, ear = mark["mouth_left"], mark["pronasale"], mark["left_tragion"]
    across = np.abs(points[:, 0])
    front = smoothstep(points[:, 1], ear[1] + 4.0, ear[1] + 16.0)
    top = np.interp(across, [0, 20, 34, 60, 75], [nose[2] - 13, nose[2] - 15, mouth[2] - 2, mouth[2] + 18, ear[2]])
    area = (
        front
        * smoothstep(top - points[:, 2], -3.0, 7.0)
        * smoothstep(points[:, 2], mark["gnathion"][2] - 42, mark["gnathion"][2] - 20)
    )
    area = area * (1.0 - smoothstep(lips, 0.1, 0.5))
    gap = 1.0 - 0.6 * _spot(points, mark["gnathion"] * (0, 0, 1) + (0, mouth[1], 24), (18, 60, 4))
    full = look.beard * smoothstep(area + 0.12 * grain, 0.25, 0.8)
    return np.asarray(
        np.clip(area * gap * look.stubble * (0.28 + 0.16 * grain) + full * (0.9 + 0.1 * grain), 0.0, 0.97)
    )


def _brows(points: Array, mark: Mapping[str, Array], look: Appearance, grain: Array) -> Array:
    """Cover of the brows: a band along an arch, thinning outwards, made of slanted hairs."""
    eye = mark["left_eye"]
    across = np.abs(points[:, 0]) - abs(eye[0])
    middle = eye[2] + 18.5 + look.brow_height
    arch = np.interp(across, [-20, -12, 8, 22], [-1.5, 0.0, look.brow_arch, look.brow_arch * 0.4 - 4.0])
    half = look.brow_thickness * np.interp(across, [-19, -10, 6, 24], [0.9, 1.1, 0.85, 0.25])
    away = (points[:, 2] - middle - arch) / half
    slant = np.column_stack(
        [across * 1.2 - points[:, 2] * 0.7, points[:, 1] * 0.15, (points[:, 2] + across * 0.5) * 0.25]
    )
    hairs = fractal_noise(slant, spacing=0.45, seed=look.seed + 15, slope=0.7)
    ends = smoothstep(across, -21.0, -14.0) * (1.0 - smoothstep(across, 17.0, 25.0))
    front = points[:, 1] > mark["left_eyeball"][1] - 15.0
    body = np.exp(-(np.abs(away) ** 2.6)) * ends * front
    return np.asarray(np.clip(look.brow_density * body * (1.0 + 0.35 * hairs + 0.1 * grain), 0.0, 0.95))


def eye_colour(points: Array, mark: Mapping[str, Array], look: Appearance, gaze: Array) -> tuple[Array, Array, Array]:
    """Return the albedo of the eyeballs.

    Parameters
    ----------
    points : ndarray, shape (N, 3)
        On the mean head's eyeballs, mm.
    mark : mapping of str to ndarray
    look : Appearance
    gaze : ndarray, shape (3,)
        Unit vector: where the eyes look, head frame.

    Returns
    -------
    colour : ndarray, shape (N, 3)
        Linear RGB.
    normal : ndarray, shape (N, 3)
        Of the sphere, on the mean head, unit length.
    cornea : ndarray, shape (N,)
        1 on the clear bulge over the iris, 0 on the white.
    """
    left = (points[:, 0] * np.sign(mark["left_eyeball"][0])) > 0
    centre = np.where(left[:, None], mark["left_eyeball"], mark["right_eyeball"])
    local = points - centre
    reach = np.linalg.norm(local, axis=1)
    unit = local / reach[:, None]
    from_axis = np.arccos(np.clip(unit @ gaze, -1.0, 1.0)) * reach
    side = np.cross(gaze, (0.0, 0.0, 1.0))
    turn = np.arctan2(unit @ np.cross(side, gaze), unit @ side)
    spokes = np.column_stack([np.cos(turn) * 14, np.sin(turn) * 14, from_axis * 0.25])
    fibre = fractal_noise(spokes, spacing=0.5, seed=look.seed + 20, slope=0.8)
    share = from_axis / _IRIS_RADIUS
    iris = (
        np.asarray(look.iris)
        * (1.0 + 0.28 * fibre)[:, None]
        * (0.85 + 0.55 * np.exp(-(((share - 0.5) / 0.2) ** 2)))[:, None]
    )
    iris = iris * (1.0 - 0.75 * smoothstep(share, 0.78, 1.0))[:, None]
    iris = iris * (1.0 - smoothstep(-from_axis, -look.pupil - 0.3, -look.pupil + 0.3)[:, None] * 0.985)
    corner = smoothstep(np.abs(unit[:, 0]), 0.45, 0.85)
    veins = np.clip(fractal_noise(points, spacing=0.6, seed=look.seed + 21, slope=1.0), 0.0, 2.0)
    white = _SCLERA * (1.0 - (corner * (0.18 + 0.12 * veins))[:, None] * np.array([0.25, 1.0, 0.95]))
    on_iris = 1.0 - smoothstep(share, 0.93, 1.06)
    return mix(white, np.clip(iris, 0.0, 1.0), on_iris), unit, 1.0 - smoothstep(share, 0.9, 1.15)
