"""What stands where a face was taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.resampling import air_value
from reid_audit.types import Mask

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["as_stored", "emptied"]

Array = np.ndarray[Any, Any]


def emptied(volume: Volume, region: Array) -> tuple[Volume, Mask]:
    """Set a region to air.

    Parameters
    ----------
    volume : Volume
    region : ndarray, shape of the volume, bool

    Returns
    -------
    Volume
        Same shape, affine and kind of numbers; 0 in the region, in CT -1000 HU or the least value if that is more.
    Mask
        The region, labelled ``"footprint"``.
    """
    data = np.array(volume.data)
    data[region] = as_stored(np.array([air_value(volume)]), data.dtype)[0]
    return replace(volume, data=data), Mask(region, volume.affine, "footprint")


def as_stored(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return values as the kind of number that a scan holds.

    Parameters
    ----------
    values : ndarray
    dtype : numpy.dtype
        Of integers: rounded, and kept to what they can hold.

    Returns
    -------
    ndarray, same shape, ``dtype``
    """
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        return np.clip(np.rint(values), info.min, info.max).astype(dtype)
    return values.astype(dtype)
