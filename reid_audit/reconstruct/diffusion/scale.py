"""The scale on which networks see faces: what differs from the mean face, in units of how far faces differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.reconstruct.diffusion.crops import MOST, pooled
from reid_audit.reconstruct.diffusion.extra import need

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["FaceScale", "learn_scale", "mirrored"]

Array = np.ndarray[Any, Any]

_LEAST_SPREAD = 0.01
"""Brightness: faces that are all the same still have a scale."""


@dataclass(frozen=True, eq=False)
class FaceScale:
    """What the networks of one stage take for nothing, and for one.

    A network that predicts nothing draws the mean face: learning begins where the average face ends. The mean goes in
    beside the face as well, because convolutions do not know where in the head they are.

    Parameters
    ----------
    mean : ndarray, shape of the stage, float32
        Of the faces that are learnt from and their mirror images, as brightness.
    spread : float
        Standard deviation of the faces from it, over voxels and people.
    """

    mean: Array
    spread: float

    @property
    def beside(self) -> Array:
        """The mean as an input, within -1 and 1."""
        return np.asarray(self.mean * (2.0 / MOST) - 1.0, np.float32)

    def to_network(self, values: Array) -> Array:
        """Return brightness, shape (..., I, J, K), on the scale of the networks."""
        return np.asarray((values - self.mean) / self.spread, np.float32)

    def from_network(self, values: Array) -> Array:
        """Return brightness from the scale of the networks, cut to what there is."""
        return np.asarray(np.clip(self.mean + self.spread * values, 0.0, MOST), np.float32)

    def tensors(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of it."""
        torch = need("torch")
        return {"face.mean": torch.from_numpy(self.mean), "face.spread": torch.tensor(self.spread, dtype=torch.float64)}

    @staticmethod
    def of(tensors: Mapping[str, Any]) -> FaceScale:
        """Return it from the part ``face`` of a checkpoint."""
        return FaceScale(np.asarray(tensors["mean"].numpy(), np.float32), float(tensors["spread"]))


def mirrored(face: Array) -> Array:
    """Return faces, shape (..., I, J, K), with left and right exchanged: the box is as wide on both sides."""
    return face[..., ::-1, :, :]


def learn_scale(files: Sequence[Path], factor: int) -> FaceScale:
    """Learn the scale of a stage from the files of faces, of which one is held at a time.

    Parameters
    ----------
    files : sequence of Path
        At least one.
    factor : int
        By which faces are pooled for this stage.

    Returns
    -------
    FaceScale
    """
    total = squares = np.zeros(())
    for file in files:
        face = pooled(np.load(file, mmap_mode="r", allow_pickle=False).astype(np.float32), factor).astype(np.float64)
        total, squares = total + face + mirrored(face), squares + face**2 + mirrored(face) ** 2
    mean, square = total / (2 * len(files)), squares / (2 * len(files))
    spread = float(np.sqrt(np.maximum(square - mean**2, 0.0).mean()))
    return FaceScale(np.asarray(mean, np.float32), max(spread, _LEAST_SPREAD))
