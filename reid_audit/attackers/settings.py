"""What an attack leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reid_audit.errors import SettingsError

__all__ = ["AttackSettings"]


@dataclass(frozen=True)
class AttackSettings:
    """The free parameters of the attackers.

    Parameters
    ----------
    top_k : int
        Renders whose mean score counts in ``photo-set``, ``fusion`` and ``adapted``.
    svm_c : float
        Inverse strength of the regularisation in ``photo-svm``.
    views_per_scan : int
        Views that ``scan-to-scan`` draws, once, the same for all scans and conditions.
    pairs_per_people : int
        Pairs of renders that ``scan-to-scan`` compares for each pair of people, a person with themself included;
        where there are fewer, all of them.
    """

    top_k: int = 5
    svm_c: float = 1.0
    views_per_scan: int = 9
    pairs_per_people: int = 36

    def __post_init__(self) -> None:
        for name, least in (("top_k", 1), ("views_per_scan", 2), ("pairs_per_people", 1)):
            value = getattr(self, name)
            if value < least:
                raise SettingsError(
                    f"The '{name}' parameter of AttackSettings must be at least {least}. Got {value!r} instead."
                )
        if not (np.isfinite(self.svm_c) and self.svm_c > 0):
            raise SettingsError(f"The 'svm_c' parameter of AttackSettings must be above 0. Got {self.svm_c!r} instead.")
