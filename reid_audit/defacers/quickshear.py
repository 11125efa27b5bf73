"""Quickshear: one plane in front of the brain, and all before it goes."""

from __future__ import annotations

import importlib
import importlib.metadata
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from reid_audit.anatomy.brain import estimate_brain
from reid_audit.defacers.filling import emptied
from reid_audit.defacers.masking import check_brain
from reid_audit.defacers.missing import missing_of
from reid_audit.defacers.reorienting import turned_back
from reid_audit.errors import HeadError, MissingResourceError
from reid_audit.inputs import to_ras
from reid_audit.types import ModelSpec, Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.types import Mask

__all__ = ["QuickshearDefacer"]

_MOST = 0.9
"""Share of a scan that the plane may take before the answer is refused."""


@dataclass(frozen=True)
class QuickshearDefacer:
    """Runs the package quickshear [1]_ with a mask of the brain.

    The scan is put in RAS order first, for the package looks along its axes.

    Parameters
    ----------
    brain : callable
        Gives the mask of the brain of a scan; by default :func:`reid_audit.anatomy.brain.estimate_brain`.
    buffer : float
        Voxels, not mm, between brain and plane, as the package counts.

    References
    ----------
    .. [1] N. Schimke, J. Hale, "Quickshear defacing for neuroimages", Proc. 2nd USENIX Conf. Health Security and
       Privacy, 2011
    """

    brain: Callable[[Volume], Mask] = estimate_brain
    buffer: float = 10.0

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        try:
            version = importlib.metadata.version("quickshear")
        except importlib.metadata.PackageNotFoundError:
            version = "not installed"
        needs = ("the package quickshear", "a mask of the brain, or its estimate")
        return ModelSpec("quickshear", version, "BSD-3-Clause", needs=needs)

    def missing(self) -> str:
        """Say what is not on this machine; empty where it can run."""
        return missing_of(_package)

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan without what lies before the plane, and that.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers.
        Mask
            What lies before the plane, air included, labelled ``"footprint"``.

        Raises
        ------
        MissingResourceError
            quickshear is not installed.
        HeadError
            No brain is found, its mask does not fit the scan, or the plane takes nothing or nearly everything.
        """
        package = _package()
        turned = to_ras(volume)
        brain = check_brain(self.brain(turned), turned)
        affine = turned.affine
        # Where a scan of ones comes back as 0 is what it removes, air included.
        ones = nib.Nifti1Image(np.ones(brain.shape, np.uint8), affine)
        with warnings.catch_warnings():
            # It crosses vectors of two numbers, which NumPy 2 still does, and warns of.
            warnings.simplefilter("ignore", DeprecationWarning)
            kept = package.quickshear(ones, nib.Nifti1Image(brain.astype(np.uint8), affine), self.buffer)
        region = turned_back(np.asarray(kept.dataobj) == 0, volume.affine)
        if not 0.0 < region.mean() < _MOST:
            raise HeadError(
                f"Quickshear removed {100 * region.mean():.0f} % of this scan; more than 0 and less than "
                f"{100 * _MOST:.0f} % are believed.",
                remedy="Look at the mask of the brain; it decides where the plane lies.",
            )
        return emptied(volume, region)


def _package() -> Any:
    """Return the package quickshear."""
    try:
        return importlib.import_module("quickshear")
    except ImportError as error:
        raise MissingResourceError(
            "The package 'quickshear' is not installed.", remedy="Install it: pip install quickshear."
        ) from error
