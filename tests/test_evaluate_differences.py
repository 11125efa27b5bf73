"""Before and after, paired by person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluate_tables import by_name, table
from scipy.stats import binomtest

from reid_audit.errors import UsageError
from reid_audit.evaluate import compare_conditions, evaluate
from reid_audit.statistics import holm, mcnemar, paired_interval

NAN = np.nan


def found_matrix(hits):
    """Scores in which these people come first and the others last."""
    n = len(hits)
    scores = np.tile(np.linspace(0.1, 0.2, n), (n, 1))
    scores[np.arange(n), np.arange(n)] = np.where(hits, 0.9, 0.0)
    return scores


def under(condition, scores, people=None, **more):
    people = [f"s{i:02}" for i in range(len(scores))] if people is None else people
    return replace(table(scores, people, people, **more), condition=condition)


def differences(*tables, seed=4, **more):
    return {
        (each.condition, each.metric): each
        for each in compare_conditions(tables, rng=np.random.default_rng(seed), **more)
    }


def test_losses_and_gains_by_hand():
    before, after = np.arange(12) < 9, (np.arange(12) < 2) | (np.arange(12) == 11)
    got = differences(under("original", found_matrix(before)), under("zero", found_matrix(after)))["zero", "rank"]
    assert (got.lost, got.gained, got.n_subjects, got.k) == (7, 1, 12, 1)
    assert (got.before, got.after) == (9 / 12, 3 / 12)
    assert got.value == pytest.approx(-0.5)
    assert got.p_value == binomtest(7, 8).pvalue
    assert got.p_adjusted == got.p_value
    assert -1 <= got.low < -0.5 < got.high < 0
    assert (got.baseline, got.attacker, got.matcher) == ("original", "photo-nearest", "nearest")


def test_both_numbers_are_those_of_each_condition_alone(rng):
    tables = [
        under(name, rng.normal(size=(15, 15)) + shift * np.eye(15)) for name, shift in (("original", 3), ("a", 1))
    ]
    got = differences(*tables)
    for side, made in zip(("before", "after"), tables, strict=True):
        alone = by_name(evaluate(made, rng=rng, resamples=20))
        assert getattr(got["a", "rank"], side) == pytest.approx(alone["rank", 1].value)
        assert getattr(got["a", "auc"], side) == pytest.approx(alone["auc"].value)


def test_p_values_are_corrected_over_conditions(rng):
    before = np.arange(20) < 16
    tables = [under("original", found_matrix(before))]
    tables += [under(name, found_matrix(np.arange(20) < left)) for name, left in (("a", 4), ("b", 10), ("c", 15))]
    got = differences(*tables)
    p = [got[name, "rank"].p_value for name in "abc"]
    assert p == [mcnemar(12, 0), mcnemar(6, 0), mcnemar(1, 0)]
    assert [got[name, "rank"].p_adjusted for name in "abc"] == pytest.approx([3 * p[0], 2 * p[1], p[2]])
    assert "corrected over 3 conditions" in got["a", "rank"].note


def test_each_attack_is_corrected_by_itself_and_needs_its_own_original():
    tables = [
        under(condition, found_matrix(np.arange(9) < hits), matcher=matcher)
        for condition, hits in (("original", 8), ("zero", 1))
        for matcher in ("mean", "topk")
    ]
    made = compare_conditions([*tables, replace(tables[2], relation="same-scan")], rng=np.random.default_rng(1))
    assert [(each.matcher, each.metric) for each in made] == [(m, x) for m in ("mean", "topk") for x in ("rank", "auc")]
    assert all(each.p_adjusted == each.p_value for each in made)


def test_people_who_are_missing_from_one_condition_are_left_out_of_both_and_told():
    """Two of nine have no altered scan: they leave probes and gallery of the originals too."""
    hits = np.arange(9) < 6
    people = [f"s{i}" for i in range(9)]
    after = under("zero", found_matrix(hits[2:]), people[2:])
    got = differences(under("original", found_matrix(hits), people), after)["zero", "rank"]
    assert (got.n_subjects, got.n_before_only, got.n_after_only) == (7, 2, 0)
    assert (got.before, got.after) == (4 / 7, 4 / 7)
    assert "among 7 people" in got.note
    assert "2 people are compared in “original” only and left out" in got.note
    backwards = differences(after, under("original", found_matrix(hits), people), baseline="zero")["original", "rank"]
    assert (backwards.n_before_only, backwards.n_after_only) == (0, 2)


def test_a_failed_template_is_a_miss_in_rank_and_left_out_of_auc():
    before, after = found_matrix(np.ones(8, bool)), found_matrix(np.ones(8, bool))
    after[:3] = NAN
    got = differences(under("original", before), under("zero", after))
    assert (got["zero", "rank"].lost, got["zero", "rank"].n_subjects) == (3, 8)
    assert (got["zero", "auc"].n_subjects, got["zero", "auc"].n_before_only) == (5, 3)


def test_nothing_changed_is_bounded_and_not_certain():
    same = found_matrix(np.arange(30) < 12)
    got = differences(under("original", same), under("a", same))["a", "rank"]
    assert (got.value, got.p_value) == (0, 1)
    assert got.low == -got.high
    assert 0.08 < got.high < 0.2


def test_everybody_lost_is_bounded_too():
    got = differences(under("original", np.eye(20)), under("a", found_matrix(np.zeros(20, bool))))["a", "rank"]
    assert (got.value, got.low) == (-1, -1)
    assert -0.8 < got.high < -0.6


@pytest.mark.parametrize("people", [8, 28, 182])
@pytest.mark.parametrize(("found", "lost", "gained"), [(0.8, 0.7, 0.02), (0.1, 0.05, 0.01), (0.9, 1.0, 0.0)])
def test_the_interval_of_a_change_covers_the_truth(people, found, lost, gained):
    """600 studies: 95 % less three standard errors of such a share is 92.3 %; plain resampling has 84 % in one."""
    rng = np.random.default_rng(people)
    truth, covered = (1 - found) * gained - found * lost, 0
    for _ in range(600):
        before = rng.random(people) < found
        after = np.where(before, rng.random(people) >= lost, rng.random(people) < gained)
        limits = paired_interval(after.astype(float) - before)
        covered += limits.low <= truth <= limits.high
    assert covered >= 0.923 * 600


def test_changes_out_of_range_are_refused():
    for wrong in ([], [0.5, 2.0], [NAN]):
        with pytest.raises(UsageError, match="one number in"):
            paired_interval(wrong)


def test_a_person_is_found_by_more_than_half_of_their_searches():
    owner = np.repeat(np.arange(6), 2)
    before = np.where(owner[:, None] == np.arange(6)[None, :], 0.9, 0.1)
    after = before.copy()
    after[::2] = np.where(owner[::2, None] == np.arange(6)[None, :], 0.0, 0.1)
    people, probes = [f"s{i}" for i in range(6)], [f"s{i}" for i in owner]
    made = [
        replace(table(scores, probes, people), condition=name) for name, scores in (("original", before), ("a", after))
    ]
    got = differences(*made)["a", "rank"]
    assert (got.before, got.after, got.lost) == (1, 0.5, 6)
    assert "more than half of the own searches" in got.note


def test_pairing_makes_the_interval_of_a_shift_narrower(rng):
    """Mated scores fall by the same for all: two separate samples would not know that."""
    base = rng.normal(size=(60, 60)) + 2 * np.eye(60)
    got = differences(under("original", base), under("a", base - 0.1 * np.eye(60)))["a", "auc"]
    other = differences(under("original", base), under("a", rng.normal(size=(60, 60)) + 1.9 * np.eye(60)))["a", "auc"]
    assert got.high - got.low < 0.3 * (other.high - other.low)
    assert got.high < 0


def test_who_only_judges_pairs_has_no_rank(rng):
    tables = [under(name, rng.normal(size=(9, 9)), attacker="scan-to-scan") for name in ("original", "a")]
    assert list(differences(*tables)) == [("a", "auc")]


@pytest.mark.parametrize(
    ("scores", "people", "said"),
    [
        ([[0.5]], ["s00"], "one person in the gallery"),
        (np.eye(3), ["x", "y", "z"], "nobody has a mated comparison in both"),
    ],
)
def test_what_cannot_be_compared_says_why(scores, people, said):
    got = differences(under("original", np.asarray(scores)), under("a", np.asarray(scores), people))["a", "rank"]
    assert got.value is got.low is got.p_value is got.p_adjusted is None
    assert said in got.note


def test_all_failed_after_is_all_lost():
    got = differences(under("original", np.eye(10)), under("a", np.full((10, 10), NAN)))
    assert (got["a", "rank"].value, got["a", "rank"].lost) == (-1, 10)
    assert got["a", "auc"].value is None
    assert "took place in both" in got["a", "auc"].note


def test_the_order_of_rows_and_rising_maps_change_nothing(rng):
    first, second = rng.normal(size=(12, 12)) + np.eye(12), rng.normal(size=(12, 12)) + np.eye(12)
    tables = under("original", first), under("a", second)
    order = rng.permutation(12)
    moved = under("a", second[np.ix_(order, order)], [f"s{i:02}" for i in order])
    assert differences(*tables) == differences(tables[0], moved) == differences(under("original", np.exp(first)), moved)


def test_two_tables_of_one_condition_are_refused():
    with pytest.raises(UsageError, match="two tables of one condition"):
        differences(under("original", np.eye(3)), under("original", np.eye(3)))


@pytest.mark.parametrize("more", [{"confidence": 95}, {"resamples": 0}])
def test_settings_out_of_range_are_refused(more):
    with pytest.raises(UsageError):
        differences(under("original", np.eye(3)), **more)


def test_holm_keeps_the_chance_of_any_false_rejection():
    p = np.random.default_rng(3).random((4000, 5))
    rejected = np.array([(holm(row) < 0.05).any() for row in p])
    assert rejected.mean() == pytest.approx(0.05, abs=0.012)
    assert (holm(p[0]) >= p[0]).all()
    assert holm([]).tolist() == []
    with pytest.raises(UsageError):
        holm([0.5, NAN])


def test_mcnemar_refuses_negative_counts():
    with pytest.raises(UsageError, match="got -1 and 2"):
        mcnemar(-1, 2)
