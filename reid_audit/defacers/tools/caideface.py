"""caideface: registration by BRAINSFit, the brain by HD-BET."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["CaiDeface"]


class CaiDeface(ToolDefacer):
    """Removes the face of MRI and CT."""

    tool = Tool(
        name="caideface",
        programs=("caideface",),
        licence="Apache-2.0",
        needs=(
            "caideface (PyPI, numpy below 2)",
            "BRAINSFit and BRAINSResample (3D Slicer) on PATH",
            "HD-BET's weights",
        ),
        results=("output/defaced/**/*_masked.nii.gz",),
        given="input/scan.nii.gz",
        made=("output",),
        kinds=("mri", "ct"),
        minutes=60.0,
        beside=("BRAINSFit", "BRAINSResample"),
    )

    def command(self, call: Call) -> list[str]:
        """Return the arguments: it works from folder to folder."""
        fit, resample = (shutil.which(name) if call.here else name for name in self.tool.beside)
        words = ["run", call.path("input"), call.path("output"), "--device", "cpu"]
        words += ["--modality", "ct" if call.volume.kind == "ct" else "mri"]
        return [*words, "--brainsfit", str(fit), "--brainsresample", str(resample)]
