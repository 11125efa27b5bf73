"""What failures count as, and the rule of 0.09."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table

from reid_audit.evaluate import evaluate
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.outcome import Case
from reid_audit.evaluate.policies import policy_results
from reid_audit.statistics import clopper_pearson, probability_below

NAN = np.nan
AS_CHANCE, EXCLUDED = ("rank_failures_as_chance", 1), ("rank_failures_excluded", 1)
LIMIT, SHARE = ("rank_upper_limit", 1), "protected_below_threshold_share"


def found_in(made):
    return by_name(evaluate(made, rng=np.random.default_rng(3), resamples=20))


def eight(found, failed):
    """Eight people: so many are found, so many have no photo with a face, the others are missed."""
    scores = np.tile(np.linspace(0.1, 0.2, 8), (8, 1))
    scores[np.arange(found), np.arange(found)] = 0.9
    scores[np.arange(found, 8), np.arange(found, 8)] = 0.0
    scores[8 - failed :] = NAN
    return table(scores, range(8), range(8))


def test_three_policies_by_hand():
    got = found_in(eight(found=3, failed=2))
    assert got["rank", 1].value == 3 / 8
    assert got[AS_CHANCE].value == pytest.approx((3 + 2 / 8) / 8)
    assert got[EXCLUDED].value == 3 / 6
    assert [got[name].n_subjects for name in (("rank", 1), AS_CHANCE, EXCLUDED)] == [8, 8, 6]
    assert (got[EXCLUDED].low, got[EXCLUDED].high) == clopper_pearson(3, 6)
    assert got[AS_CHANCE].chance == pytest.approx(1 / 8)
    assert got[EXCLUDED].n_probes == 6
    assert "2 of 8 searches failed and are worth a guess each" in got[AS_CHANCE].note
    assert "6 of 8 people are left" in got[EXCLUDED].note


def test_without_failures_all_policies_agree(rng):
    got = found_in(normal_table(rng, people=12, probes=2))
    rank = got["rank", 1]
    for name in (AS_CHANCE, EXCLUDED):
        found = got[name]
        assert (found.value, found.low, found.high) == (rank.value, rank.low, rank.high)
        assert (found.chance, found.control, found.n_subjects) == (rank.chance, rank.control, rank.n_subjects)


def test_a_mate_without_template_is_a_failure_too():
    scores = np.where(np.eye(5, dtype=bool), 0.9, 0.1)
    scores[:, 0] = NAN
    got = found_in(table(scores, range(5), range(5)))
    assert got["rank", 1].value == pytest.approx(4 / 5)
    assert got[AS_CHANCE].value == pytest.approx((4 + 1 / 5) / 5)
    assert got[EXCLUDED].value == 1


def test_guessing_is_at_chance_under_each_policy():
    rng = np.random.default_rng(5)
    got = []
    for _ in range(60):
        scores = rng.normal(size=(10, 10))
        scores[:3] = NAN
        made = table(scores, range(10), range(10))
        got.append(by_name(policy_results(Case(made, compare(made), 3, 0.95, 20))))
    for name in (AS_CHANCE, EXCLUDED):
        assert np.mean([each[name].value for each in got]) == pytest.approx(got[0][name].chance, abs=0.045)
        assert np.mean([each[name].control for each in got]) == pytest.approx(got[0][name].chance, abs=0.02)


def test_all_failed():
    got = found_in(table(np.full((6, 6), NAN), range(6), range(6)))
    assert (got["rank", 1].value, got[AS_CHANCE].value, got[EXCLUDED].value) == (0, pytest.approx(1 / 6), None)
    assert "none is left" in got[EXCLUDED].note
    assert got[LIMIT].value == clopper_pearson(0, 6, side="upper")[1]


def test_all_equal_scores_leave_chance_under_each_policy():
    got = found_in(table(np.full((6, 6), 0.5), range(6), range(6)))
    assert [got[name].value for name in (AS_CHANCE, EXCLUDED)] == pytest.approx([1 / 6, 1 / 6])


def test_one_person_has_no_number():
    got = found_in(table([[0.4]], "a", "a"))
    for name in (AS_CHANCE, EXCLUDED, LIMIT, SHARE):
        assert got[name].value is None
        assert "one person in the gallery" in got[name].note


def found_among(people, hits):
    scores = np.tile(np.linspace(0.1, 0.2, people), (people, 1))
    scores[np.arange(people), np.arange(people)] = np.where(np.arange(people) < hits, 0.9, 0.0)
    return found_in(table(scores, range(people), range(people)))


@pytest.mark.parametrize(("people", "hits", "below"), [(84, 3, True), (84, 4, False), (32, 0, True), (31, 0, False)])
def test_the_rule_names_its_gallery_and_what_may_be_found(people, hits, below):
    got = found_among(people, hits)
    assert got[LIMIT].value == clopper_pearson(hits, people, side="upper")[1]
    assert (got[LIMIT].value < 0.09) == below
    assert ("; below the threshold of 0.09" in got[LIMIT].note) == below
    assert f"rank 1 among {people} people" in got[LIMIT].note
    assert got[SHARE].value == probability_below(people, 1 / people)
    assert f"rank 1 among {people} people" in got[SHARE].note
    if people == 31:
        assert "it takes 32" in got[LIMIT].note
    if people == 84:
        assert "of 84 searched at most 3 may be found" in got[LIMIT].note


def test_the_rule_counts_people_and_not_searches(rng):
    made = normal_table(rng, people=40, probes=3, shift=0)
    got = found_in(made)
    assert got[LIMIT].n_subjects == 40
    assert got[LIMIT].value == pytest.approx(clopper_pearson(40 * got["rank", 1].value, 40, side="upper")[1])
    assert "as if each person had one search" in got[SHARE].note


def test_probes_outside_the_gallery_change_nothing():
    scores = np.eye(4, 3)
    got = found_in(table(scores, "abcz", "abc"))
    assert got[LIMIT].n_subjects == 3
