"""Blurring: what newspapers do to faces. The surface stays, rounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import find_objects, gaussian_filter

from reid_audit.defacers.filling import as_stored
from reid_audit.defacers.placing import Placement, place_mean_head
from reid_audit.defacers.region import face_voxels
from reid_audit.types import Mask, ModelSpec, Volume

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BlurDefacer"]


@dataclass(frozen=True)
class BlurDefacer:
    """Blurs the face by a Gaussian.

    A sham in the region of :class:`~reid_audit.defacers.ZeroDefacer`. Outside the region nothing changes, and nothing
    from outside the scan flows in.

    Parameters
    ----------
    width : float
        Standard deviation in mm, of an adult; smaller in proportion in a smaller head.
    place : callable
        Finds the mean head in a scan; another one where the place is known.
    """

    width: float = 6.0
    place: Callable[[Volume], Placement] = place_mean_head

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        return ModelSpec("blur", "1", "Apache-2.0")

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan with its face blurred, and the region.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers.
        Mask
            The region, air included, labelled ``"footprint"``.

        Raises
        ------
        HeadError
            If no head is found, or the mean head does not fit.
        """
        placement = self.place(volume)
        region = face_voxels(volume, placement.to_head, placement.scale)
        data = np.array(volume.data)
        if region.any():
            width = self.width * placement.scale / volume.voxel_size
            reach = np.ceil(4 * width).astype(int)
            found = find_objects(region.astype(np.uint8))[0]
            box = tuple(
                slice(max(part.start - r, 0), min(part.stop + r, n))
                for part, r, n in zip(found, reach, region.shape, strict=True)
            )
            smooth = gaussian_filter(data[box].astype(np.float32), width, mode="nearest", truncate=4.0)
            data[region] = as_stored(smooth[region[box]], data.dtype)
        return replace(volume, data=data), Mask(region, volume.affine, "footprint")
