"""Defacers: alter a scan so that its face cannot be recognised, without ever seeing what judges them.

``quickshear``, ``niimath``, ``deepdefacer``, ``pydeface-sitk`` and ``spm`` are published methods that run here with
PyPI packages alone; ``skullstrip`` keeps the brain. ``zero``, ``partial``, ``meanface`` and ``blur`` are shams with a
known effect, for tests and the demonstration: they take the same part of the mean head from everyone, wherever a rigid
alignment with scale puts it. Programs and images that a user installs are in :mod:`reid_audit.defacers.tools`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.blur import BlurDefacer
from reid_audit.defacers.deepdefacer import DeepDefacer
from reid_audit.defacers.head_template import TemplateFiles
from reid_audit.defacers.niimath import NiimathDefacer
from reid_audit.defacers.placing import Placement, place_mean_head
from reid_audit.defacers.pydeface_sitk import PydefaceSitkDefacer
from reid_audit.defacers.quickshear import QuickshearDefacer
from reid_audit.defacers.region import FaceRegion, face_region, face_voxels, upper_face_region
from reid_audit.defacers.shams import MeanFaceDefacer, PartialDefacer, ZeroDefacer
from reid_audit.defacers.skullstrip import SkullStripDefacer
from reid_audit.defacers.spm import SpmDefacer
from reid_audit.defacers.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reid_audit.protocols import Defacer

__all__ = [
    "DEFACERS",
    "TOOLS",
    "BlurDefacer",
    "DeepDefacer",
    "FaceRegion",
    "MeanFaceDefacer",
    "NiimathDefacer",
    "PartialDefacer",
    "Placement",
    "PydefaceSitkDefacer",
    "QuickshearDefacer",
    "SkullStripDefacer",
    "SpmDefacer",
    "TemplateFiles",
    "ZeroDefacer",
    "face_region",
    "face_voxels",
    "place_mean_head",
    "upper_face_region",
]

DEFACERS: Mapping[str, Callable[[], Defacer]] = {
    "zero": ZeroDefacer,
    "partial": PartialDefacer,
    "meanface": MeanFaceDefacer,
    "blur": BlurDefacer,
    "quickshear": QuickshearDefacer,
    "niimath": NiimathDefacer,
    "deepdefacer": DeepDefacer,
    "pydeface-sitk": PydefaceSitkDefacer,
    "spm": SpmDefacer,
    "skullstrip": SkullStripDefacer,
    **TOOLS,
}
"""Name of each defacer that the package carries, and what makes one."""
