"""SPM's plane: in the frame of the MNI template everything below one tilted plane goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy import load_head_model
from reid_audit.defacers.filling import emptied
from reid_audit.defacers.head_template import TemplateFiles, start_of
from reid_audit.defacers.missing import missing_of
from reid_audit.defacers.placing import Placement, place_mean_head
from reid_audit.defacers.registering import register_template
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.types import Mask, Volume

__all__ = ["SpmDefacer", "mean_head_to_mni"]

Array = np.ndarray[Any, Any]

_PLANE = np.array([0.0, -1.1, 0.98, 100.0])
"""What of (x, y, z, 1) in MNI mm is negative goes."""
_MNI = {"tragion": (86.0, -20.0, -48.0), "nasion": (0.0, 87.0, -40.0), "vertex": (0.0, -9.0, 100.0)}
"""Places on the skin of the MNI head, rounded: preauricular point, Nz and Cz of the 10-05 system [1]_."""


@dataclass(frozen=True)
class SpmDefacer:
    """Removes what lies below SPM's plane [2]_, after an affine registration of a template.

    The template is pydeface's mean head and not SPM's own; from it to MNI leads a fixed map by four places on the skin
    (:func:`mean_head_to_mni`). What is removed becomes air, where SPM writes NaN.

    Parameters
    ----------
    files : TemplateFiles
    place : callable
        Finds the mean head in a scan, for the start of the registration.

    References
    ----------
    .. [2] ``spm_deface`` of Statistical Parametric Mapping, Wellcome Centre for Human Neuroimaging
    """

    files: TemplateFiles = field(default_factory=TemplateFiles)
    place: Callable[[Volume], Placement] = place_mean_head

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of the template."""
        needs = ("mean_reg2mean.nii.gz and facemask.nii.gz of pydeface",)
        return ModelSpec("spm", "1", "Apache-2.0; template MIT", self.files.sha256, needs=needs)

    def missing(self) -> str:
        """Say what is not on this machine; empty where it can run."""
        return missing_of(self.files.paths)

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan without what lies below the plane, and that.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers.
        Mask
            What lies below the plane, air and neck included, labelled ``"footprint"``.

        Raises
        ------
        MissingResourceError
            The template is not there.
        HeadError
            No head is found, or the registration ran away.
        """
        template = self.files.read()
        to_template = register_template(volume, template.head, start_of(self.place(volume), template.placement))
        to_mean = np.diag([*np.full(3, 1.0 / template.placement.scale), 1.0]) @ template.placement.to_head
        plane = _PLANE @ mean_head_to_mni() @ to_mean @ to_template @ volume.affine
        i, j, k = (np.arange(n, dtype=np.float64) for n in volume.data.shape)
        height = plane[0] * i[:, None, None] + plane[1] * j[:, None] + plane[2] * k + plane[3]
        return emptied(volume, height < 0)


@lru_cache(maxsize=1)
def mean_head_to_mni() -> Array:
    """Return the affine map from the mean head to the MNI head.

    Both ears, the root of the nose and the vertex are laid onto their places; left and right are treated alike.

    Returns
    -------
    ndarray, shape (4, 4), float64
        Mm of the mean head to MNI mm.

    References
    ----------
    .. [1] R. Oostenveld, P. Praamstra, "The five percent electrode system for high-resolution EEG and ERP
       measurements", Clin. Neurophysiol. 112(4), 2001, doi:10.1016/S1388-2457(00)00527-7
    """
    model = load_head_model()
    middle = model.mean[np.abs(model.mean[:, 0]) < 6.0]
    # Cz lies half way over the head between the root of the nose and the inion: just behind the ears' plane.
    near = middle[np.abs(middle[:, 1]) < 10.0]
    vertex = np.array([0.0, 0.0, float(near[:, 2].max())])
    ear, nose = model.landmarks["right_tragion"], model.landmarks["nasion"]
    found = np.eye(4)
    found[0, 0] = _MNI["tragion"][0] / ear[0]
    # In the midsagittal plane three places make the map.
    places = np.array([[ear[1], ear[2], 1.0], [nose[1], nose[2], 1.0], [vertex[1], vertex[2], 1.0]])
    targets = np.array([_MNI[name][1:] for name in ("tragion", "nasion", "vertex")])
    found[1:3, 1:] = np.linalg.solve(places, targets).T
    return found
