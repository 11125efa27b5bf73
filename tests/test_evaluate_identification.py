"""Ranks, on tables that can be solved by hand."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table, with_templates

from reid_audit.evaluate import cmc_points, evaluate
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.searches import search
from reid_audit.statistics import clopper_pearson

NAN = np.nan


def ranks(scores, **more):
    return by_name(r for r in evaluate(scores, rng=np.random.default_rng(3), **more) if r.metric == "rank")


def test_three_people_by_hand(rng):
    found = ranks(table([[0.9, 0.1, 0.2], [0.8, 0.5, 0.1], [0.3, 0.6, 0.7]], "abc", "abc"))["rank", 1]
    assert found.value == pytest.approx(2 / 3)
    assert (found.low, found.high) == clopper_pearson(2, 3)
    assert (found.n_subjects, found.n_probes, found.confidence) == (3, 3, 0.95)
    assert found.chance == pytest.approx(1 / 3)


def test_a_person_is_ranked_by_their_best_reference():
    scores = [[0.1, 0.9, 0.5, 0.5], [0.8, 0.1, 0.2, 0.7], [0.0, 0.6, 0.1, 0.5]]
    found = ranks(table(scores, "abb", "aabb"))["rank", 1]
    assert found.value == pytest.approx((1 + 0) / 2)
    assert (found.n_subjects, found.n_probes) == (2, 3)


def test_each_person_counts_the_same_however_many_photos():
    scores = [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]]
    found = ranks(table(scores, "abbbc", "abc"))["rank", 1]
    assert found.value == pytest.approx((1 + 1 + 0) / 3)


def test_rank_5_finds_the_mate_in_fifth_place_and_not_in_sixth():
    scores = [[0.3, 0.9, 0.8, 0.7, 0.6, 0.1, 0.1, 0.0], [0.9, 0.2, 0.8, 0.7, 0.6, 0.5, 0.1, 0.0]]
    found = ranks(table(scores, "ab", "abcdefgh"))
    assert found["rank", 5].value == 0.5
    assert found["rank", 1].value == 0
    assert found["rank", 5].chance == pytest.approx(5 / 8)


@pytest.mark.parametrize(("k", "expected"), [(1, 0), (2, 1 / 3), (3, 2 / 3), (4, 1)])
def test_ties_count_by_their_share(k, expected):
    points = cmc_points(table([[0.5, 0.9, 0.5, 0.5, 0.1]], "a", "abcde"))
    assert points["rate"][k - 1] == pytest.approx(expected)


def test_ties_have_the_mean_of_random_tie_breaking(rng):
    scores = rng.integers(0, 4, size=(12, 9)).astype(float)
    people = [f"s{i % 9}" for i in range(12)]
    gallery = [f"s{i}" for i in range(9)]
    expected = search(compare(table(scores, people, gallery)))
    broken = [search(compare(table(scores + 1e-6 * rng.random(scores.shape), people, gallery))) for _ in range(400)]
    for k in (1, 2, 5):
        mean = np.mean([found.hits(k) for found in broken], axis=0)
        np.testing.assert_allclose(mean, expected.hits(k), atol=0.1)


def test_all_scores_equal_give_chance_exactly():
    found = ranks(table(np.full((9, 9), 0.4), "abcdefghi", "abcdefghi"))
    assert found["rank", 1].value == pytest.approx(1 / 9)
    assert found["rank", 1].chance == found["rank", 1].value
    assert found["rank", 5].value == pytest.approx(5 / 9)
    assert found["rank", 1].control == pytest.approx(1 / 9)
    assert "9 ties" in found["rank", 1].note


def test_a_probe_or_mate_without_template_is_a_miss_and_stays_in_the_count():
    scores = [[0.9, 0.1, 0.2], [NAN, NAN, NAN], [0.4, 0.3, NAN]]
    found = ranks(table(scores, "abc", "abc"))["rank", 1]
    assert found.value == pytest.approx(1 / 3)
    assert (found.n_subjects, found.n_probes) == (3, 3)
    assert "2 of 3 searches failed" in found.note


def test_a_failed_nonmate_is_never_a_false_match():
    points = cmc_points(table([[0.1, NAN, NAN, NAN]], "a", "abcd"))
    assert points["rate"].tolist() == [1, 1, 1, 1]


def test_a_failed_mate_is_missed_at_every_rank():
    points = cmc_points(table([[NAN, 0.1, NAN, 0.2]], "a", "abcd"))
    assert points["rate"].tolist() == [0, 0, 0, 0]


def test_a_person_with_one_failed_reference_is_found_by_the_other():
    assert ranks(table([[NAN, 0.9, 0.1], [0.1, 0.2, 0.9]], "ab", "aab"))["rank", 1].value == 1


def test_probes_without_a_mate_are_left_out_and_said():
    found = ranks(table([[0.9, 0.1], [0.1, 0.9], [0.9, 0.2]], "abz", "ab"))["rank", 1]
    assert (found.value, found.n_probes, found.n_subjects) == (1, 2, 2)
    assert "1 probe without a mate" in found.note


def test_comparisons_not_to_be_made_leave_the_gallery():
    compared = [[True, True, False, False], [True, True, True, True]]
    scores = [[0.5, 0.4, 0.9, 0.9], [0.1, 0.5, 0.1, 0.1]]
    found = ranks(table(scores, "ab", "abcd", compared=compared))["rank", 1]
    assert found.value == 1
    assert found.chance == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert "2 to 4 people" in found.note


def test_one_person_cannot_be_identified():
    for found in ranks(table([[0.9], [0.8]], "aa", "a")).values():
        assert found.value is None
        assert found.control is None
        assert "one person" in found.note


def test_a_rank_as_large_as_the_gallery_is_not_given():
    found = ranks(table(np.eye(3), "abc", "abc"))["rank", 5]
    assert found.value is None
    assert "gallery of 3" in found.note


def test_no_mate_anywhere_says_so():
    found = ranks(table(np.eye(2), "ab", "cd"))["rank", 1]
    assert (found.value, found.n_probes) == (None, 0)
    assert "another sample" in found.note


def test_the_control_is_near_chance_whatever_the_attacker_can_do(rng):
    for shift in (0.0, 9.0):
        found = ranks(normal_table(rng, people=20, shift=shift))
        assert found["rank", 1].control == pytest.approx(0.05, abs=0.02)
        assert found["rank", 5].control == pytest.approx(0.25, abs=0.04)
    assert found["rank", 1].value == 1


def test_failures_lower_the_control_too(rng):
    scores = rng.normal(size=(12, 12))
    scores[:6] = NAN
    people = [f"s{i}" for i in range(12)]
    found = ranks(table(scores, people, people))["rank", 5]
    assert found.control == pytest.approx(0.5 * 5 / 12, abs=0.03)
    assert found.chance == pytest.approx(5 / 12)


def test_who_is_left_out_by_an_attacker_is_no_guess_and_who_cannot_be_compared_is_one():
    scores = np.eye(4)
    scores[2:] = NAN
    for acquired, chance in (((1, 1, 1, 1), 2 / 4 / 4), ((1, 1, 0, 1), 3 / 4 / 4), ((1, 1, 0, 0), 1 / 4)):
        found = ranks(with_templates(table(scores, "abcd", "abcd"), acquired, (1, 1, 1, 1)))["rank", 1]
        assert found.chance == pytest.approx(chance)
        assert found.value == 0.5


def test_several_probes_a_person_use_people_for_the_interval(rng):
    found = ranks(normal_table(rng, people=12, probes=3))["rank", 1]
    assert "12 people resampled" in found.note
    assert found.low < found.value < found.high


def test_perfect_recognition_of_a_few_is_still_uncertain(rng):
    found = ranks(normal_table(rng, people=6, probes=3, shift=50))["rank", 1]
    assert (found.low, found.high) == clopper_pearson(6, 6)
