"""The head model (mean head, regions, landmarks, shapes) and what stands on it: registration, voxels of a mesh."""

from __future__ import annotations

from reid_audit.anatomy.head_model import REGIONS, HeadModel, load_head_model
from reid_audit.anatomy.registration import Alignment, align_head, estimate_scale

__all__ = ["REGIONS", "Alignment", "HeadModel", "align_head", "estimate_scale", "load_head_model"]
