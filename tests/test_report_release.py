"""What the report says of a release: people by pseudonym, no path, no label."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_samples import findings

from reid_audit.report.document import SCHEMA_VERSION
from reid_audit.report.limits import not_assessed
from reid_audit.report.pseudonyms import draw_pseudonyms
from reid_audit.report.release import release_of
from reid_audit.report.write import write_report
from reid_audit.store import read_table
from reid_audit.triage import Triage, TriagedFile, write_triage


@pytest.fixture
def known():
    return findings()


def files(label):
    return [
        TriagedFile(f"sourcedata/pre-deface/sub-{label}/anat/sub-{label}_T1w.nii.gz", "0", "scan", "face", "face: x"),
        TriagedFile(f"sub-{label}/anat/sub-{label}_T1w.nii.gz", "1", "scan", "none", "no face: x"),
        TriagedFile(f"sub-{label}_report.html", "2", "page", "cannot tell", "shades: x"),
        TriagedFile("derivatives/x.zip", "3", "archive", "unaudited", "archive: x"),
        TriagedFile("strange-folder/sub-nobody9_T1w.nii.gz", "4", "scan", "unaudited", "damaged: x"),
    ]


def test_each_leak_is_named_by_pseudonym_and_place(known, tmp_path) -> None:
    label = known.cohort.subjects[0]
    names = draw_pseudonyms(known)
    write_triage(tmp_path, files(label), complete=True)
    release = release_of(tmp_path, names)
    table = release.frame
    assert list(table["answer"]) == ["face", "cannot tell", "unaudited", "unaudited"]
    assert list(table["place"]) == ["sourcedata", "top", "derivatives", "elsewhere"]
    assert list(table["person"]) == [names.person(label), names.person(label), "", "unknown"]
    text = table.to_csv() + " ".join(release.lines)
    assert label not in text
    assert "strange-folder" not in text
    assert "1 file did" in release.lines[0]


def test_running_text_is_said_to_need_a_reader(known, tmp_path) -> None:
    write_triage(tmp_path, (), complete=True)
    release = release_of(tmp_path, draw_pseudonyms(known))
    said = "somebody must read running text"
    assert said in release.lines[1]
    assert sum(said in line for line in not_assessed(known, release.triage)) == 1
    assert not any(said in line for line in not_assessed(known)), "nobody asked any file"


def test_an_unfinished_look_is_said(known, tmp_path) -> None:
    write_triage(tmp_path, (), complete=False)
    assert "did not come to its end" in release_of(tmp_path, draw_pseudonyms(known)).lines[-1]


def test_the_page_and_the_tables_have_it_only_where_somebody_asked(known, tmp_path) -> None:
    page = write_report(known, tmp_path / "without").read_text(encoding="utf-8")
    assert "Not looked at: this report is about the scans above" in page
    assert not (tmp_path / "without" / "tables" / "release.csv").exists()
    label = known.cohort.subjects[0]
    write_triage(tmp_path / "with", files(label), complete=True)
    page = write_report(known, tmp_path / "with").read_text(encoding="utf-8")
    assert "Files that are not clean" in page
    assert f"sub-{label}" not in page
    assert len(read_table(tmp_path / "with" / "tables" / "release.parquet")) == 4


def test_the_json_counts_the_answers_and_keeps_the_published_form(known, tmp_path) -> None:
    from jsonschema import Draft202012Validator

    published = Path(__file__).parents[1] / "docs" / "schemas" / f"report-{SCHEMA_VERSION}.json"
    judge = Draft202012Validator(json.loads(published.read_text(encoding="utf-8")))
    write_triage(tmp_path, files(known.cohort.subjects[0]), complete=True)
    write_report(known, tmp_path)
    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert content["release"] == {
        "complete": True,
        "n_files": 5,
        "answers": {"face": 1, "none": 1, "cannot_tell": 1, "unaudited": 2},
    }
    assert [error.message for error in judge.iter_errors(content)] == []
    content["release"]["answers"]["face"] = -1
    assert list(judge.iter_errors(content))
    write_report(known, tmp_path / "nobody-asked")
    assert json.loads((tmp_path / "nobody-asked" / "report.json").read_text(encoding="utf-8"))["release"] is None


def test_what_was_not_assessed_depends_on_what_was_looked_at(known) -> None:
    without = " ".join(not_assessed(known))
    assert "air behind the head" in without
    assert "headers" in without
    whole = " ".join(not_assessed(known, Triage(tuple(files("x")), complete=True)))
    assert "air behind the head" not in whole
    assert "headers" not in whole
    assert "2 files of the release could not be looked at" in whole
    assert "1 file of the release was looked at, and nobody can tell" in whole
    assert "did not come to its end" not in whole
    stopped = " ".join(not_assessed(known, Triage((), complete=False)))
    assert "did not come to its end" in stopped
    assert "could not be looked at" not in stopped
