"""Points on the skin, roughly: enough to find the pose of a head before anything else is known of a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import binary_closing, binary_erosion, binary_opening, label

from reid_audit.anatomy.morphology import holes_filled
from reid_audit.anatomy.resampling import resample, upright_copy
from reid_audit.errors import HeadError

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["between_means", "skin_points"]

Array = np.ndarray[Any, Any]

_SPACING = 3.0
_CT_SKIN = -300.0
_FEWEST = 500
"""Points: fewer are no head."""


def skin_points(volume: Volume) -> Array:
    """Return points on the outside of the largest thing in a scan, without those where the field of view ends it.

    Parameters
    ----------
    volume : Volume
        MRI of any contrast, CT or PET, with or without its face.

    Returns
    -------
    ndarray, shape (N, 3), float64
        RAS mm; 3 mm apart, at most 3 mm below the skin.

    Raises
    ------
    HeadError
        There is nothing of the size of a head.
    """
    copy = upright_copy(volume, _SPACING)
    shape = (copy.data.shape[0], copy.data.shape[1], copy.data.shape[2])
    seen = resample(np.ones(volume.data.shape, np.float32), volume.affine, shape, copy.affine) > 0.99
    head = _largest(np.asarray(copy.data), seen, ct=volume.kind == "ct")
    inner = binary_erosion(seen, np.ones((3, 3, 3)), iterations=2)
    index = np.argwhere(head & ~binary_erosion(head) & inner)
    if len(index) < _FEWEST:
        raise HeadError(
            f"The outside of the largest thing in this scan has {len(index)} places of {_SPACING:.0f} mm; a head has "
            f"{_FEWEST} or more.",
            remedy="Check the voxel size in the header, and that the image shows a head.",
        )
    return np.asarray(index @ copy.affine[:3, :3].T + copy.affine[:3, 3])


def _largest(values: Array, seen: Array, *, ct: bool) -> Array:
    """Return the largest thing, filled; head coil, couch and headrest hang on it by little and are cut off."""
    limit = _CT_SKIN if ct else 0.5 * between_means(values[seen])
    solid = binary_opening((values > limit) & seen, iterations=2 if ct else 1)
    pieces, n_pieces = label(solid)
    if not n_pieces:
        return np.zeros(values.shape, bool)
    largest = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    closed = binary_closing(np.pad(largest, 5), iterations=4)
    return np.asarray(holes_filled(closed)[5:-5, 5:-5, 5:-5])


def between_means(values: Array) -> float:
    """Return the value midway between the means above and below it [1]_.

    Parameters
    ----------
    values : ndarray
        Of any shape; below 0 and above the 99th percentile they are cut.

    Returns
    -------
    float

    References
    ----------
    .. [1] T. W. Ridler, S. Calvard, "Picture thresholding using an iterative selection method", IEEE Trans. Syst. Man
       Cybern. 8(8), 1978, doi:10.1109/TSMC.1978.4310039
    """
    usual = np.clip(values, 0.0, np.percentile(values, 99))
    limit = float(usual.mean())
    for _ in range(30):
        above = usual > limit
        if above.all() or not above.any():
            break
        moved = 0.5 * float(usual[above].mean() + usual[~above].mean())
        if abs(moved - limit) < 1e-4 * moved:
            break
        limit = moved
    return limit
