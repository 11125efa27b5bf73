"""What a Gaussian model of heads says of a face when the rest of the head is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PENALTIES", "Posterior", "condition"]

Array = np.ndarray[Any, Any]

PENALTIES = tuple(float(x) for x in 10.0 ** np.arange(-3.0, 2.01, 0.5))
"""Tried, as shares of the mean square of the people's known parts."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """A face given the rest of a head.

    Parameters
    ----------
    mean : ndarray, shape (M,), float64
        The most probable face.
    errors : ndarray, shape (N, M), float64
        What the model got wrong of each of its own people when that one was left out: draws of their Gaussian added to
        the mean are faces as probable as the true one.
    penalty : float
        That was chosen.
    explained : float
        Share of the faces' variance that the rest predicted, each person left out: 0 nothing, 1 all; may be negative.
    """

    mean: Array
    errors: Array
    penalty: float
    explained: float

    def draw(self, rng: np.random.Generator) -> Array:
        """Return one face drawn from the posterior, shape (M,)."""
        weights = rng.standard_normal(len(self.errors)) / np.sqrt(max(len(self.errors) - 1, 1))
        return np.asarray(self.mean + weights @ self.errors)


def condition(known: Array, faces: Array, seen: Array, *, penalties: Sequence[float] = PENALTIES) -> Posterior:
    """Predict an unknown part of a head from the known part, with people as examples.

    The mean of a posterior shape model [1]_ with isotropic noise, which is ridge regression in its dual form. How much
    noise there is, is chosen by the error of the people themselves, each left out in turn; their errors are also the
    spread of the samples, so that no variance is claimed that the examples do not show.

    Parameters
    ----------
    known : ndarray, shape (N, K)
        Of N people.
    faces : ndarray, shape (N, M)
        Of the same people.
    seen : ndarray, shape (K,)
        Of the head that is attacked.
    penalties : sequence of float
        Of the regression that are tried, as shares of the mean square of the known parts.

    Returns
    -------
    Posterior

    References
    ----------
    .. [1] T. Albrecht, M. Lüthi, T. Gerig, T. Vetter, "Posterior shape models", Med. Image Anal. 17(8), 2013,
       doi:10.1016/j.media.2013.05.010
    """
    n = len(known)
    given = np.asarray(known, np.float64)
    wanted = np.asarray(faces, np.float64)
    middle, face = given.mean(axis=0), wanted.mean(axis=0)
    given, wanted = given - middle, wanted - face
    products = given @ given.T
    unit = max(float(np.trace(products)) / n, 1e-12)
    strengths, axes = np.linalg.eigh(products)
    strengths = np.maximum(strengths, 0.0)
    turned = axes.T @ wanted
    best: tuple[float, float, Array] | None = None
    for share in penalties:
        left = _left_out(strengths, axes, turned, wanted, share * unit)
        error = float(np.square(left).sum())
        if best is None or error < best[0]:
            best = (error, share * unit, left)
    assert best is not None  # noqa: S101 - there is at least one penalty
    error, penalty, left = best
    weights = axes @ ((axes.T @ (given @ (np.asarray(seen, np.float64) - middle))) / (strengths + penalty))
    # Left out of the mean as well, a person lies n / (n - 1) times as far from it.
    total = float(np.square(wanted * (n / (n - 1))).sum())
    return Posterior(face + weights @ wanted, left, penalty, 1.0 - error / total if total > 0 else 0.0)


def _left_out(strengths: Array, axes: Array, turned: Array, wanted: Array, penalty: float) -> Array:
    """Return everyone's error when the others predict them, in closed form; the mean is left out with them."""
    n = len(wanted)
    shrink = penalty / (strengths + penalty)
    # The hat matrix of ridge regression with a free mean: the mean's own weight of 1 / n is added to the diagonal.
    leverage = 1.0 - np.square(axes) @ shrink
    residual = axes @ (shrink[:, None] * turned)
    return np.asarray(residual / np.maximum(1.0 - leverage - 1.0 / n, 1e-6)[:, None])
