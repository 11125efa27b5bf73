"""What one search finds by guessing: the same for a run that is gated and for one that is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.gating.limits import FPIR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.types import ScoreTable

__all__ = ["guessed_above", "guessed_first", "worth_of_galleries"]


def worth_of_galleries(table: ScoreTable) -> NDArray[np.float64]:
    """Return how many people who offer as many scans as the person searched for the gallery of each search is worth.

    Where all offer equally many that is the number of people; where some offer fewer, a guess among scans finds the
    person who offers most more often than one in so many.

    Parameters
    ----------
    table : ScoreTable
        Of people, whose ``n_scans`` and the ``level`` of each search say what they offer, or of scans.

    Returns
    -------
    ndarray, shape (P,), float64
        At least 1; NaN for a search without its own person.
    """
    offered = np.asarray(table.compared, dtype=np.float64)
    if "level" in table.probes.columns and "n_scans" in table.references.columns:
        most = table.probes["level"].to_numpy(dtype=np.float64)[:, None]
        offered = offered * np.minimum(table.references["n_scans"].to_numpy(dtype=np.float64)[None], most)
    own = (offered * table.mated).sum(axis=1)
    return np.asarray(np.divide(offered.sum(axis=1), own, out=np.full(len(own), np.nan), where=own > 0))


def guessed_first(gallery: NDArray[Any]) -> NDArray[np.float64]:
    """Return the chance of each search to have its person first, in a gallery worth so many (1 at least)."""
    return np.asarray(1.0 / gallery, dtype=np.float64)


def guessed_above(gallery: NDArray[Any]) -> NDArray[np.float64]:
    """Return the chance of each search to return its person at a threshold that FPIR of all strangers' searches reach.

    Strangers are all but one of the gallery, each let in as often as any other.
    """
    strangers = np.maximum(gallery - 1, 1)
    return np.asarray(1.0 - (1.0 - FPIR) ** (1.0 / strangers), dtype=np.float64)
