"""Limits of the verdicts, and what they were set on: see ``docs/decisions/0009-quality.md``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CALIBRATION", "LIMITS", "Limits"]

CALIBRATION = "phantoms of the main population, seeds 202 and 9001"


@dataclass(frozen=True)
class Limits:
    """Where a verdict turns.

    Parameters
    ----------
    skin_mm : float
        With the original: how near to where it was skin must lie to remain.
    share : mapping of str to float
        With the original: share of a region's skin from which on the region fails.
    copied_mm : float
        With the original: how far a piece of an altered surface may lie from its place in a copy of the skin.
    copied : mapping of str to float
        Share of the whole face, and of the ears, whose form an altered surface has, from which on it is a copy and
        fails. Smaller regions do not decide: a mean mouth has the form of nearly everybody's.
    detail : mapping of str to float
        Correlation of the detail under the altered skin of the whole face, and of the ears, with the original's from
        which on they are there, however dark. Smaller regions do not decide, as for copies.
    model_mm : float
        Without the original: how near to the mean head's skin skin counts as remaining.
    model_share : mapping of str to float
        Without the original: share from which on the region fails.
    brain_share, brain_ml : float
        Loss above which the brain fails: the share of the brain or the millilitres, whichever is less.
    given_error_mm : float
        How far the outline of a given mask is taken to be off.
    estimated_error_mm : float
        How far from the outline of the offline estimate brain may end.
    estimated_error_ml : mapping of str to float
        By kind of scan: by how much the loss that the offline estimate tells is off in nine of ten planted cases that
        come near the brain.
    cut_along : float
        Share of what lies within the error of an estimated brain's outline that may be altered for the estimate to say
        anything narrower: a brain that was cut out along an estimate cannot be judged by one.
    behind_ml : float
        Coherent signal behind the head from which on the air there is not empty.
    untouched_mm : float
        Distance from the skin of face and ears beyond which tissue should be left as it was.
    """

    skin_mm: float = 2.0
    share: Mapping[str, float] = field(
        default_factory=lambda: {"eyes": 0.1, "nose": 0.1, "mouth": 0.1, "face": 0.1, "ears": 0.1}
    )
    copied_mm: float = 1.0
    copied: Mapping[str, float] = field(default_factory=lambda: {"face": 0.8, "ears": 0.6})
    detail: Mapping[str, float] = field(default_factory=lambda: {"face": 0.9, "ears": 0.9})
    model_mm: float = 6.0
    model_share: Mapping[str, float] = field(
        default_factory=lambda: {"eyes": 0.5, "nose": 0.5, "mouth": 0.5, "face": 0.5, "ears": 0.5}
    )
    brain_share: float = 0.001
    brain_ml: float = 1.0
    given_error_mm: float = 0.0
    estimated_error_mm: float = 3.0
    estimated_error_ml: Mapping[str, float] = field(default_factory=lambda: {"mri": 0.95, "ct": 1.0, "pet": 5.0})
    cut_along: float = 0.5
    behind_ml: float = 2.0
    untouched_mm: float = 40.0


LIMITS = Limits()
"""The limits that are in force."""
