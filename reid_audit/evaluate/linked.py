"""Linkability: how much a score says about whether two samples are of one person, and what it says by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.sides import SHUFFLES, mean_of
from reid_audit.statistics import Interval, linkability_bins, linkability_of_counts, share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

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
        the note has the value below which 95 % of these lie. The interval resamples people. Its upper limit is laid
        around the value, its lower one around the value less the bias that chance shows.
    """
    mated, nonmated = sides.mated, sides.nonmated
    if sides.missing:
        why = sentence(sides.missing, sides.failed)
        return case.result("linkability", None, n_subjects=mated.n_people, note=why)
    bins = linkability_bins(mated.n_people)
    value = round(float(linkability_of_counts(mated.observed, nonmated.observed, bins)[0]), 12)
    null = linkability_of_counts(*_relabelled(case, sides), bins)
    null = null[np.isfinite(null)]
    replicates = linkability_of_counts(mated.resampled, nonmated.resampled, bins)
    return case.result(
        "linkability",
        value,
        interval=_less_bias(case, value, replicates, mated.n_people, mean_of(null)),
        n_subjects=mated.n_people,
        chance=mean_of(null),
        control=mean_of(null),
        note=sentence(
            sides.note(case),
            f"{bins} bins of even weight",
            f"95 % of {len(null)} shuffles of the identities give less than {_limit(null):.3f}, "
            "so that much is no evidence of a link"
            if len(null)
            else "",
        ),
    )


def _less_bias(
    case: Case, value: float, replicates: NDArray[np.float64], n_people: int, bias: float | None
) -> Interval:
    """Put the lower limit where it would be around the value without what histograms add by chance.

    Of what lies between the value and 1 chance adds the same share as it does where there is no link.
    """
    around = share_interval(value, replicates, n_people, case.confidence)
    if around.low is None or not bias or value in (0.0, 1.0):
        return around
    fair = max(0.0, (value - bias) / (1.0 - bias))
    lower = share_interval(fair, replicates, n_people, case.confidence).low if fair else 0.0
    note = f"{around.note}, the lower limit less the bias of chance"
    return Interval(min(around.low, lower or 0.0), around.high, note)


def _limit(null: NDArray[np.float64]) -> float:
    """Return the value that one more shuffle, or scores without a link, would exceed in 5 % of cases at most."""
    return float(np.quantile(null, 0.95, method="higher"))


def _relabelled(case: Case, sides: Sides) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight by level of mated and of non-mated comparisons with the references' identities shuffled; (SHUFFLES, T).

    The probes of each person are compared with the references of another, in that direction alone: with both
    directions there would be twice the comparisons, a smoother histogram, and a null that is too low. What is mated
    then is taken out of the non-mated side, as it is in the comparisons themselves: left in, it would make the two
    histograms more alike than chance does, and the null too low again.
    """
    scores, rng = case.comparisons, case.rng("linkability")
    people = np.flatnonzero(scores.people_met()[0])
    others = np.stack([rng.permutation(people) for _ in range(SHUFFLES)])
    shares = _directed_shares(scores, sides.levels, people, others)
    reverse = _directed_shares(scores, sides.levels, people, others, turned=True)
    size = len(people)
    mated = np.zeros((SHUFFLES, len(sides.levels)))
    taken = np.zeros_like(mated)
    for row in range(SHUFFLES):
        some = slice(row * size, (row + 1) * size)
        there, back = (np.diff(part.indptr)[some] > 0 for part in (shares, reverse))
        alone = there & (~back) & (others[row] != people)
        mated[row] = there @ shares[some] + (~there) @ reverse[some]
        taken[row] = (there + alone.astype(np.float64)) @ shares[some] + 2.0 * (~there) @ reverse[some]
    everything = 2 * sides.nonmated.shuffled[:1] + sides.mated.shuffled[:1]
    return mated, np.maximum(everything - taken, 0.0) / 2


def _directed_shares(
    scores: Comparisons,
    levels: NDArray[np.float64],
    people: NDArray[np.int64],
    others: NDArray[np.int64],
    *,
    turned: bool = False,
) -> csr_array:
    """Share by level of the comparisons of one person's probes with another's references.

    One row for each of ``people`` with those of ``others``, permutation after permutation; ``turned``: of the others'
    probes with the people's references. A row without comparisons is empty.
    """
    from scipy.sparse import csr_array

    probes, references = (others, np.broadcast_to(people, others.shape))[:: 1 if turned else -1]
    keys = (probes * scores.n_people + references).ravel()
    wanted, back = np.unique(keys, return_inverse=True)
    place = np.full(scores.n_people**2, -1, dtype=np.int32)
    place[wanted] = np.arange(len(wanted), dtype=np.int32)
    rows, columns = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int32)]
    for first, second, score in scores.blocks():
        row = place[first * scores.n_people + second]
        rows.append(row[row >= 0])
        columns.append(np.maximum(np.searchsorted(levels, score[row >= 0], side="right") - 1, 0).astype(np.int32))
    at = (np.concatenate(rows), np.concatenate(columns))
    counts = csr_array((np.ones(len(at[0])), at), shape=(len(wanted), len(levels)))
    counts.data /= np.repeat(np.asarray(counts.sum(axis=1)), np.diff(counts.indptr))
    return counts[back]
