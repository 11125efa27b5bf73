"""SynthStrip: a brain mask from a network; all else is set to air here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.masked import MaskDefacer
from reid_audit.defacers.tools.tool import Tool

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["SynthStrip"]


class SynthStrip(MaskDefacer):
    """Removes all but the brain (DOI 10.1016/j.neuroimage.2022.119474); any contrast."""

    tool = Tool(
        name="synthstrip",
        programs=("mri_synthstrip",),
        licence="FreeSurfer Software License",
        needs=("FreeSurfer 7.3 or newer, or the image freesurfer/synthstrip:1.8",),
        results=(),
        masks=("mask.nii.gz",),
        kinds=("mri", "ct", "pet"),
        minutes=15.0,
        version_arguments=(),
        version_file=("FREESURFER_HOME", "build-stamp.txt"),
        image="freesurfer/synthstrip:1.8",
        inside="-",
    )
    keeps = True

    def command(self, call: Call) -> list[str]:
        """Return the arguments."""
        return ["-i", call.given, "-o", call.path("out.nii.gz"), "-m", call.path("mask.nii.gz")]
