"""Photographs of people who do not exist."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from reid_audit.anatomy import REGIONS
from reid_audit.errors import SettingsError
from reid_audit.phantom.identity import head_mesh
from reid_audit.phantom.texture import appearance_of, linear
from reid_audit.types import Photo

if TYPE_CHECKING:
    from reid_audit.phantom.identity import Identity, SessionChange
    from reid_audit.phantom.photo_raster import Camera
    from reid_audit.phantom.photo_shade import Light

__all__ = ["PhotoSettings", "take_photo"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class PhotoSettings:
    """How photographs are taken: each value is a spread or a bound from which every photograph draws its own.

    Parameters
    ----------
    expression : float
        Strength: 0 a blank face, 1 up to a broad smile or a frown.
    yaw, pitch, roll : float
        Largest angle of the head to the camera, degrees.
    gaze : float
        Largest angle of the eyes to the camera, degrees.
    light_angle : float
        Largest angle of the lamp to the line of sight sideways, degrees; upwards it is half as much.
    ambient : float
        Share of the light that comes from everywhere, 0 to 1; the less, the harder the shadows.
    light_colour : float
        Standard deviation of the white balance, share.
    distance : tuple of float
        Nearest and farthest camera, mm: the nearer, the larger the nose.
    looseness : tuple of float
        Height of the picture in head heights, least and most.
    blur : float
        Largest standard deviation of the blur, pixels of a picture of 512.
    noise : float
        Standard deviation of the sensor noise at mid-grey, share of white.
    jpeg : tuple of int
        Least and greatest quality, 1 to 100.
    clutter : float
        What stands behind the person: 0 a plain wall, 1 full of things.
    grey : bool
        Without colour; the three channels are equal.
    size : int
        Width and height, pixels.
    """

    expression: float = 0.7
    yaw: float = 18.0
    pitch: float = 9.5
    roll: float = 8.0
    gaze: float = 6.0
    light_angle: float = 45.0
    ambient: float = 0.4
    light_colour: float = 0.06
    distance: tuple[float, float] = (850.0, 1600.0)
    looseness: tuple[float, float] = (1.4, 2.4)
    blur: float = 1.5
    noise: float = 0.035
    jpeg: tuple[int, int] = (60, 86)
    clutter: float = 0.5
    grey: bool = False
    size: int = 512

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            low = np.min(value)
            if not np.isfinite(value).all() or low < 0:
                raise SettingsError(f"The photo setting {field.name!r} must be finite and not negative, got {value}.")
            if isinstance(value, tuple) and (len(value) != 2 or value[0] > value[1]):
                raise SettingsError(f"The photo setting {field.name!r} is a least and a greatest value, got {value}.")
        for name, bound in _LARGEST.items():
            if np.max(getattr(self, name)) > bound:
                raise SettingsError(f"The photo setting {name!r} must be at most {bound}, got {getattr(self, name)}.")
        for name, bound in _LEAST.items():
            if np.min(getattr(self, name)) < bound:
                raise SettingsError(f"The photo setting {name!r} must be at least {bound}, got {getattr(self, name)}.")

    @classmethod
    def at(cls, difficulty: float, *, grey: bool = False, size: int = 512) -> Self:
        """Return the settings of some difficulty: every value lies so far between mild and hard.

        Parameters
        ----------
        difficulty : float
            0 is a passport picture (blank face, frontal, even light, plain wall), 0.5 the default, 1 a snapshot (strong
            expression, turned head, hard light from the side, near lens, poor file).
        grey : bool
        size : int

        Returns
        -------
        PhotoSettings

        Raises
        ------
        SettingsError
            If the difficulty is not between 0 and 1.

        Notes
        -----
        Measured once on the main population (spread 0.2), photographs against renders of the closed-eyed mesh, nearest
        render by dlib: among 182 people (one photograph and 9 renders each) the right one came first in 0.62
        (95 % interval 0.55 to 0.69) at 0.5 and in 0.51 (0.43 to 0.58) at 0.75; among 32 people (27 renders) in 0.88
        (0.71 to 0.96) at 0.5 and in 0.66 (0.47 to 0.81) at 1. A scan's own voxels and noise come on top.
        """
        if not 0.0 <= difficulty <= 1.0:
            raise SettingsError(
                f"The difficulty of photographs must be between 0 and 1, got {difficulty}.",
                remedy="Take 0 for passport pictures, 0.5 for the default, 1 for snapshots.",
            )
        values: dict[str, Any] = {}
        for name, (mild, hard) in _MILD_TO_HARD.items():
            between = np.round((1 - difficulty) * np.asarray(mild, float) + difficulty * np.asarray(hard, float), 6)
            values[name] = tuple(between.tolist()) if between.ndim else float(between)
        values["jpeg"] = tuple(int(quality) for quality in values["jpeg"])
        return cls(**values, grey=grey, size=size)

    @classmethod
    def mild(cls, *, grey: bool = False, size: int = 512) -> Self:
        """Passport pictures: difficulty 0."""
        return cls.at(0.0, grey=grey, size=size)

    @classmethod
    def hard(cls, *, grey: bool = False, size: int = 512) -> Self:
        """Snapshots: difficulty 1."""
        return cls.at(1.0, grey=grey, size=size)


_MILD_TO_HARD: dict[str, tuple[Any, Any]] = {
    "expression": (0.1, 1.3),
    "yaw": (4.0, 32.0),
    "pitch": (3.0, 16.0),
    "roll": (2.0, 14.0),
    "gaze": (1.0, 11.0),
    "light_angle": (15.0, 75.0),
    "ambient": (0.6, 0.2),
    "light_colour": (0.01, 0.11),
    "distance": ((1300.0, 1700.0), (400.0, 1500.0)),
    "looseness": ((1.4, 1.6), (1.4, 3.2)),
    "blur": (0.3, 2.7),
    "noise": (0.005, 0.065),
    "jpeg": ((92, 96), (28, 76)),
    "clutter": (0.0, 1.0),
}
_LARGEST = {
    "expression": 2,
    "yaw": 60,
    "pitch": 45,
    "roll": 45,
    "gaze": 25,
    "light_angle": 90,
    "ambient": 1,
    "clutter": 1,
    "jpeg": 100,
    "size": 2048,
}
_LEAST = {"distance": 300, "looseness": 1, "jpeg": 1, "size": 64}
_SMILES = ("smile", "mouth_stretch")
_OTHERS = ("brows", "frown", "mouth_press", "mouth_pucker", "squint", "eyes_wide", "sneer", "cheek_puff")


def take_photo(
    identity: Identity,
    settings: PhotoSettings,
    rng: np.random.Generator,
    *,
    session: SessionChange | None = None,
) -> Photo:
    """Photograph a person.

    Skin, eyes, brows, hair and beard belong to the identity and are the same in every photograph; expression, pose,
    light, lens, background, clothes and noise are drawn from ``rng``.

    Parameters
    ----------
    identity : Identity
    settings : PhotoSettings
    rng : numpy.random.Generator
    session : SessionChange, optional
        What has changed about the person since the first session.

    Returns
    -------
    Photo
        Upright, ``settings.size`` pixels square; the person's left is on the viewer's right.
    """
    from reid_audit.phantom.photo_head import dense_head
    from reid_audit.phantom.photo_lens import background, compress, develop, soften
    from reid_audit.phantom.photo_shade import build_scene, shade

    head, look = dense_head(), appearance_of(identity)
    mesh = head_mesh(identity, expression=_expression(settings, rng), session=session)
    scene = build_scene(head, mesh.points, look)
    camera = _camera(settings, np.asarray(mesh.points, np.float64)[mesh.labels != REGIONS["neck"]], rng)
    light = _light(settings, camera, rng)
    gaze = _gaze(settings, camera, rng)
    cloth = linear(np.clip(rng.uniform(0.2, 0.85) + rng.normal(0, 0.12, 3), 0.12, 0.95))
    size = settings.size
    picture, covered = shade(scene, head, look, camera, light, size=2 * size, gaze=gaze, cloth=cloth)
    behind = background(2 * size, rng, clutter=settings.clutter)
    picture = picture * _exposure(picture, covered, rng) + behind * (1.0 - covered[..., None])
    picture = _halve(picture)
    picture = soften(picture, settings.blur * rng.uniform(0.3, 1.0) * size / 512)
    tint = np.exp(rng.normal(0, 1, 3) * settings.light_colour * (1.0, 0.3, 1.0))
    pixels = develop(picture, rng, noise=settings.noise, tint=tint, grey=settings.grey)
    return Photo(compress(pixels, int(rng.integers(settings.jpeg[0], settings.jpeg[1] + 1))))


def _expression(settings: PhotoSettings, rng: np.random.Generator) -> dict[str, float]:
    """Draw a face: smiling more often than not, one or two other movements, eyes a little less than wide open."""
    strength = settings.expression
    wanted = dict.fromkeys(_SMILES, 0.0)
    wanted["smile"] = strength * rng.uniform(0.1, 1.0) * (rng.uniform() < 0.65)
    wanted["mouth_stretch"] = 0.4 * wanted["smile"] * rng.uniform()
    for name in rng.choice(_OTHERS, size=2, replace=False):
        wanted[str(name)] = wanted.get(str(name), 0.0) + strength * rng.uniform(0.0, 0.45)
    wanted["jaw"] = strength * rng.uniform(0.0, 0.08)
    wanted["blink"] = strength * rng.uniform(0.0, 0.12)
    return {name: float(value) for name, value in wanted.items()}


def _camera(settings: PhotoSettings, face: Array, rng: np.random.Generator) -> Camera:
    """Draw a camera that looks at the middle of a head (points without the neck, shape (N, 3), mm)."""
    from reid_audit.phantom.photo_raster import Camera

    yaw, pitch, roll = np.radians(rng.uniform(-1, 1, 3) * (settings.yaw, settings.pitch, settings.roll))
    low, high = face.min(axis=0), face.max(axis=0)
    height = high[2] - low[2]
    half = rng.uniform(*settings.looseness) * height / 2
    distance = rng.uniform(*settings.distance)
    way = np.array([-np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    room = np.maximum(half - height / 2, 0.0)
    target = (low + high) / 2 + rng.uniform(-0.25, 0.25, 3) * room * (1.0, 0.0, 0.6) + (0.0, 0.0, -0.08 * room)
    up = np.array([np.sin(roll) * np.cos(yaw), np.sin(roll) * np.sin(yaw), np.cos(roll)])
    angle = float(np.degrees(2 * np.arctan(half / distance)))
    return Camera(target + distance * way, target, up, angle=angle)


def _light(settings: PhotoSettings, camera: Camera, rng: np.random.Generator) -> Light:
    from reid_audit.phantom.photo_shade import Light

    right, up, forward = camera.axes
    aside = np.radians(settings.light_angle * rng.uniform(-1, 1))
    above = np.radians(12.0 + settings.light_angle / 2 * rng.uniform(-0.2, 1.0))
    way = np.sin(aside) * np.cos(above) * right + np.sin(above) * up - np.cos(aside) * np.cos(above) * forward
    warm = rng.normal(0, 1) * settings.light_colour
    share = float(np.clip(settings.ambient * rng.uniform(0.8, 1.2), 0.0, 1.0))
    lamp = 1.5 * (1.0 - share) * np.exp(warm * np.array([1.0, 0.0, -1.2]))
    return Light(way, lamp, 1.35 * share * np.array([0.98, 1.0, 1.04]), softness=float(rng.uniform(3.0, 12.0)))


def _gaze(settings: PhotoSettings, camera: Camera, rng: np.random.Generator) -> Array:
    """Draw where the eyes look: at the camera, or somewhere beside it."""
    towards = camera.position / np.linalg.norm(camera.position)
    aside = np.tan(np.radians(settings.gaze)) * rng.uniform(-1, 1, 2)
    gaze = towards + aside[0] * camera.axes[0] + 0.4 * aside[1] * camera.axes[1] + np.array([0.0, 0.12, 0.0])
    return np.asarray(gaze / np.linalg.norm(gaze))


def _exposure(picture: Array, covered: Array, rng: np.random.Generator) -> float:
    """Expose for the middle of the picture, but not so far that all skin comes out alike."""
    size = len(picture)
    middle = slice(int(0.3 * size), int(0.7 * size))
    light = picture[middle, middle].mean(axis=2)[covered[middle, middle] > 0]
    brightness = float(np.mean(light)) if light.size else 0.3
    return float((0.30 / max(brightness, 1e-3)) ** 0.5 * np.exp(rng.normal(0, 0.06)))


def _halve(picture: Array) -> Array:
    """Average two by two pixels."""
    size = len(picture) // 2
    return np.asarray(picture.reshape(size, 2, size, 2, 3).mean(axis=(1, 3)), np.float32)
