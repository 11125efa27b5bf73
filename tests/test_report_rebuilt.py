"""Rebuilt scans are called so wherever a report tells of them, and a control is never the verdict."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from rebuilt_samples import CONTROL, LOST, MADE, REBUILT, WORDS, rebuilt_findings
from report_samples import LABELS

from reid_audit.inputs import without_labels
from reid_audit.report import write_report
from reid_audit.report.document import document
from reid_audit.report.pseudonyms import draw_pseudonyms
from reid_audit.report.rebuilt import in_words
from reid_audit.report.schema import ReportDocument
from reid_audit.report.tables import shareable_tables
from reid_audit.report.verdict import conditions_in_order, identifications, verdict
from reid_audit.types import Rebuilt


@pytest.fixture(scope="module")
def told():
    found = rebuilt_findings(lost=True)
    return document(found, draw_pseudonyms(found))


def test_rebuilt_scans_are_called_so_and_a_control_has_no_verdict() -> None:
    statements = {each.condition: each for each in verdict(rebuilt_findings())}
    assert list(statements) == ["original", "zero", MADE]
    said = statements[MADE]
    assert f"“{WORDS}”" in said.text
    assert MADE not in said.text
    assert (
        "Nobody releases these scans: attacker shape rebuilt the faces of scans in condition “zero”"
        in (said.readings[0])
    )
    assert said.readings[1].startswith("Control, in which each head bears another person's rebuilt face: Under")
    assert "control: zero, faces of others rebuilt by shape" in said.readings[1]
    assert "control" not in " ".join((statements["zero"].text, *statements["zero"].readings))


def test_a_plus_in_the_name_of_a_users_condition_says_nothing() -> None:
    found = rebuilt_findings(known=False)
    statements = verdict(found)
    assert [each.condition for each in statements] == ["original", "zero", MADE, CONTROL]
    assert not any("rebuilt" in each.text for each in statements)
    assert document(found, draw_pseudonyms(found))["cohort"]["n_scans"] == 64


def test_controls_stand_last_and_are_quoted_nowhere() -> None:
    found = rebuilt_findings()
    scans = found.cohort.scans.replace({"condition": {"zero": "zz"}})
    moved = replace(
        found.cohort, scans=scans, rebuilt={name: replace(r, condition="zz") for name, r in REBUILT.items()}
    )
    assert conditions_in_order(found) == ("original", "zero", MADE, CONTROL)
    empty = replace(found, results=(), scores=(), cohort=moved)
    assert conditions_in_order(empty) == ("original", "zz", MADE, CONTROL)
    assert list(identifications(found)) == ["original", "zero", MADE]


def test_words_once_put_stay(told) -> None:
    once = in_words(rebuilt_findings())
    twice = in_words(once)
    assert once.cohort.rebuilt == twice.cohort.rebuilt
    assert [each.condition for each in once.results] == [each.condition for each in twice.results]
    assert told["results"][0].keys() == document(once, draw_pseudonyms(once))["results"][0].keys()


def test_made_scans_are_counted_for_themselves(told) -> None:
    cohort = told["cohort"]
    assert (cohort["n_scans"], cohort["n_rebuilt"], cohort["n_controls"]) == (32, 16, 16)
    assert cohort["rebuilt"][0] == {"condition": MADE, "made_of": "zero", "attacker": "shape", "control": False}
    assert [row["control"] for row in cohort["rebuilt"]] == [False, True]
    assert "32 head scans of 16 people" in told["methods"]["paragraph"]
    assert "(2 conditions: original, zero)" in told["methods"]["paragraph"]
    assert "16 scans in which an attacker had rebuilt the face (shape)" in told["methods"]["paragraph"]
    assert not any("control" in line for question in told["laws"]["questions"] for line in question["measured"])
    ReportDocument.model_validate(told)


def test_the_page_and_the_tables_say_what_was_made(tmp_path, monkeypatch) -> None:
    for drawer in ("headline_image", "figure_images"):
        monkeypatch.setattr(f"reid_audit.report.html.{drawer}", lambda _: ())
    found = rebuilt_findings()
    page = write_report(found, tmp_path).read_text()
    head = page[: page.index("<nav")]
    assert "16 people, 32 scans, 32 photographs, 2 conditions, 16 scans rebuilt by attackers, 16 scans made" in head
    assert f"<h3>Scans in condition “{WORDS}”</h3>" in page
    assert "is a control: each head in condition “zero”" in page
    lead = [part.split("</p>")[0] for part in page.split('<p class="lead">')[1:]]
    assert len(lead) == 3
    assert not any("control" in text for text in lead)
    table = pd.read_csv(tmp_path / "tables" / "results.csv", keep_default_na=False)
    assert dict(zip(table["condition"], table["made"], strict=True))[CONTROL] == REBUILT[CONTROL].words
    assert set(table.loc[table["condition"] == "zero", "made"]) == {""}
    assert WORDS in (tmp_path / "report.tex").read_text()


def test_lost_reconstructions_are_failures_without_names(told) -> None:
    found = rebuilt_findings(lost=True)
    names = draw_pseudonyms(found)
    assert not found.complete
    assert not told["complete"]
    (row,) = told["failures"]
    assert (row["stage"], row["condition"], row["subject"]) == ("reconstruct", MADE, names.person(LABELS[1]))
    assert row["sample"] not in {"", "unknown"}
    shared = dict(shareable_tables(found, names))["failures"].to_csv()
    assert LABELS[1] not in shared + json.dumps(told)
    assert LOST not in shared
    said = {each.condition: " ".join(each.readings) for each in verdict(found)}
    assert "1 of 17 scans could not be rebuilt" in said[MADE]
    assert "rebuilt" not in said["zero"]


def test_a_released_scan_that_could_not_be_rebuilt_is_not_lost_itself() -> None:
    found = rebuilt_findings(lost=True)
    own = LOST.removesuffix("+shape")
    of_release = tuple(replace(each, condition="zero", sample=own) for each in found.failures)
    said = {each.condition: " ".join(each.readings) for each in verdict(replace(found, failures=of_release))}
    assert "lost before a face" not in said["zero"]
    assert "could not be rebuilt" not in said["zero"]


def test_masked_names_are_masked_in_what_was_made_as_well() -> None:
    found = rebuilt_findings().cohort
    renamed = {"zero": f"{LABELS[0]}-zero", MADE: f"{LABELS[0]}-zero+shape", CONTROL: f"{LABELS[0]}-swapped"}
    scans = found.scans.replace({"condition": renamed})
    made = {renamed[name]: replace(each, condition=renamed["zero"]) for name, each in REBUILT.items()}
    masked = without_labels(replace(found, scans=scans, rebuilt=made))
    source = Rebuilt("withheld-zero", "shape")
    assert masked.rebuilt == {"withheld-zero+shape": source, "withheld-swapped": replace(source, control=True)}
    assert set(masked.rebuilt) < set(masked.scans["condition"])
    assert len(masked.released) == 16
