"""The best pair of templates decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.match.groups import Grouped, score_samples
from reid_audit.match.similarity import Metric, check_metric, similarity

if TYPE_CHECKING:
    from reid_audit.types import Templates

__all__ = ["Cosine", "Nearest"]

_BLOCK = 4_000_000
"""Pairs of templates that are held at once."""


@dataclass(frozen=True)
class Nearest:
    """Negated Euclidean distance of the two templates that are nearest: what ``face_recognition`` ranks by.

    Parameters
    ----------
    metric : {"euclidean", "cosine"}
        Euclidean is the distance that dlib's embedder was trained for.
    """

    metric: Metric = "euclidean"

    def __post_init__(self) -> None:
        check_metric(self.metric, "Nearest")

    @property
    def name(self) -> str:
        """The one spelling used everywhere."""
        return "nearest"

    def score(self, probes: Templates, references: Templates, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """Score samples as :class:`~reid_audit.protocols.Matcher` says; nothing is random."""
        del rng
        return score_samples(probes, references, lambda asked, known: _best(asked, known, self.metric))


@dataclass(frozen=True)
class Cosine:
    """Cosine similarity, -1 to 1, template to template; of samples with several templates, that of the best pair."""

    @property
    def name(self) -> str:
        """The one spelling used everywhere."""
        return "cosine"

    def score(self, probes: Templates, references: Templates, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """Score samples as :class:`~reid_audit.protocols.Matcher` says; nothing is random."""
        return Nearest("cosine").score(probes, references, rng)


def _best(probes: Grouped, references: Grouped, metric: Metric) -> np.ndarray[Any, Any]:
    step = max(1, _BLOCK // len(references.vectors))
    rows = [
        np.maximum.reduceat(
            similarity(probes.vectors[start : start + step], references.vectors, metric), references.starts, axis=1
        )
        for start in range(0, len(probes.vectors), step)
    ]
    return np.asarray(np.maximum.reduceat(np.concatenate(rows), probes.starts, axis=0))
