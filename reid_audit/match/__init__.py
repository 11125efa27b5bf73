"""From templates to scores: how alike a probe sample is to a reference sample, higher = more alike.

Every matcher obeys :class:`reid_audit.protocols.Matcher`. Distances are negated here, so that no other room ever sees
one. A sample without a template scores NaN: a comparison that could not be made is an outcome, never a low score.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reid_audit.match.adaptation import CENTRING_ONLY, Adaptation, choose_shrinkage, learn_adaptation
from reid_audit.match.fusion import fused_by_person, z_norm
from reid_audit.match.local import score_keypoints
from reid_audit.match.mean import Mean
from reid_audit.match.nearest import Cosine, Nearest
from reid_audit.match.rbf import RbfSvm
from reid_audit.match.search import Found, search_gallery
from reid_audit.match.similarity import Metric, similarity
from reid_audit.match.svm import LinearSvm
from reid_audit.match.topk import TopK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reid_audit.protocols import Matcher

__all__ = [
    "CENTRING_ONLY",
    "MATCHERS",
    "Adaptation",
    "Cosine",
    "Found",
    "LinearSvm",
    "Mean",
    "Metric",
    "Nearest",
    "RbfSvm",
    "TopK",
    "choose_shrinkage",
    "fused_by_person",
    "learn_adaptation",
    "score_keypoints",
    "search_gallery",
    "similarity",
    "z_norm",
]

MATCHERS: Mapping[str, Callable[[], Matcher]] = MappingProxyType(
    {"nearest": Nearest, "mean": Mean, "topk": TopK, "svm": LinearSvm, "svm-rbf": RbfSvm, "cosine": Cosine}
)
"""Name to what makes the matcher with its default settings."""
