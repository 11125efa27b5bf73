"""Whether the face is gone, region by region."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.quality.following import followed_share
from reid_audit.quality.limits import LIMITS
from reid_audit.quality.nearby import near_marked
from reid_audit.quality.regions import PARTS
from reid_audit.types import FACE_PARTS, QUALITY_REGIONS, RegionVerdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.quality.limits import Limits
    from reid_audit.quality.skin import ExpectedSkin

__all__ = ["Remaining", "judge_regions", "remaining_skin", "standing_skin"]

Array = np.ndarray[Any, Any]

_REPLACED = 0.2
"""Share of the skin on which another surface must stand to be called replaced: cut edges touch some of it."""
_FOLLOWED = 0.4
"""Share of the skin that a surface must follow, wherever it lies, for the same to be said: the wall of a cut follows
less."""
_LEAST_MM2 = 20.0
"""Expected skin below which nothing can be said: the field of view missed the region, or an artefact swallowed it."""


@dataclass(frozen=True, eq=False)
class Remaining:
    """Which pieces of the expected skin are still there.

    Parameters
    ----------
    own : ndarray, shape (N,), bool
        Within the tolerance lies tissue that was not altered (without the original: a surface).
    standing : ndarray, shape (N,), bool
        Within the tolerance lies a surface, whoever put it there.
    imaged : ndarray, shape (N,), bool
        Inside the field of view, and (with the original) shown by it: not lost in an artefact.
    moved : ndarray, shape (N,), float64, or None
        Mm outwards from the original's skin to the surface that stands there now, NaN where there is none; None
        without the original.
    detail : mapping of str to float
        Region to the correlation of its detail with the original's; empty without the original.
    """

    own: Array
    standing: Array
    imaged: Array
    moved: Array | None = None
    detail: Mapping[str, float] = field(default_factory=dict)


def remaining_skin(
    skin: ExpectedSkin,
    affine: Array,
    shown: Array,
    altered: Array,
    tissue: Array,
    *,
    moved: Array,
    detail: Mapping[str, float],
    limits: Limits = LIMITS,
) -> Remaining:
    """Tell which pieces of an original's skin a defacer left.

    Parameters
    ----------
    skin : ExpectedSkin
        Of the original.
    affine : ndarray, shape (4, 4)
    shown : ndarray, shape (I, J, K), bool
        Voxels of the original's head that are as bright as tissue: cavities belong to the head and are no skin, and
        skin that an artefact swallowed cannot remain.
    altered : ndarray, shape (I, J, K), bool
    tissue : ndarray, shape (I, J, K), bool
        What is as bright as tissue in the defaced scan.
    moved : ndarray, shape (N,)
        How far the surface moved, mm; NaN where it is gone.
    detail : mapping of str to float
        Of :func:`~reid_audit.quality.detail.detail_kept`.
    limits : Limits

    Returns
    -------
    Remaining
    """
    reach = limits.skin_mm + _half_voxel(affine)  # between thick slices the skin is known to half a slice
    own = near_marked(shown & ~altered, affine, skin.points, reach)
    seen = near_marked(shown, affine, skin.points, reach) & _imaged(skin.points, affine, shown.shape)
    return Remaining(own, standing_skin(skin, affine, tissue, reach), seen, moved, detail)


def standing_skin(skin: ExpectedSkin, affine: Array, tissue: Array, reach: float | Array) -> Array:
    """Tell near which pieces of skin tissue ends and air begins; shape (N,), bool.

    Parameters
    ----------
    skin : ExpectedSkin
    affine : ndarray, shape (4, 4)
    tissue : ndarray, shape (I, J, K), bool
    reach : float or ndarray, shape (3,)
        Mm, in all directions or along each axis of the grid.
    """
    solid = near_marked(tissue, affine, skin.points, reach)
    return solid & near_marked(~tissue, affine, skin.points, reach)


def judge_regions(skin: ExpectedSkin, remaining: Remaining, *, limits: Limits = LIMITS) -> tuple[RegionVerdict, ...]:
    """Judge every region.

    Parameters
    ----------
    skin : ExpectedSkin
    remaining : Remaining
    limits : Limits

    Returns
    -------
    tuple of RegionVerdict
        In the order of :data:`reid_audit.types.QUALITY_REGIONS`.
    """
    return tuple(_judged(name, skin, remaining, limits) for name in QUALITY_REGIONS)


def _judged(name: str, skin: ExpectedSkin, remaining: Remaining, limits: Limits) -> RegionVerdict:
    inside = _members(name, skin.parts)
    imaged = inside & remaining.imaged
    whole, seen = float(skin.area[inside].sum()), float(skin.area[imaged].sum())
    of_model = skin.source == "head model"
    limit = (limits.model_share if of_model else limits.share)[name]
    if seen < _LEAST_MM2:
        why = f"not assessed: the scan shows {seen:.0f} mm2 of the {whole:.0f} mm2 that are expected"
        return RegionVerdict(name, "not assessed", why, expected_mm2=seen, limit=limit)
    left = float(skin.area[imaged & remaining.own].sum())
    standing = float(skin.area[imaged & remaining.standing].sum()) / seen
    copied = None
    if remaining.moved is not None:
        copied = followed_share(remaining.moved[imaged], skin.area[imaged], limits.copied_mm)
    found = RegionVerdict(name, "pass", "", seen, left, left / seen, limit, standing, copied)
    if left / seen >= limit:
        return replace(found, verdict="fail", evidence=f"{name}: left, {_counts(found, skin, limits)}")
    if copied is not None and copied >= limits.copied.get(name, np.inf):
        why = f"{name}: altered and yet a copy, a surface follows {copied:.0%} of the skin to {limits.copied_mm:g} mm"
        why += f" (a copy from {limits.copied[name]:.0%} on)"
        return replace(found, verdict="fail", evidence=f"{why}; {_counts(found, skin, limits)}")
    kept = remaining.detail.get(name, 0.0)
    if kept >= limits.detail.get(name, np.inf):
        why = f"{name}: altered and yet there, under other brightness: its detail correlates with the original's at "
        why += f"{kept:.2f} (there from {limits.detail[name]:g} on)"
        return replace(found, verdict="fail", evidence=f"{why}; {_counts(found, skin, limits)}")
    evidence = f"{name}: removed, {_counts(found, skin, limits)}"
    behind = copied is not None and copied > max(_FOLLOWED, left / seen + limit)
    if not of_model and (behind or standing > max(_REPLACED, left / seen + limit)):
        evidence += f"; another surface stands there on {standing:.0%}, and follows {copied or 0.0:.0%} to "
        evidence += f"{limits.copied_mm:g} mm: replaced, which only an attack can judge"
    return replace(found, evidence=evidence)


def _members(name: str, parts: Array) -> Array:
    """Return which pieces belong to a region; the face holds its parts."""
    names = FACE_PARTS if name == "face" else (name,)
    return np.isin(parts, [PARTS[one] for one in names])


def _counts(found: RegionVerdict, skin: ExpectedSkin, limits: Limits) -> str:
    """Say how much skin is left of how much, near what, and where the limit is."""
    of_model = skin.source == "head model"
    reach = f"{limits.model_mm:g} mm" if of_model else f"{limits.skin_mm:g} mm and half a voxel"
    where = "of where the head model expects skin" if of_model else "of where the original has skin"
    return (
        f"{found.residual_mm2:.0f} of {found.expected_mm2:.0f} mm2 ({found.share:.0%}) remain within {reach} "
        f"{where}; it fails from {found.limit:.0%} on"
    )


def _imaged(points: Array, affine: Array, shape: tuple[int, ...]) -> Array:
    """Tell which places lie inside the grid."""
    index = (points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    return np.asarray(((index >= -0.5) & (index <= np.array(shape) - 0.5)).all(axis=1))


def _half_voxel(affine: Array) -> Array:
    """Return half the edges of a voxel, mm; shape (3,)."""
    return np.asarray(0.5 * np.linalg.norm(affine[:3, :3], axis=0))
