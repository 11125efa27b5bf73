"""Before and after, in rows, in a table and in the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_samples import LABELS, findings

from reid_audit.report.change_table import changes_table
from reid_audit.report.changes import (
    DIFFERENCE_KEYS,
    about_change,
    assessed_differences,
    difference_rows,
    difference_value,
    p_value,
)
from reid_audit.report.verdict import identifications, verdict
from reid_audit.types import Difference, Result

CHANGE = Difference(
    *("photo-nearest", "nearest", "dlib", "", "original", "zero", "rank", 1, -0.71875, 16, 0, 0),
    before=0.8125,
    after=0.09375,
    low=-0.93,
    high=-0.44,
    confidence=0.95,
    lost=12,
    gained=0,
    p_value=0.00049,
    p_adjusted=0.00098,
)


def test_a_change_carries_both_numbers_people_interval_and_test() -> None:
    (said,) = about_change("zero", None, findings(differences=(CHANGE,)))
    assert said == (
        "Against the originals, over the same 16 people: attacker photo-nearest identifies 9 % after and 81 % before "
        "(−72 points, 95 % interval −93 to −44); people found only before 12, only after 0 (McNemar's exact test, "
        "p < 0.001 corrected over the conditions)."
    )


def test_an_interval_around_no_change_is_said_to_show_none() -> None:
    unclear = replace(CHANGE, low=-0.2, high=0.1)
    (said,) = about_change("zero", None, findings(differences=(unclear,)))
    assert said.endswith("neither a loss nor a gain of protection is shown.")


def test_the_attack_that_leads_on_the_originals_is_followed() -> None:
    base = findings()
    leading = identifications(base)["original"]
    (said,) = about_change("zero", leading, base)
    assert f"attacker {leading.attacker} (matcher {leading.matcher}) identifies" in said
    statements = {statement.condition: statement for statement in verdict(base)}
    assert said in statements["zero"].readings
    assert not any("Against the originals" in line for line in statements["original"].readings)


def test_nothing_is_said_without_an_interval() -> None:
    without = replace(CHANGE, low=None, high=None)
    assert about_change("zero", None, findings(differences=(without,))) == ()
    assert about_change("original", None, findings(differences=(CHANGE,))) == ()


def test_a_rank_that_is_none_makes_no_difference() -> None:
    base = findings()
    nothing = Result("photo-nearest", "nearest", "dlib", "zero", "failure_to_acquire_rate", 1.0, 16, 32)
    no_face = replace(CHANGE, condition="zero")
    lost_photos = tuple(
        replace(failure, stage="read", condition="", sample=sample)
        for failure, sample in zip(base.failures * 16, base.cohort.photos["sample"], strict=True)
    )
    changed = findings(results=(*base.results, nothing), differences=(no_face,), failures=lost_photos)
    (shown,) = assessed_differences(changed)
    assert shown.value is None
    assert shown.p_value is None
    assert shown.note.startswith("not assessed: none of the 32 photographs could be read")
    assert about_change("zero", None, changed) == ()


def test_the_table_holds_every_difference_under_its_attacker() -> None:
    base = findings()
    table = changes_table(base)
    assert len(table.rows) == len(base.differences) == 2 * (3 + 4)
    assert [label for label, _ in table.groups][-1] == "scan-to-scan (same-scan pairs)"
    first = dict(table.rows[0])
    assert first["Measure"] == "Rank 1"
    assert first["Change"].endswith("points")
    assert first["n"] == "16"


def test_rows_are_plain_and_name_nobody() -> None:
    rows = difference_rows(findings())
    assert {tuple(row) for row in rows} == {DIFFERENCE_KEYS}
    assert not any(label in str(rows) for label in LABELS)


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("rank", -0.005, "0 points"),
        ("rank", 0.125, "+12 points"),
        ("auc", -0.4567, "−0.46"),
        ("auc", None, "–"),
        ("auc", 0.001, "0.00"),
    ],
)
def test_a_difference_is_written_with_its_sign(metric, value, written) -> None:
    assert difference_value(metric, value) == written


@pytest.mark.parametrize(("p", "written"), [(None, "–"), (0.0004, "< 0.001"), (0.0312, "0.031"), (1.0, "1.000")])
def test_a_probability_is_written_with_three_digits(p, written) -> None:
    assert p_value(p) == written
