"""The skin as a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reid_audit.types.arrays import frozen_array

__all__ = ["NO_POSE", "HeadSurface", "SurfaceQuality"]

NO_POSE = "pose not found"
"""How the note begins that says so."""


@dataclass(frozen=True)
class SurfaceQuality:
    """Facts about how well a scan shows the outside of the head.

    Parameters
    ----------
    voxel_size : tuple of float
        Of the scan as it came, in mm.
    largest_share : float
        Share of the foreground voxels that lie in the largest connected component, 0 to 1.
    cut_through : tuple of str
        Face regions that the field of view cuts through or misses: of ``"forehead"``, ``"nose"``,
        ``"mouth"``, ``"chin"``.
    pose_residual : float
        Median distance in mm from the mean head (of its age) to the surface after alignment; large means that the
        pose is doubtful.
    pose_angles : tuple of float
        Yaw, pitch, roll in degrees that were taken out of the scan.
    n_triangles : int
    threshold : float
        The intensity at which air ends and tissue begins.
    notes : tuple of str
    """

    voxel_size: tuple[float, float, float]
    largest_share: float
    cut_through: tuple[str, ...]
    pose_residual: float
    pose_angles: tuple[float, float, float]
    n_triangles: int
    threshold: float
    notes: tuple[str, ...] = ()

    @property
    def posed(self) -> bool:
        """Whether the pose of the head was found."""
        return not any(note.startswith(NO_POSE) for note in self.notes)


@dataclass(frozen=True, eq=False)
class HeadSurface:
    """The skin as a triangle mesh, with its place in the head frame.

    Parameters
    ----------
    points : ndarray, shape (V, 3), float32
        RAS millimetres of the scan (scanner or world frame, as the affine says).
    triangles : ndarray, shape (F, 3), int32
        Vertex indices, counter-clockwise seen from outside.
    to_head : ndarray, shape (4, 4), float64
        Rigid map from RAS millimetres to the head frame: origin at the centre of the mean head, x right, y towards the
        nose, z up. See ``anatomy.head_model``.
    quality : SurfaceQuality
    scale : float
        Size of the head relative to the mean adult.
    years : float or None
        Age of the mean head that was laid on this one, in whose head frame it lies; None for the mean adult. No
        estimate of a person's age.
    """

    points: np.ndarray[Any, Any]
    triangles: np.ndarray[Any, Any]
    to_head: np.ndarray[Any, Any]
    quality: SurfaceQuality
    scale: float = 1.0
    years: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen_array(self.points, np.float32))
        object.__setattr__(self, "triangles", frozen_array(self.triangles, np.int32))
        object.__setattr__(self, "to_head", frozen_array(self.to_head, np.float64))

    def __repr__(self) -> str:
        return f"HeadSurface({len(self.points)} points, {len(self.triangles)} triangles)"
