"""Defacers whose effect is known: they test the audit, and protect nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from reid_audit.anatomy import load_head_model
from reid_audit.anatomy.resampling import air_value
from reid_audit.anatomy.voxels import voxel_coverage
from reid_audit.defacers.coarse import coarse_copy
from reid_audit.defacers.filling import as_stored, emptied
from reid_audit.defacers.placing import Placement, place_mean_head
from reid_audit.defacers.region import FaceRegion, face_region, face_voxels, upper_face_region
from reid_audit.surface import head_mask
from reid_audit.types import Mask, ModelSpec, Volume

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MeanFaceDefacer", "PartialDefacer", "ZeroDefacer"]

Array = np.ndarray[Any, Any]

_LAYERS = ((5.0, 2.0, 7.0), (12.0, 7.0, 14.0), (np.inf, 14.0, 30.0))
"""Layers of the mean face: the depth in mm at which one ends, and between which depths its brightness is taken."""
_SEED = 4077


@dataclass(frozen=True)
class ZeroDefacer:
    """Sets the face to air.

    A sham: the region is the same part of the mean head for everyone (see :mod:`reid_audit.defacers.region`).

    Parameters
    ----------
    place : callable
        Finds the mean head in a scan; another one where the place is known.
    """

    place: Callable[[Volume], Placement] = place_mean_head

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        return ModelSpec("zero", "1", "Apache-2.0")

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan with its face set to air, and the region.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers; 0 in the region, in CT -1000 HU or the least value if that is more.
        Mask
            The region, air included, labelled ``"footprint"``.

        Raises
        ------
        HeadError
            If no head is found, or the mean head does not fit.
        """
        return _without(volume, self.place(volume), face_region())


@dataclass(frozen=True)
class PartialDefacer:
    """Sets eyes, brows and forehead to air, and leaves nose, mouth, chin and ears: a defacer that missed half the face.

    Parameters
    ----------
    place : callable
        Finds the mean head in a scan; another one where the place is known.
    """

    place: Callable[[Volume], Placement] = place_mean_head

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        return ModelSpec("partial", "1", "Apache-2.0")

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan with the upper half of its face set to air, and the region.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            As :class:`ZeroDefacer` returns it.
        Mask
            The region, air included, labelled ``"footprint"``.

        Raises
        ------
        HeadError
            If no head is found, or the mean head does not fit.
        """
        return _without(volume, self.place(volume), upper_face_region())


@dataclass(frozen=True)
class MeanFaceDefacer:
    """Replaces the face by the mean head's.

    A sham: in the region of :class:`ZeroDefacer` the mean head decides what is tissue and what is air; the brightness
    of each layer of tissue is the median of the scan's own, the background is drawn from the scan's own air.

    Parameters
    ----------
    place : callable
        Finds the mean head in a scan; another one where the place is known.
    """

    place: Callable[[Volume], Placement] = place_mean_head

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        return ModelSpec("meanface", "1", "Apache-2.0")

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan with the mean head's face, and the region.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers; the same scan always gives the same face.
        Mask
            The region, air included, labelled ``"footprint"``.

        Raises
        ------
        HeadError
            If no head is found, or the mean head does not fit.
        """
        placement = self.place(volume)
        region = face_voxels(volume, placement.to_head, placement.scale)
        rng = np.random.default_rng(_SEED)
        coarse = coarse_copy(volume)
        own = np.asarray(head_mask(coarse).data)
        coverage = _mean_coverage(volume, placement)
        air = _air_values(volume, coarse, own, rng, int(region.sum()))
        tissue = _layered(coarse, own, coverage, region, volume.voxel_size)
        share = coverage[region]
        filled = share * tissue + (1.0 - share) * air + share * (air - np.median(air))
        data = np.array(volume.data)
        data[region] = as_stored(filled, data.dtype)
        return replace(volume, data=data), Mask(region, volume.affine, "footprint")


def _without(volume: Volume, placement: Placement, part: FaceRegion) -> tuple[Volume, Mask]:
    """Set a part of the face to air."""
    return emptied(volume, face_voxels(volume, placement.to_head, placement.scale, part))


def _mean_coverage(volume: Volume, placement: Placement) -> Array:
    """Return the share of each voxel that the mean head, placed and sized, fills."""
    model = load_head_model()
    to_voxel = np.linalg.inv(volume.affine) @ np.linalg.inv(placement.to_head)
    points = placement.scale * model.mean @ to_voxel[:3, :3].T + to_voxel[:3, 3]
    shape = (volume.data.shape[0], volume.data.shape[1], volume.data.shape[2])
    return voxel_coverage(points, model.triangles, shape, supersample=2)


def _air_values(volume: Volume, coarse: Volume, own: Array, rng: np.random.Generator, n: int) -> Array:
    """Return values drawn from the scan's own background, without what is bright in it."""
    away = distance_transform_edt(~own, sampling=coarse.voxel_size) > 8.0
    block = np.rint(coarse.voxel_size / volume.voxel_size).astype(int)
    places = np.argwhere(away) * block
    if len(places) < 100:
        return np.full(n, air_value(volume))
    outside = np.asarray(volume.data, dtype=np.float64)[tuple(places.T)]
    middle = np.median(outside)
    spread = 1.4826 * np.median(np.abs(outside - middle)) + 1e-6
    usual = outside[np.abs(outside - middle) < 4 * spread]
    return np.asarray(rng.choice(usual, size=n))


def _layered(coarse: Volume, own: Array, coverage: Array, region: Array, voxel_size: Array) -> Array:
    """Return the tissue of the mean face in the region: for each layer below its skin the scan's own median there."""
    depth_of_own = np.asarray(distance_transform_edt(own, sampling=coarse.voxel_size))
    depth_of_mean = np.asarray(distance_transform_edt(coverage > 0.5, sampling=voxel_size))[region]
    tissue = np.zeros(depth_of_mean.shape)
    start = 0.0
    for stop, low, high in _LAYERS:
        value = float(np.median(coarse.data[(depth_of_own > low) & (depth_of_own <= high)]))
        tissue[(depth_of_mean >= start) & (depth_of_mean < stop)] = value
        start = stop
    return tissue
