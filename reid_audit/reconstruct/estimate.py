"""What a defacer altered, told from the defaced scan alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import (
    binary_closing,
    binary_dilation,
    binary_opening,
    distance_transform_edt,
    gaussian_filter,
    maximum_filter,
    minimum_filter,
    uniform_filter,
)
from scipy.ndimage import label as pieces

from reid_audit.anatomy import load_head_model, mean_head_of, place_adult_face
from reid_audit.anatomy.voxels import voxel_coverage
from reid_audit.defacers.coarse import coarse_copy
from reid_audit.defacers.region import face_voxels
from reid_audit.reconstruct.region import REGION
from reid_audit.surface import head_mask, head_surface
from reid_audit.types import Mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types import HeadSurface, Volume

__all__ = ["RegionEstimate", "estimate_region"]

Array = np.ndarray[Any, Any]

_NEAR = 10.0
"""Mm around the mean head's face region in which traces are looked for."""
_WINDOW = 7.0
"""Mm over which grain is averaged."""
_QUIET = 0.25
"""Detail below this multiple of the noise is counted: of noise alone a fifth is."""
_SMOOTH = 0.6
"""Share of a window that must be quiet for tissue to be smoothed, at least."""
_USUAL = 0.995
"""Quantile of that share in the rest of the head that must be exceeded as well."""
_EYEBALL = 10.0
"""Millilitres: a smaller smooth piece is the inside of an eye."""
_MISSING = 8.0
"""Mm below the mean head's skin from which on there must be tissue, and above it from which on there must be air."""
_STRAY = 20.0
"""Millilitres of tissue in the air before the face that a head is not born with."""
_BETWEEN = 16.0
"""Mm: what lies between misplaced pieces no further apart than twice this was shuffled as well."""
_TISSUE = 0.35
"""Share of the way from air to the median of the tissue, from which on a voxel is tissue."""
_SMALLEST = 2.0
"""Millilitres; a smaller piece is no region."""
_CONSTANT_AIR = 0.5
"""Share of the background that is constant from which on constant air says nothing."""


@dataclass(frozen=True, eq=False)
class RegionEstimate:
    """An estimate of what was altered.

    Parameters
    ----------
    mask : Mask
        Labelled ``"region"``.
    cues : mapping of str to float
        Millilitres that each trace marked: ``"constant"``, ``"smoothed"``, ``"missing"``, ``"scattered"``.
    note : str
        Where no trace was found: that the mean head's face is assumed.
    """

    mask: Mask
    cues: Mapping[str, float]
    note: str = ""


def estimate_region(volume: Volume) -> RegionEstimate:
    """Estimate which voxels of a defaced scan were altered.

    Within and around the face of the mean head, laid on the scan's skin, four traces are looked for: values that do
    not vary from voxel to voxel (zeros, constant patches), tissue with less noise than the rest of the head has (blur),
    air where no head has any (an implausible surface), and tissue that stands in the air before the face (shuffled
    patches: then air deep in the head and all that lies between such pieces were shuffled too). Where the background is
    constant itself, constant air counts only inside the face region. A face that was replaced by another with the same
    noise leaves none of these; then the mean head's face region is returned, with a note.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    RegionEstimate

    Raises
    ------
    HeadError
        If no head is found.
    """
    surface = head_surface(coarse_copy(volume), target_triangles=20_000, smoothing=0)
    face = face_voxels(volume, *place_adult_face(surface))
    size = float(np.mean(volume.voxel_size))
    around = binary_dilation(face, iterations=max(round(_NEAR / size), 1))
    data = np.asarray(volume.data, np.float32)
    head = np.asarray(head_mask(volume).data)
    depth = _expected_depth(volume, surface)
    limit = _MISSING * surface.scale
    millilitres = float(abs(np.linalg.det(volume.affine[:3, :3]))) / 1000.0
    stray = _stray(data, head, around, depth, limit)
    found = {
        "constant": _constant(data, head, face, around),
        "missing": _missing(depth, head, limit=limit, size=size) & around,
        "smoothed": _smoothed(data, head, around, size),
        "scattered": _between(stray, around, volume.voxel_size)
        if _standing(stray, depth) * millilitres > _STRAY
        else np.zeros(data.shape, dtype=bool),
    }
    smallest = {"smoothed": _EYEBALL}
    found = {
        name: _large(mask, max(round(smallest.get(name, _SMALLEST) / millilitres), 1)) for name, mask in found.items()
    }
    union = np.logical_or.reduce(list(found.values()))
    cues = {name: float(mask.sum()) * millilitres for name, mask in found.items()}
    if not union.any():
        note = "no trace of an alteration was found: the face region of the mean head is taken"
        return RegionEstimate(Mask(face, volume.affine, REGION), cues, note)
    closed = binary_closing(np.pad(union, 3), iterations=2)[3:-3, 3:-3, 3:-3] & around
    return RegionEstimate(Mask(closed | union, volume.affine, REGION), cues)


def _constant(data: Array, head: Array, face: Array, around: Array) -> Array:
    """Tell voxels that are equal to all their neighbours, where that says something."""
    flat = maximum_filter(data, 3) == minimum_filter(data, 3)
    flat = binary_dilation(flat)
    background = ~head & ~around
    usual = float(flat[background].mean()) if background.any() else 0.0
    return np.asarray(flat & (face if usual > _CONSTANT_AIR else around))


def _smoothed(data: Array, head: Array, around: Array, size: float) -> Array:
    """Tell tissue that has hardly any noise."""
    detail = np.abs(data - gaussian_filter(data, 1.0))
    width = max(round(_WINDOW / size) // 2 * 2 + 1, 3)
    inside = uniform_filter(head.astype(np.float32), width)
    deep = head & (inside > 0.6)
    reference = deep & ~around
    noise = 1.4826 * float(np.median(detail[reference])) if reference.any() else 0.0
    if noise <= 0:
        return np.zeros(data.shape, dtype=bool)
    constant = maximum_filter(data, 3) == minimum_filter(data, 3)
    few = ((detail < _QUIET * noise) & head).astype(np.float32)
    quiet = uniform_filter(few, width) / np.maximum(inside, 0.05)
    limit = max(_SMOOTH, float(np.quantile(quiet[reference], _USUAL)))
    smooth = binary_opening(deep & around & ~constant & (quiet > limit))
    if not smooth.any():
        return np.asarray(smooth)
    # A window that counts reaches to either side of its middle.
    return np.asarray(binary_dilation(smooth, iterations=width // 2) & around)


def _expected_depth(volume: Volume, surface: HeadSurface) -> Array:
    """Return how deep each voxel lies below the skin of the mean head of its age, mm; negative in front of it."""
    to_voxel = np.linalg.inv(volume.affine)
    points = mean_head_of(surface) @ to_voxel[:3, :3].T + to_voxel[:3, 3]
    shape = (volume.data.shape[0], volume.data.shape[1], volume.data.shape[2])
    expected = voxel_coverage(points, load_head_model().triangles, shape, supersample=1) > 0.5
    inside = distance_transform_edt(expected, sampling=volume.voxel_size)
    return np.asarray(inside - distance_transform_edt(~expected, sampling=volume.voxel_size), np.float32)


def _missing(depth: Array, head: Array, *, limit: float, size: float) -> Array:
    """Tell where the mean head has deep tissue and the scan has air."""
    lost = binary_opening((depth > limit) & ~head)
    if not lost.any():
        return np.asarray(lost)
    # What lies in front of lost tissue was skin and air: it is lost as well.
    return np.asarray(binary_dilation(lost, iterations=max(round(limit / size), 1)) & ~head)


def _stray(data: Array, head: Array, around: Array, depth: Array, limit: float) -> Array:
    """Tell tissue that lies in front of the mean head, and air deep inside it."""
    reference = head & ~around
    background = ~head & ~around
    if not (reference.any() and background.any()):
        return np.zeros(data.shape, dtype=bool)
    air = float(np.median(data[background]))
    tissue = data > air + _TISSUE * (float(np.median(data[reference])) - air)
    before = binary_opening((depth < -limit) & tissue)
    within = binary_opening((depth > limit) & ~tissue)
    return np.asarray((before | within) & around)


def _standing(stray: Array, depth: Array) -> int:
    """Count the stray voxels that are tissue in the air: heads have air of their own, but none of these."""
    return int((stray & (depth < 0)).sum())


def _between(stray: Array, around: Array, voxel_size: Array) -> Array:
    """Return stray pieces and what lies between them."""
    low, high = np.argwhere(around).min(axis=0), np.argwhere(around).max(axis=0) + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    edge = int(np.ceil(_BETWEEN / float(np.min(voxel_size)))) + 1
    pieces_here = np.pad(stray[box], edge)
    grown = distance_transform_edt(~pieces_here, sampling=voxel_size) <= _BETWEEN
    shrunk = distance_transform_edt(grown, sampling=voxel_size) > _BETWEEN
    found = np.zeros(stray.shape, dtype=bool)
    found[box] = shrunk[edge:-edge, edge:-edge, edge:-edge]
    return np.asarray(found & around)


def _large(mask: Array, least: int) -> Array:
    """Keep pieces of some size."""
    numbered, n_pieces = pieces(mask)
    if n_pieces == 0:
        return mask
    sizes = np.bincount(numbered.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= least)[numbered])
