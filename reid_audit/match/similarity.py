"""How alike two templates are: one direction, higher = more alike."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from reid_audit.errors import SettingsError

__all__ = ["Metric", "check_metric", "similarity", "similarity_to_one", "unit_length"]

Metric = Literal["euclidean", "cosine"]


def similarity(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any], metric: Metric) -> np.ndarray[Any, Any]:
    """Return how alike every template is to every other.

    Parameters
    ----------
    first : ndarray, shape (M, D), float64
    second : ndarray, shape (N, D), float64
    metric : {"euclidean", "cosine"}
        ``"euclidean"``: the distance d, negated, so that the order is the one in which ``face_recognition`` ranks; at
        most 0. ``"cosine"``: the cosine of the angle, -1 to 1; of a template of length 0 with anything, 0.

    Returns
    -------
    ndarray, shape (M, N), float64
        Higher = more alike.
    """
    from scipy.spatial.distance import cdist

    if metric == "euclidean":
        return np.asarray(-cdist(first, second))
    return np.asarray(np.clip(unit_length(first) @ unit_length(second).T, -1.0, 1.0))


def similarity_to_one(
    template: np.ndarray[Any, Any], others: np.ndarray[Any, Any], metric: Metric
) -> np.ndarray[Any, Any]:
    """Return how alike a template is to each of the others: a score does not depend on which others there are.

    :func:`similarity` agrees but for rounding; there, a product of matrices rounds differently from shape to shape.

    Parameters
    ----------
    template : ndarray, shape (D,), float64
    others : ndarray, shape (N, D), float64
    metric : {"euclidean", "cosine"}

    Returns
    -------
    ndarray, shape (N,), float64
        Higher = more alike.
    """
    if metric == "euclidean":
        apart = others - template
        return np.asarray(-np.sqrt(np.einsum("ij,ij->i", apart, apart)))
    cosines = np.einsum("ij,j->i", unit_length(others), unit_length(template[None])[0])
    return np.asarray(np.clip(cosines, -1.0, 1.0))


def check_metric(metric: str, where: str) -> None:
    """Raise :class:`SettingsError` for a metric that does not exist."""
    if metric not in get_args(Metric):
        allowed = " or ".join(repr(name) for name in get_args(Metric))
        raise SettingsError(f"The 'metric' parameter of {where} must be {allowed}. Got {metric!r} instead.")


def unit_length(vectors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the templates at length 1, those of length 0 as they are; shape (N, D)."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))
