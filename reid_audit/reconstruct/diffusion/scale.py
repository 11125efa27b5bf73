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

__all__ = ["LEAST_SPREAD", "FaceScale", "learn_scale", "mirrored"]

Array = np.ndarray[Any, Any]

LEAST_SPREAD = 0.01
"""Brightness: faces that are all the same still have a scale."""


@dataclass(frozen=True, eq=False)
class FaceScale:
    """What the networks of one stage take for nothing, and for one.

    A network is to predict what is left between a face and where it begins (:mod:`.start`), so that one that predicts
    nothing draws its beginning. What it is given is what differs from the mean face, which goes in beside it as well:
    convolutions do not know where in the head they are.

    Parameters
    ----------
    mean : ndarray, shape of the stage, float32
        Of the faces that are learnt from and their mirror images, as brightness.
    spread : float
        Standard deviation of the faces from it, over voxels and people.
    left : float, default 1
        Root mean square of what is left between faces and where the network begins, in the regions.
    """

    mean: Array
    spread: float
    left: float = 1.0

    @property
    def beside(self) -> Array:
        """The mean as an input, within -1 and 1."""
        return np.asarray(self.mean * (2.0 / MOST) - 1.0, np.float32)

    def given(self, face: Array, region: Array, start: Array) -> Array:
        """Return what a network is given beside a noisy face.

        Parameters
        ----------
        face, region, start : ndarray, shape (N, I, J, K)
            Brightness, of which what lies in the region is not looked at; 1 where the face is unknown, else 0; where
            the network begins.

        Returns
        -------
        ndarray, shape (N, 4, I, J, K), float32
        """
        known = np.where(region > 0, 0.0, self._seen(face))
        beside = np.broadcast_to(self.mean * (2.0 / MOST) - 1.0, face.shape)
        return np.stack([known, region, beside, self._seen(start)], axis=1).astype(np.float32)

    def to_network(self, face: Array, start: Array) -> Array:
        """Return what is left between a face and where the network begins, on the network's scale."""
        return np.asarray((face - start) / self.left, np.float32)

    def from_network(self, drawn: Array, start: Array) -> Array:
        """Return brightness from what a network has drawn, cut to what there is."""
        return np.asarray(np.clip(start + self.left * drawn, 0.0, MOST), np.float32)

    def _seen(self, face: Array) -> Array:
        return np.asarray((face - self.mean) / self.spread, np.float32)

    def tensors(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of it."""
        torch = need("torch")
        numbers = {"spread": self.spread, "left": self.left}
        kept = {f"face.{name}": torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
        return {"face.mean": torch.from_numpy(self.mean), **kept}

    @staticmethod
    def of(tensors: Mapping[str, Any]) -> FaceScale:
        """Return it from the part ``face`` of a checkpoint."""
        mean = np.asarray(tensors["mean"].numpy(), np.float32)
        return FaceScale(mean, float(tensors["spread"]), float(tensors["left"]))


def mirrored(face: Array) -> Array:
    """Return faces, shape (..., I, J, K), with left and right exchanged: the box is as wide on both sides."""
    return face[..., ::-1, :, :]


def learn_scale(files: Sequence[Path], factor: int) -> FaceScale:
    """Learn the scale of a stage from the files of faces, of which one is held at a time; ``left`` is not known yet.

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
    return FaceScale(np.asarray(mean, np.float32), max(spread, LEAST_SPREAD))
