"""Re-identification risk auditing of head scans under named attackers.

The short way is :func:`audit`, from a manifest or BIDS tree to results. Importing this package loads neither VTK nor
a model: every name below is fetched when it is first used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# An audit opens no connection. From 1.29 on onnxruntime, when it is imported, writes an identifier of the device into
# the user's cache and sends events to its makers, unless this is set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from reid_audit.attackers import ATTACKERS
    from reid_audit.auditing import Audit, audit
    from reid_audit.defacers import DEFACERS
    from reid_audit.errors import ReidAuditError
    from reid_audit.inputs import draft_manifest, read_cohort, read_photo, read_volume
    from reid_audit.phantom import PhantomSettings, write_cohort
    from reid_audit.render import render_head
    from reid_audit.settings import Settings
    from reid_audit.surface import head_surface

_HOMES = {
    "ATTACKERS": "attackers",
    "Audit": "auditing",
    "DEFACERS": "defacers",
    "PhantomSettings": "phantom",
    "ReidAuditError": "errors",
    "Settings": "settings",
    "audit": "auditing",
    "draft_manifest": "inputs",
    "head_surface": "surface",
    "read_cohort": "inputs",
    "read_photo": "inputs",
    "read_volume": "inputs",
    "render_head": "render",
    "write_cohort": "phantom",
}

__all__ = [
    "ATTACKERS",
    "DEFACERS",
    "Audit",
    "PhantomSettings",
    "ReidAuditError",
    "Settings",
    "__version__",
    "audit",
    "draft_manifest",
    "head_surface",
    "read_cohort",
    "read_photo",
    "read_volume",
    "render_head",
    "write_cohort",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'reid_audit' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"reid_audit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
