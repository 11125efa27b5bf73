"""Thresholds set on some people and tried on others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table
from scipy.stats import norm

from reid_audit.evaluate import evaluate
from reid_audit.evaluate.operating_points import pairs_needed
from reid_audit.statistics import (
    count_pairs,
    person_weights,
    resample_groups,
    resample_pairs,
    strict_levels,
    thresholds_at,
    weight_above,
)

RECORD = json.loads((Path(__file__).parent / "reference" / "verification.json").read_text(encoding="utf-8"))


def found_in(scores, seed=3, **more):
    return by_name(evaluate(scores, rng=np.random.default_rng(seed), **{"resamples": 100, **more}))


def test_normal_scores_have_the_closed_form(rng):
    found = found_in(normal_table(rng, people=160, probes=4, shift=2.5))
    for rate, near in ((0.1, 0.03), (0.01, 0.05), (0.001, 0.07)):
        miss, realised = found[f"fnmr_at_fmr_{rate:g}"], found[f"fmr_realised_{rate:g}"]
        assert miss.value == pytest.approx(norm.cdf(norm.isf(rate) - 2.5), abs=near)
        assert realised.value == pytest.approx(rate, rel=0.35)
        assert miss.low < miss.value < miss.high
        assert miss.control == pytest.approx(1 - rate, abs=0.03)
        assert (miss.chance, realised.chance) == (1 - rate, rate)
        assert f"asked for {rate:g}, realised {realised.value:.2g}" in miss.note


@pytest.mark.parametrize(("people", "missing"), [(11, (0.1, 0.01, 0.001)), (12, (0.01, 0.001)), (40, (0.001,))])
def test_too_few_people_for_a_rate_are_said_to_be(rng, people, missing):
    found = found_in(normal_table(rng, people=people, probes=8))
    for rate in (0.1, 0.01, 0.001):
        for result in (found[f"fnmr_at_fmr_{rate:g}"], found[f"fmr_realised_{rate:g}"]):
            assert (result.value is None) == (rate in missing)
            assert ("insufficient data" in result.note) == (rate in missing)
            assert (f"takes {pairs_needed(rate)} pairs of people" in result.note) == (rate in missing)


def test_the_number_of_people_named_is_enough_and_one_fewer_is_not(rng):
    note = found_in(normal_table(rng, people=11))["fnmr_at_fmr_0.1"].note
    enough = int(note.split("so ")[1].split(" people")[0])
    for people in (enough - 1, enough):
        value = found_in(normal_table(rng, people=people))["fnmr_at_fmr_0.1"].value
        assert (value is None) == (people < enough)


def test_the_threshold_knows_nothing_of_the_people_it_is_tried_on(rng):
    """Two kinds of people who never score alike: a threshold set on all would realise the rate to the dot.

    Were the threshold set on the people of the fold as well, the realised rate could not exceed the one asked for.
    """
    over = 0
    for seed in range(12):
        offset = rng.normal(0, 2, 14)
        scores = offset[:, None] + offset[None, :] + rng.normal(size=(14, 14))
        names = [f"s{i:02}" for i in range(14)]
        over += found_in(table(scores, names, names), seed)["fmr_realised_0.1"].value > 0.1
    assert over > 0


def test_full_separation_misses_nobody_and_no_skill_nearly_everybody(rng):
    apart = found_in(normal_table(rng, people=40, shift=50))["fnmr_at_fmr_0.01"]
    assert apart.value == 0
    assert apart.high > 0.05, "forty people show little"
    blind = found_in(normal_table(rng, people=40, shift=0, probes=4))["fnmr_at_fmr_0.01"]
    assert blind.value > 0.95


def test_equal_scores_match_nobody_at_any_rate():
    """A threshold that lets none through is the only one that lets no more through than asked for."""
    names = [f"s{i:02}" for i in range(20)]
    found = found_in(table(np.full((20, 20), 0.5), names, names))
    assert (found["fnmr_at_fmr_0.1"].value, found["fmr_realised_0.1"].value) == (1, 0)


def test_failures_are_left_out_and_said(rng):
    made = normal_table(rng, people=40)
    scores = np.where(rng.random(made.scores.shape) < 0.1, np.nan, made.scores)
    found = found_in(table(scores, made.probes["subject"], made.references["subject"]))["fnmr_at_fmr_0.1"]
    assert found.value is not None
    assert "comparisons failed" in found.note


def test_groups_add_up_to_everybody(rng):
    first, second = (part.ravel() for part in np.meshgrid(np.arange(9), np.arange(9)))
    score = np.round(rng.normal(size=81), 1)
    pairs = count_pairs(9, np.unique(score), [(first, second, score)])
    weights = person_weights(rng, 9, 70)
    group = rng.permutation(9) % 3
    mated, nonmated = resample_groups(pairs, weights, group)
    whole = resample_pairs(pairs, weights)
    np.testing.assert_allclose(mated.sum(axis=0), whole[0])
    np.testing.assert_allclose(nonmated.sum(axis=(0, 1)), whole[1])
    alone = resample_pairs(pairs, weights * (group == 1))
    np.testing.assert_allclose(nonmated[1, 1], alone[1])
    without = resample_pairs(pairs, weights * (group != 0))
    np.testing.assert_allclose(nonmated[1:, 1:].sum(axis=(0, 1)), without[1])


@pytest.mark.parametrize("most", [16, 512])
def test_a_threshold_lets_no_more_through_than_asked_for(rng, most):
    nonmated = np.sort(np.round(rng.normal(size=3000), 2))
    levels = strict_levels(nonmated, 0.5, most)
    place = np.maximum(np.searchsorted(levels, nonmated, side="right") - 1, 0)
    counts = np.bincount(place, minlength=len(levels)).astype(float)[None, :]
    for rate in (0.2, 0.03, 0.002, 1e-6):
        threshold = thresholds_at(counts, [rate])[0]
        let = float(weight_above(counts, threshold[None])[0, 0]) / 3000
        exact = np.mean(nonmated >= levels[threshold[0]]) if threshold[0] < len(levels) else 0
        assert let == exact <= rate
        if most > 500:
            assert let >= rate - 0.012, "the lowest such threshold, but for the step to the next level"


@pytest.mark.parametrize("case", RECORD["made"])
@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_thresholds_beside_another_implementation(case, rate):
    """In the same scores: one that misses no more, at a rate that is no higher than asked for."""
    made = RECORD["made"][case]
    people = made["people"]
    rng = np.random.default_rng(made["seed"])
    scores = np.round(rng.normal(size=(people, people)) + made["shift"] * np.eye(people), made["decimals"])
    own = np.eye(people, dtype=bool)
    levels = strict_levels(np.sort(scores[~own]), 0.3, 10**6)
    counts = [
        np.bincount(np.maximum(np.searchsorted(levels, scores[kind], side="right") - 1, 0), minlength=len(levels))
        for kind in (own, ~own)
    ]
    threshold = thresholds_at(counts[1][None, :].astype(float), [rate])[0]
    fmr = float(weight_above(counts[1][None, :].astype(float), threshold[None])[0, 0]) / counts[1].sum()
    fnmr = 1 - float(weight_above(counts[0][None, :].astype(float), threshold[None])[0, 0]) / counts[0].sum()
    theirs = RECORD["bob.measure"]["cases"][case][f"at {rate:g}"]
    assert fmr == pytest.approx(theirs["fmr"], abs=1e-12)
    assert fnmr == pytest.approx(theirs["fnmr"], abs=1e-12)
