"""The mean of the k best pairs decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import SettingsError
from reid_audit.match.groups import group_templates
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
        """Score every probe sample against every reference sample.

        Parameters
        ----------
        probes, references : Templates
            Grouped by ``sample`` in order of first appearance.
        rng : numpy.random.Generator
            Not used.

        Returns
        -------
        ndarray, shape (n probe samples, n reference samples), float64
            Higher = more alike; NaN where a sample has no template.
        """
        del rng
        asked, known = group_templates(probes), group_templates(references)
        scores = np.full((asked.count, known.count), np.nan)
        if not len(known.present):
            return scores
        for sample, rows in zip(asked.present, np.split(asked.vectors, asked.starts[1:]), strict=False):
            pairs = similarity(rows, known.vectors, self.metric)
            for reference, block in zip(known.present, np.split(pairs, known.starts[1:], axis=1), strict=False):
                scores[sample, reference] = _mean_of_best(block, self.k)
        return scores


def _mean_of_best(pairs: np.ndarray[Any, Any], k: int) -> float:
    flat = pairs.ravel()
    return float(flat.mean() if len(flat) <= k else np.partition(flat, len(flat) - k)[-k:].mean())
