"""Template fill: the mean brightness of other heads, stretched to this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.ndimage import map_coordinates

from reid_audit.reconstruct.filling import fill_values
from reid_audit.reconstruct.frame import GRID
from reid_audit.reconstruct.gain import gain_of
from reid_audit.reconstruct.learner import Learner
from reid_audit.reconstruct.prepared import known_population, prepare

if TYPE_CHECKING:
    from reid_audit.types import Mask, Volume

__all__ = ["TemplateFill"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class TemplateFill(Learner):
    """Lays the mean of other heads on the remaining head, by twelve degrees of freedom, and copies it into the region.

    Parameters
    ----------
    population : HeadPopulation, optional
        What was learnt; without it :meth:`learn` comes first.
    """

    name: ClassVar[str] = "template"

    def reconstruct(self, volume: Volume, region: Mask, rng: np.random.Generator) -> Volume:
        """Return the scan with the template in the region.

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
        air, step = gain_of(volume, found.placed.affine, population.mean, found.altered)
        matrix = np.linalg.inv(GRID) @ found.placed.affine @ volume.affine
        index = np.argwhere(found.altered) @ matrix[:3, :3].T + matrix[:3, 3]
        values = map_coordinates(population.mean, index.T, order=1, mode="constant", cval=0.0)
        return fill_values(volume, found.altered, air + step * values)
