"""Size of a muscle from its mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from nibabel import orientations

if TYPE_CHECKING:
    from reid_audit.types import Mask

__all__ = ["cross_section"]


def cross_section(mask: Mask) -> float:
    """Largest cross-section of a mask in the slices that lie most nearly horizontal.

    Parameters
    ----------
    mask : Mask
        Of the temporalis muscle, one side or both; both count together.

    Returns
    -------
    float
        Mm^2 in the plane of the slices; 0 for an empty mask.
    """
    axis = int(np.flatnonzero(orientations.io_orientation(mask.affine)[:, 0] == 2)[0])
    first, second = (mask.affine[:3, each] for each in range(3) if each != axis)
    area = float(np.linalg.norm(np.cross(first, second)))
    counts = mask.data.sum(axis=tuple(each for each in range(3) if each != axis))
    return area * float(counts.max(initial=0))
