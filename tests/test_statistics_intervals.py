"""Exact intervals: against the beta distribution's definition, and against the counts that the rule of 0.09 allows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from reid_audit.errors import UsageError
from reid_audit.statistics import clopper_pearson


@pytest.mark.parametrize(("n", "most"), [(32, 0), (84, 3), (100, 4), (157, 7), (182, 9), (484, 32)])
def test_the_largest_number_of_matches_below_nine_percent(n, most):
    assert clopper_pearson(most, n, 0.95, side="upper")[1] < 0.09
    assert clopper_pearson(most + 1, n, 0.95, side="upper")[1] > 0.09


def test_no_hits_among_28_do_not_pass():
    assert clopper_pearson(0, 28, side="upper")[1] > 0.09


@pytest.mark.parametrize(("k", "n"), [(0, 7), (1, 7), (4, 9), (9, 9)])
def test_limits_leave_exactly_the_tails(k, n):
    low, high = clopper_pearson(k, n, 0.9)
    if k:
        assert binom.sf(k - 1, n, low) == pytest.approx(0.05)
    else:
        assert low == 0
    if k < n:
        assert binom.cdf(k, n, high) == pytest.approx(0.05)
    else:
        assert high == 1


def test_one_sided_limits_are_those_of_a_two_sided_interval_with_twice_the_tail():
    low, high = clopper_pearson(3, 17, 0.9)
    assert clopper_pearson(3, 17, 0.95, side="upper") == (0.0, pytest.approx(high))
    assert clopper_pearson(3, 17, 0.95, side="lower") == (pytest.approx(low), 1.0)


def test_zero_hits_have_the_closed_form():
    assert clopper_pearson(0, 16, 0.95)[1] == pytest.approx(1 - 0.025 ** (1 / 16))


def test_parts_of_hits_lie_between_whole_ones():
    limits = [clopper_pearson(k, 8) for k in (1, 1.25, 1.5, 2)]
    assert limits == sorted(limits)


@pytest.mark.parametrize("n", [3, 16, 40])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_covers_at_every_rate(n, confidence):
    limits = np.array([clopper_pearson(k, n, confidence) for k in range(n + 1)])
    for rate in np.linspace(0.005, 0.995, 41):
        covered = (limits[:, 0] <= rate) & (rate <= limits[:, 1])
        assert binom.pmf(np.arange(n + 1), n, rate)[covered].sum() >= confidence - 1e-12


@pytest.mark.parametrize(
    ("k", "n", "confidence", "side"),
    [
        (1, 0, 0.95, "two-sided"),
        (-1, 4, 0.95, "two-sided"),
        (5, 4, 0.95, "two-sided"),
        (math.nan, 4, 0.95, "two-sided"),
        (1, 4, 1.0, "two-sided"),
        (1, 4, 95, "two-sided"),
        (1, 4, math.nan, "two-sided"),
        (1, 4, 0.95, "both"),
    ],
)
def test_nonsense_is_refused_with_a_remedy(k, n, confidence, side):
    with pytest.raises(UsageError) as caught:
        clopper_pearson(k, n, confidence, side=side)
    assert caught.value.remedy
