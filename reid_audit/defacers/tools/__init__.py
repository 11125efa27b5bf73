"""Adapters of defacers that somebody else publishes and a user installs: programs on PATH, or container images.

Not one of them ships with this package, and none is downloaded. Each runs on a copy of the scan in a private folder,
without a network where it runs in a container, and what it makes is checked (:mod:`reid_audit.defacers.checking`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.afni import AfniDeface, AfniReface, AfniRefacePlus
from reid_audit.defacers.tools.caideface import CaiDeface
from reid_audit.defacers.tools.cta_deface import CtaDeface
from reid_audit.defacers.tools.fsl_deface import FslDeface
from reid_audit.defacers.tools.mideface import MiDeFace
from reid_audit.defacers.tools.mri_deface import MriDeface
from reid_audit.defacers.tools.mri_reface import MriReface
from reid_audit.defacers.tools.mridefacer import MriDefacer
from reid_audit.defacers.tools.pediatric import PediatricAutoDefacer
from reid_audit.defacers.tools.pydeface import PyDeface
from reid_audit.defacers.tools.synthstrip import SynthStrip
from reid_audit.defacers.tools.tool import Call, Tool, ToolDefacer
from reid_audit.defacers.tools.totalsegmentator import TotalSegmentator

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TOOLS",
    "AfniDeface",
    "AfniReface",
    "AfniRefacePlus",
    "CaiDeface",
    "Call",
    "CtaDeface",
    "FslDeface",
    "MiDeFace",
    "MriDeface",
    "MriDefacer",
    "MriReface",
    "PediatricAutoDefacer",
    "PyDeface",
    "SynthStrip",
    "Tool",
    "ToolDefacer",
    "TotalSegmentator",
]

TOOLS: Mapping[str, type[ToolDefacer]] = {
    each.tool.name: each
    for each in (
        AfniDeface,
        AfniReface,
        AfniRefacePlus,
        MriDeface,
        MiDeFace,
        MriDefacer,
        FslDeface,
        PyDeface,
        MriReface,
        TotalSegmentator,
        CtaDeface,
        PediatricAutoDefacer,
        CaiDeface,
        SynthStrip,
    )
}
"""Name of each adapter of an installed tool, and its class."""
