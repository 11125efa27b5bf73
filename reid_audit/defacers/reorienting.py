"""A scan in RAS order, for tools that go wrong on others, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["Reoriented", "in_ras_order"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Reoriented:
    """A scan whose axes run, as nearly as they can, to the right, the front and up; no value is changed.

    Parameters
    ----------
    volume : Volume
    back : ndarray, shape (3, 2)
        The way back to the storage order it came in, as nibabel writes it.
    """

    volume: Volume
    back: Array

    def restored(self, data: Array) -> Array:
        """Return an array on the grid of ``volume`` in the order that the scan came in."""
        return np.ascontiguousarray(nib.orientations.apply_orientation(data, self.back))


def in_ras_order(volume: Volume) -> Reoriented:
    """Permute and flip the axes of a scan to RAS.

    Parameters
    ----------
    volume : Volume
        In any storage order.

    Returns
    -------
    Reoriented
    """
    now = nib.orientations.io_orientation(volume.affine)
    ras = nib.orientations.axcodes2ornt("RAS")
    there = nib.orientations.ornt_transform(now, ras)
    back = nib.orientations.ornt_transform(ras, now)
    data = nib.orientations.apply_orientation(np.asarray(volume.data), there)
    affine = volume.affine @ nib.orientations.inv_ornt_aff(there, volume.data.shape)
    return Reoriented(replace(volume, data=np.ascontiguousarray(data), affine=affine), back)
