"""The scalar field whose level 0.5 is the skin, at sub-voxel accuracy.

Inside the band that the head's outline leaves open, the field is the scan itself, as a share between the intensity of
air (0) and of the tissue beneath the skin (1), so that partial volume places the surface between voxels. Deeper than
the band it is 1 and further out it is 0: no cavity, no headrest, no noise has a surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.anatomy.morphology import distance_to
from reid_audit.surface.grid import (
    block_mean,
    blur_matrix,
    blurred,
    cubic_matrix,
    interpolated_planes,
    mean_matrix,
    moved_affine,
    resample_axis,
)

if TYPE_CHECKING:
    from reid_audit.surface.air import HeadRegion
    from reid_audit.surface.grid import Array
    from reid_audit.types import Volume

__all__ = ["SkinField", "skin_field"]

_FINEST = 1.0  # mm: finer scans are averaged to about this
_PAIRS = 0.53  # mm: from here down at least two voxels are averaged whole
_THICK = 1.5  # an axis this many times coarser than the finest one is interpolated
_SLICES = 2.5  # from here on by the distance to the skin, because the skin moves further than its edge is wide
_BLUR = 0.7  # voxels: quietens noise, moves a nose tip by a tenth of a voxel
_SPARSE_BLUR = 0.58  # of the wider spacing, where the field is sampled at fewer points than there are voxels
_SPAN = 12.0  # mm: distances beyond say nothing about the next slice
_INNER = 2.0  # mm inside the outline where the field is lifted to 0.5 at the latest: how deep a nostril looks
_OUTER = 4.0  # mm outside the outline where it is pressed to 0.5 at the latest
_BAND = 2.0  # mm over which lifting and pressing act


@dataclass(frozen=True, eq=False)
class SkinField:
    """A field with the skin at 0.5.

    Parameters
    ----------
    values : ndarray, shape (I, J, K), float32
        0 in air, 1 in tissue.
    affine : ndarray, shape (4, 4), float64
        Index to RAS millimetres.
    """

    values: Array
    affine: Array


def skin_field(volume: Volume, region: HeadRegion, *, spacing: float = 0.0, native: bool = False) -> SkinField:
    """Draw the field around the head.

    Parameters
    ----------
    volume : Volume
    region : HeadRegion
        Of the same volume.
    spacing : float
        Sample the finished field at this many mm where it is finer.
    native : bool
        Keep the voxels of the scan (cropped) instead of averaging fine ones and interpolating thick ones.

    Returns
    -------
    SkinField
    """
    low, high = _box(volume, region)
    data = volume.data[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    affine = moved_affine(volume.affine, low, np.ones(3))
    size = volume.voxel_size
    if not native:
        data, affine = _averaged(data, affine)
        size = np.linalg.norm(affine[:3, :3], axis=0)
    share = _share(data, affine, region)
    if native:
        return SkinField(share, affine)
    thick = size > _THICK * size.min()
    if thick.any():
        share, affine = _isotropic(share, affine, thick)
    return _blurred(share, affine, spacing)


def _blurred(share: Array, affine: Array, spacing: float) -> SkinField:
    """Blur a little, and sample no finer than ``spacing`` mm."""
    steps = np.maximum(spacing / np.linalg.norm(affine[:3, :3], axis=0), 1.0)
    if (steps == 1.0).all():
        return SkinField(blurred(np.ascontiguousarray(share), _BLUR), affine)
    for axis, step in enumerate(map(float, steps)):
        length = share.shape[axis]
        positions = np.arange(int(np.ceil((length - 1) / step)) + 1) * step
        share = resample_axis(share, blur_matrix(length, max(_BLUR, _SPARSE_BLUR * step), positions), axis)
    return SkinField(np.ascontiguousarray(share), moved_affine(affine, np.zeros(3), steps))


def _box(volume: Volume, region: HeadRegion) -> tuple[Array, Array]:
    """First and last voxel (exclusive) of the head and a margin."""
    head = np.argwhere(region.depth > 0)
    ends = np.stack([head.min(axis=0) - 0.5, head.max(axis=0) + 0.5])
    to_voxel = np.linalg.solve(volume.affine, region.affine)
    ends = np.sort(ends @ to_voxel[:3, :3].T + to_voxel[:3, 3], axis=0)
    margin = 6.0 / volume.voxel_size
    low = np.clip(np.floor(ends[0] - margin), 0, None).astype(int)
    high = np.minimum(np.ceil(ends[1] + margin) + 1, volume.data.shape).astype(int)
    return low, high


def _averaged(data: Array, affine: Array) -> tuple[Array, Array]:
    """Average fine voxels to about a millimetre: whole voxels where two or more fit, which is quick, then shares."""
    if np.linalg.norm(affine[:3, :3], axis=0).min() < _PAIRS:
        data, affine = block_mean(data, affine, 1.5 * _PAIRS)
    for axis, size in enumerate(np.linalg.norm(affine[:3, :3], axis=0)):
        step = _FINEST / float(size)
        if step > 1.25:
            data = resample_axis(data, mean_matrix(data.shape[axis], step), axis)
            origin, steps = np.zeros(3), np.ones(3)
            origin[axis], steps[axis] = (step - 1) / 2, step
            affine = moved_affine(affine, origin, steps)
    return data, affine


def _share(data: Array, affine: Array, region: HeadRegion) -> Array:
    """Scan as a share between air and tissue, within the band around the outline; plane by plane, in cache."""
    air = np.float32(region.air)
    share = np.array(data, dtype=np.float32, order="C")
    tissues = interpolated_planes(region.tissue, region.affine, data.shape, affine)
    depths = interpolated_planes(region.depth, region.affine, data.shape, affine)
    for plane, tissue, depth in zip(share, tissues, depths, strict=True):
        np.subtract(plane, air, out=plane)
        np.divide(plane, np.maximum(tissue - air, np.float32(1e-6)), out=plane)
        np.clip(plane, 0.0, 1.0, out=plane)
        np.maximum(plane, _ramp(depth - _INNER), out=plane)
        np.minimum(plane, _ramp(depth + _OUTER), out=plane)
    return share


def _ramp(depth: Array) -> Array:
    """Rise from 0 to 1 over the band."""
    return np.clip(depth / np.float32(_BAND) + np.float32(0.5), 0.0, 1.0)


def _isotropic(share: Array, affine: Array, thick: Array) -> tuple[Array, Array]:
    """Interpolate the thick axes by cubics, so that all voxel edges are alike."""
    size = np.linalg.norm(affine[:3, :3], axis=0)
    fine = float(size[~thick].max())
    slices = size > _SLICES * size.min()
    by_distance = slices.sum() == 1
    values = _skin_distance(share, size, int(slices.argmax())) if by_distance else share
    for axis in map(int, np.flatnonzero(thick)):
        step = fine / float(size[axis])
        positions = np.arange(int((values.shape[axis] - 1) / step) + 1) * step
        values = resample_axis(values, cubic_matrix(values.shape[axis], positions), axis)
        steps = np.ones(3)
        steps[axis] = step
        affine = moved_affine(affine, np.zeros(3), steps)
    if by_distance:
        values /= np.float32(2.0 * fine)
        values += np.float32(0.5)
    return np.clip(values, 0.0, 1.0), affine


def _skin_distance(share: Array, size: Array, axis: int) -> Array:
    """Signed distance to the skin within each slice, positive inside, in mm.

    Between two slices the skin moves by more than its edge is wide, so that interpolated intensities make stairs.
    Distances within the slices change evenly from one to the next, and their zero is the skin.

    References
    ----------
    .. [1] S. P. Raya, J. K. Udupa, "Shape-based interpolation of multidimensional objects", IEEE Trans. Med. Imaging
       9(1), 1990, doi:10.1109/42.52980
    """
    within = size.copy()
    within[axis] = 1e4
    voxel = float(np.delete(size, axis).mean())
    inside = share >= 0.5
    distance = distance_to(~inside, within)
    distance -= distance_to(inside, within)
    distance -= np.sign(distance) * np.float32(0.5 * voxel)
    edge = np.abs(distance) < 0.9 * voxel
    distance[edge] = ((share - np.float32(0.5)) * np.float32(voxel))[edge]
    np.clip(distance, -_SPAN, _SPAN, out=distance)
    for other in {0, 1, 2} - {axis}:
        distance = resample_axis(
            distance, blur_matrix(distance.shape[other], _BLUR, np.arange(distance.shape[other])), other
        )
    return distance
