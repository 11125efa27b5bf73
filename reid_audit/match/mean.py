"""The mean template of a sample stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.match.groups import Grouped, group_templates
from reid_audit.match.similarity import Metric, check_metric, similarity

if TYPE_CHECKING:
    from reid_audit.types import Templates

__all__ = ["Mean"]


@dataclass(frozen=True)
class Mean:
    """Negated Euclidean distance between the mean templates of two samples.

    Parameters
    ----------
    metric : {"euclidean", "cosine"}
        Euclidean is the distance that dlib's embedder was trained for.
    """

    metric: Metric = "euclidean"

    def __post_init__(self) -> None:
        check_metric(self.metric, "Mean")

    @property
    def name(self) -> str:
        """The one spelling used everywhere."""
        return "mean"

    def score(self, probes: Templates, references: Templates, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """Score every probe sample against every reference sample.

        Parameters
        ----------
        probes, references : Templates
            Grouped by ``sample`` in order of first appearance; the mean is over the rows that have a template.
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
        if len(asked.present) and len(known.present):
            scores[np.ix_(asked.present, known.present)] = similarity(_means(asked), _means(known), self.metric)
        return scores


def _means(group: Grouped) -> np.ndarray[Any, Any]:
    return np.asarray(np.add.reduceat(group.vectors, group.starts, axis=0) / group.sizes[:, None])
