"""How bright air and tissue are in a scan, told by what is neither face nor altered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError
from reid_audit.reconstruct.frame import face_places, on_grid

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["gain_of"]

Array = np.ndarray[Any, Any]

_AIR, _TISSUE = 0.02, 0.25
"""Mean brightness up to which places of the common grid are air, and from which on they are tissue."""


def gain_of(volume: Volume, to_grid: Array, mean: Array, altered: Array | None = None) -> tuple[float, float]:
    """Return what the 0 and the 1 of a mean head are in a scan.

    The mean head's face region is left out in every scan: one head has one gain before and after it was defaced.

    Parameters
    ----------
    volume : Volume
    to_grid : ndarray, shape (4, 4)
        RAS mm to mm of the mean head.
    mean : ndarray, shape :data:`~reid_audit.reconstruct.frame.SHAPE`
        Mean brightness of heads: 0 air, 1 the median of the tissue.
    altered : ndarray, shape of the volume, bool, optional
        What was altered: it says nothing either.

    Returns
    -------
    air, step : float
        Value of air, and how much brighter 1 is. In CT always -1000 and 1000 HU.

    Raises
    ------
    HeadError
        There is no tissue that is brighter than air.
    """
    if volume.kind == "ct":
        return -1000.0, 1000.0
    seen = np.asarray(volume.data, np.float32)
    if altered is not None:
        seen = np.where(altered, np.nan, seen)
    values = on_grid(seen, volume.affine, to_grid, fill=np.nan)
    known = np.isfinite(values) & ~face_places()
    dark, bright = known & (mean < _AIR), known & (mean > _TISSUE)
    air = float(np.median(values[dark])) if dark.any() else float(np.nanmin(seen))
    step = float(np.median((values[bright] - air) / mean[bright])) if bright.any() else 0.0
    if not step > 0:
        raise HeadError(
            f"The tissue of this scan is not brighter than its air outside the face: {step:.3g}.",
            remedy="Check that the image shows a head.",
        )
    return air, step
