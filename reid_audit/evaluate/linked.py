"""Linkability: how much a score says about whether two samples are of one person, and what it says by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.sides import SHUFFLES, mean_of
from reid_audit.statistics import linkability_bins, linkability_of_counts, share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.comparisons import Comparisons
    from reid_audit.evaluate.outcome import Case
    from reid_audit.evaluate.sides import Sides
    from reid_audit.types import Result

__all__ = ["linkability_result"]


def linkability_result(case: Case, sides: Sides) -> Result:
    """Global linkability D_sys, with what shuffled identities give.

    Parameters
    ----------
    case : Case
    sides : Sides

    Returns
    -------
    Result
        ``linkability``, 0 to 1 (:func:`~reid_audit.statistics.linkability`). Histograms of few people make it larger
        than 0 where there is nothing to link: chance and control are the mean over shuffled identities, and
        the note has the value below which 95 % of these lie. The interval resamples people; it is laid around the
        value, and takes nothing off for the bias that chance shows.
    """
    mated, nonmated = sides.mated, sides.nonmated
    if sides.missing:
        why = sentence(sides.missing, sides.failed)
        return case.result("linkability", None, n_subjects=mated.n_people, note=why)
    bins = linkability_bins(mated.n_people)
    value = round(float(linkability_of_counts(mated.observed, nonmated.observed, bins)[0]), 12)
    null = linkability_of_counts(_mated_with_others(case, sides.levels), nonmated.shuffled, bins)
    null = null[np.isfinite(null)]
    replicates = linkability_of_counts(mated.resampled, nonmated.resampled, bins)
    return case.result(
        "linkability",
        value,
        interval=share_interval(value, replicates, mated.n_people, case.confidence),
        n_subjects=mated.n_people,
        chance=mean_of(null),
        control=mean_of(null),
        note=sentence(
            sides.note(case),
            f"{bins} bins of even weight",
            f"95 % of {len(null)} shuffles of the identities give less than {np.quantile(null, 0.95):.3f}, "
            "so that much is no evidence of a link"
            if len(null)
            else "",
        ),
    )


def _mated_with_others(case: Case, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight by level of mated comparisons after the references' identities were shuffled; shape (SHUFFLES, T).

    The probes of each person are compared with the references of another, in that direction alone: with both
    directions there would be twice the comparisons, a smoother histogram, and a null that is too low.
    """
    scores, rng = case.comparisons, case.rng("linkability")
    people = np.flatnonzero(scores.people_met()[0])
    ends = np.arange(scores.n_people + 1)
    rows, columns = np.searchsorted(scores.probe, ends), np.searchsorted(scores.reference, ends)
    found = np.zeros((SHUFFLES, len(levels)))
    for shuffle in found:
        for one, other in zip(people, rng.permutation(people), strict=True):
            score = _between(scores, rows, columns, int(one), int(other))
            score = score if len(score) else _between(scores, rows, columns, int(other), int(one))
            place = np.maximum(np.searchsorted(levels, score, side="right") - 1, 0)
            np.add.at(shuffle, place, 1.0 / max(1, len(score)))
    return found


def _between(
    scores: Comparisons, rows: NDArray[np.int64], columns: NDArray[np.int64], probe: int, reference: int
) -> NDArray[np.float64]:
    """Return the scores of one person's probes with another's references, of comparisons that took place."""
    part = slice(rows[probe], rows[probe + 1]), slice(columns[reference], columns[reference + 1])
    took_place = scores.compared[part] & np.isfinite(scores.scores[part])
    return scores.scores[part][took_place]
