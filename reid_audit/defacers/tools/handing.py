"""A scan as it is handed to a tool: axes in RAS order, whole numbers as whole numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.inputs.volume import to_ras

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["as_handed_over"]


def as_handed_over(volume: Volume) -> Volume:
    """Return a scan in RAS order, with whole numbers as 16-bit ones where they fit, as scanners' own files have them.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    Volume
        The same values at the same places in the world.
    """
    turned = to_ras(volume)
    data = np.asarray(turned.data)
    limits = np.iinfo(np.int16)
    if not np.issubdtype(data.dtype, np.floating) or data.min() < limits.min or data.max() > limits.max:
        return turned
    whole = np.rint(data)
    return replace(turned, data=whole.astype(np.int16)) if bool((whole == data).all()) else turned
