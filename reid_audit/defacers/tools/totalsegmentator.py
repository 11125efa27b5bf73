"""TotalSegmentator's face: a mask from a network, set to air here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.masked import MaskDefacer
from reid_audit.defacers.tools.tool import Tool

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["TotalSegmentator"]


class TotalSegmentator(MaskDefacer):
    """Sets what the tasks face (CT) and face_mr (MRI) mark to air (DOI 10.1148/ryai.230024)."""

    tool = Tool(
        name="totalsegmentator",
        programs=("TotalSegmentator",),
        licence="Apache-2.0; the face tasks need a licence key",
        needs=("TotalSegmentator (PyPI) with the weights and the licence of its face tasks",),
        results=(),
        masks=("out/face.nii.gz", "out/*.nii.gz"),
        kinds=("mri", "ct"),
        minutes=60.0,
    )

    def command(self, call: Call) -> list[str]:
        """Return the arguments."""
        task = "face" if call.volume.kind == "ct" else "face_mr"
        return ["-i", call.given, "-o", call.path("out"), "-ta", task, "-d", "cpu"]
