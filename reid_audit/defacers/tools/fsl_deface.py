"""FSL's fsl_deface: UK Biobank's method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["FslDeface"]


class FslDeface(ToolDefacer):
    """Removes face and ears, UK Biobank's method (DOI 10.1016/j.neuroimage.2017.10.034); T1w."""

    tool = Tool(
        name="fsl-deface",
        programs=("fsl_deface",),
        licence="FSL licence, non-commercial",
        needs=("FSL 6.0.1 or newer",),
        results=("out.nii.gz", "out.nii"),
        masks=("mask.nii.gz", "mask.nii"),
        variables=("FSLDIR",),
        version_arguments=(),
        version_file=("FSLDIR", "etc/fslversion"),
    )

    def command(self, call: Call) -> list[str]:
        """Return the arguments."""
        return [call.given, call.path("out.nii.gz"), "-d", call.path("mask.nii.gz")]
