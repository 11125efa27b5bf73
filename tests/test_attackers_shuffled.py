"""The control of an attack that learns shows what shuffling after scoring cannot: a training that saw the answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from attackers_making import cohort_of, everyone, named, photos_of, run

from reid_audit.attackers.photo import attack_by_photo
from reid_audit.attackers.registry import get_attacker
from reid_audit.attackers.shuffled import in_order_of, shuffled_names, times_shuffled
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.identification import rank_results
from reid_audit.evaluate.outcome import Case


class Leaking:
    """A matcher that trains on whom the photographs show."""

    name = "svm"

    def score(self, probes, references, rng):
        asked = probes.table.drop_duplicates("sample")["subject"].to_numpy()
        known = references.table.drop_duplicates("sample")["subject"].to_numpy()
        return (asked[:, None] == known[None, :]) + 0.1 * rng.random((len(asked), len(known)))


def rank_of(table):
    return rank_results(Case(table, compare(table), seed=0, confidence=0.95, resamples=20))[0]


def test_a_training_that_saw_the_answer_lifts_the_control():
    scans, photos = cohort_of(everyone("01234567", "a", ("zero",)), noise=3.0), photos_of("01234567")
    rng = np.random.default_rng(0)
    (leaking,) = attack_by_photo(get_attacker("photo-svm"), [Leaking()], scans, photos, rng, learns=True)
    result = rank_of(leaking)
    assert result.value == result.control == 1
    assert "control: names shuffled before learning, 5 times; shuffled after scoring they give 0.1" in result.note
    (honest,) = run("photo-svm", scans, photos)
    assert rank_of(honest).control < 0.5


def test_an_honest_machine_trained_on_other_names_names_other_people():
    """It scores a scan as before, whatever the scan is called: the control is that of the names."""
    scans, photos = cohort_of(everyone("0123456", "a", ("zero",)), noise=0.5), photos_of("0123456")
    (table,) = run("photo-svm", scans, photos)
    control = table.control
    assert control.probes["shuffle"].tolist() == np.repeat(range(5), 7).tolist()
    assert control.probes["subject"].tolist() == list("0123456") * 5
    pd.testing.assert_frame_equal(control.references, table.references)
    moved = 0
    for block in np.split(control.scores, 5):
        order = [int(np.argmin(np.abs(block - column[:, None]).max(axis=0))) for column in table.scores.T]
        assert sorted(order) == list(range(7)), "the same columns under other names"
        np.testing.assert_allclose(block[:, order], table.scores, atol=1e-3)
        moved += np.count_nonzero(np.array(order) != np.arange(7))
    assert moved > 20


def test_the_control_is_chance_on_average():
    scans = cohort_of(everyone("01234567", "a", ("zero",)), views=2, lost=["3_a_zero_T1w"])
    photos = photos_of("01234567")
    results = [rank_of(run("photo-svm", scans, photos, seed=seed)[0]) for seed in range(60)]
    found = np.array([each.control for each in results])
    assert found.mean() == pytest.approx(results[0].chance, abs=3.3 * found.std() / np.sqrt(60))
    assert results[0].value == 7 / 8


def test_names_are_shuffled_among_the_people_with_a_template():
    scans = cohort_of(everyone("01234567", "ab", ("zero",)), lost=["3_a_zero_T1w", "3_b_zero_T1w", ("4_a_zero_T1w", 0)])
    moved = shuffled_names(scans, np.random.default_rng(1))
    pairs = pd.DataFrame({"was": scans.table["subject"], "is": moved.table["subject"]}).drop_duplicates()
    assert len(pairs) == pairs["is"].nunique() == 8
    assert dict(pairs.to_numpy())["3"] == "3"
    assert (pairs["was"] != pairs["is"]).sum() > 3
    pd.testing.assert_frame_equal(moved.table.drop(columns="subject"), scans.table.drop(columns="subject"))
    np.testing.assert_array_equal(moved.vectors, scans.vectors)


@pytest.mark.parametrize(("people", "times"), [(0, 5), (16, 5), (50, 5), (51, 4), (125, 2), (126, 1), (5000, 1)])
def test_training_is_repeated_fewer_times_for_more_people(people, times):
    assert times_shuffled(people) == times


def test_columns_are_brought_into_order():
    scores = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(in_order_of(["b", "c", "a"], scores, ["a", "b", "c"]), scores[:, [1, 2, 0]])


def test_attacks_that_learn_nothing_have_no_such_control():
    scans, photos = cohort_of(everyone("0123")), photos_of("0123")
    for name in ("photo-nearest", "photo-set", "open-set", "assignment", "fusion"):
        assert all(table.control is None for table in run(name, scans, photos))
    made = [table for table in run("adapted", scans, photos) if table.condition == "zero"]
    assert [table.matcher for table in made if table.control is not None] == ["centred", "adapted"]
    assert named(run("photo-svm", scans, photos), "zero").control is not None
