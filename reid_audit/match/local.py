"""Samples compared by local features: all pictures of one against all pictures of the other, in many processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.keypoints import one_thread
from reid_audit.match.inliers import count_inliers
from reid_audit.store import Record, RecordStore, code_key, content_key
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.types import Keypoints

__all__ = ["score_keypoints"]

_PROBES, _REFERENCES = 64, 144
"""Pictures of either side that are compared in one task: about 10 seconds, and what a stopped run loses at most."""

_ROOMS = ("match/inliers.py", "match/local.py")


@dataclass(frozen=True, eq=False)
class _Tile:
    """Some pictures against some others."""

    probes: Keypoints
    references: Keypoints
    store: str | None

    def __repr__(self) -> str:
        return f"_Tile({self.probes!r}, {self.references!r})"


def score_keypoints(
    probes: Keypoints,
    references: Keypoints,
    *,
    workers: int = 1,
    store: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray[Any, Any]:
    """Score samples by the number of RANSAC inliers of their best pair of pictures.

    Parameters
    ----------
    probes, references : Keypoints
        Of one kind. Pictures with the same ``sample`` belong together.
    workers : int
        Processes.
    store : str, optional
        Folder of finished records: tiles of 64 x 144 pictures are kept, so that a stopped comparison goes on.
    progress : callable, optional
        Called with how many tiles are done, and how many there are.

    Returns
    -------
    ndarray, shape (P, R), float64
        One row and column a sample, in order of first appearance; higher = more alike, 0 where nothing agrees. NaN
        where no picture of a sample has a keypoint, or where the process died twice on the comparison.

    Raises
    ------
    UsageError
        For keypoints of two kinds.
    """
    places, tiles = [], []
    for row in range(0, len(probes.table), _PROBES):
        rows = np.arange(row, min(row + _PROBES, len(probes.table)))
        some = probes.select(rows)
        for column in range(0, len(references.table), _REFERENCES):
            columns = np.arange(column, min(column + _REFERENCES, len(references.table)))
            places.append(np.ix_(rows, columns))
            tiles.append(_Tile(some, references.select(columns), store))
    counts = np.full((len(probes.table), len(references.table)), np.nan)
    for done, (index, answer) in enumerate(run_tasks(_tile, tiles, workers=workers, here=True), start=1):
        if not isinstance(answer, WorkerLost):
            counts[places[index]] = answer
        if progress is not None:
            progress(done, len(tiles))
    return _best(_best(counts, probes.table["sample"]).T, references.table["sample"]).T


def _tile(tile: _Tile) -> np.ndarray[Any, Any]:
    """Compare the pictures of a tile, or take what was found out from the store."""
    if tile.store is None:
        return _counted(tile)
    store, key = RecordStore(tile.store), _key(tile)
    record = store.get(key)
    if record is None:
        record = Record({"inliers": _counted(tile)})
        store.put(key, record)
    return record.arrays["inliers"]


def _counted(tile: _Tile) -> np.ndarray[Any, Any]:
    with one_thread():
        return count_inliers(tile.probes, tile.references)


def _key(tile: _Tile) -> str:
    """Return a key of what is compared: two kinds, or the same pictures of other people, have other keypoints."""
    import hashlib

    import cv2

    digest = hashlib.sha256()
    for side in (tile.probes, tile.references):
        for array in (side.starts, side.points, side.descriptors):
            digest.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return content_key("inliers", tile.probes.kind, digest.hexdigest(), code_key(*_ROOMS), cv2.__version__)


def _best(counts: np.ndarray[Any, Any], samples: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return the best of the rows of each sample; NaN where none is a number."""
    codes, names = pd.factorize(samples)
    best = np.full((len(names), counts.shape[1]), np.nan)
    for row, code in enumerate(codes):
        best[code] = np.fmax(best[code], counts[row])
    return best
