"""Tells the head from air: MRI of any contrast, CT with table and headrest, PET.

Everything here works on a grid of about 2 mm, where noise is averaged away and a ball of a few millimetres is cheap.
The fine surface is drawn later (:mod:`reid_audit.surface.field`), inside the band that this mask leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.anatomy.morphology import closed, depth_near_outline, dilated, distance_to, opened
from reid_audit.errors import HeadError
from reid_audit.surface.grid import block_mean, moved_affine
from reid_audit.surface.levels import global_levels, local_tissue
from reid_audit.surface.pieces import components, filled_planes, flooded, largest_component

if TYPE_CHECKING:
    from reid_audit.surface.grid import Array
    from reid_audit.surface.levels import Levels
    from reid_audit.types import Kind, Volume

__all__ = ["HeadRegion", "head_region"]

_COARSE = 2.0  # mm
_APERTURE = 5.0  # mm: radius of the ball that must fit through an opening for the outside to flow in
_DEPTH = 9.0  # mm: how far the outside still reaches into a crevice that the ball does not enter
_BRIDGE = {"mri": 4.0, "ct": 12.0, "pet": 4.0}  # mm: half the thickness of what is cut off: table, headrest, ghost
_NARROWEST = 70.0
"""Mm across a head, where the image does not cut it: the heads of newborns are 80 to 100 mm wide, before term less."""
_LONGEST = (100.0, 400.0)
_PIECE_EXTENT = 85.0  # mm: larger pieces that were cut off are not ears
_PIECE_VOLUME = 40e3  # mm^3
_DEEP = 35.0  # mm
_THIN = 3.0  # mm: every second voxel of an axis finer than this tells how deep something lies
_OUTLINE = 8.0  # mm: how far from the outline the depth is of interest, between voxels included
_REACH = 290.0  # mm below the top of the head: more is neck and shoulders
_GIRTH = 165.0  # mm from the vertical through the head: more is shoulders


@dataclass(frozen=True, eq=False)
class HeadRegion:
    """Where the head is, on a coarse grid.

    Parameters
    ----------
    depth : ndarray, shape (I, J, K), float32
        Signed distance to the head's outline in mm, positive inside; constant far from it.
    air : float
        Intensity of air.
    tissue : ndarray, shape (I, J, K), float32
        Intensity of the tissue under the nearest skin.
    affine : ndarray, shape (4, 4)
        Coarse index to RAS millimetres.
    largest_share : float
        Share of the foreground that belongs to the head.
    threshold : float
    notes : tuple of str
    """

    depth: Array
    air: float
    tissue: Array
    affine: Array
    largest_share: float
    threshold: float
    notes: tuple[str, ...]


def head_region(volume: Volume) -> HeadRegion:
    """Find the head, close its apertures, and measure how bright its skin is.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    HeadRegion

    Raises
    ------
    HeadError
        Nothing in the image has the size of a head.
    """
    values, affine = block_mean(volume.data, volume.affine, _COARSE)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    levels = global_levels(values, volume.kind)
    foreground = values >= levels.threshold
    if volume.kind == "ct":
        foreground &= ~_table(foreground, affine)
    body = _without_attachments(foreground, affine, volume.kind)
    total = int(foreground.sum())
    values, foreground, body, affine = _cropped(values, foreground, body, affine)
    if volume.kind != "ct":
        edge = _edge_map(values, body, levels, spacing)
        foreground = values >= edge
        body = _without_attachments(foreground, affine, volume.kind)
    head = _outline(body, spacing, _vertical_axis(affine))
    _check_size(head, affine)
    depth = depth_near_outline(head, spacing, _OUTLINE + float(np.linalg.norm(spacing)))
    skin = body & (depth > 0.5 * spacing.min()) & (depth < _OUTLINE)
    tissue = local_tissue(values, skin, levels.tissue, spacing)
    share = min(float(body.sum() / max(total, 1)), 1.0)
    half = float(0.5 * (levels.air + np.median(tissue[skin]))) if skin.any() else levels.threshold
    return HeadRegion(depth, levels.air, tissue, affine, share, half, levels.notes)


def _vertical_axis(affine: Array) -> int:
    """Array axis that runs most nearly from feet to head."""
    directions = np.abs(affine[:3, :3]) / np.linalg.norm(affine[:3, :3], axis=0)
    return int(directions[2].argmax())


def _cropped(values: Array, foreground: Array, body: Array, affine: Array) -> tuple[Array, Array, Array, Array]:
    """Cut everything to the body's box and a margin, within the grid."""
    margin = np.ceil(20.0 / np.linalg.norm(affine[:3, :3], axis=0)).astype(int)
    box = []
    for axis in range(3):
        used = np.flatnonzero(body.any(axis=tuple(other for other in range(3) if other != axis)))
        box.append(slice(max(int(used[0] - margin[axis]), 0), int(used[-1] + margin[axis] + 1)))
    start = np.array([part.start for part in box])
    inner = tuple(box)
    return values[inner], foreground[inner], body[inner], moved_affine(affine, start, np.ones(3))


def _edge_map(values: Array, rough: Array, levels: Levels, spacing: Array) -> Array:
    """Threshold for each voxel: lower where the coil sees little, higher where it sees much."""
    shell = rough & dilated(~rough, 10.0, spacing)
    tissue = local_tissue(values, shell, levels.tissue, spacing, reach=20.0)
    floor = min(levels.air + 5 * levels.noise, levels.threshold)
    return np.maximum(levels.air + np.float32(0.25) * (tissue - levels.air), np.float32(floor))


def _coordinate(shape: tuple[int, ...], affine: Array, axis: int) -> Array:
    """RAS coordinate of every voxel along one axis of the world, in mm."""
    i, j, k = np.ogrid[: shape[0], : shape[1], : shape[2]]
    row = affine[axis].astype(np.float32)
    return np.asarray(row[0] * i + row[1] * j + row[2] * k + row[3], dtype=np.float32)


def _deep(solid: Array, affine: Array) -> Array:
    """What lies as deep as only a head or a trunk is thick; no table, no arm."""
    depth = distance_to(~solid, np.linalg.norm(affine[:3, :3], axis=0))
    return np.asarray(depth > min(_DEEP, 0.6 * float(depth.max())))


def _thinned(affine: Array) -> tuple[tuple[slice, ...], Array]:
    """Every second voxel along fine axes, which is enough to tell how deep something lies; and their affine."""
    steps = np.where(np.linalg.norm(affine[:3, :3], axis=0) < _THIN, 2, 1)
    return tuple(slice(None, None, int(step)) for step in steps), moved_affine(affine, np.zeros(3), steps)


def _inner_head(deep: Array, affine: Array) -> tuple[Array, Array]:
    """Upper part of what lies deep, and the point in RAS mm that is above its middle, at the top of the head."""
    height = _coordinate(deep.shape, affine, 2)
    top = float(np.percentile(height[deep], 99.9)) + _DEEP
    upper = deep & (height > top - 160.0)
    x, y = (float(np.median(_coordinate(deep.shape, affine, axis)[upper])) for axis in range(2))
    return upper, np.array([x, y, top])


def _near_head(shape: tuple[int, ...], affine: Array, top: Array) -> Array:
    """Where head and neck can be: not far below the top, nor from the vertical through it."""
    right, front, height = (_coordinate(shape, affine, axis) - np.float32(top[axis]) for axis in range(3))
    return np.asarray((height > -_REACH) & (right**2 + front**2 < _GIRTH**2))


def _without_attachments(foreground: Array, affine: Array, kind: Kind) -> Array:
    """Keep the head and what is small and touches it; drop table, headrest, cables, shoulders, ghosts."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    solid = _solid(foreground, affine)
    thin, thin_affine = _thinned(affine)
    deep = _deep(solid[thin], thin_affine)
    if not deep.any():
        raise HeadError(
            "No connected piece of tissue was found that is as thick as a head.",
            remedy="Check that the image shows a head, and that its kind (MRI, CT, PET) is right.",
        )
    inner, top = _inner_head(deep, thin_affine)
    allowed = solid & _near_head(solid.shape, affine, top)
    labels, _ = components(opened(allowed, _BRIDGE[kind], spacing))
    votes = np.bincount(labels[thin][inner & allowed[thin]])
    votes[0] = 0
    core = labels == int(votes.argmax())
    near = allowed & dilated(core, 4.0, spacing)
    body, _ = largest_component(near | _small_pieces(allowed & ~near, spacing))
    return np.asarray(body & foreground)


def _table(foreground: Array, affine: Array) -> Array:
    """What runs unchanged from the lowest to the highest plane and is all there is in the highest: a table.

    A head whose crown is cut off is that as well, but most of it lies, somewhere on its way, deeper than any table.
    """
    from scipy import ndimage

    vertical = _vertical_axis(affine)
    planes = np.moveaxis(foreground, vertical, 0)
    planes = planes[planes.any(axis=(1, 2))]
    if not len(planes):
        return np.zeros(foreground.shape, dtype=bool)
    top = planes[-1 if affine[2, vertical] > 0 else 0]
    prism = ndimage.binary_dilation((planes.mean(axis=0) >= 0.85) & top, iterations=2)
    if (top & prism).sum() <= 0.8 * top.sum():
        return np.zeros(foreground.shape, dtype=bool)
    thin, thin_affine = _thinned(affine)
    deep = np.asarray(_deep(foreground[thin], thin_affine).any(axis=vertical))
    if deep[prism[tuple(part for axis, part in enumerate(thin) if axis != vertical)]].mean() > 0.5:
        return np.zeros(foreground.shape, dtype=bool)
    return np.broadcast_to(np.expand_dims(prism, vertical), foreground.shape)


def _solid(foreground: Array, affine: Array) -> Array:
    """Fill what is enclosed, windpipe at the lower cut included; a table's core, open at the upper cut, stays air."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    shut = closed(foreground, _APERTURE, spacing)
    vertical = _vertical_axis(affine)
    lowest = 0 if affine[2, vertical] > 0 else shut.shape[vertical] - 1
    plane: list[slice] = [slice(None)] * 3
    plane[vertical] = slice(lowest, lowest + 1)
    shut[tuple(plane)] = filled_planes(shut[tuple(plane)], vertical)
    return ~flooded(~shut, _border(~shut))


def _small_pieces(rest: Array, spacing: Array) -> Array:
    """Pieces small enough to be an ear, a nose tip, a fold of skin."""
    from scipy import ndimage

    labels, sizes = components(rest)
    boxes = ndimage.find_objects(labels)
    small = np.zeros(len(sizes), dtype=bool)
    for label, box in enumerate(boxes, start=1):
        if box is None:
            continue
        extent = max((part.stop - part.start) * size for part, size in zip(box, spacing, strict=True))
        small[label] = extent <= _PIECE_EXTENT and sizes[label] * spacing.prod() <= _PIECE_VOLUME
    return np.asarray(small[labels])


def _outline(body: Array, spacing: Array, vertical: int) -> Array:
    """Solid head: outside air flows in only where a ball fits through, and a little way into crevices."""
    shut = filled_planes(closed(body, _APERTURE, spacing), vertical)
    outside = flooded(~shut, _border(~shut))
    crevices = dilated(outside, _DEPTH, spacing) & ~body
    outside = flooded(crevices | outside, outside)
    head, _ = largest_component(~outside)
    return head


def _border(mask: Array) -> Array:
    rim = np.ones(mask.shape, dtype=bool)
    rim[1:-1, 1:-1, 1:-1] = False
    return rim


def _check_size(head: Array, affine: Array) -> None:
    corners = np.argwhere(head.any(axis=(1, 2))), np.argwhere(head.any(axis=(0, 2))), np.argwhere(head.any(axis=(0, 1)))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    extents = [float((np.ptp(c) + 1) * s) if len(c) else 0.0 for c, s in zip(corners, spacing, strict=True)]
    cut = [int(head.take(0, axis).any()) + int(head.take(-1, axis).any()) for axis in range(3)]
    share = float(head.mean())
    narrow = any(extent < _NARROWEST and not c for extent, c in zip(extents, cut, strict=True))
    if narrow or not _LONGEST[0] <= max(extents) <= _LONGEST[1] or share > 0.97:
        size = " x ".join(f"{extent:.0f}" for extent in extents)
        raise HeadError(
            f"The largest object measures {size} mm and fills {share:.0%} of the image; a head is {_LONGEST[0]:.0f} to "
            f"{_LONGEST[1]:.0f} mm long, at least {_NARROWEST:.0f} mm wide, and has air around it.",
            remedy="Check the voxel size in the header, and that the image shows a whole head.",
        )
