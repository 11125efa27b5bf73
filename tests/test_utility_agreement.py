"""Measures of original against defaced: tables, yardstick, growth chart, and one row a measure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reid_audit.errors import ManifestError, UsageError
from reid_audit.utility import agreement, centile, read_chart, read_measures, yardsticks


def table(before, after, *, measure="hippocampus", modality="T1w", condition="x", session=""):
    rows = []
    for name, values in (("original", before), (condition, after)):
        rows += [
            {"subject": f"p{i}", "session": session, "modality": modality, "condition": name}
            | {"measure": measure, "value": float(value)}
            for i, value in enumerate(values)
        ]
    return pd.DataFrame(rows)


def test_every_number_of_a_measure_is_that_of_its_statistic(rng):
    before = rng.normal(100, 10, 30)
    after = before * 1.01 + rng.normal(0, 1, 30)
    (row,) = agreement(table(before, after), rng=rng, margin=0.05)
    assert (row.condition, row.measure, row.n_subjects, row.n_scans, row.n_lost) == ("x", "hippocampus", 30, 30, 0)
    assert row.spearman == pytest.approx(stats.spearmanr(before, after).statistic)
    assert row.bias == pytest.approx((after - before).mean())
    spread = (after - before).std(ddof=1)
    assert row.limit_high - row.limit_low == pytest.approx(2 * 1.96 * spread, rel=1e-3)
    share = (after - before) / before
    assert row.relative == pytest.approx(share.mean())
    assert row.absolute_relative == pytest.approx(np.abs(share).mean())
    assert row.equivalent is True
    worst = max(
        stats.ttest_1samp(share, -0.05, alternative="greater").pvalue,
        stats.ttest_1samp(share, 0.05, alternative="less").pvalue,
    )
    assert row.equivalence_p == pytest.approx(worst)
    assert row.icc_low < row.icc < row.icc_high


def test_a_tighter_margin_is_not_met(rng):
    before = rng.normal(100, 10, 30)
    (row,) = agreement(table(before, before * 1.03 + rng.normal(0, 1, 30)), rng=rng, margin=0.02)
    assert row.equivalent is False


def test_scans_of_a_person_are_averaged_and_people_counted(rng):
    before, after = rng.normal(100, 10, (2, 20))
    twice = pd.concat([table(before, after, session="1"), table(before, after, session="2")])
    (once,) = agreement(table(before, after), rng=np.random.default_rng(3))
    (both,) = agreement(twice, rng=np.random.default_rng(3))
    assert (both.n_subjects, both.n_scans) == (20, 40)
    assert (both.spearman, both.icc, both.bias_low) == pytest.approx((once.spearman, once.icc, once.bias_low))
    assert "scans of a person are averaged" in both.note


def test_scans_that_lost_the_measure_are_counted(rng):
    before = rng.normal(100, 10, 12)
    rows = table(before, before + 1)
    rows = rows[~((rows["condition"] == "x") & rows["subject"].isin(["p0", "p1"]))]
    (row,) = agreement(rows, rng=rng)
    assert (row.n_subjects, row.n_lost) == (10, 2)
    assert "2 defaced scans lack the measure" in row.note


def test_nothing_in_common_is_a_row_with_its_reason(rng):
    rows = table([1.0, 2.0], [np.nan, np.nan]).assign(why="")
    rows.loc[rows["condition"] == "x", "why"] = "no head was found"
    (row,) = agreement(rows, rng=rng)
    assert (row.n_subjects, row.n_lost, row.spearman, row.bias) == (0, 2, None, None)
    assert row.note == "the measure was made of no scan in both conditions: no head was found"


def test_a_measure_that_is_zero_before_has_no_relative_difference(rng):
    (row,) = agreement(table(np.zeros(9), rng.random(9)), rng=rng)
    assert (row.relative, row.equivalent, row.spearman) == (None, None, None)
    assert row.bias > 0
    assert "an original is not above 0" in row.note
    assert "same for everybody" in row.note


def test_the_yardstick_stands_beside_the_change(rng):
    scans = rng.normal(100, 10, 40)
    usual = yardsticks(
        table(scans, scans * (1 + rng.choice([-0.02, 0.02], 40)), condition="scan2").replace("original", "scan1")
    )
    assert usual[0].absolute_relative == pytest.approx(0.02, rel=0.02)
    before = rng.normal(100, 10, 30)
    small, large = (
        agreement(table(before, before * factor), rng=rng, usual=usual)[0].times_usual for factor in (1.005, 1.08)
    )
    assert (small, large) == (pytest.approx(0.25, rel=0.03), pytest.approx(4.0, rel=0.03))
    (other,) = agreement(table(before, before, modality="FLAIR"), rng=rng, usual=usual)
    assert other.times_usual is None
    with pytest.raises(UsageError, match="got 1 conditions"):
        yardsticks(table(scans, scans).query("condition == 'x'"))


def test_another_measure_changes_no_interval(rng):
    before = rng.normal(100, 10, 30)
    one = table(before, before + rng.normal(0, 5, 30))
    two = pd.concat([table(before, before, measure="amygdala"), one])
    (alone,) = agreement(one, rng=np.random.default_rng(4))
    beside = [row for row in agreement(two, rng=np.random.default_rng(4)) if row.measure == "hippocampus"]
    assert beside == [alone]


def test_without_an_original_nothing_is_compared(rng):
    with pytest.raises(UsageError, match="'original'"):
        agreement(table([1.0], [1.0]).query("condition == 'x'"), rng=rng)
    assert agreement(table([1.0], [1.0]).iloc[:0], rng=rng) == ()


def test_a_table_of_freesurfer_is_read(tmp_path):
    path = tmp_path / "aseg.tsv"
    path.write_text(
        "subject\tcondition\tsession\tLeft-Hippocampus\tlh_bankssts_thickness\tsite\n"
        "sub-01\toriginal\tses-a\t4012.3\t2.51\tnorth\n"
        "sub-01\tpydeface\tses-a\t4010.1\tn/a\tnorth\n"
        "02\toriginal\ta\tfailed\t2.44\tnorth\n"
    )
    found, notes = read_measures(path)
    assert found["measure"].tolist() == ["left-hippocampus"] * 3 + ["lh_bankssts_thickness"] * 3
    assert found["subject"].tolist() == ["01", "01", "02"] * 2
    assert found["value"].isna().tolist() == [False, False, True, False, True, False]
    assert set(found["session"]) == {"a"}
    assert notes == (
        "measures of the table: left-hippocampus, lh_bankssts_thickness",
        "column 'left-hippocampus': 1 cells are no finite number and count as missing",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject,volume\n1,2\n", "lacks the column 'condition'"),
        ("subject,condition,site\n1,original,north\n", "no column with a number"),
        ("subject,condition,v\n1,original,2\n1,original,3\n", "1 rows .* repeat"),
    ],
)
def test_what_is_no_table_of_measures_is_refused(tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ManifestError, match=said):
        read_measures(tmp_path / "t.csv")


def chart(tmp_path, text):
    path = tmp_path / "chart.csv"
    path.write_text(text)
    return read_chart(path)


def test_the_worked_example_of_the_cdc(tmp_path):
    """A boy of 9 months with 9.7 kg: L, M and S of the chart of 2000 give z = 0.207, the 58th centile."""
    own = chart(tmp_path, "age,sex,l,m,s\n0.75,M,-0.1600954,9.476500305,0.11218624\n")
    found, why = centile(9.7, 0.75, "M", own)
    assert why == ""
    assert found == pytest.approx(100 * stats.norm.cdf(0.207), abs=0.05)


def test_a_chart_is_read_between_its_ages_and_nowhere_else(tmp_path):
    own = chart(tmp_path, "age,sex,l,m,s\n4,F,1,100,0.1\n8,F,1,200,0.1\n4,M,0,90,0.2\n8,M,0,90,0.2\n")
    assert centile(150.0, 6.0, "F", own)[0] == pytest.approx(50.0)
    assert centile(90.0 * np.exp(0.2), 5.0, "male", own)[0] == pytest.approx(100 * stats.norm.cdf(1.0))
    assert centile(150.0, 9.0, "F", own) == (None, "the growth chart covers 4 to 8 years")
    assert centile(150.0, 6.0, "n/a", own)[1] == "the growth chart has no curve for this sex"
    assert centile(0.0, 6.0, "F", own)[1] == "the measure is not above 0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("age,l,m\n1,1,1\n", "lacks the column 's'"),
        ("age,l,m,s\n1,1,x,1\n", "no number"),
        ("age,l,m,s\n1,1,0,1\n", "above 0"),
        ("age,l,m,s\n1,1,5,1\n1,1,6,1\n", "stands twice"),
    ],
)
def test_what_is_no_chart_is_refused(tmp_path, text, said):
    with pytest.raises(ManifestError, match=said):
        chart(tmp_path, text)


def test_a_measure_that_failed_on_every_scan_of_a_defacer_is_a_row_without_a_number(tmp_path, rng):
    rows = ["subject,condition,thickness"]
    for i in range(4):
        rows += [f"p{i},original,{2 + i / 10}", f"p{i},kept,{2 + i / 10}", f"p{i},crashes,n/a"]
    (tmp_path / "m.csv").write_text("\n".join(rows))
    numbers, notes = read_measures(tmp_path / "m.csv")
    assert notes == ("measures of the table: thickness",)
    kept, crashes = agreement(numbers, rng=rng)
    assert (kept.condition, kept.n_subjects, kept.n_lost) == ("kept", 4, 0)
    assert (crashes.condition, crashes.n_subjects, crashes.n_lost, crashes.spearman) == ("crashes", 0, 4, None)


def test_a_column_that_is_the_same_for_everybody_costs_nothing_else(rng):
    flags = table(np.ones(5), np.zeros(5), measure="finished")
    rows = agreement(pd.concat([flags, table(np.arange(1.0, 6), np.arange(1.0, 6))]), rng=rng)
    finished, other = sorted(rows, key=lambda row: row.measure)
    assert (finished.icc, finished.spearman, finished.bias) == (None, None, -1.0)
    assert other.icc == 1.0
