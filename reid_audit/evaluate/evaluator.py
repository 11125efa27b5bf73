"""From a score table to results: which numbers answer which attacker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.evaluate.asked import OPEN_SET, PAIRS_ONLY
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.failures import failure_results
from reid_audit.evaluate.folds import fold_results
from reid_audit.evaluate.gallery_size import gallery_results
from reid_audit.evaluate.identification import rank_results
from reid_audit.evaluate.mixed_folds import mixed_fold_results
from reid_audit.evaluate.open_set import open_set_results
from reid_audit.evaluate.operating_points import operating_results
from reid_audit.evaluate.outcome import Case
from reid_audit.evaluate.person_risk import worst_person_results
from reid_audit.evaluate.policies import policy_results
from reid_audit.evaluate.release_rule import release_results
from reid_audit.evaluate.verification import verification_results
from reid_audit.statistics import check_confidence

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from reid_audit.types import Result, ScoreTable

__all__ = ["evaluate"]

_SEARCHING = (rank_results, policy_results, release_results, gallery_results, worst_person_results)
"""What is said of every attacker who searches a collection that holds the one whom they look for."""


def evaluate(
    table: ScoreTable,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 1000,
    mixed_folds: bool = False,
) -> tuple[Result, ...]:
    """Turn the scores of one attacker into numbers that do not stand alone.

    Every number comes with the people and probes that it rests on, an interval over people, what a random guess would
    give, and what shuffled identities give. A number that cannot be had is None, and its note says why.

    Parameters
    ----------
    table : ScoreTable
        Higher = more alike. A comparison that is not finite failed; one that is not ``compared`` does not exist.
    rng : numpy.random.Generator
        Resamples people, shuffles identities, deals out folds. One number is drawn from it.
    confidence : float, default 0.95
    resamples : int, default 1000
        Of people. Fewer, but not below 200, for more than 1,400 people; the notes then say how many.
    mixed_folds : bool, default False
        Add ``accuracy_mixed_folds`` to an attacker who asks for pairs: folds that share people, labelled as leaking.

    Returns
    -------
    tuple of Result
        For every attacker who searches: ``rank`` at k = 1 and 5, a failed template being a miss;
        ``rank_failures_as_chance`` and ``rank_failures_excluded``, the other policies; ``rank_upper_limit`` and
        ``protected_below_threshold_share``, the rule of 0.09; ``rank_gallery_100000_pooled`` and the like, rank 1
        extrapolated to a town and a country; ``worst_person_rank1`` and ``people_found_ever``. For all: ``auc``;
        ``cosine_q1_mated``, ``cosine_median_mated``, ``cosine_q3_mated`` and the same of ``nonmated`` (``score_...``
        for a matcher that is not a cosine); ``eer``, ``d_prime`` and ``linkability``; ``fnmr_at_fmr_0.1`` and
        ``fmr_realised_0.1``, and the same at 0.01 and 0.001; ``accuracy`` and ``auc_folds``;
        ``failure_to_acquire_rate``, ``failure_to_enrol_rate``, ``comparisons_failed_share``. For ``open-set`` the
        misses and false alarms at fixed false positive rates, ``fnir_at_fpir_0.1`` and the like, and failures alone.
        The same names come whatever the scores.

    Raises
    ------
    UsageError
        When the confidence is not in (0, 1), there is no resample, or a row has no subject.

    Notes
    -----
    The terms are those of ISO/IEC 2382-37 and 19795-1. Strictly rising maps of the scores change neither rank nor
    AUC, nor error rates and linkability. Rows and columns in another order change nothing. Other names for the people
    change no value of rank, AUC, quartiles, equal error rate, d', linkability and failures; what is drawn (folds,
    shuffles, resamples) follows the order of the names, so that nothing at all changes where the new names sort like
    the old ones.
    """
    check_confidence(confidence)
    if resamples < 1:
        raise UsageError(
            f"The number of resamples must be at least 1, got {resamples}.", remedy="1,000 or more are usual."
        )
    case = Case(table, compare(table), int(rng.integers(2**63)), confidence, resamples)
    results: list[Result] = []
    for evaluator in _evaluators(table.attacker):
        results.extend(evaluator(case))
    if mixed_folds and table.attacker in PAIRS_ONLY:
        results.extend(mixed_fold_results(case))
    return tuple(results)


def _evaluators(attacker: str) -> tuple[Callable[[Case], tuple[Result, ...]], ...]:
    if attacker in OPEN_SET:
        return (open_set_results, failure_results)
    shared = (verification_results, operating_results, fold_results, failure_results)
    return shared if attacker in PAIRS_ONLY else (*_SEARCHING, *shared)
