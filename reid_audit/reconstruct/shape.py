"""The statistical shape model: the face that goes with the rest of this head in other people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.ndimage import distance_transform_edt

from reid_audit.errors import HeadError
from reid_audit.reconstruct.average import fill_with_shape
from reid_audit.reconstruct.frame import SPACING, on_grid
from reid_audit.reconstruct.learner import Learner
from reid_audit.reconstruct.population import HeadPopulation, shape_of
from reid_audit.reconstruct.posterior import Posterior, condition
from reid_audit.reconstruct.prepared import Prepared, known_population, prepare
from reid_audit.surface.field_of_view import imaged_box

if TYPE_CHECKING:
    from reid_audit.types import Mask, Volume

__all__ = ["ShapeModel", "ShapeSample", "altered_places", "face_posterior", "rebuilt_shape"]

Array = np.ndarray[Any, Any]

_FEWEST = 500
"""Places of the grid that must be known."""
_MARGIN = 2.0
"""Mm that the altered region must lie further away than the skin for the skin to be known."""
_BESIDE = 2.0 * SPACING
"""Mm from what was altered within which places decide what is filled in."""


@dataclass(frozen=True, eq=False)
class ShapeModel(Learner):
    """Gives a head the most probable face: the mean of the posterior of a statistical shape model.

    Parameters
    ----------
    population : HeadPopulation, optional
        What was learnt; without it :meth:`learn` comes first.
    """

    name: ClassVar[str] = "shape"

    def reconstruct(self, volume: Volume, region: Mask, rng: np.random.Generator) -> Volume:
        """Return the scan with the most probable face in the region.

        Parameters
        ----------
        volume : Volume
        region : Mask
        rng : numpy.random.Generator
            Unused.

        Returns
        -------
        Volume
            As the protocol :class:`~reid_audit.protocols.Reconstructor` says.

        Raises
        ------
        UsageError
            It has not learnt yet, or from scans of another kind.
        VolumeError
            The region does not fit the scan.
        HeadError
            No head is found, it cannot be laid on the template, or too little of its skin is left.
        """
        del rng
        population = known_population(self.population, self.name)
        found = prepare(volume, region, population)
        return fill_with_shape(volume, found, population, rebuilt_shape(volume, found, population))


@dataclass(frozen=True, eq=False)
class ShapeSample(Learner):
    """Gives a head one of its probable faces, drawn from the posterior of a statistical shape model.

    Parameters
    ----------
    population : HeadPopulation, optional
        What was learnt; without it :meth:`learn` comes first.
    """

    name: ClassVar[str] = "shape-sample"

    def reconstruct(self, volume: Volume, region: Mask, rng: np.random.Generator) -> Volume:
        """Return the scan with a face drawn for the region.

        Parameters
        ----------
        volume : Volume
        region : Mask
        rng : numpy.random.Generator

        Returns
        -------
        Volume
            As the protocol :class:`~reid_audit.protocols.Reconstructor` says.

        Raises
        ------
        UsageError, VolumeError, HeadError
            As :meth:`ShapeModel.reconstruct`.
        """
        population = known_population(self.population, self.name)
        found = prepare(volume, region, population)
        return fill_with_shape(volume, found, population, rebuilt_shape(volume, found, population, rng))


def rebuilt_shape(
    volume: Volume, found: Prepared, population: HeadPopulation, rng: np.random.Generator | None = None
) -> Array:
    """Return a head whose skin is its own, and the posterior's where it was altered.

    Parameters
    ----------
    volume : Volume
        A defaced scan.
    found : Prepared
        Of the same scan.
    population : HeadPopulation
    rng : numpy.random.Generator, optional
        Draws a face; without it, the most probable one.

    Returns
    -------
    ndarray, shape (M,), float64
        Signed distances at the places of the population's band.

    Raises
    ------
    HeadError
        Too little of the skin is left to go by.
    """
    shape = _own_shape(found, population)
    wanted = altered_places(volume, found, population)
    posterior = face_posterior(volume, found, population)
    shape[wanted] = posterior.mean if rng is None else posterior.draw(rng)
    return shape


def face_posterior(volume: Volume, found: Prepared, population: HeadPopulation) -> Posterior:
    """Return what the rest of a head says of its face.

    How much the rest is trusted is chosen by the places that are rebuilt alone: where the skin is known, people predict
    themselves, and would have it trusted too much.

    Parameters
    ----------
    volume : Volume
        A defaced scan.
    found : Prepared
        Of the same scan.
    population : HeadPopulation

    Returns
    -------
    Posterior
        At :func:`altered_places`.

    Raises
    ------
    HeadError
        Too little of the skin is left to go by.
    """
    own = _own_shape(found, population)
    known = _known(volume, found).ravel()[population.band] > np.abs(own) + _MARGIN
    if known.sum() < _FEWEST:
        raise HeadError(
            f"Of the skin of this head {int(known.sum())} places of {SPACING:g} mm are left; a shape model takes "
            f"{_FEWEST}.",
            remedy="Reconstruct scans that kept the skin of the cranium.",
        )
    wanted = altered_places(volume, found, population)
    return condition(population.shapes[:, known], population.shapes[:, wanted], own[known])


def altered_places(volume: Volume, found: Prepared, population: HeadPopulation) -> Array:
    """Return which places of a population's band lie in what was altered, or beside it.

    Parameters
    ----------
    volume : Volume
        A defaced scan.
    found : Prepared
        Of the same scan.
    population : HeadPopulation

    Returns
    -------
    ndarray, shape (M,), bool
        Every altered voxel lies between such places.
    """
    altered = on_grid(found.altered.astype(np.float32), volume.affine, found.placed.similar) > 0
    away = np.full(altered.shape, np.inf) if not altered.any() else distance_transform_edt(~altered) * SPACING
    return np.asarray(away.ravel()[population.band] <= _BESIDE)


def _own_shape(found: Prepared, population: HeadPopulation) -> Array:
    """Return the skin of the defaced scan at the places of the band, shape (M,)."""
    return np.asarray(shape_of(found.surface, found.placed).ravel()[population.band], np.float64)


def _known(volume: Volume, found: Prepared) -> Array:
    """Return how far each place of the grid lies from what was altered or not imaged, mm of the mean head."""
    low, high = imaged_box(volume)
    seen = np.zeros(volume.data.shape, np.float32)
    seen[tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True))] = 1.0
    seen[found.altered] = 0.0
    there = on_grid(seen, volume.affine, found.placed.similar) > 0.999
    return np.asarray(distance_transform_edt(np.pad(there, 1))[1:-1, 1:-1, 1:-1] * SPACING)
