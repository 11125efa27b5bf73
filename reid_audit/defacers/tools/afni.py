"""AFNI's refacer: removes the face, or replaces it by a shell that is the same for everyone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reid_audit.defacers.tools.tool import Tool, ToolDefacer

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Call

__all__ = ["AfniDeface", "AfniReface", "AfniRefacePlus"]

_DEFACE = Tool(
    name="afni-deface",
    programs=("@afni_refacer_run",),
    licence="GPL-2.0-or-later",
    needs=("AFNI with @afni_refacer_run", "tcsh"),
    results=("out.nii.gz", "out.deface.nii.gz", "out.nii"),
    masks=("out.face.nii.gz", "out.face*.nii.gz"),
    minutes=60.0,
    beside=("tcsh", "3dAllineate"),
    version_arguments=("-ver",),
)
# It zeroes negative values, hence MRI alone.


class _Refacer(ToolDefacer):
    mode: ClassVar[str]

    def command(self, call: Call) -> list[str]:
        """Return the arguments: one mode, no pictures of the face, the name of the scan not in the header."""
        words = ["-input", call.given, f"-mode_{self.mode}", "-prefix", call.path("out.nii.gz")]
        return [*words, "-anonymize_output", "-no_images", "-overwrite"]


class AfniDeface(_Refacer):
    """Sets face and ears to zero; MRI alone."""

    tool = _DEFACE
    mode = "deface"


class AfniReface(_Refacer):
    """Replaces the face by an average one; MRI alone."""

    tool = replace(_DEFACE, name="afni-reface", results=("out.nii.gz", "out.reface.nii.gz", "out.nii"))
    mode = "reface"


class AfniRefacePlus(_Refacer):
    """Replaces the face by an average one, and the skull with it; MRI alone."""

    tool = replace(
        _DEFACE,
        name="afni-reface-plus",
        results=("out.nii.gz", "out.reface_plus.nii.gz", "out.nii"),
        masks=("out.face_plus.nii.gz", "out.face*.nii.gz"),
    )
    mode = "reface_plus"
