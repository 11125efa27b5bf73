"""How much of a phantom's face the rest of the head gives away: what a reconstruction could be right about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.head_model import REGIONS, load_head_model
from reid_audit.errors import SettingsError
from reid_audit.phantom.identity import head_mesh, sample_identities
from reid_audit.statistics.ridge import fit_ridge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.phantom.identity import Identity

__all__ = ["deal_faces", "measure_ceiling", "measure_predictable_share"]

Array = np.ndarray[Any, Any]

_SPLITS = 4
"""Divisions of the people into those who are fitted and those held out: with a hundred people one differs by 0.1."""


def measure_predictable_share(
    identities: Sequence[Identity] | int,
    rng: np.random.Generator,
    *,
    held_out: float = 0.25,
    penalty: float = 100.0,
    **settings: Any,
) -> float:
    """Return the share of the face's vertex variance that ridge regression predicts, as phantoms are set by it.

    Heads lie as the model makes them. What an attacker could be right about is :func:`measure_ceiling`.

    The face is every vertex with a weight above one half in ``HeadModel.face``, the rest every vertex of skin with the
    weight 0; the seam between belongs to neither, because what it shows of the face would be no prediction.

    Parameters
    ----------
    identities : sequence of Identity, or int
        People, or how many to draw with ``rng`` and ``settings``. The share that is found rises a little with their
        number; the settings of :func:`sample_identities` were calibrated with 600 people to fit and 200 held out.
    rng : numpy.random.Generator
        Draws the people, and who is held out.
    held_out : float
        Share of the people that the fit does not see.
    penalty : float
        Of the ridge regression, in mm² summed over the vertices: that of the calibration. With 600 people to fit, one
        chosen by leaving people out gives up to 0.03 more or less; with 64 people this one fits them alone.
    **settings
        Passed on to :func:`sample_identities` when a number is given.

    Returns
    -------
    float
        Coefficient of determination over all coordinates of all face vertices of the people held out: 1 all, 0 none;
        slightly negative where nothing can be predicted.

    Raises
    ------
    SettingsError
        If there are fewer than 8 people.
    """
    people, points = _heads(identities, rng, settings)
    points = points[rng.permutation(len(points))]
    face, rest = _parts(points)
    return _held_out_r2(rest, face, n_fit=round(len(people) * (1 - held_out)), penalty=penalty)


def measure_ceiling(
    identities: Sequence[Identity] | int, rng: np.random.Generator, *, held_out: float = 0.25, **settings: Any
) -> float:
    """Return the share of what the average face misses that ridge regression recovers from the rest of the true head.

    Heads are laid on each other as attackers lay them, by rotation, shift and size of what is not face, and the penalty
    is chosen by leaving people out. The share is one of squared distances between corresponding points of true heads,
    without noise: a measure beside distances to the nearest point of a rebuilt surface, and no bound of them. Where the
    rest of a head decides where its face is laid, it tells how that was wrong, whosever face it is: what comes of
    people with dealt faces (:func:`deal_faces`) belongs beside it.

    Parameters
    ----------
    identities : sequence of Identity, or int
        People, or how many to draw with ``rng`` and ``settings``. What is found rises with the number fitted.
    rng : numpy.random.Generator
        Draws the people, and who is held out: four times, all errors taken together.
    held_out : float
        Share of the people that the fit does not see.
    **settings
        Passed on to :func:`sample_identities` when a number is given.

    Returns
    -------
    float
        One less the ratio of squared errors, of regression to the mean face of those fitted: 1 the true face, 0 the
        average one, below 0 worse than that.

    Raises
    ------
    SettingsError
        If there are fewer than 8 people.
    """
    people, points = _heads(identities, rng, settings)
    face, rest = _parts(_laid(points))
    n_fit = round(len(people) * (1 - held_out))
    error, spread = 0.0, 0.0
    for _ in range(_SPLITS):
        order = rng.permutation(len(people))
        fit, test = order[:n_fit], order[n_fit:]
        found = fit_ridge(rest[fit], face[fit])
        error += float(np.square(face[test] - found.predict(rest[test])).sum())
        spread += float(np.square(face[test] - found.wanted).sum())
    return 1.0 - error / spread


def deal_faces(people: Sequence[Identity], rng: np.random.Generator) -> tuple[Identity, ...]:
    """Give everybody the face of another person, so that the rest of a head says nothing of the face in it.

    Parameters
    ----------
    people : sequence of Identity
        Two or more.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Identity
        As many; everybody's face is used once, and nobody keeps their own.
    """
    order = rng.permutation(len(people))
    other = dict(zip(order.tolist(), np.roll(order, 1).tolist(), strict=True))
    return tuple(
        replace(person, face=people[other[k]].face, face_build=people[other[k]].face_build)
        for k, person in enumerate(people)
    )


def _heads(
    identities: Sequence[Identity] | int, rng: np.random.Generator, settings: dict[str, Any]
) -> tuple[Sequence[Identity], Array]:
    """Return people and their heads, mm, shape (N, V, 3)."""
    people = sample_identities(identities, rng, **settings) if isinstance(identities, int) else identities
    if len(people) < 8:
        raise SettingsError(f"A share is measured on 8 people or more, got {len(people)}.")
    return people, np.stack([head_mesh(person).points for person in people]).astype(np.float64)


def _parts(points: Array) -> tuple[Array, Array]:
    """Return the faces and the rest of heads, shapes (N, M) and (N, K); the seam is in neither."""
    face, rest = points[:, load_head_model().face > 0.5], points[:, _rest()]
    return face.reshape(len(points), -1), rest.reshape(len(points), -1)


def _rest() -> Array:
    model = load_head_model()
    return np.asarray((model.face == 0) & (model.labels != REGIONS["eyes"]))


def _laid(points: Array) -> Array:
    """Lay heads on the mean head by rotation, shift and size of what is not face, each vertex weighing as its area."""
    mean = load_head_model().mean.astype(np.float64)
    area = np.where(_rest(), _areas(mean), 0.0)
    area /= area.sum()
    to = mean - area @ mean
    laid = np.empty_like(points)
    for head, out in zip(points, laid, strict=True):
        own = head - area @ head
        left, strength, right = np.linalg.svd((own * area[:, None]).T @ to)
        size = strength.sum() / float(area @ np.square(own).sum(axis=1))
        out[:] = size * own @ (left @ right)
    return laid


def _areas(points: Array) -> Array:
    """Return a third of the area of the triangles around each vertex, mm²."""
    triangles = load_head_model().triangles
    one, two, three = (points[triangles[:, k]] for k in range(3))
    third = np.linalg.norm(np.cross(two - one, three - one), axis=1) / 6.0
    return np.bincount(triangles.ravel(), np.repeat(third, 3), minlength=len(points))


def _held_out_r2(x: Array, y: Array, *, n_fit: int, penalty: float) -> float:
    """Return the pooled R² of ridge regression, fitted in its dual form on the first rows, on the other rows."""
    x = x - x[:n_fit].mean(axis=0)
    y = y - y[:n_fit].mean(axis=0)
    fitted = np.linalg.solve(x[:n_fit] @ x[:n_fit].T + penalty * np.eye(n_fit), y[:n_fit])
    truth = y[n_fit:]
    error = truth - (x[n_fit:] @ x[:n_fit].T) @ fitted
    return float(1.0 - np.sum(error**2) / np.sum((truth - truth.mean(axis=0)) ** 2))
