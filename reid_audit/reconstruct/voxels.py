"""What the voxels of a face still say of a person: a known quantity, predicted from them in people not seen before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.reconstruct.frame import face_places, on_grid, place
from reid_audit.reconstruct.gain import gain_of
from reid_audit.statistics import spearman, spearman_difference
from reid_audit.surface import head_surface
from reid_audit.types import ORIGINAL, Difference, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.reconstruct.population import HeadPopulation
    from reid_audit.types import Volume

__all__ = ["Prediction", "face_features", "predict_quantity", "predictability"]

Array = np.ndarray[Any, Any]

_TRIANGLES = 60_000
_FOLDS = 5
_FEWEST = 10
"""People below whom nothing is predicted: each fold would hold one or two."""
_PENALTIES = tuple(float(x) for x in 10.0 ** np.arange(-3.0, 3.01, 0.5))
"""Tried in each fold, as shares of the mean square of the people's voxels."""
_METRIC = "voxels_spearman"


def face_features(volume: Volume, population: HeadPopulation) -> Array:
    """Return the brightness of the voxels of a face on the common grid.

    Parameters
    ----------
    volume : Volume
        Original, defaced or reconstructed.
    population : HeadPopulation
        What the scan is laid on; its faces are not used.

    Returns
    -------
    ndarray, shape (K,), float32
        At every place of the mean head's face region; 0 is air, 1 the median of the scan's tissue (in CT 1,000 HU).

    Raises
    ------
    HeadError
        No head is found, or it cannot be laid on the template.
    """
    surface = head_surface(volume, target_triangles=_TRIANGLES)
    placed = place(volume, surface, population.volume_of(population.template))
    air, step = gain_of(volume, placed.affine, population.mean)
    values = on_grid(np.asarray(volume.data), volume.affine, placed.affine, fill=air)
    return np.asarray(((values - air) / step)[face_places()], np.float32)


@dataclass(frozen=True, eq=False)
class Prediction:
    """A quantity of people, predicted from the voxels of one condition.

    Parameters
    ----------
    condition : str
    people : tuple of str
    truth : ndarray, shape (N,), float64
    predicted : ndarray, shape (N,), float64
        Of each person by people of other folds: more or less than the mean of those who were learnt from.
    """

    condition: str
    people: tuple[str, ...]
    truth: Array
    predicted: Array


def predict_quantity(
    features: Mapping[str, Array], quantity: Mapping[str, float], rng: np.random.Generator, *, condition: str = ""
) -> Prediction:
    """Predict a quantity of everybody by ridge regression on other people.

    Parameters
    ----------
    features : mapping of str to ndarray, shape (K,)
        Person to voxels; several scans of a person are averaged before.
    quantity : mapping of str to float
        Person to what is predicted; people without it are left out.
    rng : numpy.random.Generator
        Deals people into folds, the same whatever the order.
    condition : str

    Returns
    -------
    Prediction
        The penalty is chosen within the people who are learnt from, each left out in turn.

    Raises
    ------
    UsageError
        There are fewer than 10 people with both.
    """
    people = tuple(sorted(person for person in features if np.isfinite(quantity.get(person, np.nan))))
    if len(people) < _FEWEST:
        raise UsageError(
            f"Predicting from voxels takes {_FEWEST} people with the quantity and a scan, got {len(people)}.",
            remedy="Name a column that more people have.",
        )
    x = np.stack([np.asarray(features[person], np.float64) for person in people])
    y = np.array([float(quantity[person]) for person in people])
    fold = np.empty(len(people), int)
    fold[rng.permutation(len(people))] = np.arange(len(people)) % _FOLDS
    predicted = np.empty(len(people))
    for k in range(_FOLDS):
        test = fold == k
        predicted[test] = _predicted(x[~test], y[~test], x[test])
    return Prediction(condition, people, y, predicted)


def _predicted(x: Array, y: Array, new: Array) -> Array:
    """Return what is predicted above the mean, so that means of folds say nothing of the people in them."""
    from reid_audit.reconstruct.posterior import condition

    middle, spread = x.mean(axis=0), x.std(axis=0)
    # A voxel that is the same in all who are learnt from says nothing of anybody else.
    varies = spread > 1e-6
    if not varies.any():
        return np.zeros(len(new))
    given = x[:, varies] - middle[varies]
    penalty = condition(given, y[:, None], np.zeros(given.shape[1]), penalties=_PENALTIES).penalty
    # The posterior mean of everybody at once: the people who are learnt from are the same.
    weights = np.linalg.solve(given @ given.T + penalty * np.eye(len(given)), y - y.mean())
    return np.asarray((new[:, varies] - middle[varies]) @ given.T @ weights)


def predictability(
    predictions: Sequence[Prediction],
    quantity: str,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[tuple[Result, ...], tuple[Difference, ...]]:
    """Return how well a quantity is predicted from each condition, and what each condition took from the originals'.

    Parameters
    ----------
    predictions : sequence of Prediction
        One a condition; that of the originals is the baseline.
    quantity : str
        Its name.
    rng : numpy.random.Generator
        Draws people.
    confidence : float
    resamples : int

    Returns
    -------
    tuple of Result
        Metric ``voxels_spearman``, group ``quantity: <name>``: rank correlation of prediction and truth. Chance is 0.
    tuple of Difference
        Original less condition over the same people and resamples: above 0 where the condition says less. A condition
        whose voxels predict the same for everybody has the correlation 0 here, which says so.
    """
    results = []
    for one in predictions:
        value, limits = spearman(one.predicted, one.truth, rng=rng, confidence=confidence, resamples=resamples)
        results.append(
            Result(
                None,
                None,
                None,
                one.condition,
                _METRIC,
                value,
                len(one.people),
                len(one.people),
                low=limits.low,
                high=limits.high,
                confidence=confidence if limits.low is not None else None,
                chance=0.0,
                note=limits.note,
                group=f"quantity: {quantity}",
            )
        )
    first = next((one for one in predictions if one.condition == ORIGINAL), None)
    if first is None:
        return tuple(results), ()
    changes = [
        _change(first, other, quantity, rng=rng, confidence=confidence, resamples=resamples)
        for other in predictions
        if other is not first
    ]
    return tuple(results), tuple(changes)


def _change(
    before: Prediction,
    after: Prediction,
    quantity: str,
    *,
    rng: np.random.Generator,
    confidence: float,
    resamples: int,
) -> Difference:
    both = sorted(set(before.people) & set(after.people))
    rows = [[one.people.index(person) for person in both] for one in (before, after)]
    alone = len(before.people) - len(both), len(after.people) - len(both)
    truth = before.truth[rows[0]]
    found = spearman_difference(
        before.predicted[rows[0]], after.predicted[rows[1]], truth, rng=rng, confidence=confidence, resamples=resamples
    )
    return Difference(
        "",
        "",
        "",
        "",
        before.condition,
        after.condition,
        _METRIC,
        None,
        found.value,
        len(both),
        *alone,
        before=found.first,
        after=found.second,
        low=found.interval.low,
        high=found.interval.high,
        confidence=confidence if found.interval.low is not None else None,
        note=f"original less condition, quantity {quantity}; {found.interval.note}",
    )
