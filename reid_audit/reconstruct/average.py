"""The average face: the yardstick that every other attacker is measured against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.reconstruct.filling import fill_with_skin
from reid_audit.reconstruct.frame import SHAPE
from reid_audit.reconstruct.population import HeadPopulation, learn_population
from reid_audit.reconstruct.prepared import known_population, prepare
from reid_audit.reconstruct.signed import REACH, signed_in_scan
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Mask, Volume

__all__ = ["AverageFace", "field_of"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class AverageFace:
    """Gives everybody the mean face of other people, in the place and size of their own head.

    Parameters
    ----------
    population : HeadPopulation, optional
        What was learnt; without it :meth:`learn` comes first.
    """

    population: HeadPopulation | None = None

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        learnt = () if self.population is None else (self.population.sha256,)
        return ModelSpec("average", "1", "Apache-2.0", learnt)

    def learn(self, originals: Sequence[Volume]) -> AverageFace:
        """Return one that has learnt from other people's heads.

        Parameters
        ----------
        originals : sequence of Volume

        Returns
        -------
        AverageFace
        """
        return replace(self, population=learn_population(originals))

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
        population = known_population(self.population, "average")
        found = prepare(volume, region, population)
        field = field_of(population, population.shapes.mean(axis=0))
        signed = signed_in_scan(field, np.argwhere(found.altered), volume.affine, found.placed.similar)
        return fill_with_skin(volume, found.altered, signed)


def field_of(population: HeadPopulation, shape: Array) -> Array:
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
