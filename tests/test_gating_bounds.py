"""Bounds and sizes: what a release that gives nothing away would do, against simulations and second ways to count."""

from __future__ import annotations

import numpy as np
import pytest
from gating_making import pair

from reid_audit.errors import SettingsError, UsageError
from reid_audit.evaluate.searches import person_any
from reid_audit.gating import GateLimits, attacks_of, make_limits, plan
from reid_audit.gating.bounds import Part, joint_probability, lower_bound, people_for_lower, release_size, upper_bound
from reid_audit.gating.guessing import guessed_above, guessed_first
from reid_audit.gating.judging import judge
from reid_audit.gating.reasons import people_wanted
from reid_audit.settings import Settings
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


@pytest.mark.parametrize("matcher", ["nearest", "assignment"])
@pytest.mark.parametrize("share", [0.09, 0.25, 0.82])
def test_the_fewest_people_for_a_lower_bound_do_and_fewer_do_not(matcher, share) -> None:
    people = people_for_lower(matcher, share, 0.95)
    assert lower_bound(matcher, people, people, 0.95) > share
    assert people == 1 or lower_bound(matcher, people - 1, people - 1, 0.95) <= share


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


def guessing(attacker, matcher, people, searches, folds=1):
    """What the gate would read of an attack that guesses, counted search by search."""
    person = np.repeat(np.arange(people), searches)
    gallery = np.full(len(person), people // folds)
    found, above = (float(person_any(person, chances(gallery)).sum()) for chances in (guessed_first, guessed_above))
    values = {"attacker": attacker, "matcher": matcher, "guessed": found, "open_guessed": above}
    return pair(0, people, gallery=(people // folds, people // folds), **values)


@pytest.mark.parametrize("people", [6, 16, 200])
@pytest.mark.parametrize("searches", [1, 2, 3])
def test_the_planned_size_is_that_which_the_gate_names_for_the_same_attacks(searches, people) -> None:
    named = [("photo-nearest", "nearest"), ("photo-set", "mean"), ("photo-set", "topk"), ("photo-svm", "svm")]
    made = [guessing(*names, people, searches) for names in named]
    made += [guessing("assignment", "assignment", people, 1)]
    made += [guessing("fusion", matcher, people, 1) for matcher in ("score-fusion", "template-fusion")]
    made += [guessing("adapted", matcher, people, searches, 2) for matcher in ("topk", "centred", "adapted")]
    attackers = tuple(dict.fromkeys(each.attacker for both in made for each in both))
    judged, _ = judge([each for both in made for each in both], attackers, ("defaced",), LIMITS)
    planned = plan(LIMITS, attacks=attacks_of(Settings().attackers), searches=searches)
    wanted = people_wanted(judged, people, LIMITS)
    assert wanted is not None
    assert planned.enough == wanted, "also from a run of six people, in whose small halves guesses meet each other"
    if searches > 1:
        assert planned.enough > plan(LIMITS, attacks=10, searches=searches).enough, "half of the people is half a crowd"


def test_who_holds_no_photographs_is_not_planned_for() -> None:
    assert attacks_of(["scan-to-scan", "original-to-released"]) == ()
    assert [attack.folds for attack in attacks_of(["photo-nearest", "adapted"])] == [1, 2, 2, 2]


def test_a_plan_states_the_rule_of_three_and_the_threshold() -> None:
    planned = plan(LIMITS, people=31, true_rate=0.05)
    assert (planned.without_hits, planned.enough, planned.at_true_rate) == (32, 100, 266)
    assert (planned.allowed, planned.probability) == (None, 0.0)


def test_a_size_that_nothing_reaches_is_none() -> None:
    assert plan(GateLimits(max_risk=1e-6, control_floor=0.2), searches=50).enough is None


def test_what_is_not_allowed_is_refused() -> None:
    for values in (
        {"max_risk": 9},
        {"confidence": 0.5},
        {"max_risk": float("nan")},
        {"power": 1.0},
        {"power": 0.79},
        {"floor": 1},
    ):
        with pytest.raises(SettingsError, match="not allowed"):
            make_limits(**values)
    with pytest.raises(UsageError, match="at least 1"):
        plan(LIMITS, attacks=0)
    with pytest.raises(UsageError, match="threshold"):
        plan(LIMITS, true_rate=0.2)
