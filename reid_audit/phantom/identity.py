"""Who a phantom is: people who do not exist, and the shape of their heads."""

from __future__ import annotations

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
        Share of the face's vertex variance that ridge regression predicts from the rest of the head.
    ages : tuple of float
        Youngest and oldest, years.
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
    active = ~model.withheld if population == "main" else model.withheld
    names = tuple(f"{k + 1:03d}" for k in range(n)) if labels is None else tuple(labels)
    if len(names) != n:
        raise SettingsError(f"Needed one label a person, got {len(names)} labels for {n} people.")
    correlation = float(np.sqrt(predictable_share))
    return tuple(_draw(name, model, active, rng, population, spread, correlation, ages) for name in names)


def _draw(
    label: str,
    model: HeadModel,
    active: Array,
    rng: np.random.Generator,
    population: Population,
    spread: float,
    correlation: float,
    ages: tuple[float, float],
) -> Identity:
    rest = _coefficients(model, active, rng) * spread
    own = _coefficients(model, active, rng) * spread
    face = correlation * rest + np.sqrt(1 - correlation**2) * own
    ancestry = rng.dirichlet((0.6, 0.6, 0.6))
    dark = float(ancestry @ (0.85, 0.4, 0.2))
    return Identity(
        label=label,
        population=population,
        age=float(rng.uniform(*ages)),
        sex="F" if rng.random() < 0.5 else "M",
        weight=float(np.clip(rng.normal(0.5, 0.15), 0.05, 0.95)),
        ancestry=(float(ancestry[0]), float(ancestry[1]), float(ancestry[2])),
        face=face,
        rest=rest,
        skin_tone=float(np.clip(dark + rng.normal(0, 0.08), 0, 1)),
        hair_tone=float(np.clip(0.45 + 0.6 * dark + rng.normal(0, 0.25), 0, 1)),
        eye_tone=float(np.clip(0.2 + 1.2 * dark + rng.normal(0, 0.25), 0, 1)),
    )


def _coefficients(model: HeadModel, active: Array, rng: np.random.Generator) -> Array:
    """Return coefficients of unit variance, left and right nearly alike, 0 where not active."""
    drawn = np.clip(rng.normal(size=len(active)), -2.5, 2.5)
    position = {name: k for k, name in enumerate(model.shape_names)}
    for name, k in position.items():
        if name.startswith("r-"):
            left = drawn[position["l-" + name[2:]]]
            drawn[k] = ASYMMETRY * drawn[k] + np.sqrt(1 - ASYMMETRY**2) * left
    return np.where(active, drawn, 0.0)


ASYMMETRY = 0.3


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
    weight = float(np.clip(identity.weight + (session.weight if session else 0.0), 0.0, 1.0))
    female = 1.0 if identity.sex == "F" else 0.0
    points = model.phenotype(age=age, female=female, weight=weight, ancestry=identity.ancestry)
    size = model.size_of(age, female)
    face = model.face[:, None]
    moved = face * np.tensordot(identity.face, model.shapes, axes=1)
    moved = moved + (1 - face) * np.tensordot(identity.rest, model.shapes, axes=1)
    for name, strength in wanted.items():
        moved = moved + strength * model.expressions[model.expression_names.index(name)]
    return HeadMesh(points + size * moved, model.triangles, model.labels)
