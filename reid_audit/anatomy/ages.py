"""Heads of children: a newborn is no small adult, and the mean adult does not fit one."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.head_model import HeadModel, load_head_model
from reid_audit.anatomy.registration import Alignment, align_head, skin_places
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types import HeadSurface

__all__ = ["AgedAlignment", "align_head_of_any_age", "head_model_of_age", "mean_head_of", "place_adult_face"]

Array = np.ndarray[Any, Any]

_CHILDREN = (0.0, 1.0, 4.0)
"""Years of the heads that are tried beside the mean adult."""
_ADULT = 0.88
"""Size relative to the mean adult from which on nothing else is tried: infants lie up to 0.87, and an adult whose face
and ears were cut off with 25 to 35 mm around them at 0.88 to 0.90, on whom a child's head would fit better."""
_ALIKE = 1.1
"""The cranium, which the residual knows best, tells a newborn from all others. Of older children those count as alike
whose residual is within this factor of the least; of these the one is taken that fits as a whole, face included."""
_BETTER = 0.82
"""Misfit of a child's head as a share of the adult's, at most, for it to be taken: of infants 0.81 at most, of bare
brains of children and adults, which are as small, 0.84 and more (docs/decisions/0004-engine.md)."""
_FAR = 0.055
"""Of the head's width, 10 mm in an adult: no place of the mean head counts as farther from the skin."""
_CLOUD = 12_000
"""Points of the skin that are asked."""
_BELIEVED = (0.75, 1.25)
"""Size of a child's head relative to the mean head of its age: from preterm to where the next age begins."""


@dataclass(frozen=True, eq=False)
class AgedAlignment:
    """Where a head is, and of what age.

    Parameters
    ----------
    alignment : Alignment
        Of the mean head of that age; ``scale`` is relative to that head.
    years : float or None
        Age of the head that fitted best; None for the mean adult.
    """

    alignment: Alignment
    years: float | None

    @property
    def scale(self) -> float:
        """Size of the head relative to the mean adult."""
        return self.alignment.scale * _size_of(self.years)

    @property
    def cranium(self) -> Array:
        """Mm of the scan in the head frame of the alignment to mm of the mean adult: the crania lie on each other."""
        shrink = np.diag([*np.full(3, 1.0 / self.alignment.scale), 1.0])
        return shrink if self.years is None else np.asarray(_maps_to_adult(self.years)["cranium"] @ shrink)


def align_head_of_any_age(points: Any) -> AgedAlignment:
    """Align the mean adult to skin points, and where the head is small or fits none also the mean heads of three ages.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        On the skin, RAS millimetres.

    Returns
    -------
    AgedAlignment
        Of the mean adult, unless a child's head fits clearly better.

    Raises
    ------
    ValueError
        Fewer than 100 points, or points that are not finite.
    """
    from scipy.spatial import cKDTree

    adult = AgedAlignment(align_head(points), None)
    if adult.alignment.found and adult.scale >= _ADULT:
        return adult
    children = [AgedAlignment(align_head(points, model=head_model_of_age(years)), years) for years in _CHILDREN]
    least = min(children, key=_residual)
    if not np.isfinite(_residual(least)):
        return adult
    skin = cKDTree(np.asarray(points)[:: max(len(points) // _CLOUD, 1)])
    limit = _ALIKE * _residual(least)
    alike = [child for child in children if child.years and _residual(child) <= limit] if least.years else [least]
    best = min(alike, key=lambda child: _misfit(child, skin))
    return best if _misfit(best, skin) < _BETTER * _misfit(adult, skin) else adult


def mean_head_of(surface: HeadSurface) -> Array:
    """Return the mean head that gave a surface its pose, in its place and size.

    Parameters
    ----------
    surface : HeadSurface

    Returns
    -------
    ndarray, shape (V, 3), float64
        Vertices of the head model, RAS mm of the scan.
    """
    head = np.asarray(head_model_of_age(surface.years).mean, np.float64)
    back = np.linalg.inv(surface.to_head)
    return np.asarray((surface.scale / _size_of(surface.years) * head) @ back[:3, :3].T + back[:3, 3])


def place_adult_face(surface: HeadSurface) -> tuple[Array, float]:
    """Return where the mean adult lies whose face lies on that of a head: a child's is no small adult's.

    Parameters
    ----------
    surface : HeadSurface

    Returns
    -------
    to_head : ndarray, shape (4, 4), float64
        RAS mm to the head frame of that adult, rigid: an adult's own, and a child's otherwise inclined.
    scale : float
        Size relative to the mean adult: an adult's own, less than a child's.
    """
    if surface.years is None:
        return surface.to_head, surface.scale
    shrink = np.diag([*np.full(3, _size_of(surface.years) / surface.scale), 1.0])
    to_mean = _maps_to_adult(surface.years)["face"] @ shrink @ surface.to_head
    scale = float(np.linalg.det(to_mean[:3, :3])) ** (-1 / 3)
    return np.asarray(np.diag([scale, scale, scale, 1.0]) @ to_mean), scale


def _residual(child: AgedAlignment) -> float:
    """Return the residual relative to the width of the head; infinite where that is not the width of this age."""
    found = child.alignment
    if not found.found or not _BELIEVED[0] <= found.scale <= _BELIEVED[1]:
        return np.inf
    return found.residual_mm / (found.scale * float(np.ptp(head_model_of_age(child.years).mean[:, 0])))


def _misfit(aged: AgedAlignment, skin: Any) -> float:
    """Return how badly the whole mean head fits: the mean distance from it to the skin as a share of its width.

    The residual leaves out what fits worst, which may be a face; here it counts, up to a limit: a face that is missing
    costs the mean heads of all ages alike. Infinite where the head was not found.
    """
    found, model = aged.alignment, head_model_of_age(aged.years)
    if not found.found:
        return np.inf
    back = np.linalg.inv(found.to_head)
    places = found.scale * skin_places(model)[0][::3] @ back[:3, :3].T + back[:3, 3]
    width = found.scale * float(np.ptp(model.mean[:, 0]))
    return float(np.minimum(skin.query(places)[0] / width, _FAR).mean())


def _size_of(years: float | None) -> float:
    """Return the size of the mean head of an age relative to the mean adult."""
    return 1.0 if years is None else load_head_model().size_of(years, 0.5)


@functools.cache
def head_model_of_age(years: float | None) -> HeadModel:
    """Return the head model with the mean head of an age in the place of the mean adult.

    Parameters
    ----------
    years : float or None
        None is the mean adult.

    Returns
    -------
    HeadModel
    """
    model = load_head_model()
    if years is None:
        return model
    mean = model.phenotype(age=years, female=0.5, weight=0.5, ancestry=(1.0, 1.0, 1.0))
    return replace(model, mean=frozen_array(mean, np.float32), landmarks=model.landmarks_of(mean))


@functools.cache
def _maps_to_adult(years: float) -> Mapping[str, Array]:
    """Return the maps that lay face and cranium of the mean head of an age onto the mean adult's."""
    model, young = load_head_model(), np.asarray(head_model_of_age(years).mean, np.float64)
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
