"""The faces that are learnt from, one file a person, read when a step asks for them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError, InputError
from reid_audit.reconstruct.diffusion.crops import crop_of
from reid_audit.reconstruct.frame import place
from reid_audit.reconstruct.gain import gain_of
from reid_audit.reconstruct.population import FEWEST
from reid_audit.store import private_folder, write_bytes
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reid_audit.reconstruct.diffusion.presets import Stage
    from reid_audit.reconstruct.population import HeadPopulation
    from reid_audit.types import Volume

__all__ = ["Faces", "lay_faces"]

Array = np.ndarray[Any, Any]

_TRIANGLES = 60_000
_VALIDATED = 8
"""Of so many people one is held back, to see when learning stops helping."""


@dataclass(frozen=True)
class Faces:
    """Files of faces on one grid.

    Parameters
    ----------
    learnt, validated : tuple of Path
        People who are learnt from, and people on whom learning is judged; nobody is both.
    lost : int
        Scans without a head that could be found and laid on the others.
    """

    learnt: tuple[Path, ...]
    validated: tuple[Path, ...]
    lost: int = 0

    @staticmethod
    def read(files: Sequence[Path]) -> Array:
        """Return faces, shape (N, I, J, K), float32; nothing else of their files is held."""
        return np.stack([np.asarray(np.load(file, mmap_mode="r", allow_pickle=False), np.float32) for file in files])


def lay_faces(
    originals: Sequence[Volume],
    keys: Sequence[str],
    population: HeadPopulation,
    stage: Stage,
    *,
    folder: Path,
    progress: Callable[[str, int, int], None],
) -> Faces:
    """Write the face of every original as a box of brightness, unless it is there already.

    Parameters
    ----------
    originals : sequence of Volume
        Read one after the other.
    keys : sequence of str
        Content of each file: the name of what is kept of it.
    population : HeadPopulation
        On whose template they are laid.
    stage : Stage
        The finer of both networks.
    folder : Path
        Private.
    progress : callable

    Returns
    -------
    Faces
        In the order of the keys, which does not depend on that of the scans. A scan whose face cannot be laid on the
        others is counted, and not tried again.

    Raises
    ------
    HeadError
        Too few of the scans show a head.
    """
    private_folder(folder)
    files = []
    for done, (index, key) in enumerate(sorted(enumerate(keys), key=lambda item: item[1]), 1):
        file = folder / f"{key[:24]}.npy"
        none = file.with_suffix(".none")
        if file.is_file() or (not none.is_file() and _laid(originals, index, population, stage, file)):
            files.append(file)
        elif not none.is_file():
            write_bytes(none, b"")
        progress("laying faces", done, len(keys))
    if len(files) < FEWEST:
        raise HeadError(
            f"A face could be laid on the others in {len(files)} of {len(keys)} scans; it takes {FEWEST}.",
            remedy="Check that the scans show whole heads with their skin.",
        )
    held = files[:: max(min(_VALIDATED, len(files) // 2), 1)]
    return Faces(tuple(file for file in files if file not in held), tuple(held), len(keys) - len(files))


def _laid(originals: Sequence[Volume], index: int, population: HeadPopulation, stage: Stage, file: Path) -> bool:
    try:
        volume = originals[index]
        surface = head_surface(volume, target_triangles=_TRIANGLES)
        placed = place(volume, surface, population.volume_of(population.template))
        crop = crop_of(volume, placed.similar, stage, gain_of(volume, placed.affine, population.mean))
    except InputError:
        return False
    stream = io.BytesIO()
    np.save(stream, crop.astype(np.float16), allow_pickle=False)
    write_bytes(file, stream.getvalue())
    return True
