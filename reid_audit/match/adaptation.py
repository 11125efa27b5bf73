"""What photographs and renders differ in, learnt from people of whom both are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reid_audit.match.groups import group_templates
from reid_audit.types import Templates

__all__ = ["CENTRING_ONLY", "Adaptation", "choose_shrinkage", "learn_adaptation"]

CENTRING_ONLY = 1.0
"""Shrinkage at which all directions weigh the same: only the two means are learnt."""

_SHRINKAGES = (CENTRING_ONLY, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05)
_FEWEST = 6
"""People in training below whom nothing but the means is learnt."""

_SPLITS = 5


@dataclass(frozen=True, eq=False)
class Adaptation:
    """Where photographs and renders lie, and how far one person's may lie apart in each direction.

    Parameters
    ----------
    photo_mean, scan_mean : ndarray, shape (D,), float64
    scaling : ndarray, shape (D, D), float64
        Takes differences of one person's templates to equal variance in every direction.
    """

    photo_mean: np.ndarray[Any, Any]
    scan_mean: np.ndarray[Any, Any]
    scaling: np.ndarray[Any, Any]

    def photos(self, templates: Templates) -> Templates:
        """Return templates of photographs as they are compared with :meth:`scans`."""
        return Templates(templates.table, (templates.vectors - self.photo_mean) @ self.scaling, templates.embedder)

    def scans(self, templates: Templates) -> Templates:
        """Return templates of renders as they are compared with :meth:`photos`."""
        return Templates(templates.table, (templates.vectors - self.scan_mean) @ self.scaling, templates.embedder)

    def __repr__(self) -> str:
        return f"Adaptation({len(self.photo_mean)} dimensions; values not shown: made from biometric data)"


def learn_adaptation(photos: Templates, scans: Templates, shrinkage: float) -> Adaptation | None:
    r"""Learn from people whose photographs and scans are at hand.

    Parameters
    ----------
    photos, scans : Templates
        The person is the ``sample``. Each person counts the same, however many templates there are.
    shrinkage : float
        Above 0, at most 1: the share of an equal variance in all directions in what scales them; at
        :data:`CENTRING_ONLY` distances stay as they are.

    Returns
    -------
    Adaptation or None
        None where either side has no template.

    Notes
    -----
    The mean of the photographs and that of the renders are taken off each side. What is left between a photograph and a
    render of one person, :math:`d = p - r`, has the covariance C; distances are measured after scaling by
    :math:`((1 - s) C + s \, \mathrm{tr}(C) / D \, I)^{-1/2}` for a shrinkage s: within-person whitening, the first step
    of linear discriminant analysis, regularised as by Ledoit and Wolf [1]_.

    References
    ----------
    .. [1] O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
       Multivariate Analysis 88, 2004, 365-411, https://doi.org/10.1016/S0047-259X(03)00096-4
    """
    asked, known = _by_person(photos), _by_person(scans)
    if not (asked and known):
        return None
    pairs = _Pairs.of(asked, known, photos.vectors.shape[1])
    axes = pairs.axes(np.arange(len(pairs.people))) if shrinkage < CENTRING_ONLY else _PLAIN
    return Adaptation(_mean(asked), _mean(known), axes.scaling(shrinkage, pairs.size))


def choose_shrinkage(photos: Templates, scans: Templates, rng: np.random.Generator) -> float:
    """Return the shrinkage that serves best among the people at hand.

    They are split into halves, five times; each half learns, and the mean templates of the other are searched. What
    counts is the share of other people who score below the mate. Of equals the largest shrinkage is taken.

    Parameters
    ----------
    photos, scans : Templates
        As for :func:`learn_adaptation`.
    rng : numpy.random.Generator
        Splits the people.

    Returns
    -------
    float
        :data:`CENTRING_ONLY` where fewer than six people have templates of both.
    """
    pairs = _Pairs.of(_by_person(photos), _by_person(scans), photos.vectors.shape[1])
    if len(pairs.people) < _FEWEST:
        return CENTRING_ONLY
    gains = np.zeros(len(_SHRINKAGES))
    for _ in range(_SPLITS):
        half = rng.permutation(len(pairs.people)) % 2
        for held in (0, 1):
            learners, searched = np.flatnonzero(half != held), np.flatnonzero(half == held)
            axes = pairs.axes(learners)
            gains += [_skill(pairs, learners, searched, axes.scaling(each, pairs.size)) for each in _SHRINKAGES]
    return _SHRINKAGES[int(np.argmax(gains.round(9)))]


@dataclass(frozen=True, eq=False)
class _Axes:
    """Directions, and how far one person's templates lie apart in each; 1 on average."""

    values: np.ndarray[Any, Any]
    vectors: np.ndarray[Any, Any]

    def scaling(self, shrinkage: float, size: int) -> np.ndarray[Any, Any]:
        if shrinkage >= CENTRING_ONLY or not len(self.values):
            return np.eye(size)
        return np.asarray(self.vectors / np.sqrt((1 - shrinkage) * self.values + shrinkage))


_PLAIN = _Axes(np.empty(0), np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class _Pairs:
    """People with templates of both: the means of their photographs and renders, and the scatter about these."""

    people: tuple[str, ...]
    photos: np.ndarray[Any, Any]
    scans: np.ndarray[Any, Any]
    scatter: np.ndarray[Any, Any]
    size: int

    @staticmethod
    def of(photos: dict[str, np.ndarray[Any, Any]], scans: dict[str, np.ndarray[Any, Any]], size: int) -> _Pairs:
        people = tuple(sorted(photos.keys() & scans.keys()))
        means = [np.array([side[who].mean(axis=0) for who in people]).reshape(-1, size) for side in (photos, scans)]
        scatter = [np.cov(photos[who].T, bias=True) + np.cov(scans[who].T, bias=True) for who in people]
        return _Pairs(people, means[0], means[1], np.array(scatter).reshape(-1, size, size), size)

    def axes(self, chosen: np.ndarray[Any, Any]) -> _Axes:
        """Return the principal axes of the differences between photographs and renders of one person."""
        if not len(chosen):
            return _PLAIN
        apart = self.photos[chosen] - self.scans[chosen]
        apart = apart - apart.mean(axis=0)
        covariance = self.scatter[chosen].mean(axis=0) + apart.T @ apart / len(chosen)
        level = np.trace(covariance) / self.size
        if level <= 0:
            return _PLAIN
        values, vectors = np.linalg.eigh(covariance / level)
        return _Axes(values.clip(0), vectors)


def _by_person(templates: Templates) -> dict[str, np.ndarray[Any, Any]]:
    grouped = group_templates(templates)
    if not len(grouped.present):
        return {}
    parts = np.split(grouped.vectors, grouped.starts[1:])
    return {str(who): part for who, part in zip(grouped.subjects[grouped.present], parts, strict=True)}


def _mean(side: dict[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    return np.asarray(np.mean([part.mean(axis=0) for part in side.values()], axis=0))


def _skill(
    pairs: _Pairs, learners: np.ndarray[Any, Any], searched: np.ndarray[Any, Any], scaling: np.ndarray[Any, Any]
) -> float:
    """Return the mean share of other people who are further from a photograph than its own person."""
    from scipy.spatial.distance import cdist

    sides = ((side[searched] - side[learners].mean(axis=0)) @ scaling for side in (pairs.photos, pairs.scans))
    far = cdist(*sides)
    mate = np.diag(far)[:, None]
    others = ~np.eye(len(far), dtype=bool)
    return float(((far > mate) + 0.5 * (far == mate))[others].mean())
