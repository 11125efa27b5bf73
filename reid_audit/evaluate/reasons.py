"""Why a comparison failed: for want of a template, or because the matcher gave no score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence

if TYPE_CHECKING:
    from reid_audit.evaluate.comparisons import Comparisons

__all__ = ["failed_comparisons", "failures_in_words"]


def failed_comparisons(comparisons: Comparisons, then: str = "") -> str:
    """Return how many comparisons failed and why, or nothing where none did.

    Parameters
    ----------
    comparisons : Comparisons
    then : str, optional
        What becomes of them.
    """
    failed, unscored = comparisons.n_failed, 0
    if comparisons.acquired is not None and comparisons.enrolled is not None:
        for rows in comparisons.rows():
            possible = comparisons.compared[rows] & np.outer(comparisons.acquired[rows], comparisons.enrolled)
            unscored += int(np.count_nonzero(possible & ~np.isfinite(comparisons.scores[rows])))
    return failures_in_words(comparisons, f"of {comparisons.n_compared} comparisons", failed, unscored, then)


def failures_in_words(comparisons: Comparisons, among: str, failed: int, unscored: int, then: str) -> str:
    """Return how much failed and why, as far as the table says which sides have templates.

    Parameters
    ----------
    comparisons : Comparisons
    among : str
        ``"of 9 searches"``.
    failed, unscored : int
        All failures, and those among them with a template on both sides.
    then : str
        What becomes of failures; may be empty.
    """
    outcome = f" and {then}" if then else ""
    if comparisons.acquired is None or comparisons.enrolled is None:
        return f"{failed} {among} failed{outcome}" if failed else ""
    wanting = failed - unscored
    people = len(np.unique(comparisons.reference[comparisons.enrolled]))
    why = ": fewer than two people of the gallery could be enrolled" if people < 2 else ""
    return sentence(
        f"{wanting} {among} failed for want of a template{outcome}" if wanting else "",
        f"{unscored} {among} got no score from the matcher{outcome}, although both sides have templates{why}"
        if unscored
        else "",
    )
