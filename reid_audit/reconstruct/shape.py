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

__all__ = ["ShapeModel", "ShapeSample", "face_posterior"]

Array = np.ndarray[Any, Any]

_FEWEST = 500
"""Places of the grid that must be known."""
_MARGIN = 2.0
"""Mm that the altered region must lie further away than the skin for the skin to be known."""


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
        return fill_with_shape(volume, found, population, face_posterior(volume, found, population).mean)


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
        return fill_with_shape(volume, found, population, face_posterior(volume, found, population).draw(rng))


def face_posterior(volume: Volume, found: Prepared, population: HeadPopulation) -> Posterior:
    """Return what the rest of a head says of its face.

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
        At every place of the population's band.

    Raises
    ------
    HeadError
        Too little of the skin is left to go by.
    """
    own = shape_of(found.surface, found.placed).ravel()[population.band]
    known = _known(volume, found).ravel()[population.band] > np.abs(own) + _MARGIN
    if known.sum() < _FEWEST:
        raise HeadError(
            f"Of the skin of this head {int(known.sum())} places of {SPACING:g} mm are left; a shape model takes "
            f"{_FEWEST}.",
            remedy="Reconstruct scans that kept the skin of the cranium.",
        )
    return condition(population.shapes[:, known], population.shapes, own[known])


def _known(volume: Volume, found: Prepared) -> Array:
    """Return how far each place of the grid lies from what was altered or not imaged, mm of the mean head."""
    low, high = imaged_box(volume)
    seen = np.zeros(volume.data.shape, np.float32)
    seen[tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True))] = 1.0
    seen[found.altered] = 0.0
    there = on_grid(seen, volume.affine, found.placed.similar) > 0.999
    return np.asarray(distance_transform_edt(np.pad(there, 1))[1:-1, 1:-1, 1:-1] * SPACING)
