"""What the verdict says of searches for people who may not be there."""

from __future__ import annotations

from dataclasses import replace

from report_samples import findings

from reid_audit.report.document import document
from reid_audit.report.html import page
from reid_audit.report.open_set import about_open_set, found_in_open_set
from reid_audit.report.pseudonyms import draw_pseudonyms
from reid_audit.report.verdict import verdict
from reid_audit.types import Result

MISSED = Result(
    *("open-set", "nearest", "dlib", "original", "fnir_at_fpir_0.1", 0.25, 60, 120),
    k=1,
    low=0.125,
    high=0.4,
    confidence=0.95,
    chance=0.998,
    control=0.99,
)
REALISED = replace(MISSED, metric="fpir_realised_0.1", value=0.12, k=None)
TOO_FEW = replace(
    MISSED, metric="fnir_at_fpir_0.01", value=None, low=None, high=None, chance=None, note="insufficient data: 16"
)


def test_owners_found_stand_with_interval_chance_and_the_false_alarms_that_came() -> None:
    (said,) = about_open_set("original", (MISSED, REALISED, TOO_FEW))
    assert said == (
        "In an open set, original scans: of 60 people who are there, the right one comes first and above the "
        "threshold for 75 % (95 % interval 60–88 %; chance 0.2 %) where 10 % of the searches for people who are not "
        "there were to raise a false alarm, and 12 % did."
    )
    assert found_in_open_set("original", (MISSED,)) == "75 %"


def test_too_few_people_are_said_to_be_too_few() -> None:
    assert about_open_set("original", (TOO_FEW,)) == ("In an open set, original scans: insufficient data: 16.",)
    assert found_in_open_set("original", (TOO_FEW,)) == "–"
    assert about_open_set("zero", (MISSED,)) == ()


def test_an_audit_of_the_open_set_alone_has_a_verdict() -> None:
    base = findings()
    only = findings(results=(MISSED, REALISED), scores=(), differences=(), detection=base.detection.iloc[:0])
    first, names = verdict(only)[0], draw_pseudonyms(only)
    assert first.text.startswith("In an open set, original scans: of 60 people")
    assert first.figure == "75 %"
    assert "owners found in an open set" in page(only, names, document(only, names))


def test_beside_a_rank_it_is_a_reading() -> None:
    base = findings()
    first = verdict(findings(results=(*base.results, MISSED, REALISED)))[0]
    assert first.text.startswith("Under attacker")
    assert any(line.startswith("In an open set") for line in first.readings)
