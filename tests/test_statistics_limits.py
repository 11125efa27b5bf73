"""Who passes the rule that an upper limit lies below a threshold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from reid_audit.errors import UsageError
from reid_audit.statistics import clopper_pearson, most_hits, people_needed, probability_below, sample_size


@pytest.mark.parametrize(("n", "hits"), [(31, None), (32, 0), (84, 3), (100, 4), (157, 7), (182, 9), (484, 32)])
def test_the_published_rule(n, hits):
    """Of 182 people 9 may be found: 8 % is 14.6 of them, which does not pass."""
    assert most_hits(n) == hits


@pytest.mark.parametrize("n", [32, 59, 200])
@pytest.mark.parametrize("threshold", [0.05, 0.09, 0.2])
def test_one_hit_more_puts_the_exact_limit_above(n, threshold):
    hits = most_hits(n, threshold)
    if hits is None:
        assert clopper_pearson(0, n, side="upper")[1] >= threshold
        return
    assert clopper_pearson(hits, n, side="upper")[1] < threshold <= clopper_pearson(hits + 1, n, side="upper")[1]


@pytest.mark.parametrize("threshold", [0.1, 0.09, 0.01, 0.003])
@pytest.mark.parametrize("hits", [0, 1, 7])
def test_people_needed_are_the_fewest(threshold, hits):
    n = people_needed(threshold, hits)
    assert clopper_pearson(hits, n, side="upper")[1] < threshold <= clopper_pearson(hits, n - 1, side="upper")[1]


def test_the_rule_of_three():
    assert [people_needed(rate) for rate in (0.1, 0.01, 0.003)] == [29, 299, 998]


def test_a_perfectly_protected_release_passes_as_often_as_guesses_are_few():
    rng = np.random.default_rng(1)
    hits = rng.binomial(84, 1 / 84, size=20_000)
    assert probability_below(84, 1 / 84) == pytest.approx(np.mean(hits <= 3), abs=0.01)
    assert probability_below(31, 0.0) == 0
    assert probability_below(32, 0.0) == 1


@pytest.mark.parametrize("rate", [None, 0.0, 0.02, 0.05])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_the_sample_size_is_the_smallest_that_does(rate, power):
    n = sample_size(rate, power=power)
    assert probability_below(n, 1 / n if rate is None else rate) >= power
    for fewer in range(1, n):
        assert probability_below(fewer, 1 / fewer if rate is None else rate) < power


def test_power_is_what_a_simulation_of_the_study_finds():
    n = sample_size(0.03, power=0.9)
    hits = np.random.default_rng(2).binomial(n, 0.03, size=4000)
    assert np.mean([clopper_pearson(k, n, side="upper")[1] < 0.09 for k in hits]) == pytest.approx(
        binom.cdf(most_hits(n), n, 0.03), abs=0.02
    )


def test_what_cannot_be_is_refused():
    with pytest.raises(UsageError, match="at least one person, got 0"):
        most_hits(0)
    with pytest.raises(UsageError, match="between 0 and 1, got 9"):
        people_needed(9)
    with pytest.raises(UsageError, match="negative, got -1"):
        people_needed(hits=-1)
    with pytest.raises(UsageError, match="More than 10000000"):
        people_needed(1e-8)
    with pytest.raises(UsageError, match=r"in \[0, 1\], got 5"):
        probability_below(10, 5)
    with pytest.raises(UsageError, match=r"got 0\.09"):
        sample_size(0.09)
