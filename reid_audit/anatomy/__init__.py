"""The head model (mean head, regions, landmarks, shapes) and what stands on it: registration, voxels.

The brain (:mod:`reid_audit.anatomy.brain`) is imported by name: it reads files, which rendering never does.
"""

from __future__ import annotations

from reid_audit.anatomy.ages import (
    AgedAlignment,
    align_head_of_any_age,
    head_model_of_age,
    mean_head_of,
    place_adult_face,
)
from reid_audit.anatomy.head_model import REGIONS, HeadModel, load_head_model
from reid_audit.anatomy.registration import Alignment, align_head, estimate_scale

__all__ = [
    "REGIONS",
    "AgedAlignment",
    "Alignment",
    "HeadModel",
    "align_head",
    "align_head_of_any_age",
    "estimate_scale",
    "head_model_of_age",
    "load_head_model",
    "mean_head_of",
    "place_adult_face",
]
