"""Searches: ranked once for all numbers that rest on them, ties and missing scores as scipy ranks them."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_tables import normal_table, table
from scipy.stats import rankdata

from reid_audit.evaluate import evaluate, outcome
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.gallery_models import other_scores, seen_searches
from reid_audit.evaluate.searches import search

NAMES = [f"s{at:02}" for at in range(50)]


@pytest.mark.parametrize("decimals", [0, 9])
def test_places_are_those_of_the_ranks(rng, decimals):
    scores = np.round(2 * rng.normal(size=(7, 9)), decimals)
    scores[2, [1, 4]] = np.nan
    found = search(compare(table(scores, range(7), range(9))))
    filled = np.where(np.isfinite(scores), scores, -np.inf)
    np.testing.assert_array_equal(found.above, rankdata(-filled, method="min", axis=1) - 1)
    ends = rankdata(-filled, method="max", axis=1) - rankdata(-filled, method="min", axis=1)
    np.testing.assert_array_equal(found.tied, ends)


def test_one_audit_searches_once(rng, monkeypatch):
    calls = []
    monkeypatch.setattr(outcome, "search", lambda given: calls.append(1) or search(given))
    evaluate(normal_table(rng, people=40), rng=rng, resamples=10)
    assert len(calls) == 1


def test_what_models_see_of_many_scores_is_a_sample_of_them(rng, monkeypatch):
    scores = rng.normal(size=(50, 50)) + 3 * np.eye(50)
    scores[4, 7:30] = np.nan
    whole = seen_searches(search(compare(table(scores, NAMES, NAMES)))).others
    others = np.where(np.eye(50) > 0, np.nan, scores)
    np.testing.assert_allclose(whole.centre, np.nanmean(others, axis=1))
    np.testing.assert_allclose(whole.spread, np.nanstd(others, axis=1, ddof=1))
    np.testing.assert_array_equal(whole.highest, np.nanmax(others, axis=1))
    np.testing.assert_array_equal(whole.score, others[np.isfinite(others)])
    np.testing.assert_array_equal(whole.search, np.nonzero(np.isfinite(others))[0])
    monkeypatch.setattr("reid_audit.evaluate.gallery_models._MOST_VALUES", 500)
    monkeypatch.setattr("reid_audit.evaluate.gallery_models._BLOCK", 120)
    some = other_scores(others)
    assert len(some.score) == 500
    assert all(value in others[row] for row, value in zip(some.search, some.score, strict=True))
    np.testing.assert_allclose(some.centre, whole.centre)
    kept = np.arange(50) % 3 > 0
    part = some.select(kept)
    assert len(part.score) == np.count_nonzero(kept[some.search])
    assert all(value in others[kept][row] for row, value in zip(part.search, part.score, strict=True))
