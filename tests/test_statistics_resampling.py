"""Intervals from resampled people: what they are made of, and where they must say that there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import t

from reid_audit.errors import UsageError
from reid_audit.statistics import (
    clopper_pearson,
    jackknife_interval,
    percentile_interval,
    person_weights,
    rate_interval,
    share_interval,
)


def test_weights_are_people_drawn_with_replacement(rng):
    weights = person_weights(rng, 7, 4000)
    assert weights.shape == (4000, 7)
    assert (weights.sum(axis=1) == 7).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(weights.var(axis=0), 6 / 7, atol=0.1)


@pytest.mark.parametrize("numbers", [(0, 5), (5, 0)])
def test_nobody_and_no_resample_are_refused(rng, numbers):
    with pytest.raises(UsageError):
        person_weights(rng, *numbers)


def test_one_probe_a_person_is_exact():
    found = rate_interval([1, 0, 0, 1, 0, 0, 0], np.ones(7), 0.9)
    assert (found.low, found.high) == clopper_pearson(2, 7, 0.9)
    assert "exact" in found.note


@pytest.mark.parametrize("rate", [0.0, 1.0])
@pytest.mark.parametrize("probes", [1, 3])
def test_nobody_or_everybody_hit_is_exact_over_people(rate, probes):
    found = rate_interval(np.full(9, rate), np.full(9, probes))
    assert (found.low, found.high) == clopper_pearson(9 * rate, 9)


def test_several_probes_a_person_spread_over_people_and_not_over_probes():
    rates = np.array([0, 0.5, 1, 1, 0.5, 0, 0, 1])
    few, many = (rate_interval(rates, np.full(8, count)) for count in (2, 200))
    assert (few.low, few.high) == (many.low, many.high)
    mean, error = rates.mean(), rates.std(ddof=1) / np.sqrt(8)
    reach = t.ppf(0.975, 7) * error / (mean * (1 - mean))
    assert logit([few.low, few.high]) == pytest.approx([logit(mean) - reach, logit(mean) + reach])


def test_the_closed_form_is_what_resampling_gives(rng):
    rates = np.array([0, 0.5, 1, 1, 0.5, 0, 0, 1, 0.5])
    replicates = person_weights(rng, 9, 20_000) @ rates / 9
    drawn = share_interval(float(rates.mean()), replicates, 9, 0.95)
    closed = rate_interval(rates, np.full(9, 2), 0.95)
    assert (drawn.low, drawn.high) == pytest.approx((closed.low, closed.high), abs=0.01)


def test_one_person_with_several_probes_has_no_interval():
    found = rate_interval([0.5], [2])
    assert (found.low, found.high) == (None, None)
    assert "one person" in found.note


def test_one_person_with_one_probe_has_the_exact_one():
    assert rate_interval([1.0], [1]).low == pytest.approx(0.025)


def test_equal_rates_in_between_have_no_interval():
    found = rate_interval([0.5] * 6, [2] * 6)
    assert found.low is None
    assert "spread" in found.note


@pytest.mark.parametrize(("rates", "trials"), [([], []), ([1.2], [1]), ([np.nan], [1]), ([0.5, 0.5], [1])])
def test_rates_that_are_none_are_refused(rates, trials):
    with pytest.raises(UsageError):
        rate_interval(rates, trials)


def test_percentiles_are_wider_for_few_people_and_plain_for_many(rng):
    replicates = rng.normal(size=50_000)
    plain = np.quantile(replicates, [0.025, 0.975])
    many = percentile_interval(replicates, 100_000, 0.95)
    few = percentile_interval(replicates, 8, 0.95)
    assert (many.low, many.high) == pytest.approx(tuple(plain), abs=0.01)
    assert few.high == pytest.approx(t.ppf(0.975, 7) * np.sqrt(8 / 7), abs=0.1)
    assert few.low < many.low


def test_percentiles_hold_the_value_itself(rng):
    replicates = rng.normal(size=1000)
    assert percentile_interval(replicates, 20, 0.95, value=9.0).high == 9.0


def test_undefined_resamples_are_set_aside_and_too_many_are_said(rng):
    replicates = rng.normal(0.5, 0.1, size=1000)
    replicates[:300] = np.nan
    assert share_interval(0.5, replicates, 9, 0.95).low is not None
    replicates[:600] = np.nan
    for found in (share_interval(0.5, replicates, 9, 0.95), percentile_interval(replicates, 9, 0.95)):
        assert found.low is None
        assert "undefined" in found.note


@pytest.mark.parametrize("people", [1, 2, 4])
def test_percentiles_of_too_few_people_are_not_given(rng, people):
    found = percentile_interval(rng.normal(size=100), people, 0.95)
    assert found.low is None
    assert "at least 5" in found.note


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_at_the_bound_is_exact(value):
    found = share_interval(value, np.full(100, value), 12, 0.95)
    assert (found.low, found.high) == clopper_pearson(12 * value, 12)


def test_a_share_stays_inside_its_bounds_and_reaches_further_away_from_them(rng):
    found = share_interval(0.97, rng.normal(0.97, 0.02, size=2000), 20, 0.95)
    assert 0.97 - found.low > found.high - 0.97 > 0
    assert found.high < 1


def test_an_inflated_variance_is_that_of_fewer_people():
    hits = np.repeat([0.0, 1.0], [30, 10])
    ones = np.ones(40)
    found = rate_interval(hits, ones, inflation=2.0)
    assert (found.low, found.high) == clopper_pearson(5, 20)
    assert "variance 2 times" in found.note
    assert rate_interval(np.zeros(40), ones, inflation=2.0).high == clopper_pearson(0, 20)[1]
    halves = np.repeat([0.0, 0.5], 20)
    plain, wide = (rate_interval(halves, 2 * ones, inflation=each) for each in (1.0, 4.0))
    assert logit(wide.high) - logit(0.25) == pytest.approx(2 * (logit(plain.high) - logit(0.25)))
    assert rate_interval(np.ones(1), np.ones(1), inflation=3.0).high == 1, "one person stays one"
    with pytest.raises(UsageError, match=r"at least 1, got 0\.5"):
        rate_interval(hits, ones, inflation=0.5)


def test_parts_left_out_of_a_number_without_upper_bound_are_laid_on_the_logarithm(rng):
    people = rng.exponential(7.0, 30)
    without = np.array([np.delete(people, one).mean() for one in range(30)])
    limits = jackknife_interval(people.mean(), without, 0.95, most=np.inf)
    reach = t.isf(0.025, 29) * people.std(ddof=1) / np.sqrt(30) / people.mean()
    assert limits.low == pytest.approx(people.mean() * np.exp(-reach))
    assert limits.high == pytest.approx(people.mean() * np.exp(reach))
    assert jackknife_interval(1.4, without / 10, 0.95).low is None, "a share above 1 has no limits"
