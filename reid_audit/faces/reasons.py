"""Why there is no template: the spellings that tables and reports use."""

from __future__ import annotations

__all__ = ["NOT_FINITE", "NO_FACE", "SEVERAL_FACES"]

NO_FACE = "no face found"
SEVERAL_FACES = "several faces"
NOT_FINITE = "embedder gave no finite template"
