"""Kappa: against scikit-learn, against a slow loop, and against published tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from reid_audit.errors import UsageError
from reid_audit.statistics import cohen_kappa, fleiss_kappa

# Fleiss 1971, table 1 as it is commonly reprinted: 10 items, 14 raters, 5 categories.
PSYCHIATRISTS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def slow_fleiss(table):
    """Fleiss' kappa as the paper writes it, item by item."""
    n, raters = len(table), sum(table[0])
    agreement = [sum(count * (count - 1) for count in row) / (raters * (raters - 1)) for row in table]
    shares = [sum(row[j] for row in table) / (n * raters) for j in range(len(table[0]))]
    expected = sum(share**2 for share in shares)
    return (sum(agreement) / n - expected) / (1 - expected)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40))
def test_cohen_is_that_of_scikit_learn(pairs):
    one, two = (np.array(side) for side in zip(*pairs, strict=True))
    if len(set(one) | set(two)) == 1:
        assert np.isnan(cohen_kappa(one, two))
        return
    assert float(cohen_kappa(one, two)) == pytest.approx(cohen_kappa_score(one, two), abs=1e-12)


def test_fleiss_of_the_published_table():
    assert float(fleiss_kappa(PSYCHIATRISTS)) == pytest.approx(0.210, abs=5e-4)


@given(
    st.integers(2, 6).flatmap(
        lambda raters: st.lists(st.integers(0, raters).map(lambda yes: [yes, raters - yes]), min_size=2, max_size=25)
    )
)
def test_fleiss_is_the_slow_one(table):
    shares = np.array(table).sum(axis=0)
    if (shares == 0).any():
        assert np.isnan(fleiss_kappa(table))
        return
    assert float(fleiss_kappa(table)) == pytest.approx(slow_fleiss(table), abs=1e-12)


def test_items_with_one_rating_say_nothing():
    table = [*PSYCHIATRISTS, [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert float(fleiss_kappa(table)) == pytest.approx(float(fleiss_kappa(PSYCHIATRISTS)))


def test_weights_are_repeated_items(rng):
    one, two = rng.integers(0, 2, (2, 12))
    times = rng.integers(0, 4, 12)
    expected = cohen_kappa(np.repeat(one, times), np.repeat(two, times))
    np.testing.assert_allclose(cohen_kappa(one, two, np.stack([times, np.ones(12)]))[0], expected)
    table = rng.integers(0, 4, (12, 2)) + 1
    np.testing.assert_allclose(fleiss_kappa(table, times), fleiss_kappa(np.repeat(table, times, axis=0)))


@pytest.mark.parametrize(
    "call", [lambda: cohen_kappa([1, 0], [1]), lambda: fleiss_kappa([1, 2]), lambda: fleiss_kappa([[1, -1]])]
)
def test_what_is_no_rating_is_refused(call):
    with pytest.raises(UsageError):
        call()


def test_weights_of_other_items_are_refused():
    with pytest.raises(UsageError, match="one an item"):
        cohen_kappa([1, 0], [1, 0], [1.0, 1.0, 1.0])
