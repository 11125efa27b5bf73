"""What a defacer altered, from the scans before and after, and how well an estimate of it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy import place_adult_face
from reid_audit.defacers.region import face_voxels
from reid_audit.errors import VolumeError
from reid_audit.quality.altered import altered_voxels
from reid_audit.surface import head_mask, head_surface
from reid_audit.types import Mask

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["REGION", "RegionError", "check_region", "region_error", "region_of_pair", "region_to_rebuild"]

Array = np.ndarray[Any, Any]

REGION = "region"
"""Label of a mask of what was altered."""
_CONSTANT = 0.25
"""Share of the air around a head that has one value in both scans, from which on air is one value."""
_TRIANGLES = 60_000


def region_of_pair(original: Volume, defaced: Volume) -> Mask:
    """Return which voxels a defacer altered.

    Parameters
    ----------
    original, defaced : Volume
        On one grid.

    Returns
    -------
    Mask
        Labelled ``"region"``. A factor of all intensities and differences of rounding are no alteration
        (:func:`reid_audit.quality.altered.altered_voxels`).

    Raises
    ------
    VolumeError
        The grids differ, or nothing was altered.
    """
    if original.data.shape != defaced.data.shape or not np.allclose(original.affine, defaced.affine, rtol=0, atol=0.05):
        raise VolumeError(
            f"Original and defaced scan are not on one grid: shapes {original.data.shape} and {defaced.data.shape}.",
            remedy="Give the scan that was handed to the defacer, and what came back.",
        )
    altered = altered_voxels(original, defaced)
    if not altered.mask.any():
        raise VolumeError(
            "The defaced scan is the original: no voxel was altered.", remedy="Give the scan that came back."
        )
    return Mask(altered.mask, defaced.affine, REGION)


def region_to_rebuild(original: Volume, defaced: Volume) -> Mask:
    """Return what attackers rebuild: what was altered, and the air around it that nobody can tell from it.

    Where air is one value throughout, as scanners and converters leave it, air that was set to that value is not
    altered: what was altered is then the outline of the true face, which no attacker knows. So such air inside the mean
    head's face region counts as altered as well.

    Parameters
    ----------
    original, defaced : Volume
        On one grid.

    Returns
    -------
    Mask
        Labelled ``"region"``.

    Raises
    ------
    VolumeError
        The grids differ, or nothing was altered.
    HeadError
        No head is found in the defaced scan.
    """
    region = region_of_pair(original, defaced)
    data = np.asarray(defaced.data)
    values, counts = np.unique(data, return_counts=True)
    same = data == values[counts.argmax()]
    untouched = same & ~region.data
    outside = ~np.asarray(head_mask(original).data)
    if untouched[outside].mean() < _CONSTANT:
        return region
    surface = head_surface(defaced, target_triangles=_TRIANGLES)
    face = face_voxels(defaced, *place_adult_face(surface))
    return replace(region, data=region.data | (untouched & face))


def check_region(volume: Volume, region: Mask) -> Array:
    """Return a region as voxels if it can be filled.

    Parameters
    ----------
    volume : Volume
    region : Mask

    Returns
    -------
    ndarray, shape of the volume, bool

    Raises
    ------
    VolumeError
        It lies on another grid, is empty, or holds the whole scan.
    """
    shape = volume.data.shape
    if region.data.shape != shape or not np.allclose(region.affine, volume.affine, rtol=0, atol=1e-3):
        raise VolumeError(
            f"The region to be rebuilt has shape {region.data.shape} and its own affine; the scan has shape {shape}.",
            remedy="Give a mask on the scan's own grid.",
        )
    n = int(region.data.sum())
    if n in {0, region.data.size}:
        raise VolumeError(
            f"The region to be rebuilt holds {n} of {region.data.size} voxels; it must hold some and leave some.",
            remedy="Give what the defacer altered.",
        )
    return np.asarray(region.data)


@dataclass(frozen=True)
class RegionError:
    """How an estimate of the altered region differs from the truth.

    Parameters
    ----------
    dice : float
        Twice what both hold, as a share of the sum of both: 1 equal, 0 nothing in common.
    missed : float
        Share of the true region that the estimate left out: there the defaced scan stays as it is.
    extra_ml : float
        Millilitres of the estimate that nobody had altered: they are overwritten.
    true_ml, estimated_ml : float
    """

    dice: float
    missed: float
    extra_ml: float
    true_ml: float
    estimated_ml: float


def region_error(estimated: Mask, true: Mask, within: Array | None = None) -> RegionError:
    """Compare an estimate with the truth.

    Parameters
    ----------
    estimated, true : Mask
        On one grid; the truth is not empty.
    within : ndarray, shape of the masks, bool, optional
        Where to compare, such as the original's head: air that was set to air says little.

    Returns
    -------
    RegionError

    Raises
    ------
    VolumeError
        The grids differ, or the truth is empty there.
    """
    if estimated.data.shape != true.data.shape:
        raise VolumeError(
            f"Two regions of shapes {estimated.data.shape} and {true.data.shape} cannot be compared.",
            remedy="Give both on the scan's grid.",
        )
    here = np.ones(true.data.shape, dtype=bool) if within is None else within
    ours, truth = estimated.data & here, true.data & here
    n_ours, n_true, n_both = int(ours.sum()), int(truth.sum()), int((ours & truth).sum())
    if n_true == 0:
        raise VolumeError("The true region is empty where it is compared.", remedy="Compare where something changed.")
    millilitres = float(abs(np.linalg.det(true.affine[:3, :3]))) / 1000.0
    return RegionError(
        dice=2.0 * n_both / (n_ours + n_true),
        missed=1.0 - n_both / n_true,
        extra_ml=(n_ours - n_both) * millilitres,
        true_ml=n_true * millilitres,
        estimated_ml=n_ours * millilitres,
    )
