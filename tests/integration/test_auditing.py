from __future__ import annotations

import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import reid_audit.enrolment.tasks
from benchmarks.quick import QUICK
from reid_audit import Settings, audit, read_cohort
from reid_audit.enrolment import enrol_cohort
from reid_audit.errors import ManifestError, SettingsError


@pytest.fixture
def cohort(people):
    found, failures = read_cohort(people, photos=people / "photos")
    assert not failures
    return found


@pytest.fixture
def few(cohort):
    """Three people in two conditions: what is enrolled anew is six scans."""
    some, conditions = cohort.subjects[:3], ("original", "zero")
    scans = cohort.scans[cohort.scans["subject"].isin(some) & cohort.scans["condition"].isin(conditions)]
    photos = cohort.photos[cohort.photos["subject"].isin(some)]
    return replace(cohort, scans=scans.reset_index(drop=True), photos=photos.reset_index(drop=True))


def comparable(result):
    return result.to_frame().drop(columns=["note"], errors="ignore")


def test_the_whole_way(cohort, warm):
    told = []
    result = audit(cohort, settings=Settings(**QUICK), out=warm, progress=lambda *news: told.append(news))
    assert result.findings.complete
    report = json.loads((warm / "report.json").read_text())
    assert {"attacker", "condition", "metric", "value", "low", "high", "chance", "control"} <= set(report["results"][0])
    named = {row["attacker"] for row in report["results"]}
    assert set(Settings().attackers) <= named
    assert {stage for stage, _, _ in told} == {"scans", "photos", "attacks", "every scan", "evaluation", "report"}
    assert ("scans", 12, 12) in told
    changed = {row["condition"] for row in report["differences"] if row["attacker"] == "photo-nearest"}
    assert changed == {"zero", "meanface"}
    assert (warm / "private" / "person_risk.csv").exists()
    rank = result.to_frame().query("attacker == 'photo-nearest' and metric == 'rank' and k == 1").set_index("condition")
    assert rank.loc["original", "n_subjects"] == 4
    assert rank.loc["original", "chance"] == pytest.approx(0.25)


def test_groups_of_fewer_than_five_people_are_asked_for_and_not_told(cohort, warm):
    settings = Settings(**QUICK, attackers=("photo-nearest", "scan-to-scan", "open-set"), groups=("sex", "age", "sex"))
    result = audit(cohort, settings=settings, out=warm)
    rows = [each for each in result.results if each.metric == "rank_by_group"]
    assert {each.attacker for each in rows} == {"photo-nearest"}
    assert {each.group.split(":")[0] for each in rows} == {"sex", "age"}
    assert len({(each.condition, each.group) for each in rows}) == len(rows)
    assert {each.value for each in rows} == {None}
    assert all("fewer than 5 people" in each.note for each in rows)
    assert "no group was asked for" not in (warm / "report.html").read_text()


def test_a_second_call_does_nothing_twice_and_says_the_same(few, tmp_path, monkeypatch):
    settings = Settings(**QUICK, attackers=("photo-nearest", "scan-to-scan"))
    first = audit(few, settings=settings, out=tmp_path / "out")

    def refuse(*_task):
        raise AssertionError("finished work was done again")

    monkeypatch.setattr(reid_audit.enrolment.tasks, "_template_records", refuse)
    monkeypatch.setattr(reid_audit.enrolment.tasks, "_photo_record", refuse)
    second = audit(few, settings=settings, out=tmp_path / "out")
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())


def test_faces_are_placed_from_the_camera_only_for_who_asks_for_it(cohort, warm, monkeypatch):
    plain, asked = (Settings(**QUICK, attackers=(name,)) for name in ("photo-nearest", "adapted"))
    before = enrol_cohort(cohort, settings=plain, out=warm)
    after = enrol_cohort(cohort, settings=asked, out=warm)
    assert before.placed is None
    np.testing.assert_array_equal(before.scans.vectors, after.scans.vectors)
    seen = after.scans.table["detected"].to_numpy()
    assert not seen[(after.scans.table["condition"] == "zero").to_numpy()].all()
    assert np.isfinite(after.placed.vectors).all()
    np.testing.assert_array_equal(after.placed.vectors[seen], after.scans.vectors[seen])
    monkeypatch.setattr(reid_audit.enrolment.tasks, "_template_records", None)
    again = enrol_cohort(cohort, settings=asked, out=warm)
    np.testing.assert_array_equal(again.placed.vectors, after.placed.vectors)
    assert enrol_cohort(cohort, settings=plain, out=warm).placed is None


def test_processes_and_further_attackers_change_no_number(few):
    alone = audit(few, settings=Settings(**QUICK, attackers=("scan-to-scan",)))
    both = audit(few, settings=Settings(**QUICK, attackers=("photo-set", "scan-to-scan"), workers=2))
    ours = comparable(both).query("attacker == 'scan-to-scan'").reset_index(drop=True)
    theirs = comparable(alone).query("attacker == 'scan-to-scan'").reset_index(drop=True)
    assert ours["value"].notna().any()
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_corrupt_scan_and_a_photo_that_is_none_cost_only_themselves(cohort, warm):
    scan = cohort.scans.iloc[0]
    path = Path(scan["path"])
    path.write_bytes(path.read_bytes()[:5000])
    Path(cohort.photos.iloc[1]["path"]).write_bytes(b"no picture")
    result = audit(cohort, settings=Settings(**QUICK, attackers=("photo-nearest",)), out=warm)
    lost = {(failure.stage, failure.sample) for failure in result.failures if failure.stage != "detect"}
    assert lost == {("read", scan["sample"]), ("read", cohort.photos.iloc[1]["sample"])}
    assert all(failure.remedy for failure in result.failures)
    assert not result.findings.complete
    rank = result.to_frame().query("metric == 'rank' and k == 1 and condition == 'original'").iloc[0]
    assert rank["n_subjects"] == 4, "the lost are counted, not dropped"
    assert (warm / "report.html").exists()


def test_private_files_are_private(cohort, warm):
    shutil.rmtree(next((warm / "private" / "templates").glob("??")))  # some are made anew
    audit(cohort, settings=Settings(**QUICK, attackers=("photo-nearest",)), out=warm)
    for path in warm.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name


def test_templates_are_kept_without_identity(cohort, warm):
    records = list((warm / "private" / "templates").rglob("*.npz"))
    assert len(records) == len(cohort.scans) + len(cohort.photos)
    for path in records:
        assert b"phantom0" not in path.read_bytes()
        with np.load(path, allow_pickle=False) as archive:
            assert archive["vectors"].shape[1] == 128


def test_what_was_not_assessed_is_said(cohort, warm):
    alone = replace(cohort, photos=cohort.photos.iloc[:0])
    result = audit(alone, settings=Settings(**QUICK, attackers=("photo-svm",)), out=warm)
    rows = result.to_frame().query("attacker == 'photo-svm'")
    assert set(rows["condition"]) == set(cohort.scans["condition"])
    assert rows["value"].isna().all()
    assert rows["note"].str.contains("no photos").all()


def test_unknown_attacker(cohort):
    with pytest.raises(SettingsError, match="'phto-nearest'"):
        audit(cohort, settings=Settings(attackers=("phto-nearest",)))


def test_two_scans_of_one_name_are_refused(cohort):
    double = replace(cohort, scans=cohort.scans.assign(sample="same"))
    with pytest.raises(ManifestError, match="11 of the 12 scans"):
        audit(double, settings=Settings(**QUICK))
