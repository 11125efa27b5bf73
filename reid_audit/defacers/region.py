"""What a face is, as a fixed part of the mean head: never an offset of the person's own skin.

A boundary that follows the person's skin at some depth would keep the shape of the face. This one is the same for
everyone: it runs through bone and airway of the mean head, in front of the brain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from reid_audit.anatomy.head_model import REGIONS, load_head_model
from reid_audit.anatomy.voxels import voxel_coverage

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["FaceRegion", "face_region", "face_voxels", "upper_face_region"]

Array = np.ndarray[Any, Any]

_SPACING = 2.0
_LOW = np.array([-130.0, -60.0, -150.0])
_HIGH = np.array([130.0, 200.0, 120.0])
_FOREHEAD_DEPTH = (7.0, 3.5)
"""Mm below the skin of the mean forehead, in the outer table of the skull: in the middle and at the temples."""
_JAW, _ORBIT, _BRIDGE = 10.0, 50.0, 79.0
"""How far back the region reaches, y in mm: to the throat below, behind the eyes, in front of the cribriform plate."""
_EAR_SIDE = (65.0, 75.0)
"""Mm from the middle plane beyond which all at the height of the ears is ear: beside the mastoid, beside the brain."""


@dataclass(frozen=True, eq=False)
class FaceRegion:
    """The face as a yes/no grid in the frame of the mean head.

    Parameters
    ----------
    inside : ndarray, shape (I, J, K), bool
    origin : ndarray, shape (3,)
        Head frame, mm, of voxel (0, 0, 0).
    spacing : float
        Mm.
    """

    inside: Array
    origin: Array
    spacing: float


@lru_cache(maxsize=1)
def face_region() -> FaceRegion:
    """Return the region that the sham defacers alter.

    It holds forehead skin, orbits, nose, cheeks, mouth, jaw and chin back to the throat, the ears down to the bone, and
    the air around all of these.

    Returns
    -------
    FaceRegion
        In the frame of the mean head; the same object at each call.
    """
    model = load_head_model()
    lines = [np.arange(_LOW[a], _HIGH[a] + _SPACING / 2, _SPACING) for a in range(3)]
    x, y, z = np.meshgrid(*lines, indexing="ij", sparse=True)
    side = np.abs(x)
    eye, chin = model.landmarks["right_eye"], model.landmarks["gnathion"]
    # The roof of the orbits rises forward, as the frontal lobes do.
    above_eye = np.exp(-(((side - 33.0) / 13.0) ** 4))
    roof = eye[2] + 5.0 + (2.0 + 0.35 * np.clip(y - _ORBIT, 0.0, 30.0)) * above_eye
    # From the throat up to the back of the orbits the boundary slopes forward, below the temporal lobes.
    back = np.clip(_JAW + (z + 16.0) * 2.4, _JAW, _ORBIT) + 0.0 * x
    back = np.where((side < 15.0) & (z > eye[2] - 7.0), _BRIDGE, back)
    back = np.where(z < chin[2] - 12.0, 33.0, back)
    lower = (y > back) & (z < roof)
    upper = (z >= roof) & (z < model.landmarks["forehead"][2] - 5.0) & (y > 40.0)
    upper = upper & (_mean_depth(lines) < np.interp(side, (25.0, 45.0), _FOREHEAD_DEPTH))
    ears = model.mean[model.labels == REGIONS["ears"]]
    low, high = ears.min(axis=0) - 6.0, ears.max(axis=0) + 6.0
    limit = np.interp(z, (-4.0, 5.0), _EAR_SIDE)
    beside = (side > limit) & (y > low[1]) & (y < high[1] + 30.0) & (z > low[2]) & (z < high[2])
    return FaceRegion(lower | upper | beside, _LOW, _SPACING)


@lru_cache(maxsize=1)
def upper_face_region() -> FaceRegion:
    """Return the part of :func:`face_region` with eyes, brows and forehead; nose, mouth, chin and ears are left out.

    Returns
    -------
    FaceRegion
        In the frame of the mean head; the same object at each call.
    """
    whole = face_region()
    low, high = load_head_model().landmarks["right_eye"][2] - 12.0, 55.0
    x, z = (whole.origin[axis] + whole.spacing * np.arange(whole.inside.shape[axis]) for axis in (0, 2))
    return FaceRegion(whole.inside & (np.abs(x) < high)[:, None, None] & (z > low), whole.origin, whole.spacing)


def _mean_depth(lines: list[Array]) -> Array:
    """Return mm below the skin of the mean head, 0 outside, on the grid of the region."""
    model = load_head_model()
    low = np.array([line[0] for line in lines])
    shape = (len(lines[0]), len(lines[1]), len(lines[2]))
    # The grid ends in mid-head: pad it behind so that its edge is not taken for skin.
    pad = 40
    behind = (np.asarray(model.mean, float) - low) / _SPACING + np.array([0, pad, 0])
    inside = voxel_coverage(behind, model.triangles, (shape[0], shape[1] + pad, shape[2])) > 0.5
    return np.asarray(distance_transform_edt(inside)[:, pad:] * _SPACING)


def face_voxels(volume: Volume, to_head: Array, scale: float, region: FaceRegion | None = None) -> Array:
    """Return which voxels of a scan lie in the face region.

    Parameters
    ----------
    volume : Volume
    to_head : ndarray, shape (4, 4)
        RAS mm of the scan to the head frame, rigid.
    scale : float
        Size of the head relative to the mean head.
    region : FaceRegion, optional
        Part of it; else :func:`face_region`.

    Returns
    -------
    ndarray, shape of the volume, bool
    """
    region = region or face_region()
    shrink = np.diag([1.0 / scale, 1.0 / scale, 1.0 / scale, 1.0])
    to_index = np.eye(4)
    to_index[:3, :3] /= region.spacing
    to_index[:3, 3] = -region.origin / region.spacing
    matrix = to_index @ shrink @ to_head @ volume.affine
    grid = [np.arange(n, dtype=np.float32) for n in volume.data.shape]
    limit = np.array(region.inside.shape)
    found = np.zeros(volume.data.shape, dtype=bool)
    for i, first in enumerate(grid[0]):
        at = [
            np.rint(matrix[a, 1] * grid[1][:, None] + matrix[a, 2] * grid[2] + (matrix[a, 0] * first + matrix[a, 3]))
            for a in range(3)
        ]
        near = np.logical_and.reduce([(at[a] >= 0) & (at[a] < limit[a]) for a in range(3)])
        index = [at[a][near].astype(np.intp) for a in range(3)]
        found[i][near] = region.inside[index[0], index[1], index[2]]
    return found
