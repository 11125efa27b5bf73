"""What one step learns from: faces, a region as a defacer might alter it, and where the network begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.reconstruct.diffusion.crops import drawn_region, full_region, pooled
from reid_audit.reconstruct.diffusion.data import Faces
from reid_audit.reconstruct.diffusion.scale import mirrored
from reid_audit.reconstruct.diffusion.start import LinearStart, learn_start, upsampled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reid_audit.reconstruct.diffusion.presets import Preset

__all__ = ["CoarseExamples", "Example", "FineExamples"]

Array = np.ndarray[Any, Any]

_HELD = 256
"""People whom ridge regression rests on, at most: it is solved anew in every step."""
_BLUNT = 0.1
"""Standard deviation of the noise, in brightness, that the finer network sees on the coarser one's output, which is
never the truth."""


@dataclass(frozen=True, eq=False)
class Example:
    """Faces on the grid of a network.

    Parameters
    ----------
    face, region, start : ndarray, shape (N, I, J, K), float32
        Brightness; 1 where the face is unknown, else 0; where the network begins, which is the face where it is known.
    """

    face: Array
    region: Array
    start: Array


@dataclass(frozen=True, eq=False)
class CoarseExamples:
    """Faces on the coarse grid; the network begins at what ridge regression says of them without themselves.

    Parameters
    ----------
    files : tuple of Path
        Of the people who are learnt from.
    start : LinearStart
    preset : Preset
    """

    files: tuple[Path, ...]
    start: LinearStart
    preset: Preset

    @staticmethod
    def of(files: tuple[Path, ...], preset: Preset) -> CoarseExamples:
        """Read the people on whom the regression rests."""
        factor = round(preset.coarse.spacing / preset.fine.spacing)
        people = np.stack([pooled(Faces.read([file]), factor)[0] for file in files[:_HELD]])
        return CoarseExamples(files, learn_start(people, full_region(preset.coarse)), preset)

    def of_people(self, files: Sequence[Path], rng: np.random.Generator) -> Example:
        """Return people with one region, each as they are or mirrored; nobody's own face is in their start."""
        factor = round(self.preset.coarse.spacing / self.preset.fine.spacing)
        region = drawn_region(self.preset.coarse, rng)
        faces = pooled(Faces.read(files), factor)
        held = {file: k for k, file in enumerate(self.files[: len(self.start.people)])}
        known = [held[file] for file in files if file in held]
        predicted = dict(zip(known, self.start.left_out(known, region) if known else (), strict=True))
        starts = [
            np.where(region, predicted[held[file]], face) if file in held else self.start.of(face, region)
            for file, face in zip(files, faces, strict=True)
        ]
        return _either_side(faces, region, np.stack(starts), rng)


@dataclass(frozen=True, eq=False)
class FineExamples:
    """Faces on the fine grid; the network begins at a coarse face.

    Parameters
    ----------
    preset : Preset
    """

    preset: Preset

    def of_people(self, files: Sequence[Path], rng: np.random.Generator) -> Example:
        """Return people with one region, each as they are or mirrored; their coarse faces are blunt."""
        factor = round(self.preset.coarse.spacing / self.preset.fine.spacing)
        region = drawn_region(self.preset.fine, rng)
        faces = Faces.read(files)
        coarse = pooled(faces, factor)
        coarse += _BLUNT * rng.standard_normal(coarse.shape, dtype=np.float32)
        return _either_side(faces, region, np.where(region, upsampled(coarse, factor), faces), rng)


def _either_side(faces: Array, region: Array, starts: Array, rng: np.random.Generator) -> Example:
    """Mirror half of the people."""
    parts = []
    for face, start in zip(faces, starts, strict=True):
        parts.append((face, region, start))
        if rng.random() < 0.5:
            parts[-1] = (mirrored(face), mirrored(region), mirrored(start))
    face, where, start = (np.stack(side).astype(np.float32) for side in zip(*parts, strict=True))
    return Example(face, where, start)
