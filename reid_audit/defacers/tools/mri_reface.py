"""mri_reface: replaces face, ears and the air behind the head by averages of the scan's own kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call
    from reid_audit.types import Volume

__all__ = ["MriReface"]

_TYPES = {"T1w": "T1", "T1wCE": "T1", "UNIT1": "T1", "T2w": "T2", "T2starw": "T2ST", "PDw": "PD", "FLAIR": "FLAIR"}
"""What it calls a sequence; AUTO would look for the sequence in the file's name, which says nothing here."""
_UNKNOWN = "T1"
"""What it is told of any other sequence, with a note."""


class MriReface(ToolDefacer):
    """Replaces the face by an average one (DOI 10.1016/j.neuroimage.2021.117845); MRI and CT.

    PET is refused: the tool must be told the tracer, and a scan does not say it.
    """

    tool = Tool(
        name="mri-reface",
        programs=("run_mri_reface.sh",),
        licence="Mayo Clinic, non-commercial research",
        needs=("mri_reface with its MATLAB runtime, or its image from NITRC (--image)",),
        results=("out/*deFaced*.nii.gz", "out/*deFaced*.nii"),
        masks=("out/*[Ff]ace[Mm]ask*.nii*",),
        made=("out",),
        given="scan.nii",
        kinds=("mri", "ct"),
        minutes=120.0,
        version_arguments=(),
        inside="/usr/bin/mlrtapp/run_mri_reface.sh",
    )

    def command(self, call: Call) -> list[str]:
        """Return the arguments: no pictures of the face, noise as in the scan."""
        kind = "CT" if call.volume.kind == "ct" else _TYPES.get(call.volume.modality, _UNKNOWN)
        words = [call.given, call.path("out"), "-imType", kind, "-threads", "1", "-saveQCRenders", "0"]
        return [*words, "-matchNoise", "1", "-faceMask"]

    def assumed(self, volume: Volume) -> tuple[str, ...]:
        """Return a note where the scan's sequence is none that the tool knows, or nobody said which it is."""
        if volume.kind == "ct" or volume.modality in _TYPES:
            return ()
        named = volume.modality not in ("", "unknown")
        sequence = f"the sequence {volume.modality}" if named else "a scan whose sequence nobody named"
        return (f"mri_reface was told {_UNKNOWN} of {sequence}: its average face may be of another contrast.",)
