"""Scans as images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from reid_audit.types.arrays import frozen_array

__all__ = ["Kind", "Mask", "Volume"]

Kind = Literal["mri", "ct", "pet"]
"""What physics made the image; decides how air is told from tissue."""


@dataclass(frozen=True, eq=False)
class Volume:
    """One three-dimensional image.

    Parameters
    ----------
    data : ndarray, shape (I, J, K)
        Intensities, finite. Hounsfield units for CT, arbitrary for MRI.
    affine : ndarray, shape (4, 4), float64
        Voxel index (i, j, k, 1) to RAS millimetres. May be oblique or sheared; never singular.
    kind : {"mri", "ct", "pet"}
    modality : str
        BIDS suffix or the like: ``"T1w"``, ``"FLAIR"``, ``"CT"``.
    notes : tuple of str
        What was done or doubted on reading ("affine came from the sform").
    """

    data: np.ndarray[Any, Any]
    affine: np.ndarray[Any, Any]
    kind: Kind = "mri"
    modality: str = "unknown"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", frozen_array(self.data))
        object.__setattr__(self, "affine", frozen_array(self.affine, np.float64))
        if self.data.ndim != 3:
            raise ValueError(f"A Volume has three dimensions, got shape {self.data.shape}.")
        if self.affine.shape != (4, 4):
            raise ValueError(f"An affine has shape (4, 4), got {self.affine.shape}.")

    @property
    def voxel_size(self) -> np.ndarray[Any, Any]:
        """Edge lengths of a voxel in mm, shape (3,)."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0))

    def __repr__(self) -> str:
        size = " x ".join(f"{s:.2f}" for s in self.voxel_size)
        return f"Volume({self.modality}, {self.kind}, shape {self.data.shape}, voxel {size} mm)"


@dataclass(frozen=True, eq=False)
class Mask:
    """A yes/no image on the grid of a :class:`Volume`.

    Parameters
    ----------
    data : ndarray, shape (I, J, K), bool
    affine : ndarray, shape (4, 4), float64
        Voxel index to RAS millimetres.
    label : str
        What the mask marks: ``"brain"``, ``"face"``, ``"footprint"``.
    """

    data: np.ndarray[Any, Any]
    affine: np.ndarray[Any, Any]
    label: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", frozen_array(self.data, bool))
        object.__setattr__(self, "affine", frozen_array(self.affine, np.float64))

    def __repr__(self) -> str:
        return f"Mask({self.label}, shape {self.data.shape}, {int(self.data.sum())} voxels)"
