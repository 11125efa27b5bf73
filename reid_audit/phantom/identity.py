"""Who a phantom is: people who do not exist, and the shape of their heads."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reid_audit.anatomy.head_model import HeadModel, load_head_model
from reid_audit.errors import SettingsError
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "HeadMesh",
    "Identity",
    "Population",
    "SessionChange",
    "head_mesh",
    "sample_identities",
    "sample_session_change",
]

Array = np.ndarray[Any, Any]
Population = Literal["main", "withheld"]


@dataclass(frozen=True)
class Build:
    """What of a person's kind shapes a part of the head: continuous, so that the sexes and ancestries overlap.

    Parameters
    ----------
    female : float
        0 male, 1 female.
    weight : float
        0 least, 0.5 average, 1 most.
    ancestry : tuple of float, length 3
        Shares, African, Asian, European; they add up to 1.
    """

    female: float
    weight: float
    ancestry: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Identity:
    """One person who does not exist.

    Parameters
    ----------
    label : str
    population : {"main", "withheld"}
        Which directions of shape the person varies in.
    age : float
        Years.
    sex : {"F", "M"}
    weight : float
        0 least, 0.5 average, 1 most.
    ancestry : tuple of float, length 3
        Shares, African, Asian, European; they add up to 1.
    face, rest : ndarray, shape (K,), float32
        Coefficients of the local directions for the face and for the rest of the head; blended smoothly between.
    face_build, rest_build : Build
        Kind for the face and for the rest of the head, blended likewise; both correlate with sex, weight and ancestry.
    skin_tone : float
        0 lightest, 1 darkest.
    hair_tone : float
        0 fair or grey, 1 black: of brows and hair.
    eye_tone : float
        0 blue, 1 dark brown.
    """

    label: str
    population: Population
    age: float
    sex: Literal["F", "M"]
    weight: float
    ancestry: tuple[float, float, float]
    face: Array
    rest: Array
    face_build: Build
    rest_build: Build
    skin_tone: float
    hair_tone: float
    eye_tone: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "face", frozen_array(self.face, np.float32))
        object.__setattr__(self, "rest", frozen_array(self.rest, np.float32))

    def __repr__(self) -> str:
        return f"Identity({self.label}, {self.population}, {self.sex}, {self.age:.0f} years)"


@dataclass(frozen=True)
class SessionChange:
    """What a person changes between two sessions.

    Parameters
    ----------
    weight : float
        Added to the weight of the identity.
    years : float
        Added to the age.
    expression : mapping of str to float
        Added to whatever expression is asked for.
    """

    weight: float
    years: float
    expression: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """The outside of a head as a closed mesh, vertices in correspondence with the head model's.

    Parameters
    ----------
    points : ndarray, shape (V, 3), float32
        Head frame, mm.
    triangles : ndarray, shape (F, 3), int32
        Counter-clockwise seen from outside.
    labels : ndarray, shape (V,), uint8
        Codes of ``anatomy.REGIONS``.
    """

    points: Array
    triangles: Array
    labels: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen_array(self.points, np.float32))

    def __repr__(self) -> str:
        return f"HeadMesh({len(self.points)} points, {len(self.triangles)} triangles)"


def sample_identities(
    n: int,
    rng: np.random.Generator,
    *,
    population: Population = "main",
    spread: float = 0.2,
    predictable_share: float = 0.35,
    ages: tuple[float, float] = (18.0, 80.0),
    labels: Sequence[str] | None = None,
) -> tuple[Identity, ...]:
    """Draw people who do not exist.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    population : {"main", "withheld"}
        The two vary in complementary directions of shape: nothing may be fitted, tuned or trained on ``"withheld"``.
    spread : float
        How much people differ: natural up to about 0.2, exaggerated at 0.45.
    predictable_share : float
        Share of the face's vertex variance that ridge regression predicts from the rest of the head, 0.05 to 0.85;
        calibrated at the default spread and ages, see ``predictability.measure_predictable_share``. Children among
        adults raise it: their size shows in both.
    ages : tuple of float
        Youngest and oldest, years, 0 to 100.
    labels : sequence of str, optional
        One a person; ``"001"``, ``"002"``, ... where not given.

    Returns
    -------
    tuple of Identity, length n

    Raises
    ------
    SettingsError
        If a setting is out of its range.
    """
    if population not in ("main", "withheld"):
        raise SettingsError(f"The population must be 'main' or 'withheld', got {population!r}.")
    model = load_head_model()
    link = _link(population, predictable_share)
    active = ~model.withheld if population == "main" else model.withheld
    scale = spread * _GAIN[population] * np.where(active, _moderation(), 0.0)
    names = tuple(f"{k + 1:03d}" for k in range(n)) if labels is None else tuple(labels)
    if len(names) != n:
        raise SettingsError(f"Needed one label a person, got {len(names)} labels for {n} people.")
    if not 0.0 <= spread <= 1.0:
        raise SettingsError(f"The spread must lie from 0 to 1, got {spread}.", remedy="Heads look natural up to 0.2.")
    if not 0.0 <= ages[0] <= ages[1] <= 100.0:
        raise SettingsError(f"Ages must rise from 0 to 100 years at most, got {ages}.")
    return tuple(_draw(name, population, rng, scale=scale, link=link, ages=ages) for name in names)


_GAIN: dict[Population, float] = {"main": 1.25, "withheld": 1.55}
"""What makes half the directions move the face as much as all of them would at the same spread."""
_ASYMMETRY = 0.3
"""Share of its own that the right side has, as a standard deviation; the remainder it has of the left."""
_LIMIT = 2.2
"""No coefficient lies further from 0 than so many standard deviations."""
_LINKS = (0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)
_SHARES: dict[Population, tuple[float, ...]] = {
    "main": (0.012, 0.087, 0.193, 0.329, 0.496, 0.690, 0.907),
    "withheld": (0.036, 0.112, 0.215, 0.341, 0.491, 0.662, 0.853),
}
"""The share that each correlation makes predictable.

Means of ``measure_predictable_share(800, default_rng([9001, k]))`` over k = 0..3 at the default spread and ages. Seeds
that begin with 9001 tuned this table and report nothing. With correlation 1 it is the plain model.
"""
_REACH = (0.05, 0.85)


def _link(population: Population, share: float) -> float:
    """Return the correlation between face and rest that makes so much of the face predictable."""
    if not _REACH[0] <= share <= _REACH[1]:
        raise SettingsError(
            f"The predictable share must lie from {_REACH[0]} to {_REACH[1]}, got {share}.",
            remedy="Shares from 0.2 to 0.5 leave a reconstruction something to get wrong.",
        )
    return float(np.interp(share, _SHARES[population], _LINKS))


def _draw(
    label: str,
    population: Population,
    rng: np.random.Generator,
    *,
    scale: Array,
    link: float,
    ages: tuple[float, float],
) -> Identity:
    """Draw one person; ``link`` is the correlation of the rest of the head with the face."""
    sex: Literal["F", "M"] = "F" if rng.random() < 0.5 else "M"
    face, other = _coefficients(rng, len(scale)), _coefficients(rng, len(scale))
    own = _draw_build(rng, female=sex == "F")
    stranger = _draw_build(rng, female=bool(rng.random() < 0.5))
    apart = float(np.sqrt(1 - link**2))
    dark = float(np.dot(own.ancestry, (0.85, 0.4, 0.2)))
    return Identity(
        label=label,
        population=population,
        age=float(rng.uniform(*ages)),
        sex=sex,
        weight=own.weight,
        ancestry=own.ancestry,
        face=face * scale,
        rest=(link * face + apart * other) * scale,
        face_build=own,
        rest_build=_mix(own, stranger, link, apart),
        skin_tone=float(np.clip(dark + rng.normal(0, 0.08), 0, 1)),
        hair_tone=float(np.clip(0.45 + 0.6 * dark + rng.normal(0, 0.25), 0, 1)),
        eye_tone=float(np.clip(0.2 + 1.2 * dark + rng.normal(0, 0.25), 0, 1)),
    )


def _draw_build(rng: np.random.Generator, *, female: bool) -> Build:
    """Draw the kind of a person of one sex."""
    shift = float(np.clip(rng.normal(0.2, 0.12), 0.0, 0.45))
    shares = rng.dirichlet((1.0, 1.0, 1.0))
    return Build(
        female=1.0 - shift if female else shift,
        weight=float(np.clip(rng.normal(0.5, 0.15), 0.05, 0.95)),
        ancestry=(float(shares[0]), float(shares[1]), float(shares[2])),
    )


def _mix(own: Build, stranger: Build, link: float, apart: float) -> Build:
    """Return a kind that correlates by ``link`` with one's own and is as various."""
    middle = np.asarray([0.5, 0.5, 1 / 3, 1 / 3, 1 / 3])
    one, two = (np.asarray([build.female, build.weight, *build.ancestry]) for build in (own, stranger))
    mixed = np.clip(middle + link * (one - middle) + apart * (two - middle), 0.0, 1.0)
    shares = mixed[2:] / mixed[2:].sum()
    return Build(float(mixed[0]), float(mixed[1]), (float(shares[0]), float(shares[1]), float(shares[2])))


@functools.cache
def _sides(names: tuple[str, ...]) -> tuple[Array, Array]:
    """Return the positions of the right directions, and of the left ones that belong to them."""
    position = {name: k for k, name in enumerate(names)}
    right = [k for name, k in position.items() if name.startswith("r-")]
    return np.asarray(right), np.asarray([position["l-" + names[k][2:]] for k in right])


def _coefficients(rng: np.random.Generator, size: int) -> Array:
    """Return coefficients of unit variance, left and right nearly alike, shape (size,)."""
    drawn = np.clip(rng.normal(size=size), -_LIMIT, _LIMIT)
    right, left = _sides(load_head_model().shape_names)
    drawn[right] = _ASYMMETRY * drawn[right] + np.sqrt(1 - _ASYMMETRY**2) * drawn[left]
    return drawn


@functools.cache
def _moderation() -> Array:
    """Return a factor for each direction, at most 1, that keeps the largest of them natural, shape (K,).

    Some directions move a few vertices by four centimetres, and some push nose, mouth or neck to one side.
    """
    model = load_head_model()
    peak = np.abs(model.shapes).max(axis=(1, 2))
    sideways = [name.endswith("-trans-out") and name[:2] not in ("l-", "r-") for name in model.shape_names]
    return np.where(sideways, 0.35, np.minimum(1.0, 14.0 / peak))


def sample_session_change(rng: np.random.Generator) -> SessionChange:
    """Draw what a person changes between two sessions: a little weight, a year or two, a trace of expression."""
    names = ("smile", "brows", "jaw", "mouth_press")
    return SessionChange(
        weight=float(rng.normal(0, 0.04)),
        years=float(abs(rng.normal(0, 1.0))),
        expression={name: float(abs(rng.normal(0, 0.08))) for name in names},
    )


def head_mesh(
    identity: Identity,
    *,
    expression: Mapping[str, float] | None = None,
    session: SessionChange | None = None,
) -> HeadMesh:
    """Return the outside of a person's head.

    Parameters
    ----------
    identity : Identity
    expression : mapping of str to float, optional
        Name to strength, 0 none, 1 full: ``{"blink": 1.0}`` closes the eyes.
    session : SessionChange, optional

    Returns
    -------
    HeadMesh

    Raises
    ------
    SettingsError
        If an expression has no such name.
    """
    model = load_head_model()
    wanted = dict(session.expression) if session else {}
    for name, strength in (expression or {}).items():
        wanted[name] = wanted.get(name, 0.0) + strength
    unknown = sorted(set(wanted) - set(model.expression_names))
    if unknown:
        raise SettingsError(f"No such expression: {unknown}.", remedy=f"Known: {', '.join(model.expression_names)}.")
    age = identity.age + (session.years if session else 0.0)
    heavier = session.weight if session else 0.0
    share = model.face[:, None]
    points = share * _usual(model, identity.face_build, age, heavier)
    points = points + (1 - share) * _usual(model, identity.rest_build, age, heavier)
    moved = share * np.tensordot(identity.face, model.shapes, axes=1)
    moved = moved + (1 - share) * np.tensordot(identity.rest, model.shapes, axes=1)
    for name, strength in wanted.items():
        moved = moved + strength * model.expressions[model.expression_names.index(name)]
    points = points + model.size_of(age, identity.face_build.female) * moved
    return HeadMesh(_clear_eyes(model, points), model.triangles, model.labels)


def _usual(model: HeadModel, build: Build, age: float, heavier: float) -> Array:
    weight = float(np.clip(build.weight + heavier, 0.0, 1.0))
    return model.phenotype(age=age, female=build.female, weight=weight, ancestry=build.ancestry)


def _clear_eyes(model: HeadModel, points: Array) -> Array:
    """Push the lids in front of the eyeballs where a shape or an expression left them inside."""
    points = points.copy()
    for side in ("left", "right"):
        pole, centre = model.landmarks_of(points)[f"{side}_eye"], model.landmarks_of(points)[f"{side}_eyeball"]
        radius = float(np.linalg.norm(pole - centre))
        lids = model.near_eye[side]
        away = points[lids] - centre
        distance = np.linalg.norm(away, axis=1, keepdims=True)
        points[lids] = centre + away * np.maximum(1.0, (radius + _LID * radius) / distance)
    return points


_LID = 0.025
"""Clearance of the lids before the eyeball, in radii: about what the straight edges of the mesh cut off."""
