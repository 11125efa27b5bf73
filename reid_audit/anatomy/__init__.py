"""The head model (mean head, regions, landmarks, shapes) and what stands on it: registration, voxels of a mesh."""

from __future__ import annotations

from reid_audit.anatomy.head_model import REGIONS, HeadModel, load_head_model

__all__ = ["REGIONS", "HeadModel", "load_head_model"]
