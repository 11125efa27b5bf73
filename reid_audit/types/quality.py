"""Did a defacer work on one scan: what is left of the face, what is lost of the brain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types.finding import Failure

__all__ = [
    "FACE_PARTS",
    "QUALITY_REGIONS",
    "AirBehind",
    "BrainVerdict",
    "RegionVerdict",
    "ScanQuality",
    "Verdict",
    "VoxelChange",
]

Verdict = Literal["pass", "fail", "not assessed"]
"""``pass``: the region is gone, the brain is there. ``not assessed`` is neither, and its evidence says why."""

FACE_PARTS: tuple[str, ...] = ("eyes", "nose", "mouth", "face")
"""Regions that decide whether a face is removed; ``face`` is the whole face, these three included."""

QUALITY_REGIONS: tuple[str, ...] = (*FACE_PARTS, "ears")
"""Every region that is judged; ears count for themselves."""


@dataclass(frozen=True)
class RegionVerdict:
    """What is left of one region of the face.

    Parameters
    ----------
    region : str
        One of :data:`QUALITY_REGIONS`.
    verdict : {"pass", "fail", "not assessed"}
        ``pass``: removed.
    evidence : str
        Why, in words and numbers.
    expected_mm2 : float
        Skin that the region has in the original, or should have by the head model.
    residual_mm2 : float or None
        Of it what is left: skin within the tolerance of where it was, or should be, and not replaced.
    share : float or None
        ``residual_mm2 / expected_mm2``.
    limit : float
        Share from which on the region fails.
    standing : float or None
        Share where any surface stands within the tolerance, one that a defacer put there included.
    copied : float or None
        Share of the skin that a surface follows at one and the same distance, as a copy does, and another face only in
        part. None without the original.
    """

    region: str
    verdict: Verdict
    evidence: str
    expected_mm2: float = 0.0
    residual_mm2: float | None = None
    share: float | None = None
    limit: float = 0.1
    standing: float | None = None
    copied: float | None = None


@dataclass(frozen=True)
class BrainVerdict:
    """What is lost of the brain.

    Parameters
    ----------
    verdict : {"pass", "fail", "not assessed"}
        ``not assessed`` where the error of the mask exceeds the tolerance and leaves both open, or there is no mask.
    evidence : str
        Why, in words and numbers.
    mask : str
        ``"given"``, ``"estimated"`` or ``"none"``.
    error_mm : float
        How far the outline of a given mask may be off.
    brain_ml : float or None
        Of the mask.
    lost_voxels : int or None
        Voxels of the mask that were altered.
    lost_ml, lost_share : float or None
        The same in millilitres, and as a share of the brain.
    low_ml, high_ml : float or None
        Least and greatest loss by the error of the mask: of the outline of a given one, of an estimate's measured one.
    tolerance_ml : float or None
        Loss above which the brain fails.
    where : mapping of str to float
        Millilitres lost by coarse part of the brain, largest first; zero ones are left out.
    """

    verdict: Verdict
    evidence: str
    mask: str = "none"
    error_mm: float = 0.0
    brain_ml: float | None = None
    lost_voxels: int | None = None
    lost_ml: float | None = None
    lost_share: float | None = None
    low_ml: float | None = None
    high_ml: float | None = None
    tolerance_ml: float | None = None
    where: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class VoxelChange:
    """Which voxels a defacer altered.

    Parameters
    ----------
    altered_ml : float or None
        All altered voxels, air included; None without the original.
    untouched_changed_ml : float or None
        Altered tissue that should have been left: of the head, but neither face nor ears nor the air around them.
    untouched_changed_voxels : int or None
    rescaled : float or None
        Factor by which all intensities were multiplied; 1 where they were not.
    evidence : str
    """

    altered_ml: float | None = None
    untouched_changed_ml: float | None = None
    untouched_changed_voxels: int | None = None
    rescaled: float | None = None
    evidence: str = "not assessed: the original is not at hand"


@dataclass(frozen=True)
class AirBehind:
    """Whether the air behind the head is empty: a face that is folded over can stand there.

    Parameters
    ----------
    verdict : {"pass", "fail", "not assessed"}
        ``pass``: empty.
    evidence : str
    bright_ml : float or None
        Coherent signal in the air behind the head.
    """

    verdict: Verdict
    evidence: str
    bright_ml: float | None = None


@dataclass(frozen=True)
class ScanQuality:
    """The quality of one defaced scan.

    Parameters
    ----------
    sample, subject, session, condition, modality : str
        As in a cohort's table of scans.
    regions : tuple of RegionVerdict
        In the order of :data:`QUALITY_REGIONS`; empty after a failure.
    brain : BrainVerdict
    voxels : VoxelChange
    behind : AirBehind
    n_views, n_detected : int
        Renders of the defaced scan that a face detector looked at, and those in which it found a face.
    pose : str
        Where the pose came from: ``"original"``, ``"defaced"`` or ``"none"``.
    pose_error_mm : float or None
        Median distance from the mean head to the skin.
    likeness : float or None
        Correlation of the detail behind the ears with the original's: whether that is the scan's own. None where too
        little is left there, and without the original.
    failure : Failure or None
        Why the scan could not be judged at all.
    notes : tuple of str
    """

    sample: str
    subject: str = ""
    session: str = ""
    condition: str = ""
    modality: str = "unknown"
    regions: tuple[RegionVerdict, ...] = ()
    brain: BrainVerdict = BrainVerdict("not assessed", "the scan could not be judged")
    voxels: VoxelChange = VoxelChange()
    behind: AirBehind = AirBehind("not assessed", "the scan could not be judged")
    n_views: int = 0
    n_detected: int = 0
    pose: str = "none"
    pose_error_mm: float | None = None
    likeness: float | None = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()

    def region(self, name: str) -> RegionVerdict:
        """Return the verdict of a region; after a failure one that was not assessed."""
        for one in self.regions:
            if one.region == name:
                return one
        return RegionVerdict(name, "not assessed", "the scan could not be judged")

    @property
    def face(self) -> Verdict:
        """``pass``: eyes, nose, mouth and the whole face are gone; one that stays is enough to fail."""
        return _together([self.region(name).verdict for name in FACE_PARTS])

    @property
    def ears(self) -> Verdict:
        """``pass``: the ears are gone."""
        return self.region("ears").verdict

    @property
    def both(self) -> Verdict:
        """Pass of Theyers et al. 2021: all facial features removed, and no brain."""
        return _together([self.face, self.brain.verdict])


def _together(verdicts: list[Verdict]) -> Verdict:
    """One fails all; else one that was not assessed leaves all open."""
    for answer in ("fail", "not assessed"):
        if answer in verdicts:
            return answer
    return "pass"
