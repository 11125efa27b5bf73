"""Agreement of two measurements: published worked examples, second implementations, and what cannot be had."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reid_audit.errors import UsageError
from reid_audit.statistics import (
    bland_altman,
    cochran_q,
    equivalence,
    intraclass_correlation,
    mean_interval,
    spearman,
)

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
"""Shrout and Fleiss 1979, table 2: six targets, four judges."""

WRIGHT = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427])
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451])
"""Bland and Altman 1986, table 1: peak expiratory flow of 17 people by two meters, first measurement."""


def test_icc_of_shrout_and_fleiss():
    value, interval = intraclass_correlation(SHROUT_FLEISS)
    assert value == pytest.approx(0.29, abs=0.005)
    assert (interval.low, interval.high) == (pytest.approx(0.019, abs=0.002), pytest.approx(0.761, abs=0.002))


def test_limits_of_icc_stay_where_agreement_can_be():
    _, interval = intraclass_correlation(np.array([[1.0, 1.01], [2.0, 2.5]]))
    assert -1.0 <= interval.low < interval.high <= 1.0


def test_icc_sees_a_bias_that_a_correlation_does_not(rng):
    first = rng.normal(100, 10, 40)
    value, _ = intraclass_correlation(np.column_stack([first, first + 10]))
    # Variance of people over itself plus half of the squared bias.
    assert value == pytest.approx(first.var(ddof=1) / (first.var(ddof=1) + 50), abs=1e-9)


def test_icc_of_equal_measurements_is_one_and_of_nothing_is_none(rng):
    first = rng.normal(size=8)
    value, interval = intraclass_correlation(np.column_stack([first, first]))
    assert (value, interval.low) == (1.0, None)
    assert "same number" in interval.note
    assert intraclass_correlation(np.ones((5, 2)))[0] is None
    assert intraclass_correlation(np.ones((1, 2)))[0] is None
    with pytest.raises(UsageError, match="two or more"):
        intraclass_correlation(np.ones((5, 1)))


def test_limits_of_bland_and_altman():
    limits = bland_altman(MINI - WRIGHT)
    assert -limits.bias == pytest.approx(-2.1, abs=0.05)
    assert limits.sd == pytest.approx(38.8, abs=0.05)
    # The paper takes 2 standard deviations where 1.96 are exact: -79.7 and 75.5.
    assert -limits.high == pytest.approx(-79.7 + 0.04 * 38.8, abs=0.1)
    assert -limits.low == pytest.approx(75.5 - 0.04 * 38.8, abs=0.1)
    assert (-limits.bias_interval.high, -limits.bias_interval.low) == pytest.approx((-22.0, 17.8), abs=0.1)
    # Standard error of a limit: 16.3 with the paper's sqrt(3 s^2 / n), hence -114.3 to -45.1.
    assert -limits.high_interval.high == pytest.approx(-114.3, abs=2.5)
    assert -limits.high_interval.low == pytest.approx(-45.1, abs=2.5)


def test_limits_are_those_of_one_scan_where_people_have_several(rng):
    people = np.repeat(np.arange(3000), 3)
    values = rng.normal(0, 2, 3000)[people] + rng.normal(0, 1, 9000) + 0.5
    limits = bland_altman(values, people)
    assert limits.sd == pytest.approx(np.sqrt(5), rel=0.03)
    means = values.reshape(-1, 3).mean(axis=1)
    assert limits.bias == pytest.approx(means.mean())
    low, high = stats.t.interval(0.95, 2999, means.mean(), stats.sem(means))
    assert (limits.bias_interval.low, limits.bias_interval.high) == pytest.approx((low, high))


def test_more_scans_of_the_same_people_do_not_narrow_the_interval_of_the_bias(rng):
    once = rng.normal(0, 1, 20)
    first = bland_altman(once)
    again = bland_altman(np.tile(once, 5), np.tile(np.arange(20), 5))
    assert again.bias_interval.low == pytest.approx(first.bias_interval.low)
    assert again.sd == pytest.approx(once.std(ddof=1), rel=1e-6)


def test_one_person_has_a_bias_and_no_limits():
    limits = bland_altman([3.0, 5.0], ["a", "a"])
    assert (limits.bias, limits.sd, limits.low) == (4.0, None, None)
    with pytest.raises(UsageError, match="at least one finite"):
        bland_altman([])
    with pytest.raises(UsageError, match="finite"):
        bland_altman([1.0, np.nan])


def test_spearman_is_scipys(rng):
    first = rng.integers(0, 12, 60)
    second = first + rng.integers(-4, 5, 60)
    value, interval = spearman(first, second, rng=rng)
    assert value == pytest.approx(stats.spearmanr(first, second).statistic)
    assert interval.low < value < interval.high


def test_the_interval_of_spearman_is_near_the_one_of_large_samples(rng):
    pairs = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 300)
    value, interval = spearman(*pairs.T, rng=rng, resamples=4000)
    # Bonett and Wright 2000: standard error sqrt((1 + r^2 / 2) / (n - 3)) on Fisher's scale.
    reach = 1.96 * np.sqrt((1 + value**2 / 2) / 297)
    low, high = np.tanh(np.arctanh(value) + np.array([-reach, reach]))
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.02)


def test_spearman_says_why_there_is_none(rng):
    assert spearman([1, 2], [1, 2], rng=rng)[1].note == "a correlation takes three people, and there are 2"
    value, interval = spearman([1, 2, 3, 4], [5, 5, 5, 5], rng=rng)
    assert value is None
    assert "same for everybody" in interval.note
    same = spearman(np.arange(9), np.arange(9) * 2, rng=rng)
    assert same[0] == pytest.approx(1.0)
    with pytest.raises(UsageError, match="shapes"):
        spearman([1, 2, 3], [1, 2], rng=rng)


def test_spearman_does_not_depend_on_a_rising_map(rng):
    first, second = rng.normal(size=(2, 30))
    one = spearman(first, second, rng=np.random.default_rng(5))
    two = spearman(np.exp(first), second**3, rng=np.random.default_rng(5))
    assert one == two


@pytest.mark.parametrize("shift", [-0.06, -0.02, 0.0, 0.03, 0.2])
def test_equivalence_is_two_tests_of_scipy(rng, shift):
    values = rng.normal(shift, 0.05, 25)
    lower = stats.ttest_1samp(values, -0.05, alternative="greater").pvalue
    upper = stats.ttest_1samp(values, 0.05, alternative="less").pvalue
    p = equivalence(values, 0.05)
    assert p == pytest.approx(max(lower, upper))
    low, high = (mean_interval(values, 0.90)[1].low, mean_interval(values, 0.90)[1].high)
    assert (p < 0.05) == (low > -0.05 and high < 0.05)


def test_equivalence_of_the_same_difference_for_everybody():
    assert equivalence([0.0, 0.0, 0.0], 0.05) == 0.0
    assert equivalence([0.06, 0.06], 0.05) == 1.0
    assert equivalence([0.01], 0.05) is None
    with pytest.raises(UsageError, match="above 0"):
        equivalence([0.0, 1.0], 0.0)


def test_q_of_cochran_1950():
    """Diphtheria bacilli of 69 specimens in four media; the paper finds Q = 8.05."""
    patterns = {(1, 1, 1, 1): 4, (1, 1, 0, 1): 2, (0, 1, 1, 1): 3, (0, 1, 0, 1): 1, (0, 0, 0, 0): 59}
    table = np.array([row for row, count in patterns.items() for _ in range(count)])
    found = cochran_q(table)
    assert found.statistic == pytest.approx(8.05, abs=0.005)
    assert (found.freedom, found.n_people, found.n_differing) == (3, 69, 6)
    assert found.p_value == pytest.approx(0.045, abs=0.001)
    assert found.note == ""


def test_q_of_two_conditions_is_mcnemars(rng):
    table = rng.random((80, 2)) < (0.6, 0.8)
    lost, gained = (table[:, 0] & ~table[:, 1]).sum(), (~table[:, 0] & table[:, 1]).sum()
    assert cochran_q(table).statistic == pytest.approx((lost - gained) ** 2 / (lost + gained))


def test_q_where_nobody_differs_or_few_do():
    assert cochran_q(np.ones((9, 3), dtype=bool)).p_value == 1.0
    few = cochran_q(np.array([[1, 1, 0], [1, 1, 1], [0, 0, 0]]))
    assert few.note.startswith("approximate: 1 people differ")
    with pytest.raises(UsageError, match="two or more conditions"):
        cochran_q(np.ones((5, 1)))
    with pytest.raises(UsageError, match="yes or no"):
        cochran_q(np.array([[1, 2], [0, 1]]))


@pytest.mark.parametrize("table", [[[1, 2]] * 3, [[1, 2], [2, 1]], [[1, 3], [2, 2], [3, 1]]])
def test_icc_of_people_who_do_not_differ_has_a_reason_and_no_number(table):
    value, interval = intraclass_correlation(np.array(table, dtype=float))
    assert (value, interval.low, interval.high) == (None, None, None)
    assert "people do not differ" in interval.note


def test_resamples_in_which_a_measurement_does_not_vary_do_not_make_a_correlation_surer():
    _, interval = spearman([1, 1, 1, 1, 1, 2], np.arange(6), rng=np.random.default_rng(1))
    assert interval.low <= 0.0
    assert interval.high >= 0.6
