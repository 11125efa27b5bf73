"""Who is in a phantom cohort."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reid_audit.defacers import DEFACERS
from reid_audit.errors import SettingsError
from reid_audit.phantom.acquisition import ScanSettings
from reid_audit.phantom.contrast import contrast_of
from reid_audit.phantom.photo import PhotoSettings
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from reid_audit.phantom.identity import Population

__all__ = ["PhantomSettings"]


@dataclass(frozen=True)
class PhantomSettings:
    """Who is in a phantom cohort, and how each is scanned and photographed.

    Parameters
    ----------
    n_subjects : int
        The first of a larger cohort with the same seed are the same people with the same scans.
    sessions : int
        Between sessions weight, age, expression and position change a little.
    modalities : tuple of str
        Of ``"T1w" "T1wCE" "T2w" "FLAIR" "CT" "PET"``.
    conditions : tuple of str
        ``"original"`` and names of sham defacers (``"zero" "partial" "meanface"``).
    photos_per_subject : int
    voxel_size : float or tuple of float
        Mm; three along right, front and up for thick slices.
    population : {"main", "withheld"}
    spread, predictable_share, ages
        As in :func:`~reid_audit.phantom.identity.sample_identities`.
    seed : int
    noise, bias : tuple of float
        Least and greatest, as in :class:`~reid_audit.phantom.acquisition.ScanSettings`.
    tilt : float
        Standard deviation of the head's pitch in degrees; yaw and roll have 0.6 of it.
    offset : float
        Standard deviation of the head's place, mm.
    oblique : float
        Largest turn of the grid about each axis, degrees.
    orientations : tuple of str
        Axis codes that scans are stored in, drawn evenly.
    dental_share, tumour_share : float
        Share of the people with fillings, and with a tumour.
    cut_share : float
        Share of the scans whose field of view ends inside the head: up to 30 mm are lost at the crown, or up to 45 mm
        at the chin and neck.
    muscle_spread : float
        Standard deviation of the logarithm of each person's factor on the signal of muscle, 0 to 0.5: a quantity that
        stands in ``participants.tsv`` as ``muscle``, and that voxels may be asked for.
    left_marker : bool
    photos : PhotoSettings
    """

    n_subjects: int = 16
    sessions: int = 1
    modalities: tuple[str, ...] = ("T1w",)
    conditions: tuple[str, ...] = (ORIGINAL, "zero", "meanface")
    photos_per_subject: int = 2
    voxel_size: float | tuple[float, float, float] = 1.0
    population: Population = "main"
    spread: float = 0.2
    predictable_share: float = 0.35
    ages: tuple[float, float] = (18.0, 80.0)
    seed: int = 1
    noise: tuple[float, float] = (0.01, 0.03)
    bias: tuple[float, float] = (0.05, 0.2)
    tilt: float = 5.0
    offset: float = 4.0
    oblique: float = 4.0
    orientations: tuple[str, ...] = ("RAS", "LPS", "PIR", "LAS")
    dental_share: float = 0.25
    tumour_share: float = 0.0
    cut_share: float = 0.0
    muscle_spread: float = 0.0
    left_marker: bool = False
    photos: PhotoSettings = field(default_factory=PhotoSettings)

    def __post_init__(self) -> None:
        for modality in self.modalities:
            contrast_of(modality)
        known = (ORIGINAL, *DEFACERS)
        unknown = [name for name in self.conditions if name not in known]
        if unknown or not self.conditions or ORIGINAL not in self.conditions:
            raise SettingsError(
                f"The 'conditions' of a phantom cohort are 'original' and any of {', '.join(DEFACERS)}. "
                f"Got {self.conditions!r} instead.",
                remedy="Name 'original' and known defacers.",
            )
        if self.n_subjects < 1 or self.sessions < 1 or not self.modalities or self.photos_per_subject < 0:
            raise SettingsError(
                "A phantom cohort needs at least one person, one session and one modality, and no negative number of "
                f"photos. Got {self.n_subjects}, {self.sessions}, {self.modalities!r}, {self.photos_per_subject}.",
                remedy="Raise the number.",
            )
        if not 0 <= self.cut_share <= 1:
            raise SettingsError(
                f"The 'cut_share' of a phantom cohort is a share of its scans. Got {self.cut_share}.",
                remedy="Give a number from 0 to 1.",
            )
        if not 0 <= self.muscle_spread <= 0.5:
            raise SettingsError(
                f"The 'muscle_spread' of a phantom cohort must lie from 0 to 0.5. Got {self.muscle_spread}.",
                remedy="Give for example 0.15.",
            )
        if self.seed < 0:
            raise SettingsError(f"The 'seed' must not be negative. Got {self.seed} instead.", remedy="Give 0 or more.")
        # Also checks voxel size, noise, bias and orientations.
        for orientation in self.orientations:
            ScanSettings(
                voxel_size=self.voxel_sizes, noise=min(self.noise), bias=min(self.bias), orientation=orientation
            )

    @property
    def voxel_sizes(self) -> tuple[float, float, float]:
        """Mm along right, front and up."""
        size = self.voxel_size
        return (size, size, size) if isinstance(size, int | float) else size
