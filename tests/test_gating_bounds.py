"""Bounds and sizes: what a release that gives nothing away would do, against simulations and second ways to count."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.errors import SettingsError, UsageError
from reid_audit.gating import GateLimits, make_limits, plan
from reid_audit.gating.bounds import Part, joint_probability, lower_bound, release_size, upper_bound
from reid_audit.statistics import clopper_pearson, probability_below, sample_size

LIMITS = GateLimits()


def test_bounds_are_clopper_and_pearsons_each_on_its_side() -> None:
    assert upper_bound("nearest", 3, 100, 0.95) == clopper_pearson(3, 100, 0.95, side="upper")[1]
    assert lower_bound("nearest", 3, 100, 0.95) == clopper_pearson(3, 100, 0.95, side="lower")[0]
    assert upper_bound("nearest", 0, 32, 0.95) < 0.09 < upper_bound("nearest", 0, 31, 0.95)
    assert upper_bound("nearest", 5, 5, 0.95) == 1.0
    assert lower_bound("nearest", 0, 5, 0.95) == 0.0


def test_hits_that_depend_on_each_other_are_worth_fewer_people() -> None:
    assert upper_bound("assignment", 30, 100, 0.95) > upper_bound("nearest", 30, 100, 0.95)
    assert lower_bound("assignment", 30, 100, 0.95) < lower_bound("nearest", 30, 100, 0.95)


def test_one_search_in_one_attack_is_the_known_rule() -> None:
    part = Part("nearest", 68, 1.0)
    assert joint_probability([part], LIMITS) == pytest.approx(probability_below(68, 1 / 68))
    assert release_size([part], 68, LIMITS) == sample_size() == 68
    assert joint_probability([], LIMITS) == 0.0


def test_the_probability_is_that_of_simulated_releases(rng) -> None:
    people, searches, attacks = 90, 2, 3
    guess = 1 - (1 - 1 / people) ** searches
    found = rng.binomial(people, guess, size=(20_000, attacks))
    limits = np.array([upper_bound("nearest", hits, people, 0.95) for hits in range(people + 1)])
    simulated = np.mean((limits[found] < 0.09).all(axis=1))
    computed = joint_probability([Part("nearest", people, people * guess)] * attacks, LIMITS)
    assert computed == pytest.approx(simulated, abs=0.012)


@pytest.mark.parametrize(("attacks", "searches"), [(1, 1), (1, 4), (12, 1), (12, 2)])
def test_the_planned_size_does_and_fewer_do_not(attacks, searches) -> None:
    size = plan(LIMITS, attacks=attacks, searches=searches).enough
    assert size is not None
    enough = plan(LIMITS, attacks=attacks, searches=searches, people=size)
    assert enough.probability is not None
    assert enough.probability >= 0.8
    if size > 100:
        fewer = plan(LIMITS, attacks=attacks, searches=searches, people=int(size * 0.9))
        assert fewer.probability is not None
        assert fewer.probability < 0.8


def test_a_plan_states_the_rule_of_three_and_the_threshold() -> None:
    planned = plan(LIMITS, people=31, true_rate=0.05)
    assert (planned.without_hits, planned.enough, planned.at_true_rate) == (32, 100, 266)
    assert (planned.allowed, planned.probability) == (None, 0.0)


def test_a_size_that_nothing_reaches_is_none() -> None:
    assert plan(GateLimits(max_risk=1e-6, control_floor=0.2), searches=50).enough is None


def test_what_is_not_allowed_is_refused() -> None:
    for values in ({"max_risk": 9}, {"confidence": 0.5}, {"max_risk": float("nan")}, {"power": 1.0}, {"floor": 1}):
        with pytest.raises(SettingsError, match="not allowed"):
            make_limits(**values)
    with pytest.raises(UsageError, match="at least 1"):
        plan(LIMITS, attacks=0)
    with pytest.raises(UsageError, match="threshold"):
        plan(LIMITS, true_rate=0.2)
