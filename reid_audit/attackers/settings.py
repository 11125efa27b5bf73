"""What an attack leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reid_audit.errors import SettingsError

__all__ = ["KERNELS", "AttackSettings"]

KERNELS = ("linear", "rbf")
"""Kernels of the support vector machines of ``photo-svm``."""


@dataclass(frozen=True)
class AttackSettings:
    """The free parameters of the attackers.

    Parameters
    ----------
    top_k : int
        Renders whose mean score counts in ``photo-set``, ``fusion`` and ``adapted``.
    svm_c : float
        Inverse strength of the regularisation in ``photo-svm``.
    svm_kernels : tuple of {"linear", "rbf"}
        Machines that ``photo-svm`` trains, one score table each.
    views_per_scan : int
        Views that ``scan-to-scan`` draws, once, the same for all scans and conditions.
    pairs_per_people : int
        Pairs of renders that ``scan-to-scan`` compares for each pair of people, a person with themself included;
        where there are fewer, all of them.
    every : bool
        Search all scans as they are given, also where people have unequal numbers of them: nobody's are drawn. There
        is no control under shuffled names then, and ``adapted`` deals people out in one way, the first.
    """

    top_k: int = 5
    svm_c: float = 1.0
    svm_kernels: tuple[str, ...] = ("linear",)
    views_per_scan: int = 9
    pairs_per_people: int = 36
    every: bool = False

    def __post_init__(self) -> None:
        for name, least in (("top_k", 1), ("views_per_scan", 2), ("pairs_per_people", 1)):
            value = getattr(self, name)
            if value < least:
                raise SettingsError(
                    f"The '{name}' parameter of AttackSettings must be at least {least}. Got {value!r} instead."
                )
        if not (np.isfinite(self.svm_c) and self.svm_c > 0):
            raise SettingsError(f"The 'svm_c' parameter of AttackSettings must be above 0. Got {self.svm_c!r} instead.")
        if not self.svm_kernels or not set(self.svm_kernels) <= set(KERNELS):
            raise SettingsError(
                f"The 'svm_kernels' parameter of AttackSettings must name some of {', '.join(KERNELS)}. "
                f"Got {self.svm_kernels!r} instead."
            )
