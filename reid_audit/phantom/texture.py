"""What a person looks like apart from their shape: skin, eyes, brows, hair; and the noise that textures are made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from reid_audit.phantom.identity import Identity

__all__ = ["Appearance", "appearance_of", "fractal_noise", "linear", "mix", "smoothstep"]

Array = np.ndarray[Any, Any]
Colour = tuple[float, float, float]

_SKIN = np.array([(250, 218, 200), (238, 192, 164), (212, 156, 121), (146, 99, 74), (72, 47, 38)]) / 255.0
_HAIR = np.array([(190, 152, 104), (140, 100, 64), (92, 62, 42), (48, 32, 25), (24, 20, 19)]) / 255.0
_IRIS = np.array([(112, 150, 184), (104, 134, 112), (120, 100, 60), (100, 62, 34), (52, 31, 18)]) / 255.0
_GREY = (0.72, 0.71, 0.70)


@dataclass(frozen=True)
class Appearance:
    """How one person looks in every photograph of them. Colours are linear RGB, 0 to 1; lengths in mm.

    Parameters
    ----------
    age : float
        Years.
    skin, lips, iris, hair, brow : tuple of float
        Colours; ``hair`` holds the grey of age.
    blood : float
        How red cheeks, nose and ears are, 0 to 1.
    mottling, freckles : float
        Unevenness of the skin, 0 to 1.
    brow_height, brow_thickness, brow_density, brow_arch : float
        Height over the usual place, half the thickness, share of full cover, rise of the arch.
    pupil : float
        Radius.
    style : str
        ``"bald"``, ``"buzz"``, ``"short"``, ``"medium"`` or ``"long"``.
    volume : float
        Thickness of the hair at the crown.
    hairline : float
        Height of the hairline over the usual place.
    receding : float
        How far temples and crown have gone bare, 0 to 1.
    curl : float
        0 straight to 1 tightly curled.
    beard, stubble : float
        Cover of the beard and of the shaven skin, 0 to 1.
    seed : int
        Places the noise.
    """

    age: float
    skin: Colour
    lips: Colour
    iris: Colour
    hair: Colour
    brow: Colour
    blood: float
    mottling: float
    freckles: float
    brow_height: float
    brow_thickness: float
    brow_density: float
    brow_arch: float
    pupil: float
    style: str
    volume: float
    hairline: float
    receding: float
    curl: float
    beard: float
    stubble: float
    seed: int


def linear(srgb: Any) -> Array:
    """Return linear light from sRGB values between 0 and 1."""
    values = np.asarray(srgb, np.float64)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def smoothstep(values: Any, low: float, high: float) -> Array:
    """Return 0 below ``low``, 1 above ``high``, and a smooth rise between them."""
    t = np.clip((np.asarray(values) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def mix(under: Array, over: Any, cover: Array) -> Array:
    """Lay a colour over others: shapes (N, 3), (3,) or (N, 3), and (N,)."""
    return np.asarray(under + (np.asarray(over) - under) * cover[:, None])


@cache
def _volume(slope: float, size: int = 96) -> Array:
    """Return a periodic random field of unit variance, shape (size,) * 3, always the same one."""
    rng = np.random.default_rng(20_26)
    spectrum = np.fft.rfftn(rng.standard_normal((size, size, size)))
    axes = np.fft.fftfreq(size), np.fft.fftfreq(size), np.fft.rfftfreq(size)
    frequency = np.sqrt(sum(f**2 for f in np.meshgrid(*axes, indexing="ij")))
    frequency[0, 0, 0] = np.inf
    field = np.fft.irfftn(spectrum * np.maximum(frequency, 1.5 / size) ** -slope, s=(size,) * 3, axes=(0, 1, 2))
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def fractal_noise(points: Array, *, spacing: float, seed: int, slope: float = 1.6) -> Array:
    """Sample a fixed random field.

    Parameters
    ----------
    points : ndarray, shape (N, 3)
        mm.
    spacing : float
        Size of the finest detail, mm; the coarsest is about 60 times as large.
    seed : int
        Places the field.
    slope : float
        0 is white; larger is smoother.

    Returns
    -------
    ndarray, shape (N,), float32
        Mean 0, standard deviation about 1.
    """
    shift = np.random.default_rng(seed).uniform(0.0, 96.0, 3)
    where = (points / spacing + shift).T
    return np.asarray(ndimage.map_coordinates(_volume(slope), where, order=1, mode="grid-wrap", prefilter=False))


def appearance_of(identity: Identity) -> Appearance:
    """Return how a person looks: the same for every photograph of them.

    What the identity does not say (brows, hair style, beard, freckles) is drawn from a seed made of the coefficients of
    its shape.

    Parameters
    ----------
    identity : Identity

    Returns
    -------
    Appearance
    """
    digest = hashlib.sha256(np.ascontiguousarray(np.concatenate([identity.face, identity.rest]), np.float32).tobytes())
    rng = np.random.default_rng(int.from_bytes(digest.digest()[:16], "little"))
    age, male, african = identity.age, identity.sex == "M", identity.ancestry[0]
    adult = float(smoothstep(age, 15, 20))
    skin = _tone(_SKIN, identity.skin_tone)
    lips = skin * (1.0, 0.62 + 0.14 * identity.skin_tone, 0.66 + 0.14 * identity.skin_tone) * rng.uniform(0.75, 0.92)
    young = _tone(_HAIR, identity.hair_tone) * rng.uniform(0.85, 1.2)
    grey = float(np.clip((age - rng.normal(54, 9)) / 25, 0.0, 0.92))
    hair = young + (linear(_GREY) * rng.uniform(0.6, 1.0) - young) * grey
    receding = float(np.clip((age - rng.normal(46, 14)) / 40, 0, 1)) if male else 0.15 * float(smoothstep(age, 60, 90))
    return Appearance(
        age=age,
        skin=_colour(skin),
        lips=_colour(lips),
        iris=_colour(_tone(_IRIS, identity.eye_tone) * rng.uniform(0.8, 1.2)),
        hair=_colour(hair),
        brow=_colour(young * 0.6 + (hair - young) * 0.5),
        blood=float(rng.uniform(0.25, 1.0) * (1.0 - 0.75 * identity.skin_tone)),
        mottling=float(rng.uniform(0.3, 0.7) + 0.3 * smoothstep(age, 40, 85)),
        freckles=float(max(0.0, rng.normal(-0.2, 0.5)) * (identity.skin_tone < 0.3)),
        brow_height=float(rng.normal(0, 1.3)),
        brow_thickness=float(rng.uniform(2.6, 4.6) if male else rng.uniform(1.7, 3.3)),
        brow_density=float(rng.uniform(0.65, 1.0) * (0.8 + 0.2 * adult)),
        brow_arch=float(rng.uniform(0.5, 4.5) if male else rng.uniform(2.0, 6.5)),
        pupil=float(rng.uniform(1.9, 3.0) - 0.6 * smoothstep(age, 40, 80)),
        style=_style(rng, male=male, age=age, receding=receding),
        volume=float(rng.uniform(8, 20)),
        hairline=float(rng.normal(0, 4)),
        receding=receding,
        curl=float(np.clip(african * 1.1 + 0.25 * rng.uniform(), 0, 1)),
        beard=float(adult * (rng.uniform() > 0.72) * rng.uniform(0.6, 1.0)) * male,
        stubble=float(adult * rng.uniform(0.1, 0.6) * (1 - grey * 0.6)) * male,
        seed=int(rng.integers(2**31)),
    )


def _tone(palette: Array, tone: float) -> Array:
    """Linear RGB at a place between 0 and 1 along a row of sRGB colours."""
    place = tone * (len(palette) - 1)
    return linear([np.interp(place, np.arange(len(palette)), palette[:, channel]) for channel in range(3)])


def _colour(values: Array) -> Colour:
    red, green, blue = (float(v) for v in np.clip(values, 0.0, 1.0))
    return red, green, blue


def _style(rng: np.random.Generator, *, male: bool, age: float, receding: float) -> str:
    if age < 1.5:
        return "buzz"
    if male:
        if receding > 0.55 and rng.uniform() < 0.7:
            return "bald"
        return str(rng.choice(["buzz", "short", "medium"], p=[0.3, 0.6, 0.1]))
    return str(rng.choice(["short", "medium", "long"], p=[0.2, 0.35, 0.45]))
