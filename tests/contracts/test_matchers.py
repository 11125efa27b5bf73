from __future__ import annotations

import numpy as np
import pytest

from reid_audit import plugins
from reid_audit.match import MATCHERS, Mean, Nearest, TopK
from reid_audit.testing import check_matcher


@pytest.mark.parametrize("name", MATCHERS)
def test_built_in_matchers_keep_the_contract(name):
    matcher = MATCHERS[name]()
    assert matcher.name == name
    check_matcher(matcher)


@pytest.mark.parametrize("make", [Nearest, Mean, TopK])
def test_matchers_keep_the_contract_by_cosine(make):
    check_matcher(make(metric="cosine"))


def test_plugins_and_registry_know_the_same_matchers():
    assert set(plugins.BUILT_IN["matchers"]) == set(MATCHERS)
    assert all(plugins.load_matcher(name) == MATCHERS[name]() for name in MATCHERS)


class Broken:
    name = "broken"

    def __init__(self, change):
        self.change = change

    def score(self, probes, references, rng):
        return self.change(Nearest().score(probes, references, rng))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda scores: -scores, "higher must mean more alike"),
        (lambda scores: scores[:, 1:], "shape"),
        (lambda scores: scores.astype(np.float32), "float64"),
        (lambda scores: np.nan_to_num(scores, nan=-9.0), "must score NaN"),
        (lambda scores: scores - np.arange(scores.shape[1]) * 0.01, "another order"),
    ],
)
def test_the_check_finds_what_is_broken(change, what):
    with pytest.raises(AssertionError, match=what):
        check_matcher(Broken(change))


def test_the_check_finds_randomness_that_does_not_come_from_the_generator():
    hidden = np.random.default_rng(1)
    with pytest.raises(AssertionError, match="other scores"):
        check_matcher(Broken(lambda scores: scores + hidden.normal(0, 1e-6)))
