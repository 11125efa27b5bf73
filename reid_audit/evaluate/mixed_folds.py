"""Accuracy in folds of pairs that share people: what some papers do, and what leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.folds import FOLDS, train_and_test
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.pair_draw import draw_pairs

if TYPE_CHECKING:
    from reid_audit.evaluate.outcome import Case
    from reid_audit.types import Result

__all__ = ["mixed_fold_results"]

_METRIC = "accuracy_mixed_folds"
_LEAKS = "leaks: a person's pairs are in training and in test; for comparison with papers that do so, never a headline"


def mixed_fold_results(case: Case) -> tuple[Result, ...]:
    """Accuracy of the machine of :func:`fold_results` with pairs, not people, dealt out to the folds.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Result
        ``accuracy_mixed_folds``, without an interval: pairs of one person are not independent. The note says that it
        leaks.
    """
    pairs = draw_pairs(case.comparisons, case.rng("pairs"))
    mated = pairs.mated
    fewest = min(int(mated.sum()), int((~mated).sum()))
    people = len(np.unique(pairs.first[mated]))
    if case.problem or fewest < FOLDS:
        why = case.problem or f"fewer than {FOLDS} mated or non-mated pairs: not one for each fold"
        return (case.result(_METRIC, None, n_subjects=0 if case.problem else people, chance=0.5, note=why),)
    fold = np.empty(len(mated), dtype=np.int64)
    rng = case.rng("mixed folds")
    for kind in (mated, ~mated):
        members = rng.permutation(np.flatnonzero(kind))
        fold[members] = np.arange(len(members)) % FOLDS
    tested = [train_and_test(pairs, mated, fold != number, fold == number).accuracy for number in range(FOLDS)]
    note = sentence(_LEAKS, f"SD over folds {np.std(tested, ddof=1):.3f}")
    return (case.result(_METRIC, float(np.mean(tested)), n_subjects=people, chance=0.5, note=note),)
