"""How bright each tissue is in each kind of scan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter

from reid_audit.errors import SettingsError
from reid_audit.phantom.interior import mean_interior
from reid_audit.phantom.labels import BRAIN_TISSUES, Tissue

if TYPE_CHECKING:
    from reid_audit.types import Kind

__all__ = ["CONTRASTS", "Contrast", "Tumour", "contrast_of", "mean_signal", "planted"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Contrast:
    """Signal of every tissue in one kind of scan.

    Parameters
    ----------
    name : str
    kind : {"mri", "ct", "pet"}
    suffix : str
        Modality as :class:`~reid_audit.types.Volume` and BIDS name it.
    air : float
        Outside the head.
    reference : float
        The signal that noise is stated as a share of.
    signal : tuple of float
        In the order of :class:`~reid_audit.phantom.labels.Tissue`; Hounsfield units for CT.
    texture : float
        Share by which the signal of soft tissue wavers from place to place.
    """

    name: str
    kind: Kind
    suffix: str
    air: float
    reference: float
    signal: tuple[float, ...]
    texture: float


@dataclass(frozen=True)
class Tumour:
    """A tumour to be planted in the brain.

    Parameters
    ----------
    center : tuple of float
        Mm in the head frame of the mean head; it goes to the same place of the person's brain.
    radius : float
        Of the rim that takes up contrast agent, mm.
    oedema : float
        Mm around it.
    """

    center: tuple[float, float, float] = (32.0, 20.0, 62.0)
    radius: float = 11.0
    oedema: float = 10.0


# fmt: off
_TABLE: dict[Tissue, tuple[float, float, float, float, float, float]] = {
    #                     T1w  T1wCE    T2w  FLAIR      CT   PET
    Tissue.AIR:          (  0,     0,     0,     0,  -1000,  0.0),
    Tissue.SKIN:         (290,   340,   230,   230,     45,  0.5),
    Tissue.FAT:          (520,   530,   480,   430,    -95,  0.3),
    Tissue.MUSCLE:       (220,   260,   150,   190,     58,  0.9),
    Tissue.BONE:         ( 22,    24,    16,    16,   1150,  0.4),
    Tissue.MARROW:       (360,   370,   260,   260,    330,  0.6),
    Tissue.CSF:          ( 85,    88,  1000,    40,      8,  0.4),
    Tissue.GREY:         (285,   300,   480,   390,     38,  7.5),
    Tissue.WHITE:        (410,   415,   330,   300,     30,  2.6),
    Tissue.AIRWAY:       (  4,     4,     4,     4,   -985,  0.0),
    Tissue.VITREOUS:     ( 80,    82,   980,    45,      8,  0.3),
    Tissue.LENS:         (190,   195,   150,   120,     85,  0.4),
    Tissue.SCLERA:       (190,   260,   130,   150,     60,  0.8),
    Tissue.TOOTH:        ( 12,    12,    10,    10,   2100,  0.2),
    Tissue.VESSEL:       (150,   620,    60,    90,     60,  1.2),
    Tissue.TUMOUR_RIM:   (260,   640,   620,   600,     52,  8.0),
    Tissue.TUMOUR_CORE:  (170,   180,   820,   420,     22,  0.8),
    Tissue.OEDEMA:       (240,   245,   740,   640,     24,  2.0),
    Tissue.MUCOSA:       (230,   450,   640,   430,     45,  1.2),
    Tissue.GLAND:        (340,   430,   380,   330,     25,  1.4),
    Tissue.CARTILAGE:    (200,   220,   190,   200,    110,  0.4),
    Tissue.NERVE:        (370,   375,   340,   310,     32,  1.8),
    Tissue.MARKER:       (620,   620,   900,   600,    350,  9.0),
}
# fmt: on


def _contrast(column: int, name: str, kind: Kind, suffix: str, *, reference: float, texture: float) -> Contrast:
    signal = tuple(_TABLE[tissue][column] for tissue in Tissue)
    return Contrast(name, kind, suffix, signal[Tissue.AIR], reference, signal, texture)


CONTRASTS: dict[str, Contrast] = {
    contrast.name: contrast
    for contrast in (
        _contrast(0, "T1w", "mri", "T1w", reference=410.0, texture=0.025),
        _contrast(1, "T1wCE", "mri", "T1wCE", reference=410.0, texture=0.025),
        _contrast(2, "T2w", "mri", "T2w", reference=480.0, texture=0.03),
        _contrast(3, "FLAIR", "mri", "FLAIR", reference=390.0, texture=0.03),
        _contrast(4, "CT", "ct", "CT", reference=500.0, texture=0.0),
        _contrast(5, "PET", "pet", "pet", reference=7.5, texture=0.08),
    )
}
"""Name of each kind of scan; the values are usual ones, rounded, and drawn from no one data set."""


def contrast_of(modality: str) -> Contrast:
    """Return a contrast by name.

    Raises
    ------
    SettingsError
        If there is none of this name.
    """
    if modality not in CONTRASTS:
        raise SettingsError(
            f"The 'modality' of a phantom scan must be one of {', '.join(CONTRASTS)}. Got {modality!r} instead.",
            remedy="Choose one of these.",
        )
    return CONTRASTS[modality]


@lru_cache(maxsize=4)
def planted(spacing: float, tumour: Tumour | None) -> Array:
    """Return the labels of the mean interior, with a tumour if there is to be one.

    Parameters
    ----------
    spacing : float
    tumour : Tumour or None

    Returns
    -------
    ndarray, uint8
        Read-only.
    """
    interior = mean_interior(spacing)
    if tumour is None:
        return interior.labels
    labels = interior.labels.copy()
    lines = [interior.origin[a] + spacing * np.arange(labels.shape[a]) - tumour.center[a] for a in range(3)]
    x, y, z = np.meshgrid(*lines, indexing="ij", sparse=True)
    # A lumpy ball: tumours are round but never balls.
    lumps = 1.0 + 0.16 * np.sin(0.31 * x + 0.7) * np.sin(0.27 * y + 1.9) + 0.12 * np.sin(0.42 * z + 0.17 * x)
    distance = np.sqrt(x**2 + y**2 + z**2) / lumps - tumour.radius
    brain = np.isin(labels, BRAIN_TISSUES) | ((labels == Tissue.CSF) & (distance < 0))
    labels[(labels == Tissue.WHITE) & (distance < tumour.oedema)] = Tissue.OEDEMA
    labels[brain & (distance < 0)] = Tissue.TUMOUR_RIM
    labels[brain & (distance < -0.32 * tumour.radius)] = Tissue.TUMOUR_CORE
    labels.flags.writeable = False
    return labels


@lru_cache(maxsize=6)
def mean_signal(modality: str, spacing: float, tumour: Tumour | None) -> Array:
    """Return the signal everywhere in the mean head, without noise and without the air outside.

    Parameters
    ----------
    modality : str
    spacing : float
    tumour : Tumour or None

    Returns
    -------
    ndarray, float32
        Read-only; on the grid of the interior. Tissues fade into each other over about a voxel.
    """
    contrast = contrast_of(modality)
    labels = planted(spacing, tumour)
    signal = np.asarray(contrast.signal, dtype=np.float32)[labels]
    if contrast.texture > 0:
        grain = np.random.default_rng(771).standard_normal(labels.shape, dtype=np.float32)
        grain = gaussian_filter(grain, 1.1 / spacing, truncate=2.5)
        signal *= 1.0 + contrast.texture / grain[::4, ::4, ::4].std() * grain
    signal = gaussian_filter(signal, 0.45, truncate=2.5)
    signal.flags.writeable = False
    return np.asarray(signal)
