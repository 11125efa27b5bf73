from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reid_audit.evaluate.weighting import area_under, weigh_evenly
from reid_audit.statistics import ScoreCounts, count_scores

NAN = np.nan


def test_by_hand():
    counts = count_scores(np.array([3.0, 1.0, NAN, 3.0]), [np.array([[2.0, 3.0], [NAN, 0.0]]), np.array([1.0, 5.0])])
    assert repr(counts) == "ScoreCounts(3 mated and 5 non-mated comparisons)"
    assert counts.levels.tolist() == [1, 3]
    assert counts.mated.tolist() == [1, 2]
    assert counts.below.tolist() == [1, 3]
    assert counts.equal.tolist() == [1, 1]
    assert counts.fmr.tolist() == [4 / 5, 2 / 5]
    assert counts.tmr.tolist() == [1, 2 / 3]
    assert counts.auc == (2 * 3.5 + 1.5) / 15


def test_thresholds_by_hand():
    counts = count_scores(np.array([3.0, 1.0, 3.0]), [np.array([2.0, 3.0, 0.0, 1.0, 5.0])])
    assert counts.threshold_at(1.0) == counts.threshold_at(0.8) == (1, 1)
    assert counts.threshold_at(0.79) == counts.threshold_at(0.4) == (3, 2 / 3)
    assert counts.threshold_at(0.39) is None


@pytest.mark.parametrize(("mated", "nonmated"), [([], [1.0, 2.0]), ([1.0], []), ([NAN], [NAN])])
def test_one_empty_side_says_nothing(mated, nonmated):
    counts = count_scores(np.array(mated), [np.array(nonmated)])
    assert counts.auc is None
    assert [part.size for part in counts.roc()] == [0, 0]
    assert counts.threshold_at(0.5) is None


def test_scores_without_any_difference_tell_nothing():
    counts = count_scores(np.zeros(7), [np.zeros(5)] * 3)
    assert counts.auc == 0.5
    np.testing.assert_array_equal(counts.roc(), [[0, 0, 1, 1], [0, 0, 1, 1]])


def test_the_area_of_more_comparisons_than_a_double_counts_is_rounded_once():
    many = 2**61
    counts = ScoreCounts(np.array([0.0, 1.0]), np.array([3, 2**30]), np.array([1, many - 1]), np.array([0, 1]), many)
    exact = Fraction(3 * 1, 1) + 2**30 * (many - 1 + Fraction(1, 2))
    assert counts.auc == float(exact / (Fraction(3 + 2**30) * many))


def test_agrees_with_the_area_of_scores_that_are_held(rng):
    mated, nonmated = rng.normal(0.4, 1, 300).round(2), rng.normal(size=(40, 50)).round(2)
    counts = count_scores(mated, nonmated)
    assert counts.auc == pytest.approx(area_under(weigh_evenly(mated), weigh_evenly(nonmated.ravel())), abs=1e-15)


def test_single_precision_scores_are_compared_as_what_they_are():
    tenth = np.array([0.1], np.float32)
    assert count_scores(tenth, [tenth]).equal.tolist() == [1]
    assert count_scores(np.array([0.1]), [tenth]).equal.tolist() == [0]
