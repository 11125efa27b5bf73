"""The head model (mean head, regions, landmarks, shapes) and what stands on it: registration, voxels, brain."""

from __future__ import annotations

from reid_audit.anatomy.ages import AgedAlignment, align_head_of_any_age
from reid_audit.anatomy.brain import BrainMethod, estimate_brain
from reid_audit.anatomy.head_model import REGIONS, HeadModel, load_head_model
from reid_audit.anatomy.registration import Alignment, align_head, estimate_scale

__all__ = [
    "REGIONS",
    "AgedAlignment",
    "Alignment",
    "BrainMethod",
    "HeadModel",
    "align_head",
    "align_head_of_any_age",
    "estimate_brain",
    "estimate_scale",
    "load_head_model",
]
