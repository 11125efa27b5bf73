"""Numbers of an attack, on tables that can be solved by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from reid_audit.errors import UsageError
from reid_audit.reconstruct import posterior
from reid_audit.reconstruct import voxels as voxels_of
from reid_audit.reconstruct.results import distance_differences, distance_results, recovered_results
from reid_audit.reconstruct.study import attack_cohort, reconstructed_name, split_people
from reid_audit.reconstruct.voxels import Prediction, predict_quantity, predictability
from reid_audit.statistics import spearman_difference
from reid_audit.types import Cohort


def faces(**attackers):
    """One scan a person and attacker; None where nothing was measured."""
    rows = [
        {
            "sample": f"s{k}",
            "subject": f"p{k}",
            "condition": "zero",
            "attacker": name.replace("_", "-").removeprefix("defaced"),
            "mean": value,
            "p95": value and 2 * value,
            "squared": value and value**2,
            "reason": "" if value else "no head",
        }
        for name, values in attackers.items()
        for k, value in enumerate(values)
    ]
    return pd.DataFrame(rows).astype({"mean": float, "p95": float, "squared": float})


AVERAGE = [3.0, 4.0, 5.0, 3.5, 4.5, 3.2]
SHAPE = [2.5, 3.1, 4.4, 3.3, 3.4, 2.9]


def test_distances_are_means_over_people_with_an_interval_and_the_swapped_ones_beside():
    table = faces(defaced=[9.0] * 6, average=AVERAGE, shape=SHAPE, shape_swapped=[3.9] * 6)
    found = {(r.attacker, r.metric): r for r in distance_results(table)}
    shape = found["shape", "surface_distance_mean_mm"]
    assert shape.value == pytest.approx(np.mean(SHAPE))
    assert shape.low < shape.value < shape.high
    assert (shape.n_subjects, shape.control) == (6, pytest.approx(3.9))
    assert found["shape", "surface_distance_p95_mm"].value == pytest.approx(2 * np.mean(SHAPE))
    assert found[None, "surface_distance_mean_mm"].value == 9.0
    assert found[None, "surface_distance_mean_mm"].control is None


def test_two_scans_of_a_person_are_one_number():
    table = pd.concat([faces(shape=[2.0, 4.0]), faces(shape=[6.0])], ignore_index=True)
    (mean,) = (r for r in distance_results(table) if r.metric == "surface_distance_mean_mm")
    assert mean.value == pytest.approx((4.0 + 4.0) / 2)
    assert (mean.n_subjects, mean.n_probes) == (2, 3)


def test_scans_without_a_distance_are_counted_and_said():
    table = faces(average=AVERAGE, shape=[*SHAPE[:5], None])
    shape = next(r for r in distance_results(table) if r.attacker == "shape")
    assert "1 of 6 scans without a distance: no head" in shape.note
    assert (shape.n_subjects, shape.n_probes) == (5, 6)
    lost = next(r for r in distance_results(faces(shape=[None, None])))
    assert (lost.value, lost.n_subjects, lost.n_probes) == (None, 0, 2)
    assert "no head" in lost.note
    change = distance_differences(table)[0]
    assert (change.n_subjects, change.n_before_only, change.n_after_only) == (5, 1, 0)


def test_attackers_are_compared_with_the_average_face_by_person():
    table = faces(average=AVERAGE, shape=SHAPE, template=[value + 1 for value in AVERAGE])
    found = {(d.attacker, d.metric): d for d in distance_differences(table)}
    shape = found["shape", "surface_distance_mean_mm"]
    assert shape.value == pytest.approx(np.mean(SHAPE) - np.mean(AVERAGE))
    assert shape.high < 0
    assert shape.p_value == pytest.approx(wilcoxon(np.subtract(SHAPE, AVERAGE)).pvalue)
    assert shape.p_adjusted == pytest.approx(min(1.0, 2 * shape.p_value))
    assert shape.value == pytest.approx(shape.after - shape.before)
    assert found["template", "surface_distance_mean_mm"].value == pytest.approx(1.0)
    turned = table.sample(frac=1.0, random_state=3)
    assert {(d.attacker, d.metric): d for d in distance_differences(turned)} == found
    same = distance_differences(faces(average=AVERAGE, shape=AVERAGE))[0]
    assert (same.value, same.p_value) == (0.0, 1.0)
    nobody = distance_differences(faces(average=[None], shape=[2.0]))[0]
    assert nobody.value is None


def test_the_recovered_share_is_nothing_for_the_average_face_and_all_for_the_true_one():
    rng = np.random.default_rng(3)
    table = faces(average=AVERAGE, shape=SHAPE, worse=[6.0] * 6)
    found = {r.attacker: r for r in recovered_results(table, rng=rng)}
    wanted = 1 - np.square(SHAPE).sum() / np.square(AVERAGE).sum()
    assert found["shape"].value == pytest.approx(wanted)
    assert found["shape"].low < wanted < found["shape"].high
    assert found["worse"].value < 0
    nobody = recovered_results(faces(average=[None], shape=[2.0]), rng=rng)[0]
    assert nobody.value is None
    assert "nobody" in nobody.note


def cohort(*people):
    columns = ["subject", "session", "condition", "modality", "path", "age", "sex", "site", "sample"]
    rows = [[who, "", "original", "T1w", f"{who}.nii", 30.0, "F", "", who] for who in people]
    return Cohort(pd.DataFrame(rows, columns=columns), pd.DataFrame(columns=["subject", "path", "sample"]))


def test_people_are_divided_whatever_their_order():
    one = split_people(cohort(*"abcdef"), 4, np.random.default_rng(1))
    two = split_people(cohort(*"fedcba"), 4, np.random.default_rng(1))
    assert [part.subjects for part in one] == [part.subjects for part in two]
    assert (len(one[0].subjects), set(one[0].subjects) & set(one[1].subjects)) == (4, set())
    with pytest.raises(UsageError, match="1 to 5"):
        split_people(cohort(*"abcdef"), 6, np.random.default_rng(1))


def test_nobody_is_learnt_from_and_attacked(tmp_path):
    with pytest.raises(UsageError, match="1 person is learnt from and attacked"):
        attack_cohort(cohort("a", "b"), cohort("b", "c"), tmp_path, attackers=("average",))
    assert reconstructed_name("zero", "shape") == "zero+shape"
    assert reconstructed_name("zero", "") == "zero"


def voxels(rng, n=60, informative=True):
    quantity = {f"p{k}": float(value) for k, value in enumerate(rng.normal(size=n))}
    pattern = rng.normal(size=80)
    features = {who: (value * pattern if informative else 0) + rng.normal(size=80) for who, value in quantity.items()}
    return features, quantity


def test_a_planted_quantity_is_found_in_people_not_seen_before(rng):
    features, quantity = voxels(rng)
    one = predict_quantity(features, quantity, np.random.default_rng(1), condition="original")
    assert np.corrcoef(one.predicted, one.truth)[0, 1] > 0.8
    turned = dict(reversed(features.items()))
    two = predict_quantity(turned, quantity, np.random.default_rng(1), condition="original")
    np.testing.assert_array_equal(one.predicted, two.predicted)


def test_a_fold_is_predicted_at_once_and_as_one_by_one(rng, monkeypatch):
    x, y, new = rng.normal(size=(20, 50)), rng.normal(size=20), rng.normal(size=(7, 50))
    x[:, 3] = 1.0
    middle, varies = x.mean(axis=0), x.std(axis=0) > 0
    one_by_one = [
        posterior.condition(
            (x - middle)[:, varies], y[:, None], (row - middle)[varies], penalties=voxels_of._PENALTIES
        ).mean[0]
        for row in new
    ]
    calls, usual = [], posterior.condition
    monkeypatch.setattr(posterior, "condition", lambda *args, **more: calls.append(1) or usual(*args, **more))
    np.testing.assert_allclose(voxels_of._predicted(x, y, new), np.array(one_by_one) - y.mean(), atol=1e-9)
    assert len(calls) == 1, "the people who are learnt from are the same for all"


def test_where_there_is_nothing_nothing_is_found(rng):
    """Predictions of folds must not betray the folds' means: with them noise correlates far below 0."""
    found = []
    for k in range(12):
        features, quantity = voxels(np.random.default_rng([7, k]), n=25, informative=False)
        one = predict_quantity(features, quantity, np.random.default_rng(k))
        found.append(np.corrcoef(one.predicted, one.truth)[0, 1])
    assert abs(np.mean(found)) < 0.2, found


def test_what_a_condition_took_is_paired_by_person(rng):
    features, quantity = voxels(rng)
    removed = {who: np.zeros(80) for who in features}
    predictions = [
        predict_quantity(given, quantity, np.random.default_rng(1), condition=name)
        for name, given in (("original", features), ("zero", removed))
    ]
    results, (change,) = predictability(predictions, "muscle", rng=rng, resamples=300)
    before, after = results
    assert before.low > 0.5
    assert before.chance == 0.0
    assert after.value is None
    assert "same for everybody" in after.note
    assert change.value == pytest.approx(before.value)
    assert change.low > 0.4
    assert (change.after, change.n_subjects) == (0.0, 60)


def test_too_few_people_are_refused(rng):
    features, quantity = voxels(rng, n=9)
    with pytest.raises(UsageError, match="10 people with the quantity and a scan, got 9"):
        predict_quantity(features, quantity, rng)


def test_without_originals_nothing_is_compared(rng):
    one = Prediction("zero", tuple("abcde"), np.arange(5.0), np.arange(5.0))
    results, changes = predictability([one], "age", rng=rng, resamples=100)
    assert (results[0].value, changes) == (1.0, ())


def test_the_difference_of_two_rank_correlations(rng):
    truth = np.arange(30.0)
    found = spearman_difference(truth, -truth, truth, rng=rng, resamples=200)
    assert (found.first, found.second, found.value) == (1.0, -1.0, 2.0)
    noisy = truth + rng.normal(0, 8, 30)
    equal = spearman_difference(noisy, noisy, truth, rng=rng, resamples=200)
    assert equal.value == 0.0
    none = spearman_difference(truth, truth, np.ones(30), rng=rng)
    assert (none.value, none.interval.low) == (None, None)
    with pytest.raises(UsageError, match="one finite number"):
        spearman_difference(truth, truth[:5], truth, rng=rng)
    with pytest.raises(UsageError, match="at least one resample"):
        spearman_difference(truth, truth, truth, rng=rng, resamples=0)
