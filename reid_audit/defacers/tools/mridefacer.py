"""mridefacer: a face mask registered with FSL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["MriDefacer"]


class MriDefacer(ToolDefacer):
    """Removes face, teeth and ears; MRI. Always with a folder of its own: without, the tool overwrites its input."""

    tool = Tool(
        name="mridefacer",
        programs=("mridefacer",),
        licence="MIT",
        needs=("mridefacer", "FSL"),
        results=("out/scan.nii.gz", "out/scan.nii"),
        masks=("out/scan_defacemask.nii.gz", "out/scan_defacemask.nii"),
        made=("out",),
        variables=("FSLDIR",),
    )

    def command(self, call: Call) -> list[str]:
        """Return the arguments."""
        return ["--apply", "--outdir", call.path("out"), call.given]
