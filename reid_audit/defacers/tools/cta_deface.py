"""CTA-DEFACE: a network that finds the face in CT angiographies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.defacers.tools.tool import Call

__all__ = ["CtaDeface"]

_SCRIPT, _MODEL = "run_CTA-DEFACE.py", "model"


class CtaDeface(ToolDefacer):
    """Fills the face with the 10th percentile of the scan (DOI 10.1186/s41747-024-00430-4); CT."""

    tool = Tool(
        name="cta-deface",
        programs=("nnUNetv2_predict",),
        licence="see its repository",
        needs=("nnU-Net v2", f"a copy of CTA-DEFACE with its weights (--files DIR that holds {_SCRIPT} and {_MODEL})"),
        results=("output/scan_defaced.nii.gz",),
        masks=("output/scan_mask.nii.gz",),
        made=("output",),
        given="input/scan_0000.nii.gz",
        kinds=("ct",),
        minutes=60.0,
        version_arguments=(),
        inside="python",
        linked=(_MODEL,),
    )

    def program(self) -> str | None:
        """Return the Python beside nnU-Net: the script must run where nnU-Net is installed."""
        predict = super().program()
        if predict is None:
            return None
        python = Path(predict).resolve().parent / "python"
        return str(python) if python.is_file() else shutil.which("python3")

    def files_needed(self) -> Mapping[str, Path | None]:
        """Return the script and the folder of weights."""
        places = {name: self._files / name if self._files is not None else None for name in (_SCRIPT, _MODEL)}
        return {name: place if place is not None and place.exists() else None for name, place in places.items()}

    def command(self, call: Call) -> list[str]:
        """Return the arguments: the script finds the scan by swapping "output" for "input" in relative paths."""
        return [call.at[_SCRIPT], "-i", "input", "-o", "output"]
