"""Where files are that belong to the user and to no audit: networks that were converted, models that were installed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["cache_folder", "models_folder"]


def cache_folder() -> Path:
    """Return the folder of what can be made again; it holds nothing about any person.

    ``REID_AUDIT_CACHE`` names it; otherwise it is ``reid_audit`` in ``XDG_CACHE_HOME`` or in ``~/.cache``; for a user
    without a home, in the folder of temporary files.

    Returns
    -------
    pathlib.Path
        Need not exist.
    """
    if named := os.environ.get("REID_AUDIT_CACHE"):
        return Path(named)
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():  # any other is to be ignored: XDG Base Directory Specification
        return base / "reid_audit"
    try:
        return Path("~/.cache/reid_audit").expanduser()
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir()) / f"reid_audit-{os.getuid()}"


def models_folder() -> Path:
    """Return the folder of models that the user installed.

    ``REID_AUDIT_MODELS`` names it; otherwise it is ``models`` in :func:`cache_folder`.

    Returns
    -------
    pathlib.Path
        Need not exist.
    """
    named = os.environ.get("REID_AUDIT_MODELS")
    return Path(named) if named else cache_folder() / "models"
