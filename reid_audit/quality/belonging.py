"""Whether an original belongs to a released scan: what no defacer alters lies in one place in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import uniform_filter

from reid_audit.anatomy.detail import detail_inside
from reid_audit.quality.altered import on_one_grid

if TYPE_CHECKING:
    from reid_audit.quality.judging import Reference
    from reid_audit.types import Volume

__all__ = ["likeness_behind", "why_strange"]

Array = np.ndarray[Any, Any]

_ALIKE = 0.8
"""Likeness from which on an original belongs to a scan; where it comes from: ``docs/decisions/0013-triage.md``."""
_LOWEST = -20.0
"""Mm above the ears' openings, in the mean head, below which nothing is compared: defacers cut jaw and neck as well."""
_RIM = 6.0
"""Mm of air around tissue that is compared too: the skin lies there, and the skull between."""
_NEAR = 0.02
"""Share of tissue around a voxel from which on it lies in the rim: fewer is noise."""
_LEAST_ML = 50.0
"""What must be left behind the ears for anything to be said: a newborn's brain has three times as much there."""
_FILL = 0.02
"""Share of the image from which on its most frequent value is a fill, not tissue."""
_SAMPLE = 1_000_000


def why_strange(likeness: float | None) -> str:
    """Return why a comparison with the original says nothing; empty where the original is the scan's own.

    Parameters
    ----------
    likeness : float or None
        Of :func:`likeness_behind`.
    """
    if likeness is None:
        return "too little is left behind the ears to say that the original given is its own"
    if likeness >= _ALIKE:
        return ""
    return (
        f"the original given is of another head, or lies elsewhere: behind the ears the detail of both correlates at "
        f"{likeness:.2f}, in one scan at {_ALIKE:g} or more"
    )


def likeness_behind(released: Volume, reference: Reference) -> float | None:
    """Return how well the detail of a released scan agrees with its original where no face is.

    Parameters
    ----------
    released : Volume
        On the original's grid.
    reference : Reference
        Of the original.

    Returns
    -------
    float or None
        Correlation of the detail (1.5 to 6 mm) of both over the head behind the ears that was not emptied, -1 to 1,
        whatever factor, drift of brightness or noise was put on one of them. None where less than 50 ml is left.

    Raises
    ------
    VolumeError
        If the released scan lies on another grid.
    """
    original, after = on_one_grid(reference.volume, released)
    one, two = np.asarray(original.data, np.float32), np.asarray(after.data, np.float32)
    compared = _behind(original, reference) & ~_emptied(one, two)
    if compared.sum() * original.voxel_size.prod() < 1000.0 * _LEAST_ML:
        return None
    where = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(compared))
    inside = compared[where]
    was, stands = (detail_inside(data[where], inside, original.voxel_size) for data in (one, two))
    if min(float(was.std()), float(stands.std())) == 0.0:
        return 0.0
    return float(np.corrcoef(was, stands)[0, 1])


def _behind(original: Volume, reference: Reference) -> Array:
    """Return the head behind the ears and above the neck, with a rim of air; shape of the data, bool."""
    data, size = np.asarray(original.data), original.voxel_size
    to_head = np.asarray(reference.skin.to_head) @ np.asarray(original.affine)
    i, j, k = np.ogrid[tuple(slice(count) for count in data.shape)]
    forward, up = (row[0] * i + row[1] * j + row[2] * k + row[3] for row in to_head[1:3])
    tissue = data >= reference.surface.quality.threshold
    widths = [2 * int(np.ceil(_RIM / edge)) + 1 for edge in size]
    near = uniform_filter(tissue.astype(np.float32), widths, mode="constant") > _NEAR
    return np.asarray((forward < 0) & (up > _LOWEST * reference.skin.scale) & near)


def _emptied(before: Array, after: Array) -> Array:
    """Return which voxels hold a fill that was not there before, as around a brain that was cut out."""
    values, counts = np.unique(after.ravel()[:: max(after.size // _SAMPLE, 1)], return_counts=True)
    most = int(counts.argmax())
    if counts[most] < _FILL * counts.sum():
        return np.zeros(after.shape, dtype=bool)
    return np.asarray((after == values[most]) & (before != after))
