"""Quick measures of one scan: volumes, intensities and noise within masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.types import Mask
from reid_audit.utility.muscle import cross_section
from reid_audit.utility.noise import noise_level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types import Volume

__all__ = ["MEASURES", "Measure", "quick_measures", "with_signal"]

MEASURES: Mapping[str, str] = {
    "brain volume": "ml",
    "dark brain tissue": "ml",
    "middle brain tissue": "ml",
    "bright brain tissue": "ml",
    "brain mean": "intensity",
    "brain SD": "intensity",
    "brain 5th percentile": "intensity",
    "brain median": "intensity",
    "brain 95th percentile": "intensity",
    "SNR": "ratio",
    "tumour volume": "ml",
    "temporalis volume": "ml",
    "temporalis cross-section": "mm^2",
    "temporalis centile": "percent",
    "template shift": "mm",
}
"""Name to unit of every quick measure."""

_DARK_SHARE = 0.1
_AIR_HU = -200.0
_FEWEST = 100


@dataclass(frozen=True)
class Measure:
    """One number of one scan.

    Parameters
    ----------
    name : str
        Of :data:`MEASURES`.
    value : float or None
        In the unit there.
    why : str
        Why there is none.
    """

    name: str
    value: float | None
    why: str = ""


def quick_measures(volume: Volume, masks: Mapping[str, Mask]) -> tuple[Measure, ...]:
    """Measure a scan within masks.

    Parameters
    ----------
    volume : Volume
    masks : mapping of str to Mask
        ``"brain"``, ``"tumour"``, ``"temporalis"``, on the grid of the volume; those that are not there give nothing.
        Voxels without signal (MRI, PET: below a tenth of the median in the brain; CT: below -200 HU) count for nothing:
        a defacer that cuts into a mask makes it smaller. FLAIR loses its dark CSF so, before and after alike.

    Returns
    -------
    tuple of Measure
        Of the brain: volume, volumes of three classes of tissue by intensity (Otsu's thresholds; in T1w they are about
        CSF, grey and white matter), mean, SD, percentiles, SNR (median over noise, both in the brain). Of tumour and
        temporalis: volume and largest cross-section.

    Raises
    ------
    ValueError
        When a mask does not lie on the grid.

    References
    ----------
    Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9:62-66, 1979, doi:10.1109/TSMC.1979.4310076.
    """
    for name, mask in masks.items():
        if mask.data.shape != volume.data.shape:
            raise ValueError(f"The mask '{name}' has shape {mask.data.shape}, the scan {volume.data.shape}.")
    seen = {name: with_signal(volume, mask, masks.get("brain")) for name, mask in masks.items()}
    made: list[Measure] = []
    if "brain" in seen:
        made += _of_brain(volume, seen["brain"])
    if "tumour" in seen:
        made.append(Measure("tumour volume", millilitres(seen["tumour"])))
    if "temporalis" in seen:
        made.append(Measure("temporalis volume", millilitres(seen["temporalis"])))
        made.append(Measure("temporalis cross-section", cross_section(seen["temporalis"])))
    return tuple(made)


def with_signal(volume: Volume, mask: Mask, brain: Mask | None = None) -> Mask:
    """Return the part of a mask where the scan shows anything.

    Parameters
    ----------
    volume : Volume
    mask : Mask
    brain : Mask, optional
        In which the median is taken; by default the mask itself.
    """
    where = mask if brain is None or not brain.data.any() else brain
    if volume.kind == "ct":
        floor = _AIR_HU
    else:
        inside = volume.data[where.data]
        floor = _DARK_SHARE * float(np.median(inside)) if inside.size else 0.0
    return Mask(mask.data & (volume.data > floor), mask.affine, mask.label)


def millilitres(mask: Mask) -> float:
    """Return the volume of a mask."""
    return float(mask.data.sum()) * abs(float(np.linalg.det(mask.affine[:3, :3]))) / 1000


def _of_brain(volume: Volume, brain: Mask) -> list[Measure]:
    values = np.asarray(volume.data[brain.data], dtype=np.float64)
    names = [name for name in MEASURES if "brain" in name or name == "SNR"]
    if values.size < _FEWEST:
        why = f"{values.size} voxels of the brain show a signal; it takes {_FEWEST}"
        return [Measure("brain volume", millilitres(brain)), *(Measure(name, None, why) for name in names[1:])]
    low, middle, high = (float(each) for each in np.percentile(values, (5, 50, 95)))
    noise = noise_level(volume, brain)
    return [
        Measure("brain volume", millilitres(brain)),
        *_tissues(values, brain),
        Measure("brain mean", float(values.mean())),
        Measure("brain SD", float(values.std())),
        Measure("brain 5th percentile", low),
        Measure("brain median", middle),
        Measure("brain 95th percentile", high),
        Measure("SNR", middle / noise) if noise else Measure("SNR", None, "no noise was found in the brain"),
    ]


def _tissues(values: np.ndarray[Any, Any], brain: Mask) -> list[Measure]:
    """Return the volumes of three classes, darkest first."""
    import SimpleITK as sitk  # noqa: N813

    names = ("dark brain tissue", "middle brain tissue", "bright brain tissue")
    if np.ptp(values) == 0:
        return [Measure(name, None, "the brain has one intensity") for name in names]
    # Thresholds between the 0.5th and the 99.5th percentile: a few bright vessels must not take the whole histogram.
    clipped = np.clip(values, *np.percentile(values, (0.5, 99.5)))
    otsu = sitk.OtsuMultipleThresholdsImageFilter()
    otsu.SetNumberOfThresholds(2)
    otsu.SetNumberOfHistogramBins(256)
    otsu.Execute(sitk.GetImageFromArray(clipped.astype(np.float32)[None]))
    classes = np.digitize(clipped.astype(np.float32), otsu.GetThresholds(), right=True)
    voxel = abs(float(np.linalg.det(brain.affine[:3, :3]))) / 1000
    return [Measure(name, voxel * float(np.count_nonzero(classes == code))) for code, name in enumerate(names)]
