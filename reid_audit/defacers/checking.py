"""Check what a defacer gave back, before anybody trusts it.

Nobody's word is taken: not an exit status, not a mask. The result is compared with the scan that went in, voxel by
voxel, and whatever is wrong has a word of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
from nibabel.imageglobals import LoggingOutputSuppressor

from reid_audit.defacers.same_head import SAME_HEAD, is_rescaled, likeness_of_blocks
from reid_audit.errors import DefacingError
from reid_audit.types import Mask, Volume

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Checked",
    "Finding",
    "Stored",
    "accept",
    "altered_voxels",
    "check_grid",
    "check_result",
    "read_stored",
]

Array = np.ndarray[Any, Any]

_FLOAT_SHARE = 1e-4
"""Share of the range of a scan's values by which floating-point values may differ before they count as altered."""
_HALF_STEP = 0.5
"""The same for whole numbers: nothing that rounds back to the same number is altered."""
_SHIFT_MM = 0.05
_SHIFT_VOXELS = 0.05
"""How far a corner may move, in mm or in voxels if that is more: rounding in headers stays below it."""
_BRIGHT = 0.25
"""Share of the range of values above which a voxel is taken for tissue."""
_NOTHING_LEFT = 0.01
"""Share of the tissue that must be left as it was; with less the scan is gone."""
_ALL_CHANGED = 0.9
"""Share of the tissue that is left of which more than this has other values: all values were changed."""
_MOSTLY_KEPT = 0.5
"""The same, up to which a result is known by the values that it kept to be of the scan that went in."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with, or worth knowing of, what a defacer gave back.

    Parameters
    ----------
    word : str
        For a table: ``"wrong shape" "affine shifted" "not finite" "returned unchanged" "everything gone"
        "another head"`` (refused), ``"data type" "all values changed"`` (notes).
    text : str
        One sentence.
    remedy : str
    refused : bool
        True where the result must not be used.
    """

    word: str
    text: str
    remedy: str = ""
    refused: bool = True


@dataclass(frozen=True, eq=False)
class Checked:
    """What came of the check.

    Parameters
    ----------
    footprint : Mask or None
        The altered voxels, label ``"footprint"``; None where the grids cannot be compared.
    findings : tuple of Finding
        What is refused first.
    """

    footprint: Mask | None
    findings: tuple[Finding, ...]

    @property
    def refusal(self) -> Finding | None:
        """The first finding for which the result must not be used, None where there is none."""
        return next((finding for finding in self.findings if finding.refused), None)


@dataclass(frozen=True, eq=False)
class Stored:
    """An image as it stands in a file, unjudged: NaN stays NaN, and it may be of any shape.

    Parameters
    ----------
    data : ndarray, float32
        Axes of length 1 beyond the third are dropped.
    affine : ndarray, shape (4, 4)
        Voxel index to RAS mm.
    dtype : numpy.dtype
        Of the numbers in the file.
    scaled : bool
        True where the numbers in the file are multiplied by a factor on reading.
    """

    data: Array
    affine: Array
    dtype: np.dtype[Any]
    scaled: bool = False


def read_stored(path: Path) -> Stored:
    """Read a NIfTI or MGH file without correcting anything in it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Stored

    Raises
    ------
    DefacingError
        Outcome ``"unreadable output"``.
    """
    try:
        with LoggingOutputSuppressor(), np.errstate(all="ignore"):
            image: Any = nib.load(path)
            data = np.asarray(image.dataobj, dtype=np.float32)
            affine = np.asarray(image.affine, dtype=np.float64)
    except Exception:  # noqa: BLE001 - readers raise anything at all on a damaged file
        raise DefacingError(
            "What came back is no image that can be read, or the file ends too early.",
            outcome="unreadable output",
            remedy="Run the defacer by hand on this scan and look at what it writes.",
        ) from None
    while data.ndim > 3 and data.shape[-1] == 1:
        data = data[..., 0]
    factor = getattr(image.dataobj, "slope", 1.0)
    return Stored(data, affine, np.dtype(image.get_data_dtype()), scaled=factor not in (None, 1.0))


def altered_voxels(original: Array, defaced: Array) -> Array:
    """Tell which voxels were altered, and not merely rounded.

    Parameters
    ----------
    original, defaced : ndarray of one shape
        The first is finite.

    Returns
    -------
    ndarray of bool
        Whole numbers: those that no longer round to the same number. Others: those that differ by more than 1e-4 of
        the range of the original's values without the 1 % at either end. What is not finite is altered.
    """
    before = np.asarray(original)
    whole = np.issubdtype(before.dtype, np.integer) or bool((before == np.rint(before)).all())
    low, high = _range(before)
    allowed = _HALF_STEP if whole else _FLOAT_SHARE * (high - low)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(np.asarray(defaced, np.float32) - before.astype(np.float32))
        return ~(difference < allowed) if whole else ~(difference <= allowed)


def _range(values: Array) -> tuple[float, float]:
    step = max(1, values.size // 1_000_000)
    low, high = np.percentile(values.ravel(order="K")[::step], [1, 99])
    return float(low), float(high)


def check_result(volume: Volume, result: Stored) -> Checked:
    """Compare what a defacer gave back with the scan that went in.

    Parameters
    ----------
    volume : Volume
        What went in.
    result : Stored
        What came back.

    Returns
    -------
    Checked
    """
    before = np.asarray(volume.data)
    off = _other_grid(volume, result)
    if result.data.shape != before.shape:
        return Checked(None, tuple(off))
    findings = [*off, *_not_finite(result.data)]
    altered = altered_voxels(before, result.data)
    findings += _too_little_or_too_much(before, result.data, altered, volume.voxel_size)
    findings += _coarser(before, result)
    return Checked(
        Mask(altered, volume.affine, "footprint"), tuple(sorted(findings, key=lambda finding: not finding.refused))
    )


def check_grid(volume: Volume, result: Stored) -> None:
    """Refuse what lies on another grid than the scan that went in.

    Parameters
    ----------
    volume : Volume
    result : Stored

    Raises
    ------
    DefacingError
        Outcome ``"wrong shape"`` or ``"affine shifted"``.
    """
    for finding in _other_grid(volume, result):
        raise _refused(finding)


def _other_grid(volume: Volume, result: Stored) -> list[Finding]:
    if result.data.shape != volume.data.shape:
        return [_wrong_shape(volume.data.shape, result.data.shape)]
    return _shifted(volume, result.affine)


def _refused(finding: Finding) -> DefacingError:
    return DefacingError(finding.text, outcome=finding.word, remedy=finding.remedy)


def _wrong_shape(expected: tuple[int, ...], got: tuple[int, ...]) -> Finding:
    sides = [" x ".join(str(size) for size in shape) for shape in (expected, got)]
    again = " with the axes in another order" if sorted(expected) == sorted(got) else ""
    return Finding(
        "wrong shape",
        f"The scan has {sides[0]} voxels, what came back has {sides[1]}{again}.",
        "Use the defacer's output in the scan's own space, or another version of the defacer.",
    )


def _shifted(volume: Volume, affine: Array) -> list[Finding]:
    limit = max(_SHIFT_MM, _SHIFT_VOXELS * float(volume.voxel_size.min()))
    last = np.array(volume.data.shape) - 1
    corners = np.array([(i, j, k, 1) for i in (0, last[0]) for j in (0, last[1]) for k in (0, last[2])], float)
    moved = float(np.linalg.norm(corners @ (affine - volume.affine).T, axis=1).max())
    if moved <= limit:  # False for NaN
        return []
    return [
        Finding(
            "affine shifted",
            f"What came back lies up to {moved:.4g} mm away from where the scan lies; {limit:.2g} mm are allowed.",
            "Look at the affine that the defacer writes; its mask may lie in the wrong place as well.",
        )
    ]


def _not_finite(data: Array) -> list[Finding]:
    count = int(data.size - np.isfinite(data).sum())
    if not count:
        return []
    return [
        Finding(
            "not finite",
            f"{count} voxels that came back are NaN or infinite.",
            "Let the defacer fill with a number, or replace NaN by the value of air.",
        )
    ]


def _too_little_or_too_much(before: Array, after: Array, altered: Array, size: Array) -> list[Finding]:
    if not altered.any():
        return [
            Finding(
                "returned unchanged",
                "Not one voxel was altered.",
                "Look at what the defacer prints: it may have found no head.",
            )
        ]
    if is_rescaled(before, after):
        return [
            Finding(
                "returned unchanged",
                "All values were rescaled alike, and nothing was removed.",
                "Look at what the defacer prints, and whether this is its output: it may have found no head.",
            )
        ]
    low, high = _range(before)
    tissue = before > low + _BRIGHT * (high - low)
    count = int(tissue.sum())
    dark = tissue & altered & ~(after > low + _BRIGHT * (high - low))
    if bool((after == after.flat[0]).all()) or (count and count - dark.sum() < _NOTHING_LEFT * count):
        return [
            Finding(
                "everything gone",
                "Nothing of the head is left.",
                "Look at what the defacer prints, and at the orientation of the scan.",
            )
        ]
    left = tissue & ~dark
    changed = float(altered[left].mean()) if left.any() else 0.0
    if changed > _MOSTLY_KEPT and np.isfinite(after).all():
        likeness = likeness_of_blocks(before, after, left, size)
        if likeness is None or likeness < SAME_HEAD:
            return [_of_another(likeness)]
    if changed > _ALL_CHANGED:
        return [
            Finding(
                "all values changed",
                "The values of the whole head were changed, not of a part of it.",
                "Keep the scan's own values where the defacer can; measures may differ from the original's.",
                refused=False,
            )
        ]
    return []


def _of_another(likeness: float | None) -> Finding:
    seen = (
        "too little is left to compare"
        if likeness is None
        else f"the detail of both correlates at {likeness:.2f}, in one scan at {SAME_HEAD:g} or more"
    )
    return Finding(
        "another head",
        f"What came back has other values than the scan, and is of another head, lies elsewhere, or was filtered: "
        f"{seen}.",
        "Look whose result it is, and take it as the defacer wrote it: on the scan's grid, neither moved nor smoothed.",
    )


def _coarser(before: Array, result: Stored) -> list[Finding]:
    """Say when whole numbers were stored in a type that cannot hold them all."""
    if not np.issubdtype(result.dtype, np.integer) or result.scaled:
        return []
    info = np.iinfo(result.dtype)
    if info.min <= before.min() and before.max() <= info.max:
        return []
    return [
        Finding(
            "data type",
            f"What came back is stored as {result.dtype.name}, which cannot hold the scan's values of "
            f"{before.min():g} to {before.max():g}.",
            "Let the defacer write the scan's own type.",
            refused=False,
        )
    ]


def accept(volume: Volume, result: Stored) -> tuple[Volume, Mask, tuple[Finding, ...]]:
    """Return the defaced scan, the altered voxels and the notes, or refuse what came back.

    Parameters
    ----------
    volume : Volume
        What went in.
    result : Stored
        What came back.

    Returns
    -------
    Volume
        On the grid of the scan; voxels that were not altered have the scan's own values.
    Mask
        Label ``"footprint"``.
    tuple of Finding
        Notes only.

    Raises
    ------
    DefacingError
        The outcome is the word of the finding.
    """
    checked = check_result(volume, result)
    if checked.refusal is not None or checked.footprint is None:
        raise _refused(checked.refusal or checked.findings[0])
    altered = np.asarray(checked.footprint.data)
    dtype = np.float32 if np.issubdtype(volume.data.dtype, np.integer) else volume.data.dtype
    data = np.where(altered, result.data, volume.data).astype(dtype, copy=False)
    return replace(volume, data=data), checked.footprint, checked.findings
