"""The brain as the network of the package deepbet sees it: an optional second opinion for T1w."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from reid_audit.anatomy.resampling import resample, upright_copy
from reid_audit.errors import MissingResourceError, VolumeError
from reid_audit.types import Mask

if TYPE_CHECKING:
    from reid_audit.types import Volume

__all__ = ["deepbet_brain"]


def deepbet_brain(volume: Volume) -> Mask:
    """Return the brain that deepbet finds [1]_.

    It sees a copy of 1 mm cubes along the RAS axes, written to a private folder that is deleted at once.

    Parameters
    ----------
    volume : Volume
        T1w: the network was trained on nothing else.

    Returns
    -------
    Mask
        On the scan's grid, labelled ``"brain"``; folds and ventricles belong to it.

    Raises
    ------
    MissingResourceError
        deepbet or torch is not installed.
    VolumeError
        It found no brain.

    References
    ----------
    .. [1] L. Fisch et al., "deepbet: Fast brain extraction of T1-weighted MRI using convolutional neural networks",
       Comput. Biol. Med. 179, 2024, doi:10.1016/j.compbiomed.2024.108845
    """
    if any(importlib.util.find_spec(name) is None for name in ("torch", "deepbet")):
        raise MissingResourceError(
            "The brain was asked of deepbet, which is not installed or lacks torch.",
            remedy="Install both (pip install deepbet), or use the estimate by registration.",
        )
    run_bet = importlib.import_module("deepbet").run_bet
    copy = upright_copy(volume, 1.0)
    with tempfile.TemporaryDirectory() as folder:
        scan, mask = Path(folder, "scan.nii.gz"), Path(folder, "mask.nii.gz")
        nib.Nifti1Image(np.asarray(copy.data), copy.affine).to_filename(scan)
        run_bet([str(scan)], mask_paths=[str(mask)], no_gpu=True)
        found = np.asarray(nib.load(mask).dataobj) > 0
    if found.shape != copy.data.shape or not found.any():
        raise VolumeError(
            "deepbet found no brain in this scan.", remedy="It knows T1w only; use the estimate by registration."
        )
    shape = (volume.data.shape[0], volume.data.shape[1], volume.data.shape[2])
    return Mask(resample(found, copy.affine, shape, volume.affine) > 0.5, volume.affine, "brain")
