"""What a Gaussian model of heads says of a face when the rest of the head is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.statistics.ridge import PENALTIES, fit_ridge

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PENALTIES", "Posterior", "condition"]

Array = np.ndarray[Any, Any]


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
        Of the same people, at the places that are asked for alone: all of them weigh in the choice of the noise.
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
    found = fit_ridge(known, faces, penalties=penalties)
    n, wanted = len(known), np.asarray(faces, np.float64)
    # Left out of the mean as well, a person lies n / (n - 1) times as far from it.
    total = float(np.square((wanted - found.wanted) * (n / (n - 1))).sum())
    explained = 1.0 - float(np.square(found.errors).sum()) / total if total > 0 else 0.0
    return Posterior(found.predict(seen), found.errors, found.penalty, explained)
