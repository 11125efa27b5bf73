"""The mean template of a sample stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reid_audit.match.groups import Grouped, score_samples
from reid_audit.match.similarity import Metric, check_metric, similarity

if TYPE_CHECKING:
    import numpy as np

    from reid_audit.types import Templates

__all__ = ["Mean"]


@dataclass(frozen=True)
class Mean:
    """Negated Euclidean distance between the mean templates of two samples.

    The mean is over the templates that there are.

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
        """Score samples as :class:`~reid_audit.protocols.Matcher` says; nothing is random."""
        del rng
        return score_samples(probes, references, self._between)

    def _between(self, probes: Grouped, references: Grouped) -> np.ndarray[Any, Any]:
        return similarity(probes.means(probes.vectors), references.means(references.vectors), self.metric)
