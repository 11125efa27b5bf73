"""The mean of the k best pairs decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import SettingsError
from reid_audit.match.groups import Grouped, score_samples
from reid_audit.match.similarity import Metric, check_metric, similarity

if TYPE_CHECKING:
    from reid_audit.types import Templates

__all__ = ["TopK"]


@dataclass(frozen=True)
class TopK:
    """Mean over the k nearest pairs of their negated Euclidean distance: the best set of renders of a scan.

    Parameters
    ----------
    k : int
        Pairs of templates; of a sample with fewer, all of them.
    metric : {"euclidean", "cosine"}
        Euclidean is the distance that dlib's embedder was trained for.
    """

    k: int = 5
    metric: Metric = "euclidean"

    def __post_init__(self) -> None:
        check_metric(self.metric, "TopK")
        if self.k < 1:
            raise SettingsError(f"The 'k' parameter of TopK must be at least 1. Got {self.k} instead.")

    @property
    def name(self) -> str:
        """The one spelling used everywhere."""
        return "topk"

    def score(self, probes: Templates, references: Templates, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """Score samples as :class:`~reid_audit.protocols.Matcher` says; nothing is random."""
        del rng
        return score_samples(probes, references, self._between)

    def _between(self, probes: Grouped, references: Grouped) -> np.ndarray[Any, Any]:
        scores = np.empty((len(probes.starts), len(references.starts)))
        for row, vectors in zip(scores, np.split(probes.vectors, probes.starts[1:]), strict=True):
            pairs = similarity(vectors, references.vectors, self.metric)
            row[:] = [_mean_of_best(block, self.k) for block in np.split(pairs, references.starts[1:], axis=1)]
        return scores


def _mean_of_best(pairs: np.ndarray[Any, Any], k: int) -> float:
    flat = pairs.ravel()
    return float(flat.mean() if len(flat) <= k else np.partition(flat, len(flat) - k)[-k:].mean())
