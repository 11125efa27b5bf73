"""Which parts of the face the field of view cuts through or misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reid_audit.anatomy import Alignment, HeadModel
    from reid_audit.surface.grid import Array
    from reid_audit.types import Volume

__all__ = ["cut_regions", "imaged_box"]

_REACH = {  # landmarks and, in mm, how far in front of them tissue and air are needed
    "forehead": (("forehead",), 4.0),
    "nose": (("nasion", "pronasale"), 4.0),
    "mouth": (("mouth_left", "mouth_right"), 4.0),
    "chin": (("gnathion",), 2.0),
}
_TOLERANCE = 3.0  # mm: what a landmark of the mean head may be off


def imaged_box(volume: Volume) -> tuple[Array, Array]:
    """First and last voxel of what was imaged: padding (planes of one and the same value at the ends) left out.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    low, high : ndarray, shape (3,)
        Voxel indices, both inclusive.
    """
    data = volume.data
    low, high = np.zeros(3), np.asarray(data.shape, dtype=float) - 1
    fill = data.flat[0]
    for axis in range(3):
        planes = np.moveaxis(data, axis, 0)
        ends = [next((i for i in order if (planes[i] != fill).any()), None) for order in _from_both_ends(len(planes))]
        if None not in ends:
            low[axis], high[axis] = ends
    return low, high


def _from_both_ends(length: int) -> tuple[range, range]:
    """Count up and count down: the planes that are looked at end with the first one that holds something."""
    return range(length), range(length - 1, -1, -1)


def cut_regions(volume: Volume, alignment: Alignment, model: HeadModel) -> tuple[str, ...]:
    """Name the parts of the face that reach out of the imaged box.

    Parameters
    ----------
    volume : Volume
    alignment : Alignment
        Of the head's surface in this volume.
    model : HeadModel

    Returns
    -------
    tuple of str
        Of ``"forehead", "nose", "mouth", "chin"``, from the top down; all of them if the head was not found, because
        then nobody knows.
    """
    if not alignment.found:
        return tuple(_REACH)
    low, high = imaged_box(volume)
    from_head = np.linalg.inv(alignment.to_head)
    to_voxel = np.linalg.inv(volume.affine)
    slack = _TOLERANCE / volume.voxel_size
    cut = []
    for region, (names, ahead) in _REACH.items():
        places = alignment.scale * np.stack([model.landmarks[name] for name in names]) + [0.0, ahead, 0.0]
        index = np.c_[places, np.ones(len(places))] @ (to_voxel @ from_head).T
        inside = (index[:, :3] >= low - slack) & (index[:, :3] <= high + slack)
        if not inside.all():
            cut.append(region)
    return tuple(cut)
