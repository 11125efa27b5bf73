"""The private appendix: the pictures behind each match. It shows faces, and is never part of what is handed on."""

from __future__ import annotations

from reid_audit.appendix.write import FACES, forget_faces, write_faces

__all__ = ["FACES", "forget_faces", "write_faces"]
