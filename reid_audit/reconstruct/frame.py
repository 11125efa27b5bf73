"""The grid on which heads of different people are compared, and how a scan gets there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import binary_dilation

from reid_audit.anatomy import place_adult_face
from reid_audit.anatomy.resampling import resample
from reid_audit.defacers.region import face_region, face_voxels
from reid_audit.defacers.registering import register_template

if TYPE_CHECKING:
    from reid_audit.types import HeadSurface, Volume

__all__ = ["GRID", "SHAPE", "SPACING", "Placed", "face_places", "on_grid", "place", "rough_place"]

Array = np.ndarray[Any, Any]

SPACING = 3.0
"""Mm between the places of the grid, of an adult of the mean head's size."""
_LOW = np.array([-102.0, -129.0, -135.0])
_HIGH = np.array([102.0, 138.0, 150.0])
_counts = np.rint((_HIGH - _LOW) / SPACING).astype(int) + 1
SHAPE: tuple[int, int, int] = (int(_counts[0]), int(_counts[1]), int(_counts[2]))
GRID: Array = np.array(
    [[SPACING, 0, 0, _LOW[0]], [0, SPACING, 0, _LOW[1]], [0, 0, SPACING, _LOW[2]], [0, 0, 0, 1]], dtype=np.float64
)
"""Voxel index of the grid to mm of the mean head: the head frame, at the mean head's size."""
GRID.flags.writeable = False
_LOOKED_AT = 0.1
"""Share of the voxels that the registration looks at: half of them lay heads 0.3 mm elsewhere, in twice the time."""
_BESIDE = 6.0
"""Mm around the face region that must not pull at the registration: the skin at its edge is cut."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Where a scan lies in the common frame.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), float64
        RAS mm of the scan to mm of the mean head, twelve degrees of freedom.
    similar : ndarray, shape (4, 4), float64
        The same with rotation, shift and one size alone: it keeps the proportions of the head.
    """

    affine: Array
    similar: Array

    @property
    def size(self) -> float:
        """Size of the head relative to the mean head."""
        return float(np.linalg.det(self.similar[:3, :3]) ** (-1 / 3))


def rough_place(surface: HeadSurface) -> Array:
    """Return RAS mm to mm of the mean head from the pose of the skin, face on face; shape (4, 4)."""
    matrix, scale = place_adult_face(surface)
    return np.asarray(np.diag([1.0 / scale, 1.0 / scale, 1.0 / scale, 1.0]) @ matrix)


def place(volume: Volume, surface: HeadSurface, template: Volume, altered: Array | None = None) -> Placed:
    """Lay a scan on the template of a population by what is not face.

    The mean head's face region pulls in nobody, whether it was altered or not: originals that are learnt from and
    defaced scans that are attacked are laid in the same way.

    Parameters
    ----------
    volume : Volume
    surface : HeadSurface
        Of the volume.
    template : Volume
        On :data:`GRID`.
    altered : ndarray, shape of the volume, bool, optional
        What was altered: it does not pull either.

    Returns
    -------
    Placed

    Raises
    ------
    HeadError
        The registration ran away.
    """
    start = rough_place(surface)
    ignored = face_voxels(volume, *place_adult_face(surface))
    if altered is not None:
        ignored = ignored | altered
    steps = max(round(_BESIDE / float(np.mean(volume.voxel_size))), 1)
    affine = register_template(volume, template, start, binary_dilation(ignored, iterations=steps), share=_LOOKED_AT)
    return Placed(affine, _similar_part(affine))


def _similar_part(affine: Array) -> Array:
    """Return the rotation, shift and size nearest to an affine map; the middle of the head stays where it was."""
    left, strength, right = np.linalg.svd(affine[:3, :3])
    turn = left @ right
    middle = np.linalg.solve(affine, np.array([0.0, 0.0, 20.0, 1.0]))[:3]
    found = np.eye(4)
    found[:3, :3] = float(np.exp(np.log(strength).mean())) * turn
    found[:3, 3] = np.array([0.0, 0.0, 20.0]) - found[:3, :3] @ middle
    return found


def on_grid(data: Array, affine: Array, to_grid: Array, *, fill: float = 0.0) -> Array:
    """Sample a scan on the common grid.

    Parameters
    ----------
    data : ndarray, shape (I, J, K)
    affine : ndarray, shape (4, 4)
        Voxel index to RAS mm.
    to_grid : ndarray, shape (4, 4)
        RAS mm to mm of the mean head.
    fill : float
        Outside the scan.

    Returns
    -------
    ndarray, shape :data:`SHAPE`, float32
    """
    return resample(data, to_grid @ affine, SHAPE, GRID, fill=fill)


@cache
def face_places() -> Array:
    """Return which places of the common grid lie in the mean head's face region; shape :data:`SHAPE`, bool."""
    region = face_region()
    places = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    index = np.rint((places @ GRID[:3, :3].T + GRID[:3, 3] - region.origin) / region.spacing).astype(int)
    inside = ((index >= 0) & (index < region.inside.shape)).all(axis=-1)
    found = np.zeros(SHAPE, dtype=bool)
    found[inside] = region.inside[tuple(index[inside].T)]
    found.flags.writeable = False
    return found
