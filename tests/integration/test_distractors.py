"""An audit whose gallery is padded, from files to the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from typer.testing import CliRunner

import reid_audit.enrolment.tasks
from benchmarks.quick import QUICK, quick_options
from reid_audit import PhantomSettings, Settings, audit, read_cohort, write_cohort
from reid_audit.cli.app import app
from reid_audit.errors import ManifestError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = quick_options()


@pytest.fixture
def others(tmp_path) -> Path:
    """A manifest of two more people who do not exist, the second without a head; one condition."""
    folder = tmp_path / "others"
    strangers = PhantomSettings(n_subjects=2, conditions=("original",), photos_per_subject=0, voxel_size=2.5, seed=991)
    write_cohort(strangers, folder)
    scans = read_cohort(folder)[0].scans
    (folder / "broken.nii.gz").write_bytes(b"no scan")
    scans = scans.assign(subject=["stranger1", "stranger2"], phantom="true", age="", sex="", site="")
    scans["path"] = [scans["path"].iloc[0], str(folder / "broken.nii.gz")]
    scans.drop(columns="sample").to_csv(folder / "scans.csv", index=False)
    return folder / "scans.csv"


def test_an_audit_with_distractors_goes_on_where_it_stopped_and_counts_them_apart(people, others, warm, monkeypatch):
    cohort, _ = read_cohort(people, photos=people / "photos")
    settings = Settings(**QUICK, attackers=("open-set", "photo-nearest"))
    told = []
    first = audit(cohort, settings=settings, distractors=others, out=warm, progress=lambda *news: told.append(news))
    assert ("distractors", 2, 2) in told
    tables = {table.condition: table for table in first.findings.scores if table.attacker == "open-set"}
    assert len(tables) == 3
    for condition, table in tables.items():
        assert table.references["distractor"].tolist() == [False] * 4 + [True] * 2
        assert table.note.startswith(
            "gallery padded with 2 distractors (1 with a template), declared 'original' of T1w"
        )
        assert ("WARNING" in table.note) == (condition != "original")
    frame = first.to_frame()
    padded = frame[frame["attacker"] == "open-set"]
    assert padded["note"].str.contains("gallery padded with 2 distractors").all()
    assert padded["n_subjects"].max() == 4
    rank = frame.query("attacker == 'photo-nearest' and metric == 'rank' and k == 1")
    assert (rank["chance"] == 0.25).all()
    assert [failure.sample for failure in first.failures if failure.stage == "read"] == [
        "distractor_sub-stranger2_T1w_original"
    ]
    assert not first.findings.complete
    assert len(first.findings.cohort.subjects) == 4
    report = (warm / "report.json").read_text()
    assert "stranger1" not in report
    assert "stranger2" not in report
    assert "2 scans of 2 other people pad the gallery" in json.loads(report)["cohort"]["notes"][-1]

    scores = pd.read_parquet(warm / "private" / "scores_open-set_nearest_original.parquet")
    assert scores["reference_distractor"].sum() == 4 * 2, "photographs times distractors"

    def refuse(*_task):
        raise AssertionError("finished work was done again")

    monkeypatch.setattr(reid_audit.enrolment.tasks, "_template_records", refuse)
    monkeypatch.setattr(reid_audit.enrolment.tasks, "_photo_record", refuse)
    more = read_cohort(others)[0]
    again = audit(cohort, settings=settings, distractors=more, out=warm)
    assert again.to_frame().equals(frame)


def test_somebody_of_the_cohort_is_no_distractor(people):
    cohort, _ = read_cohort(people, photos=people / "photos")
    settings = Settings(**QUICK, attackers=("open-set",))
    with pytest.raises(ManifestError, match="4 subject labels of the distractors are in the cohort"):
        audit(cohort, settings=settings, distractors=people)
    with pytest.raises(UsageError, match="'open-set', which is not asked for"):
        audit(cohort, settings=Settings(**QUICK), distractors=people)


def test_the_command_line_takes_distractors(people, others, warm):
    line = ["run", str(people), str(warm), "--photos", str(people / "photos"), "--distractors", str(others)]
    first = CliRunner().invoke(app, [*line[:3], "participant", *line[3:], *OPTIONS])
    assert first.exit_code == 1, first.output
    assert "14 scans and 4 photos enrolled or tried, 1 lost" in first.output
    second = CliRunner().invoke(app, [*line, "--attacker", "open-set", *OPTIONS])
    assert second.exit_code == 1, second.output
    results = json.loads((warm / "report.json").read_text())["results"]
    assert any("gallery padded with 2 distractors" in row["note"] for row in results)
    refused = CliRunner().invoke(app, [*line, *OPTIONS])
    assert refused.exit_code == 2
    assert "--attacker open-set" in refused.stderr
    inside = CliRunner().invoke(app, ["run", str(people), str(others.parent), "--distractors", str(others), *OPTIONS])
    assert inside.exit_code == 2
    assert "place of the distractors" in inside.stderr
