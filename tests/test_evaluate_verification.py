"""AUC, quartiles and failures, on tables that can be solved by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table
from sklearn.metrics import roc_auc_score

from reid_audit.evaluate import evaluate, roc_points
from reid_audit.statistics import clopper_pearson

NAN = np.nan


def found_in(scores, seed=3, **more):
    return by_name(evaluate(scores, rng=np.random.default_rng(seed), **more))


def test_by_hand():
    scores = [[0.9, 0.4, 0.1], [0.5, 0.6, 0.3], [0.2, 0.7, 0.5]]
    found = found_in(table(scores, "abc", "abc", attacker="scan-to-scan", matcher="cosine"))
    assert found["auc"].value == pytest.approx((6 + 5 + 4.5) / 18)
    assert found["cosine_median_mated"].value == 0.6
    assert found["cosine_median_nonmated"].value == pytest.approx(0.35)
    assert found["cosine_q1_nonmated"].value == 0.2
    assert found["cosine_q3_nonmated"].value == 0.5
    assert found["cosine_median_mated"].n_subjects == 3


@pytest.mark.parametrize("decimals", [1, 8])
def test_equal_to_scikit_learn(rng, decimals):
    scores = normal_table(rng, people=13, probes=3, references=2, shift=0.7)
    rounded = np.round(scores.scores, decimals)
    expected = roc_auc_score(scores.mated.ravel(), rounded.ravel())
    again = table(rounded, scores.probes["subject"], scores.references["subject"])
    assert found_in(again)["auc"].value == pytest.approx(expected)


def test_each_person_counts_the_same_however_many_comparisons():
    """a has three photos and is told apart, b has one and is not: 1 and 1/4, not 3 of 4 and 1 of 4."""
    scores = [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.5, 0.3]]
    made = table(scores, "aaab", "ab")
    found = found_in(made)
    assert found["auc"].value == pytest.approx((1 + 3 / 4) / 2)
    assert found["score_median_mated"].value == pytest.approx((0.3 + 0.9) / 2)
    assert "each person counts the same" in found["auc"].note
    assert "each person counts the same" in found["score_median_mated"].note
    points = roc_points(made)
    assert np.trapezoid(points["tmr"], points["fmr"]) == pytest.approx(found["auc"].value)


@pytest.mark.parametrize("sign", [1, -1])
def test_full_separation_is_exact_whatever_the_weights(rng, sign):
    probes = np.repeat(np.arange(7), rng.integers(1, 12, 7))
    scores = rng.random((len(probes), 7)) + 2 * sign * (probes[:, None] == np.arange(7))
    found = found_in(table(scores, [f"s{i}" for i in probes], [f"s{i}" for i in range(7)]))["auc"]
    assert found.value == (sign + 1) / 2
    assert (found.low, found.high) == clopper_pearson(7 if sign > 0 else 0, 7)


def test_people_without_comparisons_change_no_interval(rng):
    """Twelve people with templates, alone and among 48 without: the same draws, the same numbers."""
    alone = normal_table(rng, people=12, probes=2, shift=1)
    names = [f"s{i}" for i in range(60)]
    scores = np.full((120, 60), NAN)
    scores[:24, :12] = alone.scores
    among = table(scores, np.repeat(names, 2), names)
    few, many = found_in(alone), found_in(among)
    for name in ("auc", "score_median_mated", "score_median_nonmated", "score_q3_nonmated", "accuracy", "auc_folds"):
        one, other = (
            [np.nan if number is None else number for number in (found.value, found.low, found.high, found.control)]
            for found in (few[name], many[name])
        )
        np.testing.assert_allclose(one, other, atol=1e-12, equal_nan=True)
        assert many[name].n_subjects == 12


def test_failures_are_left_out_counted_and_said():
    scores = [[0.9, NAN, 0.1], [0.5, 0.6, 0.3], [NAN, NAN, NAN]]
    found = found_in(table(scores, "abc", "abc"))
    assert found["auc"].value == 1
    assert "4 of 9 comparisons failed" in found["auc"].note
    assert "2 mated and 3 non-mated" in found["auc"].note
    assert found["comparisons_failed_share"].value == pytest.approx(4 / 9)
    assert found["failure_to_acquire_rate"].value == pytest.approx(1 / 3)
    assert (found["failure_to_acquire_rate"].low, found["failure_to_acquire_rate"].high) == clopper_pearson(1, 3)
    assert found["failure_to_enrol_rate"].value == 0
    assert (found["auc"].n_subjects, found["auc"].n_probes) == (2, 3)


@pytest.mark.parametrize("sign", [1, -1])
def test_people_without_a_mated_comparison_add_nothing_to_the_certainty(sign):
    """30 people of whom 2 have templates; full separation, in either direction."""
    scores = np.full((30, 30), NAN)
    scores[:2, :2] = [[0.9 * sign, 0.1 * sign], [0.1 * sign, 0.9 * sign]]
    people = [f"s{i:02}" for i in range(30)]
    found = found_in(table(scores, people, people))
    assert found["auc"].value == (sign + 1) / 2
    assert (found["auc"].low, found["auc"].high) == clopper_pearson(2 if sign > 0 else 0, 2)
    for name in ("auc", "score_median_mated", "score_median_nonmated"):
        assert found[name].n_subjects == 2
        assert "2 of 30 people" in found[name].note
    assert found["score_median_mated"].low is None, "two people are too few to be resampled"


def test_people_with_nonmates_only_count_for_nonmated_scores(rng):
    """Six people, of whom three have a mate to be compared with."""
    compared = ~np.eye(6, dtype=bool) | (np.arange(6) < 3)[:, None]
    found = found_in(table(rng.normal(size=(6, 6)), "abcdef", "abcdef", compared=compared))
    assert (found["auc"].n_subjects, found["score_median_mated"].n_subjects) == (3, 3)
    assert found["score_median_nonmated"].n_subjects == 6
    assert "of 6 people" not in found["score_median_nonmated"].note


def test_a_reference_without_template_failed_to_enrol():
    found = found_in(table([[0.9, NAN], [0.4, NAN]], "ab", "ab"))
    assert found["failure_to_enrol_rate"].value == 0.5
    assert found["failure_to_acquire_rate"].value == 0


def test_comparisons_not_to_be_made_are_no_failures():
    compared = [[False, True, True], [False, False, True], [False, False, False]]
    scores = [[NAN, 0.9, 0.1], [NAN, NAN, 0.2], [NAN, NAN, NAN]]
    found = found_in(table(scores, "aab", "aab", compared=compared, attacker="scan-to-scan", matcher="cosine"))
    assert found["auc"].value == 1
    assert found["comparisons_failed_share"].value == 0
    assert found["auc"].n_probes == 2


def test_infinite_scores_are_failures():
    found = found_in(table([[np.inf, 0.1], [0.2, 0.9]], "ab", "ab"))
    assert found["comparisons_failed_share"].value == 0.25
    assert found["score_q3_mated"].value == 0.9


def test_full_separation_has_an_exact_interval(rng):
    found = found_in(normal_table(rng, people=9, shift=100))["auc"]
    assert found.value == 1
    assert (found.low, found.high) == clopper_pearson(9, 9)


def test_names_follow_the_matcher(rng):
    cosine = found_in(normal_table(rng, matcher="cosine"))
    nearest = found_in(normal_table(rng, matcher="nearest"))
    assert {"cosine_q1_mated", "cosine_median_nonmated"} <= cosine.keys()
    assert {"score_q1_mated", "score_median_nonmated"} <= nearest.keys()
    assert not any(str(name).startswith("cosine") for name in nearest)


def test_who_searches_nobody_has_no_rank(rng):
    found = found_in(normal_table(rng, attacker="scan-to-scan"))
    assert ("rank", 1) not in found
    assert "accuracy" in found
    assert ("rank", 1) in found_in(normal_table(rng, attacker="original-to-released"))


def test_shuffled_labels_give_chance_and_medians_of_others(rng):
    found = found_in(normal_table(rng, people=24, shift=3))
    assert found["auc"].value > 0.9
    assert found["auc"].control == pytest.approx(0.5, abs=0.03)
    assert found["score_median_mated"].control == pytest.approx(found["score_median_nonmated"].value, abs=0.3)


def test_an_attacker_without_skill_is_at_chance(rng):
    found = found_in(normal_table(rng, people=30, probes=2, shift=0))["auc"]
    assert found.low < 0.5 < found.high
    assert found.chance == 0.5


def test_intervals_are_over_people_and_not_over_renders(rng):
    people = rng.normal(0, 1, 12)
    one = np.add.outer(np.zeros(12), np.zeros(12)) + np.diag(1.0 + people) + 0.5 * rng.normal(size=(12, 12))
    names = [f"s{i}" for i in range(12)]
    once = found_in(table(one, names, names))["auc"]
    often = found_in(table(np.repeat(np.repeat(one, 5, 0), 4, 1), np.repeat(names, 5), np.repeat(names, 4)))["auc"]
    assert once.value == pytest.approx(often.value)
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.1)


def test_one_seed_one_answer_and_a_wider_interval_for_more_confidence(rng):
    scores = normal_table(rng, people=12)
    assert evaluate(scores, rng=np.random.default_rng(5)) == evaluate(scores, rng=np.random.default_rng(5))
    narrow, wide = (found_in(scores, confidence=c)["auc"] for c in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.confidence == 0.99


def test_nothing_of_the_table_is_lost_on_the_way(rng):
    for result in evaluate(normal_table(rng, relation="same-scan"), rng=rng):
        assert (result.attacker, result.matcher, result.embedder) == ("photo-nearest", "nearest", "dlib")
        assert (result.condition, result.relation) == ("original", "same-scan")
