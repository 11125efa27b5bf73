"""The tissues of one person on the grid of one scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import map_coordinates

from reid_audit.anatomy.head_model import REGIONS, load_head_model
from reid_audit.anatomy.voxels import voxel_coverage
from reid_audit.phantom.contrast import contrast_of, mean_signal, planted
from reid_audit.phantom.interior import NECK_FLOOR, mean_interior
from reid_audit.phantom.labels import Tissue
from reid_audit.phantom.neck import lengthen_neck
from reid_audit.phantom.warp import warp_to_mean

if TYPE_CHECKING:
    from reid_audit.phantom.contrast import Tumour
    from reid_audit.phantom.identity import HeadMesh
    from reid_audit.phantom.warp import Warp

__all__ = ["TissueVolume", "tissue_volume"]

Array = np.ndarray[Any, Any]

_LATTICE = 6.0
"""Mm between the places at which the warp is evaluated; between them the map is linear."""


@dataclass(frozen=True, eq=False)
class TissueVolume:
    """One person's head on a grid, before any scanner has touched it.

    Parameters
    ----------
    coverage : ndarray, shape (I, J, K), float32
        Share of each voxel that lies inside the person's skin, from the person's own mesh.
    labels : ndarray, shape (I, J, K), uint8
        :class:`~reid_audit.phantom.labels.Tissue` at the centre of each voxel.
    regions : ndarray, shape (I, J, K), uint8
        Codes of ``FACE_REGIONS``.
    signal : ndarray, shape (I, J, K), float32
        Without noise, mixed with the air outside by coverage.
    """

    coverage: Array
    labels: Array
    regions: Array
    signal: Array


def tissue_volume(
    mesh: HeadMesh,
    voxel_to_head: Array,
    shape: tuple[int, int, int],
    modality: str,
    *,
    rest: HeadMesh | None = None,
    tumour: Tumour | None = None,
    muscle: float = 1.0,
) -> TissueVolume:
    """Fill a grid with one person.

    The outside is the person's own mesh, with partial volume at the skin. The inside is the mean head's, carried by a
    smooth warp that the vertices of both heads define.

    Parameters
    ----------
    mesh : HeadMesh
        The outside of the head.
    voxel_to_head : ndarray, shape (4, 4)
        Voxel indices to the head frame of the mesh, mm.
    shape : tuple of int
    modality : str
        Decides the signal.
    rest : HeadMesh, optional
        The same person with a face at rest, for the warp: a lid that closes does not drag the eye along.
    tumour : Tumour, optional
    muscle : float
        Factor on the signal of muscle.

    Returns
    -------
    TissueVolume
    """
    model = load_head_model()
    spacing = 1.0 if np.linalg.norm(voxel_to_head[:3, :3], axis=0).min() < 1.7 else 2.0
    neck = model.labels == REGIONS["neck"]
    longer, triangles = lengthen_neck(mesh.points, mesh.triangles, neck, _floor_of(mesh.points))
    inverse = np.linalg.inv(voxel_to_head)
    coverage = voxel_coverage(longer @ inverse[:3, :3].T + inverse[:3, 3], triangles, shape)
    person, _ = lengthen_neck((rest or mesh).points, mesh.triangles, neck, _floor_of(mesh.points))
    mean, _ = lengthen_neck(model.mean, model.triangles, neck, NECK_FLOOR)
    warp = warp_to_mean(person, mean)
    template, signal_there = planted(spacing, tumour), mean_signal(modality, spacing, tumour)
    labels, regions, signal = _carry(warp, voxel_to_head, coverage, template, signal_there, spacing=spacing)
    if muscle != 1.0:
        signal[labels == Tissue.MUSCLE] *= np.float32(muscle)
    air = contrast_of(modality).air
    signal *= coverage
    signal += air * (1.0 - coverage)
    return TissueVolume(coverage, labels, regions, signal)


def _floor_of(points: Array) -> float:
    """Return where the lengthened neck of a person ends: as far below the mesh as in the mean head, in proportion."""
    mean = load_head_model().mean
    size = float(np.ptp(points[:, 0]) / np.ptp(mean[:, 0]))
    return min(NECK_FLOOR * size, float(points[:, 2].min()) - 20.0)


def _lattice(shape: tuple[int, int, int], voxel_size: Array) -> list[Array]:
    """Return the voxel indices along each axis at which the warp is evaluated."""
    return [
        np.linspace(0, n - 1, max(2, int(np.ceil(n * s / _LATTICE)) + 1))
        for n, s in zip(shape, voxel_size, strict=True)
    ]


def _blend(values: Array, knots: Array, n: int, axis: int) -> Array:
    """Interpolate linearly from knots to the indices 0 .. n - 1 along an axis."""
    position = np.arange(n) * (len(knots) - 1) / max(n - 1, 1)
    low = np.minimum(position.astype(int), len(knots) - 2)
    weight = (position - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(values.ndim)])
    return np.asarray(np.take(values, low, axis) * (1 - weight) + np.take(values, low + 1, axis) * weight)


def _carry(
    warp: Warp, voxel_to_head: Array, coverage: Array, template: Array, signal_there: Array, *, spacing: float
) -> tuple[Array, Array, Array]:
    """Sample labels, regions and signal of the mean head at every voxel that touches the person."""
    interior = mean_interior(spacing)
    shape = (coverage.shape[0], coverage.shape[1], coverage.shape[2])
    knots = _lattice(shape, np.linalg.norm(voxel_to_head[:3, :3], axis=0))
    nodes = np.stack(np.meshgrid(*knots, indexing="ij"), axis=-1) @ voxel_to_head[:3, :3].T + voxel_to_head[:3, 3]
    index = np.moveaxis((warp(nodes) - interior.origin) / spacing, -1, 0).astype(np.float32)
    index = _blend(_blend(index, knots[1], shape[1], 2), knots[2], shape[2], 3)
    limit = np.array(template.shape, dtype=np.float32)[:, None] - 1.001
    labels, regions = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    signal = np.zeros(shape, np.float32)
    for i in range(shape[0]):
        inside = coverage[i] > 0
        if not inside.any():
            continue
        position = i * (len(knots[0]) - 1) / max(shape[0] - 1, 1)
        low = min(int(position), len(knots[0]) - 2)
        first, second = index[:, low][:, inside], index[:, low + 1][:, inside]
        where = np.clip(first + np.float32(position - low) * (second - first), 0.0, limit)
        nearest = np.rint(where).astype(np.intp)
        labels[i][inside] = template[nearest[0], nearest[1], nearest[2]]
        regions[i][inside] = interior.regions[nearest[0], nearest[1], nearest[2]]
        signal[i][inside] = map_coordinates(signal_there, where, order=1, mode="nearest")
    outside = coverage < 0.5
    labels[outside] = Tissue.AIR
    regions[outside] = 0
    return labels, regions, signal
