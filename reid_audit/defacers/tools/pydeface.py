"""pydeface itself, which needs FSL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["PyDeface"]


class PyDeface(ToolDefacer):
    """Removes the face by a mask registered with FSL's FLIRT (DOI 10.5281/zenodo.3524400); T1w."""

    tool = Tool(
        name="pydeface",
        programs=("pydeface",),
        licence="MIT",
        needs=("pydeface (PyPI)", "FSL's flirt"),
        results=("out.nii.gz",),
        masks=("*pydeface_mask*.nii.gz",),
        beside=("flirt",),
        variables=("FSLDIR",),
    )

    def command(self, call: Call) -> list[str]:
        """Return the arguments; --nocleanup leaves the mask."""
        return [call.given, "--outfile", call.path("out.nii.gz"), "--force", "--nocleanup"]
