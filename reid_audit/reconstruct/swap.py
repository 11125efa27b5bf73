"""The control by swapping people: somebody else's reconstructed face in a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import map_coordinates

from reid_audit.anatomy.resampling import resample
from reid_audit.errors import UsageError
from reid_audit.reconstruct.filling import fill_values
from reid_audit.reconstruct.population import brightness
from reid_audit.reconstruct.region import check_region
from reid_audit.surface import head_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Mask, Volume

__all__ = ["partners", "with_face_of"]

Array = np.ndarray[Any, Any]


def partners(people: Sequence[str], rng: np.random.Generator) -> dict[str, str]:
    """Give everybody the face of somebody else: a cycle through all people in a drawn order.

    Parameters
    ----------
    people : sequence of str
        Two or more; the order does not matter.
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to str
        Whose head to whose face; nobody keeps their own, and each face is used once.

    Raises
    ------
    UsageError
        There is one person, or nobody.
    """
    names = sorted(set(people))
    if len(names) < 2:
        raise UsageError(f"Swapping takes two people, got {len(names)}.", remedy="Attack more people.")
    drawn = [names[k] for k in rng.permutation(len(names))]
    return dict(zip(drawn, drawn[1:] + drawn[:1], strict=True))


def with_face_of(volume: Volume, region: Mask, other: Volume, to_grid: Array, other_to_grid: Array) -> Volume:
    """Fill a region by what lies at the same place of another person's reconstruction, as bright as this scan.

    Parameters
    ----------
    volume : Volume
        A defaced scan.
    region : Mask
        What was altered in it.
    other : Volume
        The reconstruction of another person, of the same kind of scan.
    to_grid, other_to_grid : ndarray, shape (4, 4)
        RAS mm of each to mm of the mean head.

    Returns
    -------
    Volume
        If the reconstruction of a person were found by the remaining head, or by being a face at all, this one would be
        found as often. Scanners have gains of their own: air and tissue of the other scan are brought to the values of
        this one, both taken outside the region.

    Raises
    ------
    VolumeError
        The region does not fit the scan.
    UsageError
        The scans are of two kinds.
    HeadError
        One of them shows no head, or no tissue brighter than air.
    """
    altered = check_region(volume, region)
    if other.kind != volume.kind:
        raise UsageError(
            f"A face of a scan of kind '{other.kind}' does not belong in one of kind '{volume.kind}'.",
            remedy="Swap faces within one modality.",
        )
    matrix = np.linalg.inv(other.affine) @ np.linalg.inv(other_to_grid) @ to_grid @ volume.affine
    index = np.argwhere(altered) @ matrix[:3, :3].T + matrix[:3, 3]
    # The same part of the other head is left out of its brightness.
    there = resample(altered, np.linalg.inv(matrix), other.data.shape, np.eye(4), order=0) > 0
    own, theirs = _brightness(volume, altered), _brightness(other, there)
    data = np.asarray(other.data, np.float32)
    values = map_coordinates(data, index.T, order=1, mode="constant", cval=theirs[0])
    return fill_values(volume, altered, own[0] + (values - theirs[0]) * (own[1] / theirs[1]))


def _brightness(volume: Volume, left_out: Array) -> tuple[float, float]:
    """Return the value of air and how much brighter the tissue is where nothing is left out."""
    head, data = np.asarray(head_mask(volume).data), np.asarray(volume.data)
    return brightness(volume.kind, data[~head & ~left_out], data[head & ~left_out])
