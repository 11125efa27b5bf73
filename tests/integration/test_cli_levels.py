from __future__ import annotations

import json

from typer.testing import CliRunner

from benchmarks.quick import quick_options
from reid_audit.cli.app import app

ONE = quick_options()


def test_participant_keeps_templates_and_group_takes_them(two_people, tmp_path, monkeypatch):
    out = tmp_path / "out"
    line = [str(two_people), str(out), "--photos", str(two_people / "photos"), "--attacker", "photo-nearest", *ONE]
    first = CliRunner().invoke(app, ["run", *line[:2], "participant", *line[2:]])
    assert first.exit_code == 0, first.output
    assert "6 scans and 4 photos" in first.output
    assert not (out / "report.html").exists()

    def refuse(*_task):
        raise AssertionError("finished work was done again")

    monkeypatch.setattr("reid_audit.enrolment.tasks._template_records", refuse)
    second = CliRunner().invoke(app, ["run", *line[:2], "group", *line[2:]])
    assert second.exit_code == 0, second.output
    results = json.loads((out / "report.json").read_text())["results"]
    assert any(row["metric"] == "rank" and row["value"] is not None for row in results)
