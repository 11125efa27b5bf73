"""Whether the brain is kept, how much of it is lost, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.ndimage import distance_transform_edt

from reid_audit.quality.brain_places import places_of
from reid_audit.quality.limits import LIMITS
from reid_audit.types import BrainVerdict, frozen_array

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.quality.limits import Limits
    from reid_audit.quality.skin import ExpectedSkin
    from reid_audit.types import Volume

__all__ = ["BrainMask", "brain_tissue", "judge_brain"]

Array = np.ndarray[Any, Any]

_TISSUE = (0.55, 1.6)
"""Least and greatest brightness of brain tissue in MRI, as a share of the mask's median; CSF lies outside."""
_HOUNSFIELD = (-15.0, 45.0)
"""The same in CT, HU above the median."""
_AROUND = 0.2
"""Share of what surrounds the brain that must be altered for its outline to be looked along: a face is less."""


@dataclass(frozen=True, eq=False)
class BrainMask:
    """Where the brain of the original is, and how well that is known.

    Parameters
    ----------
    mask : ndarray, shape (I, J, K), bool
    error_mm : float
        How far the outline may be off.
    source : {"given", "estimated"}
    error_ml : float or None
        By how much a loss that the mask tells may be off at most, where that was measured.
    """

    mask: Array
    error_mm: float
    source: Literal["given", "estimated"]
    error_ml: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", frozen_array(self.mask, bool))


def brain_tissue(volume: Volume, mask: Array) -> Array:
    """Return which voxels of a scan are as bright as its brain tissue is.

    An offline estimate fills folds and ventricles; the fluid in them is no brain.

    Parameters
    ----------
    volume : Volume
        The original.
    mask : ndarray, shape of the volume, bool
        Most of it brain tissue.

    Returns
    -------
    ndarray, shape of the volume, bool
    """
    values = np.asarray(volume.data)
    inside = values[mask]
    if not len(inside):
        return np.zeros(mask.shape, dtype=bool)
    usual = float(np.median(inside))
    if volume.kind == "ct":
        return np.asarray((values > usual + _HOUNSFIELD[0]) & (values < usual + _HOUNSFIELD[1]))
    return np.asarray((values > _TISSUE[0] * usual) & (values < _TISSUE[1] * usual))


def judge_brain(
    brain: BrainMask,
    altered: Array,
    affine: Array,
    *,
    tissue: Array | None = None,
    skin: ExpectedSkin | None = None,
    limits: Limits = LIMITS,
) -> BrainVerdict:
    """Compare what was altered with where the brain is, and where it may be at most and at least.

    Parameters
    ----------
    brain : BrainMask
    altered : ndarray, shape (I, J, K), bool
        Voxels that the defacer altered.
    affine : ndarray, shape (4, 4)
    tissue : ndarray, shape (I, J, K), bool, optional
        What can be brain by its brightness; else everything.
    skin : ExpectedSkin, optional
        Tells where the head is, to name the places of the loss.
    limits : Limits

    Returns
    -------
    BrainVerdict
        ``not assessed`` where the error of the mask exceeds the tolerance and leaves both answers open.
    """
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0
    possible = np.ones(altered.shape, dtype=bool) if tissue is None else tissue
    brain_ml = float((brain.mask & possible).sum()) * voxel_ml
    if brain_ml <= 0:
        return BrainVerdict("not assessed", "not assessed: the brain mask is empty", brain.source, brain.error_mm)
    tolerance = min(limits.brain_ml, limits.brain_share * brain_ml)
    lost, low, high = _losses(brain, altered & possible, affine)
    counts = [float(mask.sum()) * voxel_ml for mask in (lost, low, high)]
    narrow = brain.error_ml is not None and _cut_along(brain, altered, affine) <= limits.cut_along
    if narrow and brain.error_ml is not None and altered.any():
        counts[1:] = max(counts[0] - brain.error_ml, counts[1]), min(counts[0] + brain.error_ml, counts[2])
    where = {} if skin is None else _where(lost, affine, skin, voxel_ml)
    verdict: Literal["pass", "fail", "not assessed"] = "fail" if counts[0] > tolerance else "pass"
    error = max(counts[0] - counts[1], counts[2] - counts[0])
    if error > tolerance and counts[1] <= tolerance < counts[2]:
        verdict = "not assessed"
    return BrainVerdict(
        verdict=verdict,
        evidence=_words(verdict, brain, counts, (brain_ml, tolerance), where, narrow=narrow),
        mask=brain.source,
        error_mm=brain.error_mm,
        brain_ml=brain_ml,
        lost_voxels=int(lost.sum()),
        lost_ml=counts[0],
        lost_share=counts[0] / brain_ml,
        low_ml=counts[1],
        high_ml=counts[2],
        tolerance_ml=tolerance,
        where=where,
    )


def _losses(brain: BrainMask, altered: Array, affine: Array) -> tuple[Array, Array, Array]:
    """Return the loss with the outline as it is, moved in, and moved out."""
    lost = brain.mask & altered
    if brain.error_mm <= 0:
        return lost, lost, lost
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    margin = np.ceil(brain.error_mm / spacing).astype(int) + 1
    box = _box(altered & _box_mask(brain.mask, margin), margin)
    if box is None:
        return lost, np.zeros_like(lost), lost
    mask = brain.mask[box]
    low, high = np.zeros_like(lost), np.zeros_like(lost)
    # Distances between voxel centres: the outline runs half a voxel before the first centre beyond it.
    half = 0.5 * float(spacing.min())
    low[box] = altered[box] & (_depth(mask, spacing) - half >= brain.error_mm)
    high[box] = altered[box] & (mask | (_depth(~mask, spacing) - half <= brain.error_mm))
    return lost, low, high


def _cut_along(brain: BrainMask, altered: Array, affine: Array) -> float:
    """Return which share of what lies just outside the outline was altered: about 1 where a brain was cut out."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    box = _box(brain.mask, np.ceil(brain.error_mm / spacing).astype(int) + 1)
    if box is None:
        return 0.0
    mask = brain.mask[box]
    if altered[box][~mask].mean() < _AROUND:
        return 0.0
    near = ~mask & (_depth(~mask, spacing) - 0.5 * float(spacing.min()) <= brain.error_mm)
    return float(altered[box][near].mean()) if near.any() else 0.0


def _depth(mask: Array, spacing: Array) -> Array:
    """Return mm from each voxel of a mask to the nearest one outside it; infinite where there is none."""
    return np.full(mask.shape, np.inf) if mask.all() else np.asarray(distance_transform_edt(mask, sampling=spacing))


def _box_mask(mask: Array, margin: Array) -> Array:
    """Mark the box of a mask and a margin."""
    out = np.zeros(mask.shape, dtype=bool)
    box = _box(mask, margin)
    if box is not None:
        out[box] = True
    return out


def _box(mask: Array, margin: Array) -> tuple[slice, ...] | None:
    """Return the slices that hold a mask and a margin, None for an empty one."""
    parts = []
    for axis in range(3):
        used = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        if not len(used):
            return None
        parts.append(slice(max(int(used[0] - margin[axis]), 0), int(used[-1] + margin[axis]) + 1))
    return tuple(parts)


def _where(lost: Array, affine: Array, skin: ExpectedSkin, voxel_ml: float) -> dict[str, float]:
    """Return millilitres lost by place, largest first."""
    index = np.argwhere(lost)
    if not len(index):
        return {}
    world = index @ affine[:3, :3].T + affine[:3, 3]
    head = (world @ skin.to_head[:3, :3].T + skin.to_head[:3, 3]) / skin.scale
    names, counts = np.unique(places_of(head), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(names[i]): float(counts[i]) * voxel_ml for i in order}


def _words(
    verdict: str,
    brain: BrainMask,
    counts: list[float],
    sizes: tuple[float, float],
    where: Mapping[str, float],
    *,
    narrow: bool,
) -> str:
    (lost, low, high), (brain_ml, tolerance) = counts, sizes
    said = (
        f"{lost:.2f} ml ({lost / brain_ml:.2%}) of {brain_ml:.0f} ml of brain altered; allowed are {tolerance:.2f} ml"
    )
    if narrow:
        said += f"; {low:.2f} to {high:.2f} ml, as the estimated mask is off by up to {brain.error_ml:g} ml"
    elif brain.error_mm > 0:
        said += f"; {low:.2f} to {high:.2f} ml if the {brain.source} outline is off by {brain.error_mm:g} mm"
        if brain.error_ml is not None:
            said += ", along most of which the scan was cut (give a brain mask)"
    if where:
        said += "; in " + ", ".join(f"{name} {ml:.2f} ml" for name, ml in list(where.items())[:3])
    lead = {
        "pass": "brain is kept",
        "fail": "brain is cut",
        "not assessed": "not assessed: the error of the mask exceeds the tolerance and leaves it open",
    }[verdict]
    return f"{lead}: {said}"
