"""Each person's own risk, and the worst one's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from evaluate_tables import by_name, normal_table, table
from scipy.stats import beta, binom

from reid_audit.errors import UsageError
from reid_audit.evaluate import evaluate, person_risk

NAN = np.nan


def found_in(made, seed=3):
    return by_name(evaluate(made, rng=np.random.default_rng(seed), resamples=20))


def three_people():
    """The first is found twice of three times, the second never, the third's one photograph has no face."""
    scores = [[9, 1, 2], [9, 1, 2], [1, 3, 2], [5, 4, 6], [NAN, NAN, NAN]]
    return table(scores, "aaabc", "abc")


def test_each_person_by_hand():
    risk = person_risk(three_people()).set_index("subject")
    assert risk.index.tolist() == ["a", "b", "c"]
    assert risk["n_probes"].to_dict() == {"a": 3, "b": 1, "c": 1}
    assert risk["n_first"].to_dict() == {"a": 2, "b": 0, "c": 0}
    assert risk["n_failed"].to_dict() == {"a": 0, "b": 0, "c": 1}
    assert risk.loc["a", ["rank_best", "rank_median", "rank_worst"]].tolist() == [1, 1, 3]
    assert risk.loc["b", "rank_best"] == 3
    assert risk.loc["c", "rank_worst"] == 3
    assert risk.loc["a", "posterior"] == pytest.approx(2.5 / 4)
    assert risk.loc["a", "low"] == pytest.approx(beta.ppf(0.025, 2.5, 1.5))
    assert risk.loc["a", "high"] == pytest.approx(beta.ppf(0.975, 2.5, 1.5))
    assert set(risk["gallery"]) == {3}
    assert set(risk["chance"]) == {1 / 3}


def test_the_prior_is_a_choice():
    uniform = person_risk(three_people(), prior=(1, 1)).set_index("subject")
    assert uniform.loc["b", "posterior"] == pytest.approx(1 / 3)
    with pytest.raises(UsageError, match="above 0, got 0 and 1"):
        person_risk(three_people(), prior=(0, 1))


def test_ties_have_their_expected_rank():
    risk = person_risk(table(np.full((5, 5), 0.5), "abcde", "abcde"))
    assert set(risk["rank_median"]) == {3}
    assert risk["n_first"].tolist() == pytest.approx([0.2] * 5)


def test_the_posterior_covers_the_truth_of_each_person():
    """Averaged over the prior itself, 95 % of intervals hold the probability that was drawn."""
    rng = np.random.default_rng(5)
    truth = rng.beta(0.5, 0.5, size=300)
    found = rng.random((300, 4)) < truth[:, None]
    names = [f"s{i:03}" for i in range(300)]
    rivals = np.tile(np.linspace(0, 0.1, 300), (1200, 1))
    owner = np.repeat(np.arange(300), 4)
    rivals[np.arange(1200), owner] = np.where(found.ravel(), 1.0, -1.0)
    risk = person_risk(table(rivals, np.repeat(names, 4), names)).sort_values("subject")
    assert np.mean((risk["low"] <= truth) & (truth <= risk["high"])) == pytest.approx(0.95, abs=0.04)


def test_the_order_of_rows_and_rising_maps_change_nothing(rng):
    made = normal_table(rng, people=9, probes=3)
    order = rng.permutation(27)
    moved = table(np.exp(made.scores[order]), made.probes["subject"].to_numpy()[order], made.references["subject"])
    pd.testing.assert_frame_equal(person_risk(moved), person_risk(made))


@pytest.mark.parametrize("made", [table([[0.4]], "a", "a"), table([], "", "a"), table(np.eye(2), "ab", "cd")])
def test_nobody_to_search_gives_an_empty_table(made):
    risk = person_risk(made)
    assert len(risk) == 0
    assert list(risk.columns) == list(person_risk(three_people()).columns)


def test_the_worst_person_and_how_many_were_ever_found():
    found = found_in(three_people())
    worst, ever = found["worst_person_rank1"], found["people_found_ever"]
    assert worst.value == pytest.approx(2 / 3)
    assert worst.low is None
    assert "no interval" in worst.note
    assert "1 to 3 searches a person" in worst.note
    assert ever.value == pytest.approx(1 / 3)
    assert (ever.n_subjects, ever.n_probes) == (3, 5)
    assert ever.chance == pytest.approx((1 - (2 / 3) ** 3 + 2 / 3) / 3)


@pytest.mark.parametrize("probes", [1, 4])
def test_chance_is_that_of_the_largest_of_many(probes):
    """The largest of 40 binomial shares: the product of 40 equal distributions."""
    found = found_in(normal_table(np.random.default_rng(3), people=40, probes=probes, shift=0))["worst_person_rank1"]
    reached = binom.cdf(np.arange(probes + 1), probes, 1 / 40) ** 40
    expected = np.sum(1 - reached[:-1]) / probes
    assert found.chance == pytest.approx(expected)
    assert found.control == pytest.approx(expected, abs=0.15)
    assert found.chance > 2 / 40


def test_edges_are_explained(rng):
    for made, said in (
        (table([[0.4]], "a", "a"), "one person in the gallery"),
        (table([], "", "a"), "there are no probes"),
    ):
        for name in ("worst_person_rank1", "people_found_ever"):
            assert found_in(made)[name].value is None
            assert said in found_in(made)[name].note
    failed = found_in(table(np.full((6, 6), NAN), range(6), range(6)))
    assert failed["worst_person_rank1"].value == failed["people_found_ever"].value == 0
    equal = found_in(table(np.full((6, 6), 0.5), range(6), range(6)))["worst_person_rank1"]
    assert equal.value == pytest.approx(1 / 6)
    assert "ties count by their share" in equal.note
