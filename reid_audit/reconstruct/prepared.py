"""What every attacker finds out first: where the defaced head lies in the common frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.reconstruct.frame import Placed, place
from reid_audit.reconstruct.region import check_region
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from reid_audit.reconstruct.population import HeadPopulation
    from reid_audit.types import HeadSurface, Mask, Volume

__all__ = ["Prepared", "known_population", "prepare"]

Array = np.ndarray[Any, Any]

_TRIANGLES = 60_000


@dataclass(frozen=True, eq=False)
class Prepared:
    """A defaced scan, found.

    Parameters
    ----------
    altered : ndarray, shape of the scan, bool
    surface : HeadSurface
        Of the defaced scan.
    placed : Placed
    """

    altered: Array
    surface: HeadSurface
    placed: Placed


@lru_cache(maxsize=1)
def prepare(volume: Volume, region: Mask, population: HeadPopulation) -> Prepared:
    """Find the head of a defaced scan and lay it on a population's template; remembered for the scan at hand.

    Parameters
    ----------
    volume : Volume
    region : Mask
    population : HeadPopulation

    Returns
    -------
    Prepared

    Raises
    ------
    VolumeError
        The region does not fit the scan.
    UsageError
        The population was learnt from scans of another kind.
    HeadError
        No head is found, or it cannot be laid on the template.
    """
    altered = check_region(volume, region)
    if volume.kind != population.kind:
        raise UsageError(
            f"The attacker learnt from scans of kind '{population.kind}', and this one is '{volume.kind}'.",
            remedy="Learn from scans of the same kind.",
        )
    surface = head_surface(volume, target_triangles=_TRIANGLES)
    template = population.volume_of(population.template)
    return Prepared(altered, surface, place(volume, surface, template, altered))


def known_population(population: HeadPopulation | None, name: str) -> HeadPopulation:
    """Return what an attacker has learnt.

    Raises
    ------
    UsageError
        It has learnt nothing yet.
    """
    if population is None:
        raise UsageError(
            f"The reconstructor '{name}' has not learnt from anybody.",
            remedy="Call learn() with originals of people who are not attacked.",
        )
    return population
