"""Weights of comparisons: one a person and one a pair of people, whether or not all have equally many."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_tables import table

from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.weighting import area_under, weigh


@pytest.mark.parametrize("owner", ["aabbcc", "aaaabc"])
def test_each_person_and_each_pair_weighs_one(rng, owner):
    scores = rng.normal(size=(6, 3))
    mated, nonmated = weigh(compare(table(scores, owner, "abc")))
    assert mated.uneven == nonmated.uneven == (owner == "aaaabc")
    same = np.array([[p == r for r in "abc"] for p in owner])
    couple = np.array([["".join(sorted(p + r)) for r in "abc"] for p in owner])
    weight = np.array([[1 / np.count_nonzero(couple == each) for each in row] for row in couple])
    for side, kind in ((mated, same), (nonmated, ~same)):
        order = np.argsort(scores[kind])
        np.testing.assert_array_equal(side.ordered, scores[kind][order])
        running = np.concatenate([[0], np.cumsum(weight[kind][order])]) / weight[kind].sum()
        np.testing.assert_allclose(side.running, running, atol=1e-12)
        share = side.weights / side.weights.sum()
        np.testing.assert_allclose(share, weight[kind][order] / weight[kind].sum(), atol=1e-12)
    wins = (scores[same][:, None] > scores[~same][None, :]) * weight[same][:, None] * weight[~same][None, :]
    assert area_under(mated, nonmated) == pytest.approx(wins.sum() / weight[same].sum() / weight[~same].sum())


def test_the_quantile_is_the_mean_of_two_neighbours_where_it_falls_between_them():
    mated, _ = weigh(compare(table(np.diag([1.0, 2.0, 4.0, 9.0]), "abcd", "abcd")))
    assert [mated.quantile(share) for share in (0.25, 0.5, 0.6, 0.75)] == [1.5, 3.0, 4.0, 6.5]
