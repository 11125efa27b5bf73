"""What one volume shows of a head: where skin stands, whether a detector finds a face, what lies behind the head."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError
from reid_audit.quality.behind import judge_air_behind
from reid_audit.quality.detected import faces_found
from reid_audit.quality.face import Remaining, judge_regions, standing_skin
from reid_audit.quality.limits import LIMITS
from reid_audit.quality.skin import model_skin
from reid_audit.surface import head_mask, head_surface
from reid_audit.triage.edge import edge_behind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.quality.skin import ExpectedSkin
    from reid_audit.types import HeadSurface, Volume

__all__ = ["HeadEvidence", "head_evidence"]

Array = np.ndarray[Any, Any]

_LARGE = 70.0
"""Mm: an object that extends so far in its second largest direction may be a head, or a piece of one."""


@dataclass(frozen=True)
class HeadEvidence:
    """What was seen in one volume.

    Parameters
    ----------
    shown : bool
        Whether something of the size of a head is there whose surface could be drawn.
    why : str
        Why not, where it is not.
    black : bool
        Whether most of the volume holds one value, as around a brain that was cut out, and in masks.
    large : bool
        Whether what is not that value extends as far as a head does.
    posed : bool
        Whether the pose was found.
    misfit : float
        Median distance in mm from the mean head to the surface.
    standing : mapping of str to float
        Of eyes, nose, mouth, face and ears: the share of the skin expected by the head model on which a surface stands.
        Regions outside the field of view are left out.
    found, views : int
        Renders in which the detector found a face, and renders.
    behind_ml : float
        Bright signal in the air behind the head; NaN where that was not looked at.
    edge_mm2 : float
        Tissue at the rear edge of the field of view, away from the head; NaN where that was not looked at.
    """

    shown: bool
    why: str = ""
    black: bool = False
    large: bool = False
    posed: bool = False
    misfit: float = float("nan")
    standing: Mapping[str, float] = field(default_factory=dict)
    found: int = 0
    views: int = 0
    behind_ml: float = float("nan")
    edge_mm2: float = float("nan")


def head_evidence(volume: Volume, *, detector: str = "dlib-large") -> HeadEvidence:
    """Look at one volume.

    Parameters
    ----------
    volume : Volume
        Of any modality, a mask included.
    detector : str
        Name of the detector that looks at renders.

    Returns
    -------
    HeadEvidence
    """
    black, large = _extent(volume)
    try:
        surface = head_surface(volume)
    except HeadError as error:
        return HeadEvidence(shown=False, why=error.message, black=black, large=large)
    skin = model_skin(surface)
    found, views = faces_found(surface, detector=detector)
    air = float(np.percentile(volume.data, 2))
    # The skin's threshold lies half way between air and tissue.
    tissue = 2.0 * max(surface.quality.threshold - air, 1e-6)
    return HeadEvidence(
        shown=True,
        black=black,
        large=large,
        posed=surface.quality.posed,
        misfit=surface.quality.pose_residual,
        standing=_standing(volume, surface, skin),
        found=found,
        views=views,
        behind_ml=_behind(volume, skin, tissue),
        edge_mm2=edge_behind(volume, np.asarray(skin.to_head), skin.scale, air=air, tissue=tissue),
    )


def _standing(volume: Volume, surface: HeadSurface, skin: ExpectedSkin) -> dict[str, float]:
    """Return the share of each region's expected skin on which a surface stands."""
    affine = np.asarray(volume.affine)
    tissue = np.asarray(volume.data) >= surface.quality.threshold
    standing = standing_skin(skin, affine, tissue, LIMITS.model_mm)
    index = (skin.points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    imaged = ((index >= -0.5) & (index <= np.array(volume.data.shape) - 0.5)).all(axis=1)
    regions = judge_regions(skin, Remaining(standing, standing, imaged))
    return {one.region: one.share for one in regions if one.share is not None and one.verdict != "not assessed"}


def _behind(volume: Volume, skin: ExpectedSkin, tissue: float) -> float:
    """Return ml of bright signal in the air behind the head."""
    head = np.asarray(head_mask(volume).data)
    behind = judge_air_behind(volume, head, skin.to_head, skin.scale, tissue=tissue)
    return float("nan") if behind.bright_ml is None else behind.bright_ml


def _extent(volume: Volume) -> tuple[bool, bool]:
    """Tell whether half of the volume holds one value, and whether the rest is as large as a head."""
    data = np.asarray(volume.data)
    values, counts = np.unique(data.ravel()[:: max(data.size // 1_000_000, 1)], return_counts=True)
    most = int(counts.argmax())
    black = bool(counts[most] > 0.5 * counts.sum())
    filled = data != values[most] if black else np.ones(data.shape, dtype=bool)
    sizes = []
    for axis in range(3):
        used = np.flatnonzero(filled.any(axis=tuple(other for other in range(3) if other != axis)))
        sizes.append((used[-1] - used[0] + 1) * volume.voxel_size[axis] if len(used) else 0.0)
    return black, bool(sorted(sizes)[1] >= _LARGE)
