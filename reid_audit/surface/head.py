"""From a volume to the head's mask and surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy import align_head_of_any_age, estimate_scale, head_model_of_age
from reid_audit.errors import HeadError, SettingsError
from reid_audit.surface.air import head_region
from reid_audit.surface.field import skin_field
from reid_audit.surface.field_of_view import cut_regions, imaged_box
from reid_audit.surface.mesh import skin_mesh
from reid_audit.types import HeadSurface, Mask, SurfaceQuality
from reid_audit.types.surface import NO_POSE

if TYPE_CHECKING:
    from reid_audit.anatomy import AgedAlignment
    from reid_audit.surface.air import HeadRegion
    from reid_audit.types import Volume

__all__ = ["head_mask", "head_surface"]

_EXTENT = (100.0, 400.0)  # mm
_DOUBTFUL = 6.0  # mm: median distance from the mean head at which the pose is not to be trusted
_FEWEST = 1000  # triangles
_WIDEST = 3.75  # mm: meshes drawn on 4.65 mm lay 1.3 mm from the full one, on 3.97 mm less than 1 mm


def head_mask(volume: Volume) -> Mask:
    """Tell the head from air.

    Cavities inside (nose, mouth, ear canals, sinuses) belong to the head: their openings are closed where a ball of
    5 mm radius does not pass. Table, headrest and shoulders do not belong to it.

    Parameters
    ----------
    volume : Volume
        MRI of any contrast, CT, or PET.

    Returns
    -------
    Mask
        On the grid of the volume, labelled ``"head"``.

    Raises
    ------
    HeadError
        Nothing in the image has the size of a head.
    """
    _check_shape(volume)
    field = skin_field(volume, head_region(volume), native=True)
    start = np.rint(np.linalg.solve(volume.affine, field.affine)[:3, 3]).astype(int)
    mask = np.zeros(volume.data.shape, dtype=bool)
    mask[tuple(slice(a, a + n) for a, n in zip(start, field.values.shape, strict=True))] = field.values >= 0.5
    return Mask(mask, volume.affine, "head")


def head_surface(volume: Volume, *, target_triangles: int | None = None, smoothing: int = 15) -> HeadSurface:
    """Draw the skin as a mesh, find the head's pose, and state how far both are to be trusted.

    The surface runs where the intensity is half way between air and the tissue beneath the skin, so that it lies
    between voxels. Slices more than 1.5 times thicker than the finest voxel edge are interpolated to isotropic first.
    Where the head is small, or the mean adult fits nowhere, the mean heads of 0, 1 and 4 years are tried as well.

    Parameters
    ----------
    volume : Volume
    target_triangles : int or None
        Draw the skin on a coarser grid and decimate to about this many; None keeps the mesh of the scan's own grid.
        A coarser mesh is smoother, and recognised otherwise (docs/decisions/0004-engine.md).
    smoothing : int
        Iterations of a windowed-sinc filter that does not shrink; 0 for none.

    Returns
    -------
    HeadSurface

    Raises
    ------
    HeadError
        The image holds no head, or nothing of the size of one.
    SettingsError
        A setting is out of range.
    """
    if target_triangles is not None and target_triangles < _FEWEST:
        raise SettingsError(
            f"A head needs at least {_FEWEST} triangles, got target_triangles={target_triangles}.",
            remedy="Leave it out, or give 60000.",
        )
    if smoothing < 0:
        raise SettingsError(
            f"Smoothing counts iterations from 0 up, got {smoothing}.", remedy="Give 15, or 0 for none."
        )
    _check_shape(volume)
    region = head_region(volume)
    spacing = 0.0 if target_triangles is None else _spacing(target_triangles)
    field = skin_field(volume, region, spacing=spacing)
    points, triangles = skin_mesh(field, target_triangles=target_triangles, smoothing=smoothing)
    _check_extent(points)
    aged = align_head_of_any_age(_skin_points(points, volume))
    quality = _quality(volume, region, aged, len(triangles))
    return HeadSurface(points, triangles, aged.alignment.to_head, quality, _scale(points, aged), aged.years)


def _scale(points: np.ndarray[Any, Any], aged: AgedAlignment) -> float:
    """Size relative to the mean adult: a child's by the head of its age, an adult's by all of the skin."""
    if aged.years is not None:
        return aged.scale
    to_head = aged.alignment.to_head
    placed = np.asarray(points, np.float32).astype(np.float64) @ to_head[:3, :3].T + to_head[:3, 3]
    return estimate_scale(placed.astype(np.float32))


def _skin_points(points: np.ndarray[Any, Any], volume: Volume) -> np.ndarray[Any, Any]:
    """Leave out where the field of view, not the skin, ends the head."""
    low, high = imaged_box(volume)
    index = (points - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T
    margin = 1.0 + 1.0 / volume.voxel_size
    skin = ((index > low + margin) & (index < high - margin)).all(axis=1)
    return points[skin] if skin.sum() > 0.3 * len(points) else points


def _spacing(target_triangles: int) -> float:
    """Grid on which a head has twice the wanted triangles: 1.8 mm for 60,000, and never so wide that a nose is lost."""
    return min(1.8 * float(np.sqrt(60_000 / target_triangles)), _WIDEST)


def _check_shape(volume: Volume) -> None:
    extents = np.asarray(volume.data.shape) * volume.voxel_size
    if min(volume.data.shape) < 8 or extents.min() < 50:
        shape = " x ".join(map(str, volume.data.shape))
        size = " x ".join(f"{extent:.0f}" for extent in extents)
        raise HeadError(
            f"An image of {shape} voxels and {size} mm cannot show a head; it takes 8 voxels and 50 mm each way.",
            remedy="Give a three-dimensional scan of the head, not a slice or a slab.",
        )


def _check_extent(points: np.ndarray[Any, Any]) -> None:
    extents = np.array([np.ptp(along) for along in points.T])
    if extents.max() < _EXTENT[0] or extents.max() > _EXTENT[1]:
        size = " x ".join(f"{extent:.0f}" for extent in extents)
        raise HeadError(
            f"The largest object measures {size} mm; a head measures 100 to 400 mm.",
            remedy="Check the voxel size in the header, and that the image shows a head.",
        )


def _quality(volume: Volume, region: HeadRegion, aged: AgedAlignment, n_triangles: int) -> SurfaceQuality:
    alignment, notes = aged.alignment, [*region.notes]
    if volume.kind == "pet":
        notes.append("PET: the outline is the tracer's, coarser than skin; read detection rates with that in mind")
    if not alignment.found:
        notes.append(f"{NO_POSE}: axes of the scan taken")
    elif alignment.residual_mm > _DOUBTFUL * (1.0 if aged.years is None else aged.scale):
        notes.append(f"pose doubtful: {alignment.residual_mm:.1f} mm from the mean head")
    if aged.years is not None:
        notes.append(f"head of a child: placed by the mean head of {aged.years:g} years")
    x, y, z = map(float, volume.voxel_size)
    return SurfaceQuality(
        voxel_size=(x, y, z),
        largest_share=region.largest_share,
        cut_through=cut_regions(volume, alignment, head_model_of_age(aged.years)),
        pose_residual=alignment.residual_mm,
        pose_angles=alignment.angles,
        n_triangles=n_triangles,
        threshold=region.threshold,
        notes=tuple(notes),
    )
