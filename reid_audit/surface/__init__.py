"""Head from air, and the skin as a mesh in millimetres with its pose and its quality."""

from __future__ import annotations

from reid_audit.surface.head import head_mask, head_surface

__all__ = ["head_mask", "head_surface"]
