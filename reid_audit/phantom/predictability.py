"""How much of a phantom's face the rest of the head gives away: what a reconstruction could be right about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.head_model import REGIONS, load_head_model
from reid_audit.errors import SettingsError
from reid_audit.phantom.identity import head_mesh, sample_identities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.phantom.identity import Identity

__all__ = ["measure_predictable_share"]

Array = np.ndarray[Any, Any]


def measure_predictable_share(
    identities: Sequence[Identity] | int,
    rng: np.random.Generator,
    *,
    held_out: float = 0.25,
    penalty: float = 100.0,
    **settings: Any,
) -> float:
    """Return the share of the face's vertex variance that ridge regression predicts from the rest of the head.

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
        Of the ridge regression, in mm² summed over the vertices; the share hardly depends on it from 0.1 to 1000.
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
    people = sample_identities(identities, rng, **settings) if isinstance(identities, int) else identities
    if len(people) < 8:
        raise SettingsError(f"A share is measured on 8 people or more, got {len(people)}.")
    model = load_head_model()
    points = np.stack([head_mesh(person).points for person in people]).astype(np.float64)[rng.permutation(len(people))]
    face = points[:, model.face > 0.5].reshape(len(people), -1)
    rest = points[:, (model.face == 0) & (model.labels != REGIONS["eyes"])].reshape(len(people), -1)
    return _held_out_r2(rest, face, n_fit=round(len(people) * (1 - held_out)), penalty=penalty)


def _held_out_r2(x: Array, y: Array, *, n_fit: int, penalty: float) -> float:
    """Return the pooled R² of ridge regression, fitted in its dual form on the first rows, on the other rows."""
    x = x - x[:n_fit].mean(axis=0)
    y = y - y[:n_fit].mean(axis=0)
    fitted = np.linalg.solve(x[:n_fit] @ x[:n_fit].T + penalty * np.eye(n_fit), y[:n_fit])
    truth = y[n_fit:]
    error = truth - (x[n_fit:] @ x[:n_fit].T) @ fitted
    return float(1.0 - np.sum(error**2) / np.sum((truth - truth.mean(axis=0)) ** 2))
