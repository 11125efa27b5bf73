"""``reid-audit deface``: what it prints, what it writes, and how it exits."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from standins import head, install
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.defacers import DEFACERS
from reid_audit.inputs import write_volume


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "100", "TERM": "dumb"})


@pytest.fixture
def scans(tmp_path, monkeypatch):
    """Two scans of a data set, the second damaged, and every tool stood in for."""
    install(tmp_path / "tools", monkeypatch)
    folder = tmp_path / "raw" / "sub-1" / "anat"
    folder.mkdir(parents=True)
    write_volume(head(), folder / "sub-1_T1w.nii.gz")
    (folder / "sub-1_T2w.nii.gz").write_bytes(b"\x1f\x8b broken")
    return tmp_path / "raw"


def test_one_scan_done_exits_0(scans, tmp_path):
    done = call("deface", scans / "sub-1/anat/sub-1_T1w.nii.gz", tmp_path / "out", "--defacer", "fsl-deface", "-q")
    assert done.exit_code == 0, done.output
    assert re.match(r"1 of 1 scan defaced by fsl-deface 6\.0\.7; \d+ ml altered, air included\.\n", done.stdout)
    assert "not that nobody can be recognised" in done.stdout
    assert str(tmp_path / "out" / "defacing.tsv") in done.stdout
    assert done.stderr == ""


def test_a_scan_that_failed_exits_1_and_is_named(scans, tmp_path):
    done = call("deface", scans, tmp_path / "out", "--defacer", "fsl-deface")
    assert done.exit_code == 1, done.output
    assert "1 of 2 scans defaced by fsl-deface 6.0.7" in done.stdout
    assert "  sub-1_T2w: unreadable. The" in done.stderr
    assert "scans: 2 of 2" in done.stderr


def test_a_tool_that_hangs_is_a_row(scans, tmp_path, monkeypatch):
    monkeypatch.setenv("STANDIN", "hang")
    words = ("--defacer", "fsl-deface", "--time-limit", 1, "--quiet")
    done = call("deface", scans / "sub-1/anat/sub-1_T1w.nii.gz", tmp_path / "out", *words)
    assert done.exit_code == 1
    assert "sub-1_T1w: hung. The program did not finish within 1 s" in done.stderr
    assert "0 of 1 scan defaced" in done.stdout
    assert "\thung\t" in (tmp_path / "out" / "defacing.tsv").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--defacer", "nobody"], "There is no defacer 'nobody'"),
        ([], "Missing option '--defacer'"),
        (["--defacer", "zero", "--time-limit", "0"], "--time-limit"),
        (["--defacer", "zero", "--image", "a/b"], "does not take --image"),
        (["--defacer", "pydeface", "--image", "a/b", "--engine", "apptainer"], "docker or podman"),
    ],
)
def test_wrong_usage_exits_2(scans, tmp_path, words, said):
    done = call("deface", scans, tmp_path / "out", *words)
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_out_among_the_scans_exits_2(scans):
    done = call("deface", scans, scans / "derivatives" / "zero", "--defacer", "zero")
    assert done.exit_code == 2
    assert "lies in, the folder of the scans" in done.stderr
    assert not (scans / "derivatives").exists()


def test_a_tool_that_is_not_there_exits_1_with_the_remedy(scans, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    done = call("deface", scans, tmp_path / "out", "--defacer", "afni-reface")
    assert done.exit_code == 1
    assert "'afni-reface' is not ready on this machine: no program @afni_refacer_run on PATH" in done.stderr
    assert "It needs AFNI with @afni_refacer_run; tcsh." in done.stderr


def test_the_list_says_of_each_whether_it_is_ready(scans):
    done = call("deface", "--defacer", "list")
    assert done.exit_code == 0, done.output
    heads = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert [line.split()[0] for line in heads] == list(DEFACERS)
    state = {line.split()[0]: line[24:] for line in heads}
    assert state["zero"] == "ready"
    assert state["fsl-deface"] == "ready"
    assert state["mri-deface"].startswith("not ready: no file")
    assert "needs FSL 6.0.1 or newer" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_ready_made_results_are_taken_in(scans, tmp_path):
    (tmp_path / "made").mkdir()
    volume = head()
    data = volume.data.copy()
    data[:5] = 0
    write_volume(replace(volume, data=data), tmp_path / "made" / "sub-1_T1w.deface.nii.gz")
    words = ("--defacer", "afni-deface", "--results", tmp_path / "made", "-q")
    done = call("deface", scans / "sub-1/anat/sub-1_T1w.nii.gz", tmp_path / "out", *words)
    assert done.exit_code == 0, done.output
    assert "1 of 1 scan defaced by afni-deface; " in done.stdout
