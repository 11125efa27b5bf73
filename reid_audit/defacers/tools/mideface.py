"""FreeSurfer's MiDeFace: as little as possible is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["MiDeFace"]


class MiDeFace(ToolDefacer):
    """Fills the space between the person's face and a mean face; any contrast of MRI."""

    tool = Tool(
        name="mideface",
        programs=("mideface",),
        licence="FreeSurfer Software License",
        needs=("FreeSurfer 7.3 or newer",),
        results=("out.nii.gz",),
        masks=("work/face.mask.mgz",),
        minutes=60.0,
        variables=("FREESURFER_HOME",),
        version_arguments=(),
        version_file=("FREESURFER_HOME", "build-stamp.txt"),
    )

    def command(self, call: Call) -> list[str]:
        """Return the arguments: the tool's own files go to a folder, because --facemask would be overwritten."""
        return ["--i", call.given, "--o", call.path("out.nii.gz"), "--odir", call.path("work"), "--threads", "1"]
