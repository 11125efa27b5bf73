"""One defaced scan, judged: with its original, or without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError, InputError, VolumeError
from reid_audit.quality.altered import altered_voxels, on_one_grid
from reid_audit.quality.behind import judge_air_behind
from reid_audit.quality.belonging import likeness_behind, why_strange
from reid_audit.quality.brain import BrainMask, brain_tissue, judge_brain
from reid_audit.quality.brain_mask import given_brain
from reid_audit.quality.detail import detail_kept
from reid_audit.quality.detected import faces_found
from reid_audit.quality.face import Remaining, judge_regions, remaining_skin, standing_skin
from reid_audit.quality.following import skin_depth
from reid_audit.quality.limits import LIMITS
from reid_audit.quality.posing import TRIANGLES, pose_notes, posed_surface
from reid_audit.quality.skin import ExpectedSkin, model_skin, own_skin
from reid_audit.quality.untouched import voxel_change
from reid_audit.surface import head_mask, head_surface
from reid_audit.types import BrainVerdict, ScanQuality, VoxelChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.quality.limits import Limits
    from reid_audit.types import AirBehind, HeadSurface, Mask, RegionVerdict, Volume

__all__ = ["Reference", "judge_alone", "judge_scan", "reference_of"]

Array = np.ndarray[Any, Any]

_NO_BRAIN = BrainVerdict("not assessed", "not assessed: there is no brain mask")


@dataclass(frozen=True, eq=False)
class Reference:
    """What an original tells, found once for all its defaced versions.

    Parameters
    ----------
    volume : Volume
        The original.
    surface : HeadSurface
    skin : ExpectedSkin
        Of N pieces.
    depth : ndarray, shape (N,), float64
        Where the scan itself shows each piece, mm along its normal.
    head : ndarray, shape of the volume, bool
    brain : BrainMask or None
    possible : ndarray, shape of the volume, bool, or None
        What can be brain by its brightness; None where the mask is believed as it is.
    notes : tuple of str
    """

    volume: Volume
    surface: HeadSurface
    skin: ExpectedSkin
    depth: Array
    head: Array
    brain: BrainMask | None
    possible: Array | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Reference({self.volume!r}, brain mask {'none' if self.brain is None else self.brain.source})"


def reference_of(
    original: Volume,
    *,
    brain: Mask | None = None,
    estimate: Callable[[Volume], Mask] | None = None,
    limits: Limits = LIMITS,
) -> Reference:
    """Find skin, regions and brain of an original.

    Parameters
    ----------
    original : Volume
    brain : Mask, optional
        Of any grid, in the place of the original; one that does not fit is noted and not used.
    estimate : callable, optional
        Estimates a brain mask where none is given.
    limits : Limits

    Returns
    -------
    Reference

    Raises
    ------
    HeadError
        If the original shows no head.
    """
    surface = posed_surface(original)
    head = np.asarray(head_mask(original).data)
    notes = pose_notes(surface)
    known, possible = None, None
    if brain is not None:
        try:
            known = given_brain(brain, original, limits=limits)
        except VolumeError as error:
            notes = (*notes, f"the brain mask was not used: {error}")
    elif estimate is not None:
        try:
            mask = np.asarray(estimate(original).data)
        except InputError as error:
            notes = (*notes, f"no brain could be estimated: {error.message}")
        else:
            error_ml = limits.estimated_error_ml[original.kind]
            known = BrainMask(mask, limits.estimated_error_mm, "estimated", error_ml)
            possible = brain_tissue(original, mask)
    affine = np.asarray(original.affine)
    skin = own_skin(surface, head, affine)
    depth = skin_depth(np.asarray(original.data), affine, surface.quality.threshold, skin)
    return Reference(original, surface, skin, depth, head, known, possible, notes)


def judge_scan(
    defaced: Volume, reference: Reference, *, detector: str | None = "dlib-large", limits: Limits = LIMITS
) -> ScanQuality:
    """Judge a defaced scan against its original.

    Parameters
    ----------
    defaced : Volume
    reference : Reference
        Of its original.
    detector : str, optional
        Name of the detector that looks at renders; None leaves that out.
    limits : Limits

    Returns
    -------
    ScanQuality
        Without sample, subject and condition, which the caller knows.

    Raises
    ------
    VolumeError
        If the defaced scan lies on another grid.
    """
    original, after = on_one_grid(reference.volume, defaced)
    known = reference if original is reference.volume else _turned(reference, original)
    altered = altered_voxels(original, after)
    affine = np.asarray(original.affine)
    level = known.surface.quality.threshold * altered.rescaled
    tissue = np.asarray(after.data) >= level
    shown = known.head & (np.asarray(original.data) >= known.surface.quality.threshold)
    moved = skin_depth(np.asarray(after.data), affine, level, known.skin) - known.depth
    detail = detail_kept(original, after, altered.mask, shown, known.skin)
    remaining = remaining_skin(
        known.skin, affine, shown, altered.mask, tissue, moved=moved, detail=detail, limits=limits
    )
    brain = _no_brain(known)
    if known.brain is not None:
        brain = judge_brain(
            known.brain, altered.differing, affine, tissue=known.possible, skin=known.skin, limits=limits
        )
    voxels = voxel_change(altered, affine, known.head, known.skin, brain=_mask_of(known), limits=limits)
    behind = judge_air_behind(
        after,
        known.head,
        known.skin.to_head,
        known.skin.scale,
        tissue=altered.tissue * altered.rescaled,
        limits=limits,
    )
    found, views, notes = _detected(after, known.skin.to_head, detector)
    likeness = likeness_behind(after, known)
    strange = "" if likeness is None else why_strange(likeness)
    if strange:
        brain = BrainVerdict("not assessed", f"not assessed: {strange}")
        voxels = VoxelChange(evidence=f"not assessed: {strange}")
    return ScanQuality(
        sample="",
        modality=original.modality,
        regions=_believed(judge_regions(known.skin, remaining, limits=limits), strange),
        brain=brain,
        voxels=voxels,
        behind=behind,
        n_views=views,
        n_detected=found,
        pose="original",
        pose_error_mm=known.surface.quality.pose_residual,
        likeness=likeness,
        notes=(*known.notes, *altered.notes, *notes),
    )


def _believed(regions: Sequence[RegionVerdict], why: str) -> tuple[RegionVerdict, ...]:
    """Return the verdicts that count: a face that lies elsewhere than in the original looks like one that is gone."""
    return tuple(
        replace(one, verdict="not assessed", evidence=f"not assessed: {why}") if why and one.verdict == "pass" else one
        for one in regions
    )


def _no_brain(reference: Reference) -> BrainVerdict:
    """Return the verdict of a scan without a brain mask, with the reason that the notes hold."""
    why = [note for note in reference.notes if "brain" in note]
    return replace(_NO_BRAIN, evidence=f"not assessed: {why[0]}") if why else _NO_BRAIN


def _mask_of(reference: Reference) -> Array | None:
    if reference.brain is None:
        return None
    mask = np.asarray(reference.brain.mask)
    return mask if reference.possible is None else mask & reference.possible


def _turned(reference: Reference, original: Volume) -> Reference:
    """Return a reference whose masks have the axes of the original as it was reordered."""
    from reid_audit.inputs import to_ras

    def turned(mask: Array) -> Array:
        return np.asarray(to_ras(replace(reference.volume, data=mask)).data).astype(bool)

    brain = reference.brain
    if brain is not None:
        brain = replace(brain, mask=turned(np.asarray(brain.mask)))
    possible = None if reference.possible is None else turned(reference.possible)
    return replace(reference, volume=original, head=turned(reference.head), brain=brain, possible=possible)


def _detected(volume: Volume, to_head: Array | None, detector: str | None) -> tuple[int, int, tuple[str, ...]]:
    """Return renders with a face, renders, and why there are none."""
    if detector is None:
        return 0, 0, ()
    try:
        surface = head_surface(volume)
    except HeadError as error:
        return 0, 0, (f"not rendered: {error.message}",)
    found, views = faces_found(surface, detector=detector, to_head=to_head)
    return found, views, ()


def judge_alone(
    defaced: Volume,
    *,
    brain: Mask | None = None,
    detector: str | None = "dlib-large",
    limits: Limits = LIMITS,
) -> ScanQuality:
    """Judge a defaced scan whose original is not at hand.

    Parameters
    ----------
    defaced : Volume
    brain : Mask, optional
        Of the original, on the same grid.
    detector : str, optional
        Name of the detector that looks at renders; None leaves that out.
    limits : Limits

    Returns
    -------
    ScanQuality
        Without sample, subject and condition. Regions are those of the head model, to its accuracy.

    Raises
    ------
    HeadError
        If there is no head whose pose can be found.
    """
    surface = head_surface(defaced, target_triangles=TRIANGLES)
    if not surface.quality.posed:
        raise HeadError(
            "The pose of the head was not found, so that nobody can say where its face should be.",
            remedy="Give the original as well: its pose is used then.",
        )
    skin = model_skin(surface)
    affine = np.asarray(defaced.affine)
    tissue = np.asarray(defaced.data) >= surface.quality.threshold
    standing = standing_skin(skin, affine, tissue, limits.model_mm)
    index = (skin.points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    imaged = ((index >= -0.5) & (index <= np.array(defaced.data.shape) - 0.5)).all(axis=1)
    remaining = Remaining(standing, standing, imaged)
    verdict = _NO_BRAIN if brain is None else _emptied_brain(defaced, brain, skin, limits)
    behind = _behind_alone(defaced, skin, surface, limits)
    found, views = (0, 0) if detector is None else faces_found(head_surface(defaced), detector=detector)
    return ScanQuality(
        sample="",
        modality=defaced.modality,
        regions=judge_regions(skin, remaining, limits=limits),
        brain=verdict,
        voxels=VoxelChange(),
        behind=behind,
        n_views=views,
        n_detected=found,
        pose="defaced",
        pose_error_mm=surface.quality.pose_residual,
        notes=pose_notes(surface),
    )


def _behind_alone(volume: Volume, skin: ExpectedSkin, surface: HeadSurface, limits: Limits) -> AirBehind:
    head = np.asarray(head_mask(volume).data)
    # The skin's threshold lies half way between air and tissue.
    tissue = 2.0 * max(surface.quality.threshold - float(np.percentile(volume.data, 2)), 1e-6)
    return judge_air_behind(volume, head, skin.to_head, skin.scale, tissue=tissue, limits=limits)


def _emptied_brain(volume: Volume, brain: Mask, skin: ExpectedSkin, limits: Limits) -> BrainVerdict:
    """Judge the brain by the value that fills the image, where there is one."""
    values, counts = np.unique(np.asarray(volume.data).ravel()[::7], return_counts=True)
    most = int(counts.argmax())
    if counts[most] < 0.02 * counts.sum():
        why = "not assessed: without the original only an image with a constant fill shows what was removed"
        return replace(_NO_BRAIN, evidence=why)
    emptied = np.asarray(volume.data) == values[most]
    try:
        mask = given_brain(brain, volume, limits=limits)
    except VolumeError as error:
        return replace(_NO_BRAIN, evidence=f"not assessed: the brain mask was not used: {error}")
    return judge_brain(mask, emptied, np.asarray(volume.affine), skin=skin, limits=limits)
