"""What a condition changed for the same people."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Difference"]


@dataclass(frozen=True)
class Difference:
    """What a condition changed, over people who are in both.

    Parameters
    ----------
    attacker, matcher, embedder, relation : str
    baseline, condition : str
        Before and after.
    metric : str
        ``"rank"`` (k = 1) or ``"auc"``.
    k : int or None
    value : float or None
        After minus before: below 0 where the condition protects. None where it cannot be had; ``note`` says why.
    before, after : float or None
        The two numbers, over the same people and the same gallery.
    low, high, confidence : float or None
        Of the difference, from resamples of people.
    n_subjects : int
        People in both.
    n_before_only, n_after_only : int
        People who are missing from the other condition and therefore left out.
    lost, gained : int or None
        Of rank: people who were found before and not after; and not before but after.
    p_value, p_adjusted : float or None
        Of rank: McNemar's exact test, and corrected by Holm over the conditions of one attack.
    note : str
    """

    attacker: str
    matcher: str
    embedder: str
    relation: str
    baseline: str
    condition: str
    metric: str
    k: int | None
    value: float | None
    n_subjects: int
    n_before_only: int
    n_after_only: int
    before: float | None = None
    after: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    lost: int | None = None
    gained: int | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    note: str = ""
