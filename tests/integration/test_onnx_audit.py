"""An audit with a face model of the user's own: it runs, and what is shared holds no folder of this machine."""

from __future__ import annotations

import pytest
from conftest import QUICK
from models_making import tiny_model, write_declaration

from reid_audit import audit, read_cohort
from reid_audit.errors import UsageError


def test_an_audit_runs_on_a_declared_model_and_its_report_names_no_folder(people, tmp_path):
    secret = tmp_path / "a-folder-with-a-name"
    secret.mkdir()
    model = write_declaration(tiny_model(secret), metric="cosine", alignment="five-point")
    cohort, _ = read_cohort(people, photos=people / "photos")
    settings = QUICK.model_copy(update={"attackers": ("photo-nearest", "open-set"), "embedder": f"onnx:{model}"})
    done = audit(cohort, settings=settings, out=tmp_path / "out")
    rows = [row for row in done.findings.results if row.metric == "rank" and row.attacker == "photo-nearest"]
    assert rows
    assert {row.embedder for row in rows} == {"onnx:tiny"}
    assert any(row.value is not None for row in rows)
    assert done.findings.settings["embedder"] == "onnx:tiny.onnx"
    assert any(spec.name == "onnx:tiny" and spec.licence == "CC0-1.0" for spec in done.findings.models)
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and "private" not in path.parts:
            assert secret.name.encode() not in path.read_bytes(), path


def test_a_model_that_cannot_be_used_ends_an_audit_before_a_scan_is_read(people, tmp_path):
    cohort, _ = read_cohort(people)
    settings = QUICK.model_copy(update={"embedder": f"onnx:{tiny_model(tmp_path)}"})
    with pytest.raises(UsageError, match="no declaration"):
        audit(cohort, settings=settings, out=tmp_path / "out")
