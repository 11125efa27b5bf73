"""Points of ROC and rank curves."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table
from sklearn.metrics import auc as area_under
from sklearn.metrics import roc_curve

from reid_audit.evaluate import cmc_points, det_points, evaluate, roc_points, score_samples


def test_roc_by_hand():
    points = roc_points(table([[0.9, 0.4], [0.5, 0.6]], "ab", "ab"))
    assert points["fmr"].tolist() == [0, 0, 1]
    assert points["tmr"].tolist() == [0, 1, 1]
    assert np.isfinite(points["threshold"]).all()
    assert points["threshold"][0] > 0.9


@pytest.mark.parametrize("decimals", [1, 9])
def test_roc_equals_scikit_learn(rng, decimals):
    scores = normal_table(rng, people=9, shift=1)
    values = np.round(scores.scores, decimals)
    points = roc_points(table(values, scores.probes["subject"], scores.references["subject"]))
    fmr, tmr, threshold = roc_curve(scores.mated.ravel(), values.ravel(), drop_intermediate=False)
    place = len(threshold) - 1 - np.searchsorted(threshold[::-1], points["threshold"], side="left")
    np.testing.assert_allclose(points["fmr"], fmr[place])
    np.testing.assert_allclose(points["tmr"], tmr[place])
    assert area_under(points["fmr"], points["tmr"]) == pytest.approx(area_under(fmr, tmr))


def test_a_long_curve_is_thinned_and_keeps_its_area_and_ends(rng):
    scores = normal_table(rng, people=60, probes=20, references=2, shift=1)
    points = roc_points(scores, most=200)
    exact = by_name(evaluate(scores, rng=rng, resamples=1))["auc"].value
    assert len(points) <= 202
    assert points.iloc[0][["fmr", "tmr"]].tolist() == [0, 0]
    assert points.iloc[-1][["fmr", "tmr"]].tolist() == [1, 1]
    assert area_under(points["fmr"], points["tmr"]) == pytest.approx(exact, abs=0.002)


def test_det_by_hand():
    points = det_points(table([[0.9, 0.5], [0.4, 0.6]], "ab", "ab"))
    assert points["fmr"].tolist() == [0, 0, 1]
    assert points["fnmr"].tolist() == [1, 0, 0]
    assert points["fmr_deviate"].isna().all(), "0 and 1 have no place on such an axis"


def test_det_holds_the_points_of_the_roc_and_is_straight_for_normal_scores(rng):
    scores = normal_table(rng, people=150, probes=2, shift=2)
    points = det_points(scores, most=10**9)
    both = points.merge(roc_points(scores, most=10**9), on="threshold")
    assert len(both) == len(points)
    np.testing.assert_array_equal(both["fnmr"], 1 - both["tmr"])
    middle = points[points["fmr"].between(0.02, 0.98) & points["fnmr"].between(0.05, 0.95)].astype(float)
    np.testing.assert_allclose(middle["fnmr_deviate"], -2 - middle["fmr_deviate"], atol=0.35)
    assert points["fmr"].is_monotonic_increasing
    assert points["fnmr"].is_monotonic_decreasing


def test_a_thinned_det_keeps_its_rare_errors(rng):
    scores = normal_table(rng, people=60, probes=20, references=2, shift=2)
    full, thin = det_points(scores, most=10**9), det_points(scores, most=100)
    assert len(thin) <= 102
    assert (thin["fmr"].between(1e-9, 0.001)).sum() > 3
    assert thin.iloc[[0, -1]][["fmr", "fnmr"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    assert set(thin["threshold"]) <= set(full["threshold"])


def test_rank_curve_agrees_with_the_results(rng):
    scores = normal_table(rng, people=14, probes=2)
    points = cmc_points(scores).set_index("k")
    found = by_name(evaluate(scores, rng=rng, resamples=1))
    for k in (1, 5):
        result = found["rank", k]
        expected = (result.value, result.low, result.high, result.chance)
        assert tuple(points.loc[k, ["rate", "low", "high", "chance"]]) == pytest.approx(expected)
    assert points["rate"].is_monotonic_increasing
    assert points.index.tolist() == list(range(1, 15))
    assert points.loc[14, "rate"] == 1


def test_curves_of_nothing_are_empty():
    for nothing in (table([], [], []), table([[np.nan]], "a", "a"), table([[0.5]], "a", "b")):
        assert roc_points(nothing).empty
        assert det_points(nothing).empty
    assert cmc_points(table([[0.5]], "a", "b")).columns.tolist() == ["k", "rate", "low", "high", "chance"]
    assert cmc_points(table([], [], [])).empty


def test_samples_for_densities_are_the_scores_thinned_evenly(rng):
    scores = normal_table(rng, people=30, probes=3)
    mated, nonmated = score_samples(scores, most=500)
    np.testing.assert_array_equal(mated, np.sort(scores.scores[scores.mated]))
    assert len(nonmated) == 500
    assert np.median(nonmated) == pytest.approx(np.median(scores.scores[~scores.mated]), abs=0.01)


def test_samples_for_densities_weigh_people_and_not_comparisons():
    """Person a has eight photos, b and c one each: a third of the mated density is b's."""
    owner = ["a"] * 8 + ["b", "c"]
    scores = np.zeros((10, 3))
    scores[:8, 0], scores[8, 1], scores[9, 2] = 0.1, 0.5, 0.9
    mated, nonmated = score_samples(table(scores, owner, "abc"))
    assert len(mated) == 10
    assert [np.mean(mated == value) for value in (0.1, 0.5, 0.9)] == pytest.approx([1 / 3] * 3, abs=0.07)
    assert not nonmated.any()
