"""Accuracy in cross-validation that keeps people apart: a support vector machine on the score of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.pair_draw import DrawnPairs, draw_pairs
from reid_audit.evaluate.reasons import failed_comparisons
from reid_audit.evaluate.weighting import area_under, weigh_evenly
from reid_audit.statistics import share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.evaluate.outcome import Case
    from reid_audit.types import Result

__all__ = ["FOLDS", "assign_folds", "fold_results", "folds_of", "train_and_test"]

FOLDS = 5
"""Folds, where there are people enough: each takes at least two."""

_PERMUTATIONS = 20
_FEWEST = 4


@dataclass(frozen=True, eq=False)
class Tested:
    """What became of the test pairs of one fold."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    mated: NDArray[np.bool_]
    right: NDArray[np.bool_]
    auc: float

    @property
    def accuracy(self) -> float:
        """Mean of the share of mated and the share of non-mated pairs told rightly."""
        return float(self.right[self.mated].mean() + self.right[~self.mated].mean()) / 2


def assign_folds(n_people: int, with_mate: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal people out to folds, those with mated pairs first, so that each fold has its part of them.

    Parameters
    ----------
    n_people : int
    with_mate : ndarray, shape (n_people,), bool
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n_people,), int64
        0 .. n_folds - 1; n_folds is 5, or half the people where these are fewer than ten.
    """
    n_folds = max(1, min(FOLDS, n_people // 2))
    order = np.lexsort((rng.random(n_people), ~with_mate))
    fold = np.empty(n_people, dtype=np.int64)
    fold[order] = np.arange(n_people) % n_folds
    return fold


def fold_results(case: Case, permutations: int = _PERMUTATIONS) -> tuple[Result, ...]:
    """Accuracy of a support vector machine on the score, and AUC of the score, over folds that share no person.

    Both people of a pair are in training, or both in test; other pairs are dropped. Each pair of people enters with
    the same number of comparisons. Mated pairs are few: classes weigh the same in training, and the accuracy is the
    mean of the two classes' own, so that chance is one half. The machine of a fold decides which side of its threshold
    is mated, so that scores that run the wrong way can still be told apart; the AUC is that of the test pairs' own
    scores, in which higher is more alike, and then lies below one half. It is never pooled over folds.

    Parameters
    ----------
    case : Case
    permutations : int, default 20
        Of the control; there is none where it is 0.

    Returns
    -------
    tuple of Result
        ``accuracy`` and ``auc_folds``: means over folds, with the spread over folds in the note. The interval of the
        accuracy resamples the people with mated pairs and keeps the trained machines. The control shuffles identities
        within folds and trains again, 20 times: the one control here that repeats training, and so the one that can
        find people or labels that leak between folds.
    """
    why = case.problem
    pairs = draw_pairs(case.comparisons, case.rng("pairs"))
    if not why and not len(pairs.score):
        why = sentence("no mated comparison took place", failed_comparisons(case.comparisons))
    met = np.logical_or(*case.comparisons.people_met())
    people = int(np.count_nonzero(met))
    if not why and people < _FEWEST:
        why = f"{people} people cannot be divided: training and test each need two with a non-mate"
    if why:
        return _absent(case, 0 if case.problem else _people_in(pairs), why)
    fold = _dealt(case, pairs)
    tested = _cross_validate(pairs, pairs.mated, fold)
    if not tested:
        why = "too few people with mated comparisons: no fold has both kinds of pairs on both sides"
        return _absent(case, _people_in(pairs), why)
    shuffled = _shuffled(case, pairs, fold, permutations)
    drawn = np.isin(np.arange(case.comparisons.n_people), _people_tested(tested))
    note = sentence(
        case.share_of_people(int(np.count_nonzero(drawn))),
        f"{pairs.per_pair} comparisons a pair of people, {len(tested)} folds disjoint in people, balanced classes",
        f"{pairs.n_left_out} pairs of two people were not drawn, there being enough" if pairs.n_left_out else "",
    )
    resampled = _resampled(tested, case.drawn_people("accuracy", drawn), pairs.per_pair)
    return (_accuracy(case, tested, resampled, shuffled, note), _auc_folds(case, tested, shuffled, note))


def _dealt(case: Case, pairs: DrawnPairs) -> NDArray[np.int64]:
    """Return the fold of each person, -1 for who has no comparison that took place; shape (n_people,)."""
    met = np.logical_or(*case.comparisons.people_met())
    with_mate = np.bincount(pairs.first[pairs.mated], minlength=case.comparisons.n_people) > 0
    fold = np.full(case.comparisons.n_people, -1)
    fold[met] = assign_folds(int(np.count_nonzero(met)), with_mate[met], case.rng("folds"))
    return fold


def folds_of(case: Case) -> NDArray[np.int64]:
    """Return the fold that each person was tested in by :func:`fold_results`.

    Parameters
    ----------
    case : Case
        The same as there: table, seed and all.

    Returns
    -------
    ndarray, shape (n_people,), int64
        In the order of ``case.comparisons``; -1 for who was in none, and for everybody where there are too few people.
    """
    met = np.logical_or(*case.comparisons.people_met())
    pairs = draw_pairs(case.comparisons, case.rng("pairs"))
    if case.problem or not len(pairs.score) or np.count_nonzero(met) < _FEWEST:
        return np.full(case.comparisons.n_people, -1)
    return _dealt(case, pairs)


def _absent(case: Case, people: int, why: str) -> tuple[Result, ...]:
    names = ("accuracy", "auc_folds")
    return tuple(case.result(metric, None, n_subjects=people, chance=0.5, note=why) for metric in names)


def _people_in(pairs: DrawnPairs) -> int:
    """Count the people with a mated comparison that took place."""
    return len(np.unique(pairs.first[pairs.mated]))


def _accuracy(
    case: Case, tested: list[Tested], resampled: NDArray[np.float64], shuffled: list[list[Tested]], note: str
) -> Result:
    each = np.array([fold.accuracy for fold in tested])
    value = float(each.mean())
    interval = share_interval(value, resampled, len(_people_tested(tested)), case.confidence)
    spread = f"SD over folds {each.std(ddof=1):.3f}" if len(each) > 1 else ""
    return case.result(
        "accuracy",
        value,
        interval=interval,
        n_subjects=len(_people_tested(tested)),
        chance=0.5,
        control=_mean_over([fold.accuracy for run in shuffled for fold in run]),
        note=sentence(note, spread),
    )


def _auc_folds(case: Case, tested: list[Tested], shuffled: list[list[Tested]], note: str) -> Result:
    each = np.array([fold.auc for fold in tested])
    spread = f"SD over folds {each.std(ddof=1):.3f}" if len(each) > 1 else ""
    return case.result(
        "auc_folds",
        float(each.mean()),
        n_subjects=len(_people_tested(tested)),
        chance=0.5,
        control=_mean_over([fold.auc for run in shuffled for fold in run]),
        note=sentence(note, spread, "of the scores themselves; the interval over people stands with auc"),
    )


def _people_tested(tested: list[Tested]) -> NDArray[np.int64]:
    """Return the people whose mated pairs were tested, on whom the numbers rest."""
    return np.unique(np.concatenate([fold.first[fold.mated] for fold in tested]))


def _mean_over(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _cross_validate(pairs: DrawnPairs, mated: NDArray[np.bool_], fold: NDArray[np.int64]) -> list[Tested]:
    """Train and test on every fold that has mated and non-mated pairs on both sides."""
    tested = []
    for number in range(int(fold.max()) + 1):
        inside, other = fold[pairs.first] == number, fold[pairs.second] == number
        train, test = ~inside & ~other, inside & other
        if all(mated[side].any() and not mated[side].all() for side in (train, test)):
            tested.append(train_and_test(pairs, mated, train, test))
    return tested


def train_and_test(
    pairs: DrawnPairs, mated: NDArray[np.bool_], train: NDArray[np.bool_], test: NDArray[np.bool_]
) -> Tested:
    """Train on some pairs and test on others."""
    truth, score = mated[test], pairs.score[test]
    right = (_decide(pairs.score[train], mated[train], score) > 0) == truth
    area = area_under(weigh_evenly(score[truth]), weigh_evenly(score[~truth]))
    return Tested(pairs.first[test], pairs.second[test], truth, right, 0.5 if area is None else area)


def _decide(known: NDArray[np.float64], mated: NDArray[np.bool_], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Train on known scores, standardised by themselves, and return signed distances of others from the threshold."""
    from sklearn.svm import LinearSVC

    unit = float(np.abs(known).max()) or 1.0
    centre, spread = float((known / unit).mean()), float((known / unit).std())
    scale = spread if spread > 0 else 1.0
    machine = LinearSVC(dual=False, class_weight="balanced", max_iter=10_000)
    machine.fit(((known / unit - centre) / scale)[:, None], mated.astype(np.int64))
    return np.asarray(machine.decision_function(((asked / unit - centre) / scale)[:, None]))


def _resampled(tested: list[Tested], weights: NDArray[np.float64], per_pair: int) -> NDArray[np.float64]:
    """Accuracy in each resample of people; NaN where a class has nobody left in any fold."""
    classes = []
    for wanted in (True, False):
        shares = np.full((len(tested), len(weights)), np.nan)
        for row, fold in enumerate(tested):
            chosen = fold.mated == wanted
            first, second = fold.first[chosen][::per_pair], fold.second[chosen][::per_pair]
            right = fold.right[chosen].reshape(-1, per_pair).mean(axis=1)
            weight = weights[:, first] if wanted else weights[:, first] * weights[:, second]
            total = weight.sum(axis=1)
            np.divide(weight @ right, total, out=shares[row], where=total > 0)
        there = np.isfinite(shares)
        count = there.sum(axis=0)
        mean = np.full(len(weights), np.nan)
        np.divide(np.where(there, shares, 0.0).sum(axis=0), count, out=mean, where=count > 0)
        classes.append(mean)
    return np.asarray((classes[0] + classes[1]) / 2)


def _shuffled(case: Case, pairs: DrawnPairs, fold: NDArray[np.int64], times: int) -> list[list[Tested]]:
    """Train and test again with identities shuffled within each fold, so that every pair stays on its side."""
    rng = case.rng("shuffled folds")
    runs = []
    for _ in range(times):
        other = np.arange(len(fold))
        for number in range(int(fold.max()) + 1):
            members = np.flatnonzero(fold == number)
            other[members] = rng.permutation(members)
        mated = pairs.first == other[pairs.second]
        runs.append(_cross_validate(pairs, mated, fold))
    return runs
