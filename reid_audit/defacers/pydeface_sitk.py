"""pydeface's template and face mask without FSL: registered by SimpleITK."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reid_audit.anatomy.resampling import resample
from reid_audit.defacers.filling import emptied
from reid_audit.defacers.head_template import TemplateFiles, start_of
from reid_audit.defacers.missing import missing_of
from reid_audit.defacers.placing import Placement, place_mean_head
from reid_audit.defacers.registering import register_template
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.types import Mask, Volume

__all__ = ["PydefaceSitkDefacer"]

_KEEP = 0.5


@dataclass(frozen=True)
class PydefaceSitkDefacer:
    """Registers pydeface's mean head to the scan, rigid then affine, and removes what its face mask covers.

    What lies beyond the template's field of view goes as well: chin and neck below it, and the rim of a large head.

    Parameters
    ----------
    files : TemplateFiles
    place : callable
        Finds the mean head in a scan, for the start of the registration.
    """

    files: TemplateFiles = field(default_factory=TemplateFiles)
    place: Callable[[Volume], Placement] = place_mean_head

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of template and mask."""
        needs = ("mean_reg2mean.nii.gz and facemask.nii.gz of pydeface",)
        return ModelSpec("pydeface-sitk", "1", "Apache-2.0; template MIT", self.files.sha256, needs=needs)

    def missing(self) -> str:
        """Say what is not on this machine; empty where it can run."""
        return missing_of(self.files.paths)

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan without what the mask covers, and that.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers.
        Mask
            What the mask of the face covers, air included, labelled ``"footprint"``.

        Raises
        ------
        MissingResourceError
            The template is not there.
        HeadError
            No head is found, or the registration ran away.
        """
        template = self.files.read()
        to_template = register_template(volume, template.head, start_of(self.place(volume), template.placement))
        shape = (volume.data.shape[0], volume.data.shape[1], volume.data.shape[2])
        # Beyond the template's field of view nothing is kept, as in pydeface: FSL fills with 0 there.
        share = resample(template.keep.data, template.keep.affine, shape, to_template @ volume.affine)
        return emptied(volume, share < _KEEP)
