"""Cascaded diffusion: a coarse model of the face given the rest of the head, then a finer one given its output.

Needs the extra ``reconstruct`` (torch, MONAI, safetensors), which nothing here imports before it is used.
"""

from __future__ import annotations

from reid_audit.reconstruct.diffusion.presets import PRESETS, Preset, Stage
from reid_audit.reconstruct.diffusion.rebuilding import CascadedDiffusion
from reid_audit.reconstruct.diffusion.training import Trained, train_diffusion

__all__ = ["PRESETS", "CascadedDiffusion", "Preset", "Stage", "Trained", "train_diffusion"]
