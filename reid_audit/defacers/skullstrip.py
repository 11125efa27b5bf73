"""Skull stripping: what is not brain goes, and the face with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from reid_audit.anatomy.brain import estimate_brain
from reid_audit.defacers.filling import emptied
from reid_audit.defacers.masking import check_brain
from reid_audit.types import Mask, ModelSpec, Volume

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SkullStripDefacer"]


@dataclass(frozen=True)
class SkullStripDefacer:
    """Sets everything farther from the brain than a margin to air.

    Parameters
    ----------
    brain : callable
        Gives the mask of the brain of a scan; by default :func:`reid_audit.anatomy.brain.estimate_brain`.
    margin : float
        Mm around the mask that stay.
    """

    brain: Callable[[Volume], Mask] = estimate_brain
    margin: float = 2.0

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        return ModelSpec("skullstrip", "1", "Apache-2.0", needs=("a mask of the brain, or its estimate",))

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the brain alone, and what was around it.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers; air outside the brain.
        Mask
            All that is not brain, labelled ``"footprint"``.

        Raises
        ------
        HeadError
            No brain is found, or the mask that is given is empty or of another grid.
        """
        brain = check_brain(self.brain(volume), volume)
        away = distance_transform_edt(~brain, sampling=volume.voxel_size)
        return emptied(volume, np.asarray(away > self.margin))
