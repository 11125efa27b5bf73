"""Keypoints of pictures: what local features are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.types.arrays import frozen_array

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Keypoints"]


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Keypoints of some pictures, and what each looks like: biometric data, as templates are.

    Parameters
    ----------
    kind : str
        How they were found: ``"orb"`` or ``"sift"``.
    table : pandas.DataFrame
        One row a picture, index 0 .. N-1, with the columns of :attr:`Templates.table`; ``detected`` is true where the
        picture has a keypoint, and only there.
    starts : ndarray, shape (N + 1,), int64
        Keypoints ``starts[i]`` to ``starts[i + 1] - 1`` are those of picture i; a picture may have none.
    points : ndarray, shape (M, 2), float32
        u to the right and v down, from the centre of the top left pixel of the picture as it was searched.
    descriptors : ndarray, shape (M, D), uint8
    """

    kind: str
    table: pd.DataFrame
    starts: np.ndarray[Any, Any]
    points: np.ndarray[Any, Any]
    descriptors: np.ndarray[Any, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", frozen_array(self.starts, np.int64))
        object.__setattr__(self, "points", frozen_array(self.points, np.float32))
        object.__setattr__(self, "descriptors", frozen_array(self.descriptors, np.uint8))
        count = len(self.points)
        if self.points.shape != (count, 2) or self.descriptors.ndim != 2 or len(self.descriptors) != count:
            raise ValueError(
                "Keypoints need points of shape (M, 2) and one descriptor a point, got shapes "
                f"{self.points.shape} and {self.descriptors.shape}."
            )
        ends = self.starts[[0, -1]].tolist() if len(self.starts) else []
        if len(self.starts) != len(self.table) + 1 or ends != [0, count] or (np.diff(self.starts) < 0).any():
            raise ValueError(
                f"Starts of {count} keypoints in {len(self.table)} pictures rise from 0 to {count} in "
                f"{len(self.table) + 1} steps, got {len(self.starts)} with ends {ends}."
            )

    @property
    def counts(self) -> np.ndarray[Any, Any]:
        """Keypoints of each picture; shape (N,), int64."""
        return np.diff(self.starts)

    def picture(self, row: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return points and descriptors of one picture; shapes (m, 2) and (m, D)."""
        part = slice(self.starts[row], self.starts[row + 1])
        return self.points[part], self.descriptors[part]

    def select(self, rows: Any) -> Keypoints:
        """Return the pictures at a boolean mask or an array of positions, renumbered from 0."""
        positions = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, dtype=int)
        counts = self.counts[positions]
        starts = np.concatenate([[0], np.cumsum(counts)])
        taken = np.arange(starts[-1]) + np.repeat(self.starts[positions] - starts[:-1], counts)
        table = self.table.iloc[positions].reset_index(drop=True)
        return Keypoints(self.kind, table, starts, self.points[taken], self.descriptors[taken])

    def __repr__(self) -> str:
        size = f"{len(self.points)} in {len(self.table)} pictures"
        return f"Keypoints({size}, {self.kind}; values not shown: biometric data)"
