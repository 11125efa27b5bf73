"""FreeSurfer's mri_deface: removes the face by an atlas."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.defacers.tools.tool import Call

__all__ = ["MriDeface"]

_HEAD, _FACE = "talairach_mixed_with_skull.gca", "face.gca"


class MriDeface(ToolDefacer):
    """Removes the face by an atlas of face and brain (DOI 10.1002/hbm.20312); T1w."""

    tool = Tool(
        name="mri-deface",
        programs=("mri_deface",),
        licence="FreeSurfer Software License",
        needs=("FreeSurfer's mri_deface", f"{_HEAD} and {_FACE} in $FREESURFER_HOME/average or --files DIR"),
        results=("out.nii.gz",),
        version_arguments=(),
        version_file=("FREESURFER_HOME", "build-stamp.txt"),
    )

    def files_needed(self) -> Mapping[str, Path | None]:
        """Return the two atlases."""
        home = os.environ.get("FREESURFER_HOME")
        places = [self._files, Path(home) / "average" if home else None]
        return {
            name: next((place / name for place in places if place is not None and (place / name).is_file()), None)
            for name in (_HEAD, _FACE)
        }

    def command(self, call: Call) -> list[str]:
        """Return the arguments."""
        return [call.given, call.at[_HEAD], call.at[_FACE], call.path("out.nii.gz")]
