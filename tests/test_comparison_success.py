"""Success of defacers: shares over people, groups, and tests on the same people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reid_audit.comparison import checked_verdicts, compare_success, outcome, success_rates, verdict_table
from reid_audit.errors import UsageError
from reid_audit.statistics import clopper_pearson, cochran_q, mcnemar
from reid_audit.types import BrainVerdict, Failure, RegionVerdict, ScanQuality


def verdicts(rows):
    """Return a table from (subject, condition, face, ears, brain) and more columns by name."""
    return pd.DataFrame(rows, columns=["subject", "condition", "face_pass", "ears_pass", "brain_pass"])


def result(results, metric, condition, group=""):
    (found,) = [r for r in results if (r.metric, r.condition, r.group) == (metric, condition, group)]
    return found


def test_success_is_face_removed_and_brain_kept_ears_apart():
    table = checked_verdicts(
        verdicts(
            [
                ("a", "x", True, False, True),
                ("b", "x", True, True, False),
                ("c", "x", False, True, None),
                ("d", "x", True, None, None),
                ("e", "x", None, None, False),
            ]
        )
    )
    assert outcome(table, "success").tolist() == [True, False, False, None, False]
    assert outcome(table, "ears_removed").tolist() == [False, True, True, None, None]
    with pytest.raises(UsageError, match="outcome 'face'"):
        outcome(table, "face")


def test_each_person_with_one_scan_has_an_exact_interval():
    rows = [(f"p{i}", "x", i < 17, True, True) for i in range(20)]
    rate = result(success_rates(verdicts(rows)), "success_rate", "x")
    assert rate.value == pytest.approx(0.85)
    assert (rate.low, rate.high) == pytest.approx(clopper_pearson(17, 20))
    assert (rate.n_subjects, rate.n_probes) == (20, 20)


def test_many_scans_of_a_person_count_as_one_person():
    once = [(f"p{i}", "x", i < 6, True, True) for i in range(12)]
    frame = verdicts(once * 30).assign(session=np.repeat(np.arange(30), 12).astype(str))
    many = result(success_rates(frame), "success_rate", "x")
    few = result(success_rates(verdicts(once)), "success_rate", "x")
    assert many.value == few.value
    assert (many.n_subjects, many.n_probes) == (12, 360)
    assert many.high - many.low > 0.8 * (few.high - few.low)
    assert "12 of 12 people have several scans" in many.note


def test_what_was_not_assessed_is_in_the_note_and_what_was_lost_is_no_success():
    frame = verdicts([("a", "x", True, True, True), ("b", "x", None, None, None), ("c", "x", None, None, None)])
    frame = frame.assign(lost=[False, False, True])
    found = success_rates(frame)
    success = result(found, "success_rate", "x")
    assert (success.value, success.n_subjects) == (0.5, 2)
    assert "1 scan without a usable result, counted as no success" in success.note
    assert "1 scan was not assessed" in success.note
    face = result(found, "face_removed_rate", "x")
    assert (face.value, face.n_subjects) == (1.0, 1)
    assert "of which nothing is known" in face.note


def test_nothing_assessed_is_no_number():
    found = success_rates(verdicts([("a", "x", None, None, None)]))
    assert all(each.value is None and each.low is None for each in found)
    assert all(each.note.startswith("not assessed") for each in found)


def test_groups_have_their_own_rates_and_small_ones_are_hidden():
    rows = [(f"p{i}", "x", i % 2 == 0, True, True) for i in range(24)]
    frame = verdicts(rows).assign(site=["north"] * 10 + ["south"] * 12 + ["west"] * 2)
    found = success_rates(frame, by=("site",))
    # West is small, and could be worked out from the total if north were shown.
    assert result(found, "success_rate", "x", "site: south").value == 0.5
    for hidden in ("site: west", "site: north"):
        assert result(found, "success_rate", "x", hidden).value is None
        assert result(found, "success_rate", "x", hidden).n_subjects == 0
    shown = success_rates(frame, by=("site",), fewest=1)
    assert result(shown, "success_rate", "x", "site: west").n_subjects == 2
    with pytest.raises(UsageError, match="'cohort'"):
        success_rates(frame, by=("cohort",))


def test_the_order_of_rows_changes_nothing(rng):
    rows = [(f"p{i}", name, bool(rng.random() < 0.7), True, True) for i in range(30) for name in ("x", "y")]
    frame = verdicts(rows)
    again = frame.sample(frac=1, random_state=3)
    by_name = lambda found: {(r.condition, r.metric): r for r in found}  # noqa: E731
    assert by_name(success_rates(frame)) == by_name(success_rates(again))
    one, two = compare_success(frame), compare_success(again)
    assert one.overall == two.overall
    assert {p.p_value for p in one.pairs} == {p.p_value for p in two.pairs}


def test_defacers_are_compared_on_the_same_people(rng):
    passed = rng.random((40, 3)) < (0.9, 0.6, 0.3)
    rows = [(f"p{i:02d}", name, bool(passed[i, j]), True, True) for j, name in enumerate("xyz") for i in range(40)]
    # People whom only one defacer saw enter no pair.
    rows += [(f"q{i}", "x", False, True, True) for i in range(9)]
    tested = compare_success(verdicts(rows))
    assert tested.overall == cochran_q(passed)
    assert [(p.first, p.second) for p in tested.pairs] == [("x", "y"), ("x", "z"), ("y", "z")]
    for pair, (first, second) in zip(tested.pairs, [(0, 1), (0, 2), (1, 2)], strict=True):
        lost = int((passed[:, first] & ~passed[:, second]).sum())
        gained = int((~passed[:, first] & passed[:, second]).sum())
        assert (pair.n_subjects, pair.first_only, pair.second_only) == (40, lost, gained)
        assert pair.p_value == mcnemar(lost, gained)
        assert pair.difference == pytest.approx(passed[:, second].mean() - passed[:, first].mean())
        assert pair.low < pair.difference < pair.high
    raw = sorted(p.p_value for p in tested.pairs)
    assert min(p.p_adjusted for p in tested.pairs) == pytest.approx(min(1.0, 3 * raw[0]))


def test_one_bad_scan_is_a_bad_person_in_the_tests():
    rows = [("a", "x", True, True, True), ("a", "y", True, True, True), ("b", "x", True, True, True)]
    rows += [("a", "x", False, True, True), ("a", "y", True, True, True), ("b", "y", True, True, True)]
    frame = verdicts(rows).assign(session=["1", "1", "1", "2", "2", "1"])
    (pair,) = compare_success(frame).pairs
    assert (pair.n_subjects, pair.n_scans, pair.first_only, pair.second_only) == (2, 3, 0, 1)
    assert pair.difference == pytest.approx(0.25)


def test_a_defacer_without_any_verdict_is_named_and_left_out():
    rows = [(f"p{i}", name, i < 5, True, True) for i in range(8) for name in ("x", "y")]
    rows += [(f"p{i}", "z", None, None, None) for i in range(8)]
    tested = compare_success(verdicts(rows))
    assert tested.conditions == ("x", "y")
    assert "without z" in tested.note
    pair = next(p for p in tested.pairs if p.second == "z")
    assert (pair.p_value, pair.p_adjusted, pair.note) == (None, None, "no scan was assessed under both")
    alone = compare_success(verdicts([("a", "x", True, True, True)]))
    assert alone.overall is None
    assert alone.pairs == ()


def test_tables_that_are_none_are_refused():
    with pytest.raises(UsageError, match="needs the columns"):
        success_rates(pd.DataFrame({"subject": ["a"], "condition": ["x"]}))
    with pytest.raises(UsageError, match="neither true nor false"):
        success_rates(verdicts([("a", "x", "maybe", True, True)]))
    with pytest.raises(UsageError, match="repeat"):
        success_rates(verdicts([("a", "x", True, True, True), ("a", "x", False, True, True)]))


def test_verdicts_come_from_judged_scans():
    regions = tuple(RegionVerdict(name, "pass", "gone") for name in ("eyes", "nose", "mouth", "face"))
    ears, brain = RegionVerdict("ears", "fail", "left"), BrainVerdict("pass", "all", lost_ml=0.2)
    good = ScanQuality("s1", "a", "", "x", "T1w", (*regions, ears), brain)
    lost = ScanQuality("s2", "b", condition="x", failure=Failure("read", "b", "", "x", "s2", "The file is empty."))
    open_one = ScanQuality("s3", "c", condition="x", regions=regions)
    table = verdict_table([good, lost, open_one])
    assert table["face_pass"].tolist() == [True, None, True]
    assert table["ears_pass"].tolist() == [False, None, None]
    assert table["brain_pass"].tolist() == [True, None, None]
    assert table["lost"].tolist() == [False, True, False]
    assert table["why"].tolist() == ["", "The file is empty.", "the scan could not be judged"]
    assert table["brain_lost_ml"].iloc[0] == 0.2
    assert outcome(checked_verdicts(table), "success").tolist() == [True, False, None]
