"""The temporalis muscle of a phantom, from its own truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.anatomy import load_head_model
from reid_audit.phantom import Tissue, head_mesh
from reid_audit.types import Mask

if TYPE_CHECKING:
    from reid_audit.phantom import Identity, PhantomScan

__all__ = ["temporalis_mask"]

_SIDE, _BACK, _FRONT, _BELOW, _ABOVE = 38.0, 8.0, 82.0, 4.0, 58.0
"""Mm of the mean head: from the middle plane, in front of the ears (from, to), above the level of the ears (from, to);
the masseter lies below."""


def temporalis_mask(who: Identity, scan: PhantomScan) -> Mask:
    """Return the muscle of both temples, from the cheek bone up.

    Parameters
    ----------
    who : Identity
    scan : PhantomScan
        Of that person.

    Returns
    -------
    Mask
        On the scan's grid, labelled ``"temporalis"``.
    """
    model = load_head_model()
    own = model.landmarks_of(head_mesh(who).points)
    size = abs(float(own["right_eye"][0])) / abs(float(model.landmarks["right_eye"][0]))
    matrix = scan.to_head @ scan.volume.affine
    index = np.argwhere(scan.tissues == Tissue.MUSCLE)
    places = (index @ matrix[:3, :3].T + matrix[:3, 3]) / size
    side, front, up = np.abs(places[:, 0]), places[:, 1], places[:, 2]
    inside = (side > _SIDE) & (front > _BACK) & (front < _FRONT) & (up > _BELOW) & (up < _ABOVE)
    mask = np.zeros(scan.tissues.shape, dtype=bool)
    mask[tuple(index[inside].T)] = True
    return Mask(mask, scan.volume.affine, "temporalis")
