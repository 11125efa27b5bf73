"""Template fill: the mean brightness of other heads, stretched to this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.ndimage import map_coordinates

from reid_audit.reconstruct.filling import fill_values
from reid_audit.reconstruct.frame import GRID, on_grid
from reid_audit.reconstruct.learner import Learner
from reid_audit.reconstruct.prepared import known_population, prepare

if TYPE_CHECKING:
    from reid_audit.types import Mask, Volume

__all__ = ["TemplateFill"]

Array = np.ndarray[Any, Any]

_TISSUE = 0.25
"""Brightness of the template, as a share of its tissue, from which on the scales of both scans are compared."""


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
        air, step = _brightness_of(volume, found.altered, found.placed.affine, population.mean)
        matrix = np.linalg.inv(GRID) @ found.placed.affine @ volume.affine
        index = np.argwhere(found.altered) @ matrix[:3, :3].T + matrix[:3, 3]
        values = map_coordinates(population.mean, index.T, order=1, mode="constant", cval=0.0)
        return fill_values(volume, found.altered, air + step * values)


def _brightness_of(volume: Volume, altered: Array, to_grid: Array, mean: Array) -> tuple[float, float]:
    """Return what 0 and 1 of the template are in the scan, from where nothing was altered."""
    if volume.kind == "ct":
        return -1000.0, 1000.0
    seen = np.where(altered, np.nan, np.asarray(volume.data, np.float32))
    values = on_grid(seen, volume.affine, to_grid, fill=np.nan)
    known = np.isfinite(values)
    dark, bright = known & (mean < 0.02), known & (mean > _TISSUE)
    air = float(np.median(values[dark])) if dark.any() else float(np.nanmin(seen))
    step = float(np.median((values[bright] - air) / mean[bright])) if bright.any() else 1.0
    return air, step
