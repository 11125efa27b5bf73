"""The average face: the yardstick that every other attacker is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reid_audit.reconstruct.filling import fill_with_skin
from reid_audit.reconstruct.frame import SHAPE
from reid_audit.reconstruct.learner import Learner
from reid_audit.reconstruct.prepared import known_population, prepare
from reid_audit.reconstruct.signed import REACH, signed_in_scan

if TYPE_CHECKING:
    from reid_audit.reconstruct.population import HeadPopulation
    from reid_audit.reconstruct.prepared import Prepared
    from reid_audit.types import Mask, Volume

__all__ = ["AverageFace", "fill_with_shape"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class AverageFace(Learner):
    """Gives everybody the mean face of other people, in the place and size of their own head.

    Parameters
    ----------
    population : HeadPopulation, optional
        What was learnt; without it :meth:`learn` comes first.
    """

    name: ClassVar[str] = "average"

    def reconstruct(self, volume: Volume, region: Mask, rng: np.random.Generator) -> Volume:
        """Return the scan with the mean face in the region.

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
            No head is found, or it cannot be laid on the template.
        """
        del rng
        population = known_population(self.population, self.name)
        found = prepare(volume, region, population)
        return fill_with_shape(volume, found, population, population.shapes.mean(axis=0))


def fill_with_shape(volume: Volume, found: Prepared, population: HeadPopulation, shape: Array) -> Volume:
    """Return the scan with a learnt or predicted shape in what was altered.

    Parameters
    ----------
    volume : Volume
    found : Prepared
    population : HeadPopulation
    shape : ndarray, shape (M,)
        Signed distances at the places of the band.

    Returns
    -------
    Volume
    """
    field = _field_of(population, shape)
    signed = signed_in_scan(field, np.argwhere(found.altered), volume.affine, found.placed.similar)
    return fill_with_skin(volume, found.altered, signed)


def _field_of(population: HeadPopulation, shape: Array) -> Array:
    """Return a learnt or predicted shape as signed distances on the whole grid.

    Parameters
    ----------
    population : HeadPopulation
    shape : ndarray, shape (M,)
        At the places of the band.

    Returns
    -------
    ndarray, shape :data:`~reid_audit.reconstruct.frame.SHAPE`, float32
        Beyond the band the greatest distance, on the side of the mean skin.
    """
    field = np.where(population.inner.ravel(), -REACH, REACH).astype(np.float32)
    field[population.band] = shape
    return field.reshape(SHAPE)
