"""The assignment: each person one scan, each scan one person, whatever the scores."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from attackers_making import DIMENSION, cohort_of, everyone, named, photos_of, run

from reid_audit.attackers.assignment import assign, lift_assigned
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.dependence import hits_interval
from reid_audit.evaluate.identification import rank_results
from reid_audit.evaluate.outcome import Case
from reid_audit.match import Nearest
from reid_audit.types import Templates


def _rank(table):
    (found,) = rank_results(Case(table, compare(table), 0, 0.95, 100), ranks=(1,))
    return found


def _assigned(scores):
    return assign(scores, *(np.arange(size) for size in scores.shape))


def test_the_sum_of_scores_is_the_largest_of_all_assignments(rng):
    scores = rng.normal(size=(5, 5))
    best = max(permutations(range(5)), key=lambda columns: scores[range(5), columns].sum())
    assert _assigned(scores).tolist() == list(best)


def test_numbers_may_differ_and_whoever_has_no_template_is_left_out(rng):
    scores = rng.normal(size=(4, 3)) + 9 * np.eye(4, 3)
    assert _assigned(scores).tolist() == [0, 1, 2, -1]
    assert _assigned(scores.T).tolist() == [0, 1, 2]
    scores[1], scores[:, 2] = np.nan, np.nan
    assert _assigned(scores).tolist() == [0, -1, -1, 1]
    assert _assigned(np.full((2, 3), np.nan)).tolist() == [-1, -1]


def test_the_assigned_pair_is_lifted_and_the_others_keep_their_scores():
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 3.0, np.nan], [1.0, 2.0, 3.0]])
    lifted = lift_assigned(scores, np.array([1, 0, -1]))
    assert lifted[0, 1] > lifted[0, 0] == 3.0
    assert lifted[1, 0] > lifted[1, 1] == 3.0
    assert lifted[0, 2] == 1.0
    assert np.isnan(lifted[2]).all()
    np.testing.assert_allclose(lifted[[0, 1], [1, 0]], 3.0)


def test_the_only_place_left_is_found_although_another_is_nearer():
    """Person 1's photo is nearest to person 0, whose own photo is nearer still."""
    photos = photos_of("012")
    mixed = np.array(photos.vectors)
    mixed[1] = 0.7 * np.eye(DIMENSION)[0] + 0.3 * np.eye(DIMENSION)[1]
    asked = Templates(photos.table, mixed, photos.embedder)
    scans = cohort_of(everyone("012", "a", ("zero",)))
    (alone,) = run("photo-nearest", scans, asked)
    (together,) = run("assignment", scans, asked)
    assert np.argmax(alone.scores, axis=1).tolist() == [0, 0, 2]
    assert np.argmax(together.scores, axis=1).tolist() == [0, 1, 2]
    assert (_rank(alone).value, _rank(together).value) == (pytest.approx(2 / 3), 1.0)
    assert ["widened to a variance" in _rank(table).note for table in (alone, together)] == [False, True]


def test_photographs_of_a_person_are_averaged_over_those_with_a_template():
    scans, photos = cohort_of(everyone("012", "a", ("zero",)), noise=0.4), photos_of("001122")
    blind = photos.vectors.copy()
    blind[3] = np.nan
    asked = Templates(photos.table, blind, photos.embedder)
    each = Nearest().score(asked, scans, np.random.default_rng(0))
    expected = np.stack([each[:2].mean(axis=0), each[2], each[4:].mean(axis=0)])
    (table,) = run("assignment", scans, asked)
    assert table.probes["subject"].tolist() == ["0", "1", "2"]
    assert table.probes["n_templates"].tolist() == [2, 1, 2]
    rest = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(table.scores[rest], expected[rest])


def test_someone_without_a_template_is_missed_and_takes_nobodys_place():
    lost = ["2_a_zero_T1w"]
    (table,) = run("assignment", cohort_of(everyone("0123", "a", ("zero",)), lost=lost), photos_of("0123", lost="1"))
    assert np.isnan(table.scores[1]).all()
    assert np.isnan(table.scores[:, 2]).all()
    found = _rank(table)
    assert (found.value, found.n_subjects) == (0.5, 4)
    assert found.chance == pytest.approx(3 / 4 / 3), "a guess among three, and never for the lost scan's owner"


def test_more_people_than_scans_leave_people_out_and_chance_says_so():
    scans, photos = cohort_of(everyone("01", "a", ("zero",))), photos_of("0167")
    rates, chances, controls = [], [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        noise = [Templates(t.table, rng.normal(size=t.vectors.shape), t.embedder) for t in (scans, photos)]
        (table,) = run("assignment", *noise, seed=seed)
        assert np.isfinite(table.scores).any(axis=1).sum() == 2
        found = _rank(table)
        rates.append(found.value), chances.append(found.chance), controls.append(found.control)
    error = np.std(rates) / np.sqrt(len(rates))
    assert np.mean(rates) == pytest.approx(1 / 4, abs=3.3 * error)
    assert np.mean(chances) == pytest.approx(1 / 4, abs=3.3 * error)
    assert np.mean(controls) == pytest.approx(np.mean(chances), abs=0.02)


def test_templates_that_know_nothing_give_one_hit_on_average():
    scans, photos = cohort_of(everyone("01234567", "a", ("zero",))), photos_of("01234567")
    hits, controls = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        noise = [Templates(t.table, rng.normal(size=t.vectors.shape), t.embedder) for t in (scans, photos)]
        found = _rank(run("assignment", *noise, seed=seed)[0])
        assert found.chance == pytest.approx(1 / 8)
        hits.append(8 * found.value), controls.append(found.control)
    assert np.mean(hits) == pytest.approx(1, abs=3.3 * np.std(hits) / np.sqrt(len(hits)))
    assert np.mean(controls) == pytest.approx(1 / 8, abs=0.01)


def test_equal_scores_do_not_assign_people_by_the_order_of_their_names():
    scans, photos = cohort_of(everyone("01234567", "a", ("zero",))), photos_of("01234567")
    same = [Templates(t.table, np.ones_like(t.vectors), t.embedder) for t in (scans, photos)]
    rates = [_rank(run("assignment", *same, seed=seed)[0]).value for seed in range(200)]
    assert np.mean(rates) == pytest.approx(1 / 8, abs=3.3 / 8 / np.sqrt(200))


def test_the_order_of_the_rows_changes_no_score():
    scans, photos = cohort_of(everyone("01234567", "a", ("zero",))), photos_of("01234567")
    same = [Templates(t.table, np.ones_like(t.vectors), t.embedder) for t in (scans, photos)]
    shuffled = [t.select(np.random.default_rng(1).permutation(len(t.table))) for t in same]
    one, other = (run("assignment", *templates)[0] for templates in (same, shuffled))
    assert named([one], "zero").probes["subject"].tolist() != other.probes["subject"].tolist()
    rows, columns = (
        [list(getattr(other, side)["subject"]).index(s) for s in getattr(one, side)["subject"]]
        for side in ("probes", "references")
    )
    np.testing.assert_array_equal(one.scores, other.scores[np.ix_(rows, columns)])


@pytest.mark.parametrize("shift", [0.0, 1.5, 2.6, 3.2])
def test_the_interval_of_an_assignment_holds_the_truth(shift):
    """Mistakes come in pairs at least: exact intervals for independent people hold it in 0.8 at a shift of 2.6."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(400):
        scores = rng.normal(size=(32, 32)) + shift * np.eye(32)
        hits = (_assigned(scores) == np.arange(32)).astype(float)
        found.append((hits.mean(), hits_interval("assignment", hits, np.ones(32), 0.95)))
    truth = np.mean([value for value, _ in found])
    held = np.mean([limits.low <= truth <= limits.high for _, limits in found])
    assert held > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)
    assert all(limits.low <= value <= limits.high for value, limits in found)
