"""Simulated small studies of known truth: do intervals hold it as often as they say? A small part of the evidence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from reid_audit.statistics import (
    auc_of_counts,
    count_pairs,
    percentile_interval,
    person_weights,
    quantile_of_counts,
    rate_interval,
    resample_pairs,
    score_levels,
    share_interval,
)

REPETITIONS = 300
SLACK = 0.02 + 3 * np.sqrt(0.95 * 0.05 / REPETITIONS)
"""Two points, and three standard errors of a coverage counted in 300 repetitions."""


def study(rng, people, shift):
    """Two probes a person against one reference each; people differ in how easy they are and how alike to others."""
    first = np.repeat(np.arange(people), 2 * people)
    second = np.tile(np.arange(people), 2 * people)
    noise = rng.normal(size=len(first))
    alike = rng.normal(0, 0.4, people)[first] + rng.normal(0, 0.4, people)[second]
    easy = rng.normal(0, 0.5, people)[first]
    score = noise + alike + (first == second) * (shift + easy)
    same = first == second
    levels = score_levels(score[same], score[~same])
    return count_pairs(people, levels, [(first, second, score)])


@pytest.mark.parametrize(("people", "shift"), [(5, 1.5), (16, 0.0), (16, 1.5), (32, 2.5)])
def test_auc_over_resampled_people(rng, people, shift):
    truth = norm.cdf(shift / np.sqrt(2 * (1 + 2 * 0.4**2) + 0.5**2))
    held = 0
    for _ in range(REPETITIONS):
        pairs = study(rng, people, shift)
        value = float(auc_of_counts(*resample_pairs(pairs, np.ones((1, people))))[0])
        replicates = auc_of_counts(*resample_pairs(pairs, person_weights(rng, people, 200)))
        found = share_interval(value, replicates, people, 0.95)
        held += found.low <= truth <= found.high
    assert held / REPETITIONS > 0.95 - SLACK


@pytest.mark.parametrize("people", [8, 24])
def test_medians_over_resampled_people(rng, people):
    held = {"mated": 0, "nonmated": 0}
    for _ in range(REPETITIONS):
        pairs = study(rng, people, 1.0)
        ones = resample_pairs(pairs, np.ones((1, people)))
        drawn = resample_pairs(pairs, person_weights(rng, people, 200))
        for name, truth, one, many in zip(held, (1.0, 0.0), ones, drawn, strict=True):
            value = float(quantile_of_counts(one, pairs.levels, 0.5)[0])
            found = percentile_interval(quantile_of_counts(many, pairs.levels, 0.5), people, 0.95, value=value)
            held[name] += found.low <= truth <= found.high
    assert min(held.values()) / REPETITIONS > 0.95 - SLACK


@pytest.mark.parametrize("people", [5, 16, 100])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.6])
def test_rates_of_people_with_two_probes(rng, people, rate):
    held = 0
    for _ in range(REPETITIONS):
        own = rng.beta(3 * rate, 3 * (1 - rate), people)
        found = rate_interval(rng.binomial(2, own) / 2, np.full(people, 2))
        held += found.low is None or found.low <= rate <= found.high
    assert held / REPETITIONS > 0.95 - SLACK
