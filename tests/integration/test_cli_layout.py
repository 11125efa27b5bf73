"""OUT as a BIDS derivative."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reid_audit.cli.layout import write_layout

WRITTEN = ("report.html", "report.json", "status.json", "private/x.json", "logs/reid-audit.log", "tables/results.csv")


def described(out):
    return json.loads((out / "dataset_description.json").read_text())


def test_out_is_a_valid_derivative(tmp_path) -> None:
    out = tmp_path / "out"
    for name in WRITTEN:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("{}")
    write_layout(out, tmp_path, phantom=False)
    content = described(out)
    assert content["DatasetType"] == "derivative"
    assert [entry["Name"] for entry in content["GeneratedBy"]] == ["reid_audit"]
    program = Path(sys.executable).with_name("bids-validator-deno")
    if not program.is_file():
        pytest.skip("BIDS NOT VALIDATED: bids-validator-deno is not installed in this environment.")
    command = [str(program), str(out), "--ignoreWarnings"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "[ERROR]" not in run.stdout + run.stderr, run.stdout


def test_the_doi_of_the_source_is_named_and_its_name_is_not(tmp_path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    for folder in (source, out):
        folder.mkdir()
    said = {"Name": "Study of Ada", "BIDSVersion": "1.10.0", "DatasetDOI": "doi:10.1/x"}
    (source / "dataset_description.json").write_text(json.dumps(said))
    write_layout(out, source, phantom=True)
    assert described(out)["SourceDatasets"] == [{"DOI": "doi:10.1/x"}]
    assert "Ada" not in (out / "dataset_description.json").read_text()
    assert [entry["Name"] for entry in described(out)["GeneratedBy"]] == ["reid_audit", "reid_audit phantom"]


def test_the_description_of_another_data_set_is_left(tmp_path) -> None:
    (tmp_path / "dataset_description.json").write_text(json.dumps({"Name": "x", "GeneratedBy": [{"Name": "zero"}]}))
    write_layout(tmp_path, tmp_path / "source", phantom=False)
    assert described(tmp_path)["Name"] == "x"
    assert not (tmp_path / ".bidsignore").exists()
