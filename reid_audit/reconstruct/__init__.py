"""Reconstruction attacks: what comes back of a defaced face.

A region that was altered (:mod:`~reid_audit.reconstruct.region`), attackers who fill it, each a
:class:`~reid_audit.protocols.Reconstructor`, and scores in millimetres. What an attacker learns from is a
:class:`HeadPopulation`: heads of other people on one grid. Whether a reconstruction finds the person is for an audit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.reconstruct.average import AverageFace
from reid_audit.reconstruct.estimate import RegionEstimate, estimate_region
from reid_audit.reconstruct.population import HeadPopulation, learn_population, read_population, write_population
from reid_audit.reconstruct.region import RegionError, region_error, region_of_pair
from reid_audit.reconstruct.shape import ShapeModel, ShapeSample
from reid_audit.reconstruct.template import TemplateFill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reid_audit.protocols import LearningReconstructor

__all__ = [
    "RECONSTRUCTORS",
    "AverageFace",
    "HeadPopulation",
    "RegionError",
    "RegionEstimate",
    "ShapeModel",
    "ShapeSample",
    "TemplateFill",
    "estimate_region",
    "learn_population",
    "read_population",
    "region_error",
    "region_of_pair",
    "write_population",
]

RECONSTRUCTORS: Mapping[str, Callable[[], LearningReconstructor]] = {
    "template": TemplateFill,
    "average": AverageFace,
    "shape": ShapeModel,
    "shape-sample": ShapeSample,
}
"""Name of each reconstructor that the package carries, and what makes one; in the order of what they know."""
