"""Rank by group, and what a reader must not be able to work out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from evaluate_tables import by_name, normal_table, table

from reid_audit.errors import UsageError
from reid_audit.evaluate import bands, by_group, evaluate
from reid_audit.evaluate.groups import suppressed_groups
from reid_audit.statistics import clopper_pearson


def groups(made, people, column, seed=3, **more):
    return {result.group: result for result in by_group(made, people, column, rng=np.random.default_rng(seed), **more)}


def cohort(sexes):
    return pd.DataFrame({"subject": [f"s{i}" for i in range(len(sexes))], "sex": list(sexes)})


def found_table(hits):
    n = len(hits)
    scores = np.tile(np.linspace(0.1, 0.2, n), (n, 1))
    scores[np.arange(n), np.arange(n)] = np.where(hits, 0.9, 0.0)
    return table(scores, [f"s{i}" for i in range(n)], [f"s{i}" for i in range(n)])


def test_each_group_is_searched_in_the_whole_gallery():
    got = groups(found_table(np.arange(20) < 8), cohort("F" * 12 + "M" * 8), "sex")
    assert list(got) == ["sex: F", "sex: M"]
    assert (got["sex: F"].value, got["sex: M"].value) == (8 / 12, 0)
    assert (got["sex: F"].low, got["sex: F"].high) == clopper_pearson(8, 12)
    assert (got["sex: F"].n_subjects, got["sex: F"].chance) == (12, pytest.approx(1 / 20))
    assert (got["sex: F"].metric, got["sex: F"].k) == ("rank_by_group", 1)
    assert "among 20 people" in got["sex: M"].note


def test_groups_of_people_make_up_the_whole(rng):
    made = normal_table(rng, people=30, probes=2)
    got = groups(made, cohort("FMX" * 10), "sex")
    whole = by_name(evaluate(made, rng=rng, resamples=20))["rank", 1]
    assert np.mean([each.value for each in got.values()]) == pytest.approx(whole.value)
    assert sum(each.n_probes for each in got.values()) == whole.n_probes


def test_small_groups_are_hidden_with_another_one():
    got = groups(found_table(np.arange(20) < 8), cohort("F" * 9 + "M" * 8 + "XXX"), "sex")
    assert got["sex: F"].value is not None
    for name in ("sex: M", "sex: X"):
        hidden = got[name]
        assert (hidden.value, hidden.low, hidden.chance, hidden.control) == (None, None, None, None)
        assert (hidden.n_subjects, hidden.n_probes) == (0, 0)
        assert "suppressed" in hidden.note
        assert "among" not in hidden.note


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"a": 9, "b": 8}, ""),
        ({"a": 9, "b": 4}, "ab"),
        ({"a": 9, "b": 8, "c": 3, "d": 3}, "cd"),
        ({"a": 9, "b": 8, "c": 2, "d": 2}, "bcd"),
        ({"a": 9, "b": 8, "c": 0}, "bc"),
        ({"a": 2}, "a"),
    ],
)
def test_what_is_hidden(sizes, hidden):
    assert suppressed_groups(sizes) == set(hidden)


def test_no_small_group_follows_from_the_total():
    rng = np.random.default_rng(2)
    for _ in range(300):
        sizes = {str(name): int(count) for name, count in enumerate(rng.integers(0, 15, size=rng.integers(2, 7)))}
        hidden = suppressed_groups(sizes)
        assert all(count >= 5 for name, count in sizes.items() if name not in hidden)
        rest = sum(sizes[name] for name in hidden)
        assert not hidden or (len(hidden) > 1 and rest >= 5) or hidden == set(sizes)


def test_who_has_no_value_is_unknown():
    people = cohort("F" * 7 + "M" * 7 + "??????")
    people["sex"] = people["sex"].replace("?", np.nan)
    got = groups(found_table(np.arange(20) < 9), people.drop(index=[19]), "sex")
    assert (got["sex: unknown"].n_subjects, got["sex: unknown"].value) == (6, 0)


def test_probes_of_one_person_can_be_in_two_groups(rng):
    made = normal_table(rng, people=8, probes=2)
    samples = pd.DataFrame({"sample": made.probes["sample"], "session": ["a", "b"] * 8})
    got = groups(made, samples, "session")
    assert [each.n_subjects for each in got.values()] == [8, 8]
    assert [each.n_probes for each in got.values()] == [8, 8]


def test_bands_of_age():
    named = bands(pd.Series([3, 18, 39.9, 40, 95, np.nan]), (18, 40, 80))
    assert named.tolist() == ["below 18", "18 to 39", "18 to 39", "40 to 79", "80 and above", None]
    assert bands(pd.Series([0.7]), (0.5, 1.5)).tolist() == ["0.5 to below 1.5"]
    with pytest.raises(UsageError, match="must rise"):
        bands(pd.Series([1]), (5, 5))


def test_the_order_of_rows_and_rising_maps_change_nothing(rng):
    made, people = normal_table(rng, people=12, probes=2), cohort("FM" * 6)
    order = rng.permutation(24)
    moved = table(np.exp(made.scores[order]), made.probes["subject"].to_numpy()[order], made.references["subject"])
    assert groups(moved, people.sample(frac=1, random_state=1), "sex") == groups(made, people, "sex")


def test_edges_are_explained():
    alone = groups(table([[0.5]], ["s0"], ["s0"]), cohort("F"), "sex", fewest=1)["sex: F"]
    assert alone.value is None
    assert "one person in the gallery" in alone.note
    failed = groups(table(np.full((6, 6), np.nan), *[[f"s{i}" for i in range(6)]] * 2), cohort("F" * 6), "sex")
    assert failed["sex: F"].value == 0
    assert groups(table([], [], ["s0"]), cohort("F"), "sex") == {}


def test_what_cannot_be_grouped_is_refused():
    made = found_table(np.ones(6, bool))
    with pytest.raises(UsageError, match="got none named site"):
        groups(made, cohort("F" * 6), "site")
    with pytest.raises(UsageError, match="got 6 repeats"):
        groups(made, pd.concat([cohort("F" * 6)] * 2), "sex")
    with pytest.raises(UsageError, match="at least 1, got 0"):
        groups(made, cohort("F" * 6), "sex", fewest=0)
