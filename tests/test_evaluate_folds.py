"""Accuracy over folds that share no person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table

from reid_audit.evaluate import evaluate
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.folds import assign_folds
from reid_audit.evaluate.pair_draw import draw_pairs
from reid_audit.statistics import clopper_pearson


def accuracy(scores, seed=3):
    found = by_name(evaluate(scores, rng=np.random.default_rng(seed), resamples=200))
    return found["accuracy"], found["auc_folds"]


def test_separated_scores_are_told_apart(rng):
    value, area = accuracy(normal_table(rng, people=20, shift=30))
    assert value.value == 1
    assert value.low == pytest.approx(0.8316, abs=1e-4), "exact, over 20 people"
    assert area.value == 1
    assert "5 folds disjoint in people" in value.note


def test_scores_without_skill_are_at_chance_though_nonmates_are_twenty_times_as_many(rng):
    value, area = accuracy(normal_table(rng, people=40, probes=2, shift=0))
    assert value.value == pytest.approx(0.5, abs=0.1)
    assert value.low < 0.5 < value.high
    assert area.value == pytest.approx(0.5, abs=0.1)
    assert value.chance == area.chance == 0.5


def test_the_machine_finds_the_best_threshold_of_two_normals(rng):
    value, _ = accuracy(normal_table(rng, people=60, probes=3, shift=2))
    assert value.value == pytest.approx(0.8413, abs=0.05), "the threshold midway: the normal distribution at 1"
    assert value.low < 0.8413 < value.high


def test_the_control_is_near_chance(rng):
    value, area = accuracy(normal_table(rng, people=30, shift=4))
    assert value.value > 0.9
    assert value.control == pytest.approx(0.5, abs=0.08)
    assert area.control == pytest.approx(0.5, abs=0.08)


def test_the_mean_over_folds_comes_with_its_spread(rng):
    value, area = accuracy(normal_table(rng, people=20))
    assert "SD over folds 0." in value.note
    assert "SD over folds 0." in area.note


def test_the_people_are_those_with_mated_pairs_that_were_tested(rng):
    """20 people, 12 of whom have a mate; all separated, so that the interval is exact."""
    compared = ~np.eye(20, dtype=bool) | (np.arange(20) < 12)[:, None]
    people = [f"s{i:02}" for i in range(20)]
    value, area = accuracy(table(30 * np.eye(20) + rng.normal(size=(20, 20)), people, people, compared=compared))
    assert value.value == 1
    assert (value.low, value.high) == clopper_pearson(12, 12)
    assert (value.n_subjects, area.n_subjects) == (12, 12)
    assert "12 of 20 people" in value.note


@pytest.mark.parametrize("shift", [30, 1])
def test_scores_that_run_the_wrong_way_have_an_auc_below_one_half(rng, shift):
    """The machine turns them round, which no attacker does who takes the highest score."""
    right = normal_table(rng, people=20, shift=shift)
    wrong = replace(right, scores=-right.scores)
    assert accuracy(wrong)[1].value == pytest.approx(1 - accuracy(right)[1].value)
    assert accuracy(wrong)[1].value < 0.5
    assert accuracy(wrong)[0].value > 0.5


def test_people_without_comparisons_are_dealt_to_no_fold(rng):
    """Six people with templates among 24 without: three folds of two, and not five of which some hold one."""
    scores = np.full((30, 30), np.nan)
    scores[:6, :6] = rng.normal(size=(6, 6)) + 30 * np.eye(6)
    people = [f"s{i:02}" for i in range(30)]
    value, _ = accuracy(table(scores, people, people))
    assert (value.value, value.n_subjects) == (1, 6)
    assert "3 folds disjoint in people" in value.note


def test_all_scores_equal_tell_nothing():
    people = [f"s{i}" for i in range(12)]
    value, area = accuracy(table(np.full((12, 12), 0.3), people, people))
    assert value.value == 0.5
    assert area.value == 0.5
    assert value.low is None
    assert "same number" in value.note


@pytest.mark.parametrize(("people", "folds"), [(4, 2), (5, 2), (9, 4), (10, 5), (33, 5)])
def test_every_fold_has_two_people_at_least_and_its_part_of_those_with_mates(rng, people, folds):
    with_mate = np.arange(people) < people // 2
    fold = assign_folds(people, with_mate, rng)
    assert set(fold) == set(range(folds))
    assert np.bincount(fold).min() >= 2
    assert np.ptp(np.bincount(fold[with_mate], minlength=folds)) <= 1


def test_four_people_are_divided_and_three_are_not(rng):
    assert accuracy(normal_table(rng, people=4, shift=20))[0].value == 1
    value, area = accuracy(normal_table(rng, people=3, shift=20))
    assert value.value is area.value is None
    assert "3 people cannot be divided" in value.note


def test_one_person_with_mates_is_not_enough(rng):
    names = [f"s{i}" for i in range(8)]
    value, _ = accuracy(table(rng.normal(size=(1, 8)), names[:1], names))
    assert value.value is None
    assert "too few people" in value.note


def test_each_pair_of_people_is_drawn_as_often_as_any_other(rng):
    """People have 6, 4 and 2 comparisons with themselves: the median is 4."""
    scores = table(rng.normal(size=(7, 6)), list("aaabbcc"), list("aabbcd"))
    drawn = draw_pairs(compare(scores), rng)
    _, counts = np.unique(np.sort(np.column_stack([drawn.first, drawn.second])), axis=0, return_counts=True)
    assert drawn.per_pair == 4
    assert set(counts) == {4}
    assert set(drawn.score) <= set(scores.scores.ravel())
    own = drawn.score[(drawn.first == 0) & (drawn.second == 0)]
    assert len(set(own)) == 4, "without replacement where there are enough"
    few = drawn.score[(drawn.first == 2) & (drawn.second == 2)]
    assert sorted(few) == sorted([*scores.scores[5:, 4]] * 2), "repeated evenly where there are not"


@pytest.mark.parametrize(("most", "per_pair", "left_out"), [(10**6, 6, 0), (200, 4, 0), (45, 1, 0), (20, 1, 25)])
def test_many_pairs_are_thinned_first_within_and_then_in_number(rng, most, per_pair, left_out):
    """Ten people, 45 pairs of two: every mated pair stays, as do all scores' own people."""
    drawn = draw_pairs(compare(normal_table(rng, people=10, probes=3, references=2)), rng, most_drawn=most)
    others = np.unique(np.column_stack([drawn.first, drawn.second])[~drawn.mated], axis=0)
    assert (drawn.per_pair, drawn.n_left_out) == (per_pair, left_out)
    assert drawn.mated.sum() == 10 * per_pair
    assert (~drawn.mated).sum() == (45 - left_out) * per_pair
    assert len({frozenset(pair) for pair in others.tolist()}) == 45 - left_out


def test_the_draw_does_not_depend_on_how_the_table_is_cut(rng, monkeypatch):
    scores = normal_table(rng, people=9, probes=7, references=8)
    whole = draw_pairs(compare(scores), np.random.default_rng(4))
    monkeypatch.setattr("reid_audit.evaluate.comparisons._BLOCK", 500)
    parts = draw_pairs(compare(scores), np.random.default_rng(4))
    np.testing.assert_array_equal(np.sort(whole.score), np.sort(parts.score))


def test_folds_draws_and_controls_follow_the_people_and_not_the_order_of_rows(rng):
    made = normal_table(rng, people=14, probes=3, references=2, shift=1)
    rows, columns = rng.permutation(42), rng.permutation(28)
    again = replace(
        made,
        probes=made.probes.iloc[rows].reset_index(drop=True),
        references=made.references.iloc[columns].reset_index(drop=True),
        scores=made.scores[np.ix_(rows, columns)],
        compared=made.compared[np.ix_(rows, columns)],
    )
    assert accuracy(again) == accuracy(made)
    assert accuracy(made)[0].control is not None


def test_folds_that_share_people_are_an_option_and_say_that_they_leak(rng):
    made = normal_table(rng, attacker="scan-to-scan")
    plain = {result.metric for result in evaluate(made, rng=np.random.default_rng(1))}
    mixed = {result.metric: result for result in evaluate(made, rng=np.random.default_rng(1), mixed_folds=True)}
    assert set(mixed) - plain == {"accuracy_mixed_folds"}
    found = mixed["accuracy_mixed_folds"]
    assert 0.5 < found.value <= 1
    assert found.low is None
    assert found.note.startswith("leaks")
