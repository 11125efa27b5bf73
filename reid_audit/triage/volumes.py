"""Reads a volume, or volumes of a series, and answers whether a face is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import EmptyScanError, HeadError, InputError, VolumeError
from reid_audit.inputs import read_volume
from reid_audit.inputs.checks import MAX_VOXELS
from reid_audit.inputs.names import is_mask_name
from reid_audit.inputs.nifti import read_with_nibabel
from reid_audit.inputs.scan_header import ScanHeader, read_scan_header
from reid_audit.quality.belonging import why_strange
from reid_audit.quality.judging import judge_scan, reference_of
from reid_audit.triage.answer import Told, cannot_tell, nothing, words_of, worst
from reid_audit.triage.cast import told_by_cast
from reid_audit.triage.deciding import told_by_evidence, told_by_quality
from reid_audit.triage.frames import told_by_frames, told_by_rest
from reid_audit.triage.heads import head_evidence
from reid_audit.triage.voxel_stream import STREAMED

if TYPE_CHECKING:
    from reid_audit.quality.skin import ExpectedSkin
    from reid_audit.types import Volume

__all__ = ["told_by_scan", "told_by_volume"]

_FEWEST = 8
_SHORTEST = 50.0
"""Slices, and mm, below which no head can be drawn."""
_WENT_ON = {"none", "cannot tell"}
"""Answers beside which another scan around the voxels still matters, and whose file can be read."""


def told_by_scan(path: Path, *, original: str = "", detector: str = "dlib-large") -> Told:
    """Answer for a scan, a mask, or a series, and for bytes around its voxels that its header does not claim.

    Parameters
    ----------
    path : Path
    original : str
        Path of the scan before it was defaced; empty where it is not at hand.
    detector : str

    Returns
    -------
    Told
    """
    try:
        header = read_scan_header(path)
    except InputError as error:
        return Told("unaudited", f"damaged: {error.message}")
    streamed = path.name.lower().endswith(STREAMED)
    thin = _thin(header)
    if thin or header.n_frames == 1:
        told = thin or _told(path, None, original, detector)
        return worst([told, told_by_rest(path)]) if streamed and told.answer in _WENT_ON else told
    if not streamed:
        return Told("unaudited", f"series: {header.n_frames} frames in a format of which one cannot be read alone")
    return told_by_frames(path, header, lambda frame: _told(path, frame, "", detector))


def _thin(header: ScanHeader) -> Told | None:
    """Answer for slices: no head can be drawn from them, and one through the middle shows a profile."""
    if header.n_voxels > MAX_VOXELS:
        return Told("unaudited", f"size: a volume has more than the {MAX_VOXELS:,} voxels that are read")
    fewest = min(header.shape[:3])
    shortest = min(size * count for size, count in zip(header.voxel_size, header.shape, strict=False))
    if fewest >= _FEWEST and shortest >= _SHORTEST:
        return None
    return cannot_tell(
        "slices",
        f"{' x '.join(map(str, header.shape[:3]))} voxels are slices or a slab: no head can be drawn, and a slice "
        "through the middle of the face shows its profile",
    )


def _told(path: Path, frame: int | None, original: str, detector: str) -> Told:
    try:
        volume = read_volume(path) if frame is None else read_with_nibabel(path, frame=frame)
    except EmptyScanError:
        return nothing("empty", "all voxels have one value")
    except VolumeError as error:
        return Told("unaudited", f"unreadable: {error.message}")
    if not original:
        return told_by_volume(volume, detector=detector)
    return _beside(volume, Path(original), detector, mask=is_mask_name(path.name))


def told_by_volume(volume: Volume, *, detector: str = "dlib-large") -> Told:
    """Answer for a volume in memory, without its original."""
    return told_by_evidence(head_evidence(volume, detector=detector))


def _beside(volume: Volume, original: Path, detector: str, *, mask: bool) -> Told:
    """Answer by comparison with the original; alone too where that is not the volume's own, or cannot be compared."""
    try:
        reference = reference_of(read_volume(original, modality=None if mask else volume.modality))
        if mask:
            return _of_mask(volume, reference.skin, detector)
        judged = judge_scan(volume, reference, detector=None)
    except (HeadError, VolumeError):
        return told_by_volume(volume, detector=detector)
    compared, strange = told_by_quality(judged), why_strange(judged.likeness)
    if not strange and judged.region("face").share is None:
        strange = "the original given shows no skin of a face: is it what was defaced?"
    if not strange:
        return compared
    told = cannot_tell("original", f"{strange}; nothing that was compared with it counts in favour")
    return worst([compared, told_by_volume(volume, detector=detector), told])


def _of_mask(volume: Volume, skin: ExpectedSkin, detector: str) -> Told:
    """Answer for a mask by the original's skin, and for a face that it shows elsewhere; what it keeps fills the air."""
    cast = told_by_cast(volume, skin)
    if cast.answer == "face":
        return cast
    alone = told_by_volume(volume, detector=detector)
    return worst([cast, alone]) if "face" in words_of(alone.why) else cast
