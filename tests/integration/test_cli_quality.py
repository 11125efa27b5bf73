"""``reid-audit quality`` from the command line: what it writes, what it prints, what it refuses."""

from __future__ import annotations

import json
import stat

import pandas as pd
import pytest
from typer.testing import CliRunner

from reid_audit.cli.app import app


@pytest.fixture(scope="module")
def run():
    runner = CliRunner()

    def call(*words):
        return runner.invoke(app, ["quality", *map(str, words)])

    return call


def _table(out):
    return pd.read_csv(out / "quality.tsv", sep="\t", na_values="n/a")


def test_a_cohort_is_judged_and_rated(run, people, tmp_path):
    ratings = tmp_path / "ratings.csv"
    rows = [
        f"{rater},sub-phantom{k:03d}_T1w_{condition},{answer},1"
        for rater in ("a", "b")
        for k in range(1, 5)
        for condition, answer in (("zero", 1), ("meanface", int(rater == "a")))
    ]
    ratings.write_text("\n".join(["rater,scan,face_pass,brain_pass", *rows]) + "\n")
    out = tmp_path / "out"
    masks = people / "derivatives" / "truth"
    done = run(people, people, out, "--brain-masks", masks, "--ratings", ratings, "--detector", "none", "-q")
    assert done.exit_code == 0, done.output
    table = _table(out)
    assert len(table) == 8
    assert set(table["brain_mask"]) == {"given"}
    assert set(table["brain"]) == {"pass"}
    assert set(table["pose"]) == {"original"}
    assert "Condition 'zero', 4 scans:" in done.output
    assert "Phantoms: calibrated population, no evidence of real-world risk." in done.output
    assert "Cohen's kappa, face, raters: a and b" in done.output
    content = json.loads((out / "quality.json").read_text())
    assert len(content["scans"]) == 8
    assert {row["metric"] for row in content["agreement"]} >= {"fleiss_kappa_face", "sensitivity_brain"}
    page = (out / "quality.html").read_text()
    assert "Row 8" in page
    assert "phantom0" not in page
    for name in ("quality.tsv", "quality.json", "quality.html"):
        assert stat.S_IMODE((out / name).stat().st_mode) == 0o600


def test_a_pair_of_files_and_one_without_its_original(run, people, tmp_path):
    original = people / "sub-phantom001" / "anat" / "sub-phantom001_T1w.nii.gz"
    defaced = next((people / "derivatives" / "zero").rglob("*phantom001*_T1w.nii.gz"))
    assert run(original, defaced, tmp_path / "one", "--detector", "none", "-q").exit_code == 0
    one = _table(tmp_path / "one").iloc[0]
    assert one["pose"] == "original"
    assert one["brain_mask"] == "estimated"
    assert one["nose_left_share"] < 0.5
    assert run("-", defaced, tmp_path / "two", "--detector", "none", "-q").exit_code == 0
    two = _table(tmp_path / "two").iloc[0]
    assert two["pose"] == "defaced"
    assert two["brain"] == "not assessed"


def test_the_same_command_goes_on_where_it_stopped(run, people, tmp_path, monkeypatch):
    original = people / "sub-phantom001" / "anat" / "sub-phantom001_T1w.nii.gz"
    defaced = next((people / "derivatives" / "zero").rglob("*phantom001*_T1w.nii.gz"))
    words = (original, defaced, tmp_path / "out", "--detector", "none", "-q")
    first = run(*words)

    def never(*_args, **_more):
        raise AssertionError("judged again")

    monkeypatch.setattr("reid_audit.quality.running.reference_of", never)
    again = run(*words)
    assert again.exit_code == 0, again.output
    assert again.stdout == first.stdout
    kept = list((tmp_path / "out" / "private" / "judged").rglob("*.npz"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600]


def test_a_damaged_scan_is_a_row_with_its_reason(run, people, tmp_path):
    broken = next((people / "derivatives" / "zero").rglob("*phantom002*_T1w.nii.gz"))
    broken.write_bytes(broken.read_bytes()[:2000])
    masks = people / "derivatives" / "truth"
    given = ("--brain-masks", masks, "--detector", "none", "-q")
    done = run(people, people / "derivatives" / "zero", tmp_path / "out", *given)
    assert done.exit_code == 1
    table = _table(tmp_path / "out")
    assert table["failure"].notna().sum() == 1
    assert len(table) == 4


def test_wrong_usage_is_told(run, people, tmp_path):
    assert run(people / "no", people, tmp_path / "out").exit_code == 2
    assert run(people, people, people / "inside").exit_code == 2
    assert run(people, people, tmp_path / "out", "--detector", "unknown").exit_code == 2
