"""Find the brain mask of a scan among the derivatives of other software."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import UsageError, VolumeError
from reid_audit.inputs.names import parse_image_name, split_extension
from reid_audit.inputs.volume import read_volume
from reid_audit.inputs.walk import walk_files
from reid_audit.types import Mask

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Volume

__all__ = ["brain_mask_files", "find_brain_mask", "read_brain_mask"]

_BRAIN = re.compile(r"(desc-brain_mask|brain_?mask|_brain|label-brain_mask)$", re.IGNORECASE)
_NOT_TOLD = {"desc", "space", "res", "label"}
_OWN_SPACE = {"", "orig", "t1w", "native", "individual", "scanner"}


def brain_mask_files(place: Path) -> tuple[Path, ...]:
    """Return the files that may hold brain masks: the file itself, or those of a folder whose names say so.

    Raises
    ------
    UsageError
        There is no such file or folder, or no brain mask in it.
    """
    if place.is_file():
        return (place,)
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
    return files


def find_brain_mask(scan: Path, files: tuple[Path, ...]) -> Path | None:
    """Return the brain mask that was made of a scan, None where there is none or several fit.

    Parameters
    ----------
    scan : Path
    files : tuple of Path
        From :func:`brain_mask_files`; a single one is everybody's, as for a single scan.

    Returns
    -------
    Path or None
        Of a BIDS name: the mask whose entities all agree with the scan's (``sub``, ``ses``, ``run`` ...), the one with
        most of them. Of another name: the mask whose name begins with the scan's.
    """
    if len(files) == 1:
        return files[0]
    name = parse_image_name(scan.name)
    if name is None:
        stem = split_extension(scan.name)[0].lower()
        fitting = [file for file in files if file.name.lower().startswith(stem)]
        return fitting[0] if len(fitting) == 1 else None
    told = set(name.entities.items()) | {("suffix", name.suffix)}
    scores: list[tuple[int, Path]] = []
    for file in files:
        entities = _entities(file.name)
        space = entities.pop("space", "").lower()
        known = {(key, value) for key, value in entities.items() if key not in _NOT_TOLD}
        if space in _OWN_SPACE and known <= told and ("sub", name.entities["sub"]) in known:
            scores.append((len(known), file))
    best = max((score for score, _ in scores), default=0)
    winners = [file for score, file in scores if score == best]
    return winners[0] if len(winners) == 1 else None


def _entities(name: str) -> dict[str, str]:
    """Return ``key-value`` pairs of a name, whatever stands behind them; a modality in it counts as the suffix."""
    words = split_extension(name)[0].split("_")
    pairs = dict(word.split("-", 1) for word in words if "-" in word)
    suffix = next((word for word in words if word in {"T1w", "T2w", "FLAIR", "PDw"}), "")
    return {**pairs, **({"suffix": suffix} if suffix else {})}


def read_brain_mask(file: Path, volume: Volume) -> Mask:
    """Read a brain mask on the grid of a scan.

    Parameters
    ----------
    file : Path
        Positive inside.
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
    return Mask(np.asarray(mask.data) > 0, volume.affine, "brain")
