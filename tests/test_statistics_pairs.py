"""Pairs of people: counts, resampling by products of matrices, shuffling; each against a slow second way."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from reid_audit.statistics import (
    auc_of_counts,
    count_pairs,
    pair_rows,
    person_weights,
    quantile_of_counts,
    resample_pairs,
    score_levels,
    shuffle_pairs,
)


def comparisons(rng, people=7, each=3, decimals=1):
    first = np.repeat(np.arange(people), each * people)
    second = np.tile(np.arange(people), each * people)
    score = np.round(rng.normal(size=len(first)) + (first == second), decimals)
    return first, second, score


def counted(first, second, score, people, most=1024):
    same = first == second
    levels = score_levels(score[same], score[~same], most)
    half = len(score) // 2
    blocks = [(first[:half], second[:half], score[:half]), (first[half:], second[half:], score[half:])]
    return count_pairs(people, levels, blocks)


def test_resampling_equals_comparisons_repeated_one_by_one(rng):
    first, second, score = comparisons(rng)
    pairs = counted(first, second, score, 7)
    weights = person_weights(rng, 7, 25)
    mated, nonmated = resample_pairs(pairs, weights)
    found = auc_of_counts(mated, nonmated)
    median = quantile_of_counts(nonmated, pairs.levels, 0.5)
    for row, weight in enumerate(weights.astype(int)):
        same = first == second
        times = np.where(same, weight[first], weight[first] * weight[second])
        repeated = np.repeat(score, times)
        label = np.repeat(same, times)
        assert found[row] == pytest.approx(roc_auc_score(label, repeated))
        assert median[row] == pytest.approx(np.quantile(repeated[~label], 0.5, method="averaged_inverted_cdf"))


def test_each_pair_of_people_weighs_the_same_however_many_comparisons_it_has(rng):
    first, second, score = comparisons(rng, people=6)
    kept = rng.random(len(score)) < np.where(first < 3, 0.9, 0.4)
    first, second, score = first[kept], second[kept], score[kept]
    pairs = counted(first, second, score, 6)
    row = pair_rows(first, second)
    weight = 1 / np.bincount(row)[row]
    draws = person_weights(rng, 6, 20)
    mated, nonmated = resample_pairs(pairs, draws)
    for found, draw in zip(auc_of_counts(mated, nonmated), draws, strict=True):
        same = first == second
        times = weight * np.where(same, draw[first], draw[first] * draw[second])
        assert found == pytest.approx(roc_auc_score(same, score, sample_weight=times))


def test_copies_of_one_person_are_never_nonmated(rng):
    first, second, score = comparisons(rng, people=5)
    pairs = counted(first, second, score, 5)
    mated, nonmated = resample_pairs(pairs, np.array([[5.0, 0, 0, 0, 0]]))
    assert nonmated.sum() == 0
    assert mated.sum() == pytest.approx(5), "each copy weighs 1, however many comparisons it has"
    assert np.isnan(auc_of_counts(mated, nonmated)).all()


@pytest.mark.parametrize(("each", "tolerance"), [(3, 1e-12), (40, 2e-4)])
def test_grouped_levels_are_exact_for_few_mated_scores_and_close_for_many(rng, each, tolerance):
    first, second, score = comparisons(rng, people=16, each=each, decimals=9)
    exact = counted(first, second, score, 16, most=20_000)
    grouped = counted(first, second, score, 16, most=256)
    assert len(exact.levels) == len(score)
    assert len(grouped.levels) <= 256
    weights = person_weights(rng, 16, 50)
    values = [auc_of_counts(*resample_pairs(pairs, weights)) for pairs in (exact, grouped)]
    np.testing.assert_allclose(values[0], values[1], atol=tolerance)
    medians = [quantile_of_counts(resample_pairs(p, weights)[1], p.levels, 0.5) for p in (exact, grouped)]
    np.testing.assert_allclose(medians[0], medians[1], atol=0.03)


def test_shuffled_identities_are_at_one_half_even_where_mates_stand_far_out(rng):
    people = 8
    first, second = (part.ravel() for part in np.meshgrid(np.arange(people), np.arange(people), indexing="ij"))
    pairs = counted(first, second, (first == second).astype(float), people)
    mated, nonmated = shuffle_pairs(pairs, np.arange(people), rng, 4000)
    np.testing.assert_allclose(mated + 2 * nonmated, np.tile(mated[0] + 2 * nonmated[0], (4000, 1)))
    np.testing.assert_allclose(mated.sum(axis=1), people)
    assert mated[:, 1].mean() == pytest.approx(1, abs=0.05), "a shuffle leaves one person in place on average"
    assert auc_of_counts(mated, nonmated).mean() == pytest.approx(0.5, abs=0.005)


def test_levels_rise_with_any_rising_map(rng):
    mated, nonmated = rng.normal(1, 1, 900), rng.normal(0, 1, 4000)
    levels = score_levels(mated, nonmated, 128)
    np.testing.assert_array_equal(score_levels(np.exp(mated), np.exp(nonmated), 128), np.exp(levels))
    assert levels[0] == min(mated.min(), nonmated.min())
    assert len(levels) <= 128


def test_nothing_counted_is_undefined_and_not_a_number(rng):
    pairs = count_pairs(4, score_levels(np.zeros(0), np.zeros(0)), [])
    mated, nonmated = resample_pairs(pairs, np.ones((3, 4)))
    assert np.isnan(auc_of_counts(mated, nonmated)).all()
    assert np.isnan(quantile_of_counts(mated, pairs.levels, 0.5)).all()


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("size", [4, 7, 8])
def test_quantiles_of_counts_are_those_of_the_scores(rng, share, size):
    values = np.sort(rng.normal(size=size))
    found = quantile_of_counts(np.ones((1, size)), values, share)[0]
    assert found == pytest.approx(np.quantile(values, share, method="averaged_inverted_cdf"))


def test_two_thousand_resamples_of_a_hundred_people_are_quick(rng):
    first, second, score = comparisons(rng, people=100, each=2, decimals=9)
    start = time.process_time()
    pairs = counted(first, second, score, 100)
    resample_pairs(pairs, person_weights(rng, 100, 2000))
    assert time.process_time() - start < 10, "about one second on one unburdened core"
