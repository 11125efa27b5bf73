"""Whether the detail of the original still stands where it was altered: darkened, inverted, under noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.detail import detail_inside
from reid_audit.quality.regions import PARTS
from reid_audit.types import FACE_PARTS, QUALITY_REGIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.quality.skin import ExpectedSkin
    from reid_audit.types import Volume

__all__ = ["detail_kept"]

Array = np.ndarray[Any, Any]

_DEPTHS = np.arange(3.0, 13.0, 1.5)
"""Mm under the skin at which detail is compared: nearer, any face has an edge where air begins."""
_FEWEST = 50
"""Voxels of a region below which nothing is said."""


def detail_kept(
    original: Volume, after: Volume, altered: Array, shown: Array, skin: ExpectedSkin
) -> Mapping[str, float]:
    """Return how well the detail of the original is kept under the skin of each region, where it was altered.

    Parameters
    ----------
    original, after : Volume
        On one grid.
    altered : ndarray, shape of the volumes, bool
    shown : ndarray, shape of the volumes, bool
        Tissue of the original's head.
    skin : ExpectedSkin
        Of the original.

    Returns
    -------
    mapping of str to float
        Region to the correlation of what is finer than 6 mm and coarser than 1.5 mm in both scans, without its sign, 0
        to 1, whatever factor, offset or noise was put on it. 0 where nothing of the kind stands there, and in a region
        of which little was altered.
    """
    inside = altered & shown
    nothing = dict.fromkeys(QUALITY_REGIONS, 0.0)
    if inside.sum() < _FEWEST:
        return nothing
    box = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(inside))
    inside = inside[box]
    stands = np.asarray(after.data, np.float32)[box]
    if np.ptp(stands[inside]) == 0.0:
        return nothing
    size = original.voxel_size
    was, now = (detail_inside(data, inside, size) for data in (np.asarray(original.data, np.float32)[box], stands))
    part = _under(skin, np.asarray(original.affine), [edge.start for edge in box], inside.shape)[inside]
    found = {}
    for name in QUALITY_REGIONS:
        chosen = np.isin(part, [PARTS[one] for one in (FACE_PARTS if name == "face" else (name,))])
        found[name] = _correlation(was[chosen], now[chosen])
    return found


def _under(skin: ExpectedSkin, affine: Array, start: list[int], shape: tuple[int, ...]) -> Array:
    """Return the code of the region under whose skin each voxel lies, 0 for none; uint8."""
    part = np.zeros(shape, np.uint8)
    to_index = np.linalg.inv(affine)
    for depth in _DEPTHS:
        places = (skin.points - depth * skin.normals) @ to_index[:3, :3].T + to_index[:3, 3]
        index = np.rint(places).astype(int) - start
        there = ((index >= 0) & (index < shape)).all(axis=1)
        part[tuple(index[there].T)] = skin.parts[there]
    return part


def _correlation(one: Array, two: Array) -> float:
    if len(one) < _FEWEST or min(float(one.std()), float(two.std())) == 0.0:
        return 0.0
    return abs(float(np.corrcoef(one, two)[0, 1]))
