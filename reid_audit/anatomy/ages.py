"""Heads of children: a newborn is no small adult, and the mean adult does not fit one."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.head_model import HeadModel, load_head_model
from reid_audit.anatomy.registration import Alignment, align_head
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AgedAlignment", "align_head_of_any_age"]

Array = np.ndarray[Any, Any]

_CHILDREN = (0.0, 1.0, 4.0)
"""Years of the heads that are tried beside the mean adult."""
_ADULT = 0.9
"""Size relative to the mean adult from which on nothing else is tried."""


@dataclass(frozen=True, eq=False)
class AgedAlignment:
    """Where a head is, and how the mean head of its age compares with the mean adult.

    Parameters
    ----------
    alignment : Alignment
        Of the mean head of that age; ``scale`` is relative to that head.
    years : float or None
        Age of the head that fitted best; None for the mean adult.
    face, cranium : ndarray, shape (4, 4), float64
        Mm of the head of that age, scaled to the scan, to mm of the mean adult, so that the faces (a similarity) or the
        crania (affine) lie on each other. Both start in the head frame of the alignment.
    """

    alignment: Alignment
    years: float | None
    face: Array
    cranium: Array


def align_head_of_any_age(points: Any) -> AgedAlignment:
    """Align the mean adult to skin points, and where the head is small also the mean heads of three ages.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        On the skin, RAS millimetres.

    Returns
    -------
    AgedAlignment
        Of the head with the smallest residual relative to its size.

    Raises
    ------
    ValueError
        Fewer than 100 points, or points that are not finite.
    """
    adult = align_head(points)
    best: tuple[float, Alignment, float | None] = (_misfit(adult, 1.0), adult, None)
    if not adult.found or adult.scale < _ADULT:
        for years in _CHILDREN:
            head = _head_of_age(years)
            tried = align_head(points, model=head)
            misfit = _misfit(tried, float(np.ptp(head.mean[:, 0]) / np.ptp(load_head_model().mean[:, 0])))
            if misfit < best[0]:
                best = misfit, tried, years
    _, alignment, age = best
    shrink = np.diag([*np.full(3, 1.0 / alignment.scale), 1.0])
    if age is None:
        return AgedAlignment(alignment, None, frozen_array(shrink), frozen_array(shrink))
    maps = _maps_to_adult(age)
    return AgedAlignment(alignment, age, frozen_array(maps["face"] @ shrink), frozen_array(maps["cranium"] @ shrink))


def _misfit(alignment: Alignment, size: float) -> float:
    """Return the residual relative to the size of the head."""
    return alignment.residual_mm / (alignment.scale * size) if alignment.found else np.inf


@functools.cache
def _head_of_age(years: float) -> HeadModel:
    """Return the head model with the mean head of an age in the place of the mean adult."""
    model = load_head_model()
    mean = model.phenotype(age=years, female=0.5, weight=0.5, ancestry=(1.0, 1.0, 1.0))
    return replace(model, mean=frozen_array(mean, np.float32), landmarks=model.landmarks_of(mean))


@functools.cache
def _maps_to_adult(years: float) -> Mapping[str, Array]:
    """Return the maps that lay face and cranium of the mean head of an age onto the mean adult's."""
    model, young = load_head_model(), np.asarray(_head_of_age(years).mean, np.float64)
    adult = np.asarray(model.mean, np.float64)
    face = model.face > 0.5
    cranium = (adult[:, 2] > 15.0) & (model.face < 0.5)
    return {"face": _similarity(young[face], adult[face]), "cranium": _affine(young[cranium], adult[cranium])}


def _similarity(source: Array, target: Array) -> Array:
    """Return the rotation, shift and one scale that lay points on points best, by least squares [1]_.

    References
    ----------
    .. [1] S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE Trans.
       Pattern Anal. Mach. Intell. 13(4), 1991, doi:10.1109/34.88573
    """
    one, two = source - source.mean(axis=0), target - target.mean(axis=0)
    left, strength, right = np.linalg.svd(two.T @ one)
    upright = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    turn = left @ np.diag(upright) @ right
    scale = float((strength * upright).sum() / (one**2).sum())
    found = np.eye(4)
    found[:3, :3] = scale * turn
    found[:3, 3] = target.mean(axis=0) - scale * turn @ source.mean(axis=0)
    return found


def _affine(source: Array, target: Array) -> Array:
    """Return the affine map that lays points on points best, by least squares."""
    rows = np.hstack([source, np.ones((len(source), 1))])
    found = np.eye(4)
    found[:3] = np.linalg.lstsq(rows, target, rcond=None)[0].T
    return found
