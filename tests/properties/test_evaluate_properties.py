"""What must hold for every score table."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluate_tables import by_name, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from reid_audit.evaluate import cmc_points, evaluate, roc_points
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.folds import assign_folds
from reid_audit.evaluate.open_set import open_set_results
from reid_audit.evaluate.outcome import Case
from reid_audit.evaluate.pair_draw import draw_pairs
from reid_audit.statistics import clopper_pearson, rate_interval

PEOPLE = 6
often = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32 - 1)
whole = st.integers(-4, 4).map(float)


@st.composite
def tables(draw, failures=True):
    """Up to 7 probes and 8 references of up to 6 people, with ties and failures."""
    asked = draw(st.lists(st.integers(0, PEOPLE - 1), min_size=1, max_size=7))
    known = draw(st.lists(st.integers(0, PEOPLE - 1), min_size=1, max_size=8))
    values = st.one_of(whole, st.just(np.nan)) if failures else whole
    scores = draw(arrays(float, (len(asked), len(known)), elements=values))
    compared = draw(arrays(bool, scores.shape)) if failures else None
    return table(scores, [f"s{i}" for i in asked], [f"s{i}" for i in known], compared=compared)


def results_of(made, seed=1):
    return evaluate(made, rng=np.random.default_rng(seed), resamples=30)


def changed(made, scores=None, rename=None):
    names = (lambda name: name) if rename is None else rename
    return table(
        made.scores if scores is None else scores,
        made.probes["subject"].map(names),
        made.references["subject"].map(names),
        compared=made.compared,
    )


@given(tables())
@often
def test_numbers_are_finite_in_range_and_explained(made):
    for result in results_of(made):
        assert result.value is not None or result.note
        for number in (result.value, result.low, result.high, result.chance, result.control):
            assert number is None or np.isfinite(number)
        if not result.metric.startswith(("score", "d_prime")) and result.value is not None:
            assert 0 <= result.value <= 1
        if result.low is not None:
            assert result.low <= result.value <= result.high


@given(tables())
@often
def test_rising_maps_of_the_scores_change_neither_rank_nor_auc_nor_errors(made):
    before = by_name(results_of(made))
    after = by_name(results_of(changed(made, np.expm1(made.scores / 3))))
    for name in (("rank", 1), ("rank", 5), "auc", "eer", "linkability", "fnmr_at_fmr_0.1"):
        assert after[name] == before[name]
    pd.testing.assert_frame_equal(cmc_points(made), cmc_points(changed(made, np.expm1(made.scores / 3))))


@given(tables(), seeds)
@often
def test_open_set_rates_change_neither_with_rising_maps_nor_with_the_order_of_rows(made, seed):
    rng = np.random.default_rng(seed)
    rows, columns = (rng.permutation(size) for size in made.scores.shape)
    moved = replace(
        made,
        probes=made.probes.iloc[rows].reset_index(drop=True),
        references=made.references.iloc[columns].reset_index(drop=True),
        scores=made.scores[np.ix_(rows, columns)],
        compared=made.compared[np.ix_(rows, columns)],
    )
    mapped = changed(made, np.expm1(made.scores / 3))
    cases = [Case(each, compare(each), 5, 0.95, 10) for each in (made, moved, mapped)]
    before, *after = (open_set_results(case, (0.45, 0.6)) for case in cases)
    assert after == [before, before]


@given(tables(), st.permutations(range(PEOPLE)))
@often
def test_other_names_for_the_people_change_no_value_that_is_not_drawn(made, order):
    rename = {f"s{i}": f"t{place}" for i, place in enumerate(order)}
    before, after = (by_name(results_of(each)) for each in (made, changed(made, rename=rename.get)))
    assert after.keys() == before.keys()
    for name in before.keys() - {"accuracy", "auc_folds"}:
        found, expected = after[name], before[name]
        assert (found.value is None) == (expected.value is None)
        assert (found.n_subjects, found.n_probes) == (expected.n_subjects, expected.n_probes)
        if name != "linkability":  # its chance is what the drawn shuffles give
            assert found.chance == (None if expected.chance is None else pytest.approx(expected.chance))
        if found.value is not None:
            assert found.value == pytest.approx(expected.value, abs=1e-12)


@given(tables(), st.sets(st.integers(0, 99), min_size=PEOPLE, max_size=PEOPLE))
@often
def test_other_names_in_the_same_order_change_nothing(made, numbers):
    rename = {f"s{i}": f"t{number:02}" for i, number in enumerate(sorted(numbers))}
    assert results_of(changed(made, rename=rename.get)) == results_of(made)


@given(tables(), seeds)
@often
def test_the_order_of_rows_and_columns_changes_nothing(made, seed):
    rng = np.random.default_rng(seed)
    rows, columns = (rng.permutation(size) for size in made.scores.shape)
    again = replace(
        made,
        probes=made.probes.iloc[rows].reset_index(drop=True),
        references=made.references.iloc[columns].reset_index(drop=True),
        scores=made.scores[np.ix_(rows, columns)],
        compared=made.compared[np.ix_(rows, columns)],
    )
    assert results_of(again) == results_of(made)
    pd.testing.assert_frame_equal(roc_points(again), roc_points(made))
    pd.testing.assert_frame_equal(cmc_points(again), cmc_points(made))


def weights_of(made):
    """Each person's mated comparisons weigh 1 together, and each pair's non-mated ones: the slow way."""
    couples = [
        [frozenset((probe, reference)) for reference in made.references["subject"]] for probe in made.probes["subject"]
    ]
    count = Counter(couple for row in couples for couple in row)
    return np.array([[1 / count[couple] for couple in row] for row in couples])


@given(tables(failures=False))
@often
def test_auc_equals_scikit_learn_and_the_area_of_the_curve(made):
    found = by_name(results_of(made))["auc"].value
    label = made.mated.ravel()
    if label.all() or not label.any():
        assert found is None
        return
    expected = roc_auc_score(label, made.scores.ravel(), sample_weight=weights_of(made).ravel())
    np.testing.assert_allclose(found, expected, atol=1e-12)
    points = roc_points(made)
    np.testing.assert_allclose(np.trapezoid(points["tmr"], points["fmr"]), found, atol=1e-12)
    assert points["fmr"].is_monotonic_increasing
    assert points["tmr"].is_monotonic_increasing


@given(st.integers(2, 5), st.integers(1, 3), st.integers(1, 3), st.data())
@often
def test_where_all_have_equally_many_comparisons_weights_change_nothing(people, probes, references, data):
    scores = data.draw(arrays(float, (people * probes, people * references), elements=whole))
    names = np.array([f"s{i}" for i in range(people)])
    made = table(scores, np.repeat(names, probes), np.repeat(names, references))
    found = by_name(results_of(made))
    np.testing.assert_allclose(found["auc"].value, roc_auc_score(made.mated.ravel(), scores.ravel()), atol=1e-12)
    for kind, of in (("mated", made.mated), ("nonmated", ~made.mated)):
        for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
            plain = np.quantile(scores[of], share, method="averaged_inverted_cdf")
            assert found[f"score_{name}_{kind}"].value == plain
    assert not any("however many" in result.note for result in found.values())


@given(tables(), st.integers(0, PEOPLE - 1), st.integers(2, 4))
@often
def test_a_person_with_more_samples_of_the_same_kind_counts_no_more(made, person, times):
    """All of one person's samples again and again: the same values, but for rounding."""
    rows, columns = (
        np.repeat(np.arange(len(frame)), np.where(frame["subject"] == f"s{person}", times, 1))
        for frame in (made.probes, made.references)
    )
    again = table(
        made.scores[np.ix_(rows, columns)],
        made.probes["subject"].to_numpy()[rows],
        made.references["subject"].to_numpy()[columns],
        compared=made.compared[np.ix_(rows, columns)],
    )
    before, after = by_name(results_of(made)), by_name(results_of(again))
    for name in before:
        if name in ("auc", "eer", "d_prime", "linkability") or str(name).startswith("score_"):
            assert (after[name].value is None) == (before[name].value is None)
            if before[name].value is not None:
                assert after[name].value == pytest.approx(before[name].value)


@given(tables())
@often
def test_rank_curves_rise_and_hold_their_limits(made):
    points = cmc_points(made)
    assert points["rate"].is_monotonic_increasing
    assert (points["rate"] <= 1).all()
    if len(points):
        assert points["chance"].iloc[-1] == 1


@given(st.integers(4, 40), st.integers(1, 40), seeds)
@often
def test_no_person_is_ever_on_both_sides_of_a_fold(people, mates, seed):
    rng = np.random.default_rng(seed)
    fold = assign_folds(people, np.arange(people) < mates, rng)
    names = [f"s{i}" for i in range(people)]
    pairs = draw_pairs(compare(table(rng.normal(size=(people, people)), names, names)), rng)
    for number in range(fold.max() + 1):
        inside, other = fold[pairs.first] == number, fold[pairs.second] == number
        train, test = ~inside & ~other, inside & other
        sides = [set(pairs.first[part]) | set(pairs.second[part]) for part in (train, test)]
        assert not sides[0] & sides[1]
        assert train.sum() + test.sum() + (inside != other).sum() == len(pairs.score)


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=30), st.floats(0.5, 0.99))
@often
def test_intervals_of_rates_hold_the_rate(rates, confidence):
    found = rate_interval(rates, [2] * len(rates), confidence)
    if found.low is not None:
        assert 0 <= found.low <= np.mean(rates) <= found.high <= 1


@given(st.integers(1, 200), st.floats(0, 1), st.floats(0.5, 0.999))
@often
def test_exact_limits_are_ordered_and_mirror_each_other(n, share, confidence):
    low, high = clopper_pearson(share * n, n, confidence)
    assert 0 <= low <= share <= high <= 1
    mirrored = clopper_pearson(n - share * n, n, confidence)
    np.testing.assert_allclose([1 - mirrored[1], 1 - mirrored[0]], [low, high], atol=1e-7)
