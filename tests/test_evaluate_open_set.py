"""Open-set rates: by hand, by a slow implementation, by another package, and on scores of known truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table
from scipy.stats import norm

from reid_audit.evaluate import dir_points, evaluate
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.open_set import open_search, threshold_at
from reid_audit.statistics import clopper_pearson

NAN = np.nan
REFERENCE = Path(__file__).parent / "reference" / "open_set.json"


def rates_of(made, seed=3, **more):
    return by_name(evaluate(made, rng=np.random.default_rng(seed), resamples=20, **more))


def open_table(rng, people=40, **more):
    return normal_table(rng, people=people, attacker="open-set", **more)


def test_rates_at_a_threshold_by_hand():
    """Two known people with one probe each, and a stranger; each probe is searched without its own person too."""
    found = open_search(compare(table([[0.9, 0.3, 0.1], [0.8, 0.5, 0.2], [0.7, 0.1, 0.1]], "abz", "abc")))
    assert [found.fnir(at) for at in (0.4, 0.6, 0.95)] == [0.5, 0.5, 1.0]
    assert [found.fnir(at, None) for at in (0.4, 0.6)] == [0.0, 0.5]
    assert sorted(found.highest) == [0.3, 0.7, 0.8]
    assert [found.fpir(at) for at in (0.3, 0.5, 0.75, 0.9)] == [1.0, pytest.approx(2 / 3), pytest.approx(1 / 3), 0.0]


def test_rates_equal_those_of_bob_measure():
    known = json.loads(REFERENCE.read_text())
    assert known["by"].startswith("bob.measure 6.1.1")
    found = open_search(compare(table(known["scores"], known["owner"], range(known["people_in_gallery"]))))
    for row in known["rates"]:
        assert found.fpir(row["threshold"]) == pytest.approx(row["fpir"])
        for k, fnir in row["fnir"].items():
            assert found.fnir(row["threshold"], int(k)) == pytest.approx(fnir)


def slow_rates(made, threshold, k):
    """One search after the other, with ties broken a thousand times."""
    rng = np.random.default_rng(1)
    missed, alarmed = {}, {}
    gallery = sorted(set(made.references["subject"]))
    for row, who in enumerate(made.probes["subject"]):
        best = {}
        for person in gallery:
            here = made.scores[row, (made.references["subject"] == person).to_numpy()]
            best[person] = max((score for score in here if not np.isnan(score)), default=None)
        others = [score for person, score in best.items() if person != who and score is not None]
        alarmed.setdefault(who, []).append(bool(others and max(others) >= threshold))
        if who not in best:
            continue
        hit = 0.0
        if best[who] is not None and best[who] >= threshold:
            above, same = sum(o > best[who] for o in others), sum(o == best[who] for o in others)
            hit = np.mean(above + rng.integers(0, same + 1, size=2000) < k)
        missed.setdefault(who, []).append(1 - hit)
    return [np.mean([np.mean(values) for values in each.values()]) for each in (missed, alarmed)]


@pytest.mark.parametrize("k", [1, 2])
def test_rates_equal_a_slow_implementation_with_ties_and_failures(rng, k):
    scores = rng.integers(0, 6, size=(14, 12)).astype(float)
    scores[rng.random(scores.shape) < 0.2] = NAN
    scores[3] = NAN
    made = table(scores, [f"s{i % 7}" for i in range(14)], [f"s{i % 5}" for i in range(12)])
    found = open_search(compare(made))
    for threshold in (-1.0, 2.0, 3.5, 5.0):
        fnir, fpir = slow_rates(made, threshold, k)
        assert found.fnir(threshold, k) == pytest.approx(fnir, abs=0.02)
        assert found.fpir(threshold) == pytest.approx(fpir)


def test_the_threshold_never_lets_more_through_than_is_asked(rng):
    person, highest = np.repeat(np.arange(20), 2), np.round(rng.normal(size=40), 1)
    for asked in (0.0, 0.03, 0.1, 0.5, 1.0):
        at = threshold_at(person, highest, asked)
        assert np.mean(highest >= at) <= asked + 1e-12
        lower = highest[highest < at]
        if len(lower):
            assert np.mean(highest >= lower.max()) > asked


def test_each_person_counts_the_same_in_the_threshold():
    person, highest = np.array([0, 0, 0, 0, 1, 2]), np.array([9.0, 8.0, 7.0, 6.0, 5.0, 4.0])
    assert threshold_at(person, highest, 1 / 3) == 6.0


def test_the_threshold_of_ties_and_of_failures():
    assert threshold_at(np.arange(4), np.full(4, 0.5), 0.5) > 0.5
    assert threshold_at(np.arange(4), np.full(4, -np.inf), 0.5) == np.inf


@pytest.mark.parametrize("asked", [0.1, 0.01])
def test_known_truth_is_met(asked):
    """Independent normal scores: the rates at any threshold have a closed form."""
    people, shift = 1000, 4.0
    made = open_table(np.random.default_rng(8), people=people, probes=1, shift=shift)
    found = rates_of(made)
    at = norm.ppf((1 - asked) ** (1 / (people - 1)))
    expected = 1 - norm.sf(at - shift)
    result = found[f"fnir_at_fpir_{asked:g}"]
    assert result.value == pytest.approx(expected, abs=0.06)
    realised = found[f"fpir_realised_{asked:g}"]
    assert realised.low <= asked <= realised.high
    assert (result.low, result.high) == clopper_pearson(round(1000 * result.value), 1000)


def test_the_threshold_is_fixed_on_other_people():
    """Thresholds that saw the people they judge would realise the same rate, 1 of 15, in every deal."""
    realised = []
    for seed in range(200):
        made = open_table(np.random.default_rng(seed), people=30, probes=1)
        realised.append(rates_of(made, seed)["fpir_realised_0.1"].value)
    assert np.mean(realised) == pytest.approx(2 / 32, abs=0.02)  # the highest of 15 others is exceeded once in 16
    assert np.std(realised) > 0.02


def test_too_few_people_are_insufficient_data(rng):
    found = rates_of(open_table(rng, people=28, probes=3))
    for name in (("fnir_at_fpir_0.1", 1), "fnir_at_fpir_0.1", "fpir_realised_0.1"):
        assert found[name].value is None
        assert "insufficient data" in found[name].note
        assert "28 people, and FPIR 0.1 takes 29" in found[name].note
    found = rates_of(open_table(rng, people=29, probes=1))
    assert found["fnir_at_fpir_0.1", 1].value is not None
    assert "takes 299" in found["fnir_at_fpir_0.01", 1].note
    assert "takes 998" in found["fpir_realised_0.003"].note


def test_strangers_without_a_reference_count_as_non_mated(rng):
    scores = rng.normal(size=(40, 10)) + 9 * np.eye(40, 10)
    made = table(scores, [f"s{i}" for i in range(40)], [f"s{i}" for i in range(10)], attacker="open-set")
    found = rates_of(made)
    assert (found["fnir_at_fpir_0.1", 1].value, found["fnir_at_fpir_0.1", 1].n_subjects) == (0, 10)
    assert found["fpir_realised_0.1"].n_subjects == 40


def test_failed_templates_miss_and_never_alarm(rng):
    scores = np.where(np.arange(40)[:, None] < 8, NAN, rng.normal(size=(40, 40)) + 50 * np.eye(40))
    made = table(scores, range(40), range(40), attacker="open-set")
    found = rates_of(made)
    assert found["fnir_at_fpir_0.1", 1].value == pytest.approx(8 / 40)
    assert "8 of 40 searches failed" in found["fnir_at_fpir_0.1", 1].note
    assert found["fpir_realised_0.1"].n_subjects == 40
    assert "8 of 40 searches returned nobody" in found["fpir_realised_0.1"].note


def test_all_failed_and_all_equal_are_all_missed():
    failed, equal = (table(np.full((40, 40), score), range(40), range(40), attacker="open-set") for score in (NAN, 0.3))
    for made, said in ((failed, "40 of 40 searches failed"), (equal, "no score told the best")):
        found = rates_of(made)
        assert found["fnir_at_fpir_0.1", 1].value == found["fnir_at_fpir_0.1"].value == 1
        assert found["fpir_realised_0.1"].value == 0
        assert said in found["fnir_at_fpir_0.1", 1].note


@pytest.mark.parametrize("probes", ["", "a"])
def test_one_person_and_nobody_are_explained(probes):
    made = table(np.full((len(probes), 1), 0.9), probes, "a", attacker="open-set")
    found = [r for r in evaluate(made, rng=np.random.default_rng(1)) if "fpir" in r.metric]
    assert len(found) == 9
    assert {r.value for r in found} == {None}
    assert {r.note for r in found} == {
        "one person in the gallery: the answer is known before the search" if probes else "there are no probes"
    }


def test_scores_that_tell_nothing_are_at_chance():
    made = open_table(np.random.default_rng(2), people=1000, probes=1, shift=0)
    found = rates_of(made)["fnir_at_fpir_0.1", 1]
    assert found.chance == pytest.approx(1 - 0.1 / 999, abs=2e-5)
    assert found.control == pytest.approx(found.chance, abs=2e-4)
    assert found.high >= found.chance


def test_curve_and_rates_agree(rng):
    made = open_table(rng, people=30, probes=2)
    points, found = dir_points(made), open_search(compare(made))
    assert (points["fpir"].iloc[0], points["fpir"].iloc[-1]) == (0, pytest.approx(1))
    assert points["fpir"].is_monotonic_increasing
    assert points["dir"].is_monotonic_increasing
    for row in points.iloc[::7].itertuples():
        assert row.fpir == pytest.approx(found.fpir(row.threshold))
        assert row.dir == pytest.approx(1 - found.fnir(row.threshold))
    last = dir_points(made, k=None).iloc[-1]
    assert (last["dir"], last["fpir"]) == (pytest.approx(1), pytest.approx(1))
    assert dir_points(table([[1.0]], "a", "b"))["dir"].tolist() == []


def test_a_long_curve_is_thinned_and_keeps_its_ends(rng):
    made = open_table(rng, people=60, probes=2)
    points = dir_points(made, most=11)
    assert len(points) == 11
    pd_ends = dir_points(made).iloc[[0, -1]]
    assert points.iloc[[0, -1]].to_numpy().tolist() == pd_ends.to_numpy().tolist()
