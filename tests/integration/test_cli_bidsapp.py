"""The command line as a BIDS App: selection, originals, settings file, status, log, validate, triage."""

from __future__ import annotations

import json
import shutil
import stat

import pytest
from typer.testing import CliRunner

from benchmarks.quick import quick_options
from reid_audit.cli.app import app
from reid_audit.triage import PLACE, read_triage

ONE = quick_options()


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})


@pytest.fixture
def release(people, tmp_path):
    """The defaced scans alone, as a derivative of their own."""
    return shutil.copytree(people / "derivatives" / "zero", tmp_path / "release")


def test_a_subset_is_enrolled_and_the_group_takes_it(people, tmp_path) -> None:
    out = tmp_path / "out"
    line = [people, out, "participant", "--photos", people / "photos", "--attacker", "photo-nearest", *ONE]
    done = call("run", *line, "--participant_label", "phantom001", "--participant-label", "sub-phantom002")
    assert done.exit_code == 0, done.output
    assert "6 scans and 2 photos" in done.output
    assert json.loads((out / "dataset_description.json").read_text())["GeneratedBy"][0]["Name"] == "reid_audit"


def test_a_release_with_originals_is_audited_triaged_and_told(release, people, warm) -> None:
    out = warm
    shutil.copy(people / "sub-phantom001" / "anat" / "sub-phantom001_T1w.nii.gz", release / "sub-phantom001" / "anat")
    line = ["--originals", people, "--attacker", "original-to-released", *ONE]
    done = call("run", release, out, *line, "--select", "suffix=T1w")
    assert done.exit_code == 0, done.output
    results = json.loads((out / "report.json").read_text())["results"]
    assert any(row["attacker"] == "original-to-released" and row["value"] is not None for row in results)
    told = {file.path: file.answer for file in read_triage(out).volumes}
    assert told["sub-phantom001/anat/sub-phantom001_T1w.nii.gz"] == "face"
    assert told["sub-phantom002/anat/sub-phantom002_desc-defaced_T1w.nii.gz"] == "none"
    assert "1 file gives somebody away" in done.output
    described = json.loads((out / "dataset_description.json").read_text())
    assert described["DatasetType"] == "derivative"
    page = (out / "report.html").read_text()
    assert "What else is in the release" in page
    assert "phantom001" not in page
    status = json.loads((out / "status.json").read_text())
    assert (status["state"], status["command"]) == ("finished", "run")
    assert {"triage", "scans", "report"} <= {stage["name"] for stage in status["stages"]}
    log = (out / "logs" / "reid-audit.log").read_text()
    assert "run began" in log
    assert "run finished" in log
    assert "phantom" not in log
    for name in ("status.json", "logs/reid-audit.log", PLACE):
        assert stat.S_IMODE((out / name).stat().st_mode) == 0o600


def test_a_tree_with_its_own_originals_is_not_triaged_unless_asked(people, warm) -> None:
    line = ["run", people, warm, "--attacker", "original-to-released", *ONE]
    assert call(*line).exit_code == 0
    assert not (warm / PLACE).exists()


def test_flags_stand_above_the_file_and_the_file_above_the_defaults(tmp_path) -> None:
    (tmp_path / "s.yaml").write_text("seed: 5\nworkers: 3\nmixed_folds: true\ntriangles: 20000\n")
    done = call("run", "nowhere", tmp_path / "out", "--settings", tmp_path / "s.yaml", "--seed", 9, "--dump-config")
    assert done.exit_code == 0, done.output
    (tmp_path / "t.yaml").write_text(done.stdout)
    again = call("run", "x", "y", "--settings", tmp_path / "t.yaml", "--no-mixed-folds", "--dump-config")
    held = set(done.stdout.splitlines())
    assert {"seed: 9", "workers: 3", "mixed_folds: true", "triangles: 20000"} <= held
    assert "mixed_folds: false" in again.stdout
    whole = call("run", "x", "y", "--settings", tmp_path / "t.yaml", "--triangles", "all", "--dump-config")
    assert "triangles: null" in whole.stdout.splitlines()
    fewer = call("run", "x", "y", "--settings", tmp_path / "t.yaml", "--triangles", "9000", "--dump-config")
    assert "triangles: 9000" in fewer.stdout.splitlines()
    for wrong, said in (("some", "neither a whole number nor 'all'"), ("10", "greater than or equal to 5000")):
        refused = call("run", "x", "y", "--triangles", wrong, "--dump-config")
        assert refused.exit_code == 2, refused.output
        assert said in " ".join(refused.stderr.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_a_file_with_a_tag_is_wrong_usage(tmp_path) -> None:
    (tmp_path / "s.yaml").write_text("seed: !!python/name:os.system ''\n")
    done = call("run", "nowhere", tmp_path / "out", "--settings", tmp_path / "s.yaml")
    assert done.exit_code == 2
    assert "tag" in done.output


def test_validate_says_what_would_be_audited_and_writes_nothing(people, tmp_path) -> None:
    before = sorted(people.rglob("*"))
    scan = next((people / "derivatives" / "zero").rglob("*T1w.nii.gz"))
    scan.write_bytes(b"no scan")
    done = call("validate", people, "--photos", people / "photos")
    assert done.exit_code == 1, done.output
    assert "4 people, 12 scans, 4 photos would be audited" in done.output
    assert "original, T1w: 4 scans of 4 people" in done.output
    assert "Will be lost (1):" in done.output
    assert "Takes about" in done.output
    assert sorted(people.rglob("*")) == before


def test_validate_reads_no_voxel(people, monkeypatch) -> None:
    def refuse(*_args, **_more):
        raise AssertionError("voxels were read")

    monkeypatch.setattr("reid_audit.inputs.nifti._voxels", refuse)
    assert call("validate", people).exit_code == 0


def test_triage_answers_by_exit_status(release, people, tmp_path) -> None:
    keep = ["dataset_description.json", *(f"sub-phantom00{n}" for n in (1,))]
    for path in release.iterdir():
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = call("triage", release, tmp_path / "out", "--quiet")
    assert done.exit_code == 0, done.output
    (release / "x.bin").write_bytes(b"\0\1")
    done = call("triage", release, tmp_path / "out", "--quiet")
    assert done.exit_code == 4, done.output
    shutil.copy(people / "sub-phantom001" / "anat" / "sub-phantom001_T1w.nii.gz", release)
    done = call("triage", release, tmp_path / "out", "--quiet")
    assert done.exit_code == 3, done.output
    assert "sub-phantom001_T1w.nii.gz: face:" in done.output
    assert json.loads((tmp_path / "out" / "status.json").read_text())["state"] == "finished"


def test_triage_of_a_folder_that_is_out_is_refused(release) -> None:
    done = call("triage", release, release / "out")
    assert done.exit_code == 2
    assert not (release / "out").exists()


def test_purge_removes_the_list(release, tmp_path) -> None:
    call("triage", release, tmp_path / "out", "--quiet")
    done = call("purge", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "out" / "private").exists()
