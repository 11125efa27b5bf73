"""The pediatric auto-defacer: a network for children's MRI, published as an image alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["PediatricAutoDefacer"]


class PediatricAutoDefacer(ToolDefacer):
    """Removes the face of children in T1w, T2w, FLAIR and contrast-enhanced T1w; about an hour a scan."""

    tool = Tool(
        name="pediatric-auto-defacer",
        programs=(),
        licence="academic use",
        needs=("docker, podman or apptainer with the image afam00/peds-brain-auto-deface:latest",),
        results=("output/*_defaced.nii.gz",),
        masks=("output/*_face_mask.nii.gz",),
        made=("output",),
        given="input/scan.nii.gz",
        minutes=240.0,
        version_arguments=(),
        image="afam00/peds-brain-auto-deface:latest",
        inside="-",
        folders=(("output", "/output"), ("input", "/input")),
        as_root=True,
    )

    def command(self, call: Call) -> list[str]:
        """Return no arguments: the image looks into its two folders."""
        del call
        return []
