"""Ridge regression on few people and many numbers, with the penalty chosen by leaving people out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PENALTIES", "Ridge", "fit_ridge"]

Array = np.ndarray[Any, Any]

PENALTIES = tuple(float(x) for x in 10.0 ** np.arange(-3.0, 2.01, 0.5))
"""Tried, as shares of the mean square of the people's known parts."""


@dataclass(frozen=True, eq=False)
class Ridge:
    """What people say of a part of others of whom another part is known.

    Parameters
    ----------
    known : ndarray, shape (K,), float64
        Mean of the people.
    wanted : ndarray, shape (M,), float64
        Mean of the people.
    given : ndarray, shape (N, K), float64
        The people, less their mean.
    weights : ndarray, shape (N, M), float64
        What a person adds to a prediction for each unit of likeness with them.
    errors : ndarray, shape (N, M), float64
        What was wrong of each of the people when that one was left out, of the means as well.
    penalty : float
        That was chosen.
    """

    known: Array
    wanted: Array
    given: Array
    weights: Array
    errors: Array
    penalty: float

    def predict(self, seen: Array) -> Array:
        """Return the unknown part of others.

        Parameters
        ----------
        seen : ndarray, shape (..., K)

        Returns
        -------
        ndarray, shape (..., M), float64
        """
        return np.asarray(self.wanted + ((np.asarray(seen, np.float64) - self.known) @ self.given.T) @ self.weights)


def fit_ridge(known: Array, wanted: Array, *, penalties: Sequence[float] = PENALTIES) -> Ridge:
    """Learn to predict a part of people from another part, in the dual form.

    Parameters
    ----------
    known : ndarray, shape (N, K)
        Of N people, at least two.
    wanted : ndarray, shape (N, M)
        Of the same people.
    penalties : sequence of float
        Tried, as shares of the mean square of the known parts; the one with the least square error of the people, each
        left out in turn, is taken.

    Returns
    -------
    Ridge
    """
    n = len(known)
    given, answers = np.asarray(known, np.float64), np.asarray(wanted, np.float64)
    middle, mean = given.mean(axis=0), answers.mean(axis=0)
    given, answers = given - middle, answers - mean
    products = given @ given.T
    unit = max(float(np.trace(products)) / n, 1e-12)
    strengths, axes = np.linalg.eigh(products)
    strengths = np.maximum(strengths, 0.0)
    turned = axes.T @ answers
    best: tuple[float, float, Array] | None = None
    for share in penalties:
        left = _left_out(strengths, axes, turned, share * unit)
        error = float(np.square(left).sum())
        if best is None or error < best[0]:
            best = (error, share * unit, left)
    assert best is not None  # noqa: S101 - there is at least one penalty
    _, penalty, left = best
    return Ridge(middle, mean, given, axes @ (turned / (strengths + penalty)[:, None]), left, penalty)


def _left_out(strengths: Array, axes: Array, turned: Array, penalty: float) -> Array:
    """Return everyone's error when the others predict them, in closed form; the mean is left out with them."""
    shrink = penalty / (strengths + penalty)
    # The hat matrix of ridge regression with a free mean: the mean's own weight of 1 / n is added to the diagonal.
    leverage = 1.0 - np.square(axes) @ shrink
    residual = axes @ (shrink[:, None] * turned)
    return np.asarray(residual / np.maximum(1.0 - leverage - 1.0 / len(axes), 1e-6)[:, None])
