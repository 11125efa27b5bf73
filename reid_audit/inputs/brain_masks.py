"""Find the brain mask of a scan among the derivatives of other software."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError, VolumeError
from reid_audit.inputs.names import canonical_modality, is_modality, parse_image_name, split_extension
from reid_audit.inputs.volume import read_volume
from reid_audit.inputs.walk import walk_files
from reid_audit.types import Mask

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Volume

__all__ = [
    "BRAIN_ML",
    "BrainMasks",
    "ScanName",
    "brain_mask_files",
    "find_brain_mask",
    "inside",
    "read_brain_mask",
    "scan_name",
    "tells_scan",
]

BRAIN_ML = (100.0, 2500.0)
"""Size of a brain, early newborn to the largest adult, and of masks that hold all inside of the skull."""

_BRAIN = re.compile(
    r"(desc-brain_mask|brain_?mask|_brain|label-brain(_[a-z]+-[a-z0-9+]+)*_mask)$",
    re.IGNORECASE,
)
_NOT_TOLD = {"desc", "space", "res", "label"}
_OWN_SPACE = {"", "orig", "native", "individual", "scanner"}
_REFERENCE = ("suffix", "T1w")
"""What a mask is of that names no sequence: fMRIPrep's anatomical reference."""

Facts = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class BrainMasks:
    """Where the brain masks of scans are.

    Parameters
    ----------
    files : tuple of Path
    named : bool
        True for one file that somebody named: it is everybody's. A folder's only mask is not.
    """

    files: tuple[Path, ...]
    named: bool = False


@dataclass(frozen=True)
class ScanName:
    """What tells a scan.

    Parameters
    ----------
    facts : frozenset of (str, str)
        Entities (``sub``, ``ses``, ``run`` ...) and ``suffix``; empty where nothing is known.
    space : str
        As the name has it, small.
    stem : str
        Of a file that has no BIDS name, small; empty of one that has.
    """

    facts: Facts
    space: str = ""
    stem: str = ""


def scan_name(scan: Path, *, subject: str = "", session: str = "", modality: str = "") -> ScanName:
    """Return what tells a scan: its BIDS name, or else its file name and what a manifest says of it.

    Parameters
    ----------
    scan : Path
    subject, session, modality : str
        Used where the file's name is none of BIDS.
    """
    name = parse_image_name(scan.name)
    if name is not None:
        facts = {*name.entities.items(), ("suffix", canonical_modality(name.suffix))}
        return ScanName(frozenset(facts), name.entities.get("space", "").lower())
    said = {"sub": subject, "ses": session, "suffix": canonical_modality(modality)}
    facts = {(key, value) for key, value in said.items() if value} if subject else set()
    return ScanName(frozenset(facts), stem=split_extension(scan.name)[0].lower())


def brain_mask_files(place: Path) -> BrainMasks:
    """Return the files that may hold brain masks: the file itself, or those of a folder whose names say so.

    Raises
    ------
    UsageError
        There is no such file or folder, or no brain mask in it.
    """
    if place.is_file():
        return BrainMasks((place,), named=True)
    if not place.is_dir():
        raise UsageError(f"There is no brain mask '{place}'.", remedy="Correct the path.")
    files = tuple(
        file
        for file in walk_files(place).files
        if split_extension(file.name)[1] and _BRAIN.search(split_extension(file.name)[0])
    )
    if not files:
        raise UsageError(
            f"No file under '{place}' is named as a brain mask (*_desc-brain_mask, *_brainmask).",
            remedy="Name the folder of fMRIPrep's, SynthStrip's or another tool's brain masks.",
        )
    return BrainMasks(files)


def find_brain_mask(scan: Path | ScanName, masks: BrainMasks) -> Path | None:
    """Return the brain mask that was made of a scan, None where there is none or several fit.

    Parameters
    ----------
    scan : Path or ScanName
    masks : BrainMasks
        From :func:`brain_mask_files`; a file that was named is everybody's, as for a single scan.

    Returns
    -------
    Path or None
        Of a BIDS name: the mask whose entities all agree with the scan's (``sub``, ``ses``, ``run`` ..., and the
        sequence where it names one), the one with most of them, in the scan's own space. Of another name: the mask
        whose name begins with the scan's.
    """
    if masks.named:
        return masks.files[0]
    name = scan if isinstance(scan, ScanName) else scan_name(scan)
    own = [file for file in masks.files if _in_own_space(file.name, name)]
    if name.stem:
        fitting = [file for file in own if re.match(re.escape(name.stem) + r"(?![a-z0-9])", file.name.lower())]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    of_person = [(_facts(file.name), file) for file in own]
    scores = [(len(facts), file) for facts, file in of_person if facts <= name.facts and dict(facts).get("sub")]
    best = max((score for score, _ in scores), default=0)
    winners = [file for score, file in scores if score == best]
    return winners[0] if len(winners) == 1 else None


def tells_scan(mask: Path, scan: ScanName) -> bool:
    """Tell whether a mask's name says all that tells its scan: fMRIPrep's one mask of two runs does not.

    A mask without a sequence is of the T1w. One that says less than its scan may have been made of another scan of the
    person: it can be trusted only where it lies on the scan's own grid.
    """
    if scan.stem and mask.name.lower().startswith(scan.stem):
        return True
    asked = {(key, value) for key, value in scan.facts if key not in _NOT_TOLD}
    return asked <= _facts(mask.name) | {_REFERENCE}


def _in_own_space(mask: str, scan: ScanName) -> bool:
    """Tell whether a mask lies in the space of its scan; that of ``space-T1w`` is the T1w's alone."""
    space = _pairs(mask).get("space", "").lower()
    suffix = dict(scan.facts).get("suffix", "").lower()
    return space in _OWN_SPACE or space == scan.space or (not scan.space and space == suffix)


def _facts(name: str) -> Facts:
    """Return what a mask's name says of its scan; a modality in it counts as the suffix."""
    pairs = _pairs(name)
    words = [*split_extension(name)[0].split("_"), pairs.get("desc", "")]
    suffix = next((canonical_modality(word) for word in words if is_modality(word)), "")
    told = {(key, value) for key, value in pairs.items() if key not in _NOT_TOLD}
    return frozenset(told | ({("suffix", suffix)} if suffix else set()))


def _pairs(name: str) -> dict[str, str]:
    """Return ``key-value`` pairs of a name, whatever stands behind them."""
    return dict(word.split("-", 1) for word in split_extension(name)[0].split("_") if "-" in word)


def inside(values: Any) -> np.ndarray[Any, Any]:
    """Return which voxels of a mask's image lie inside, bool.

    Parameters
    ----------
    values : array_like
        Labels, of which every positive one is inside; or, where all lie between 0 and 1, probabilities, of which those
        above 0.5 are.
    """
    data = np.asarray(values)
    probabilities = data.size > 0 and float(data.min()) >= 0.0 and float(data.max()) <= 1.0
    return np.asarray(data > (0.5 if probabilities else 0.0))


def read_brain_mask(file: Path, volume: Volume) -> Mask:
    """Read a brain mask on the grid of a scan.

    Parameters
    ----------
    file : Path
        Labels or probabilities (:func:`inside`).
    volume : Volume

    Returns
    -------
    Mask
        Label ``"brain"``, on the scan's grid.

    Raises
    ------
    VolumeError
        It cannot be read, or lies on another grid.
    """
    mask = read_volume(file, modality="mask")
    if mask.data.shape != volume.data.shape or not np.allclose(mask.affine, volume.affine, rtol=0, atol=1e-2):
        raise VolumeError(
            f"The brain mask has {' x '.join(map(str, mask.data.shape))} voxels or another affine than the scan "
            f"({' x '.join(map(str, volume.data.shape))}).",
            remedy="Resample it to the scan (nearest neighbour), or name the mask in the scan's own space.",
        )
    return Mask(inside(mask.data), volume.affine, "brain")
