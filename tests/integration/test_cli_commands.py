"""The commands: what they print, what they write, and how they exit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path  # noqa: TC003

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from report_samples import findings
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.errors import MissingResourceError, StoreError, UsageError

RUNNER = CliRunner()


def data(tmp_path: Path) -> Path:
    """Return a folder to audit that does not hold OUT."""
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    return folder


def call(*words: object):
    return RUNNER.invoke(app, [str(word) for word in words], env={"COLUMNS": "100", "TERM": "dumb"})


class FakeAudit:
    def __init__(self, found) -> None:
        self.findings = found


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch):
    """Replace the audit by one that returns what it is told, and remember its arguments."""
    seen: dict = {}

    def put(found) -> dict:
        def fake(source, **rest):
            seen.update(rest, source=source)
            rest["progress"]("scans", 0, 2)
            rest["progress"]("scans", 2, 2)
            if isinstance(found, Exception):
                raise found
            return FakeAudit(found)

        def cohort(inputs) -> tuple:
            seen["inputs"] = inputs
            return findings().cohort, ()

        monkeypatch.setattr("reid_audit.cli.inputs.Inputs.cohort", cohort)
        monkeypatch.setattr("reid_audit.auditing.audit", fake)
        return seen

    return put


def whole():
    return findings(failures=())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two scans and a text in a folder; none holds a head."""
    folder = tmp_path / "scans"
    folder.mkdir()
    affine = np.diag([2.0, 2.0, 2.5, 1.0])
    for number, data in enumerate((np.zeros((7, 8, 9), np.float32), np.ones((7, 8, 9), np.float32))):
        nib.save(nib.Nifti1Image(data, affine), folder / f"sub-X{number}_T1w.nii.gz")
    (folder / "sub-X2_T1w.nii.gz").write_bytes(b"\x1f\x8b broken")
    return folder


def test_a_whole_run_exits_0_and_tells_the_verdict(audited, tmp_path: Path) -> None:
    audited(whole())
    done = call("run", data(tmp_path), tmp_path / "out", "--quiet")
    assert done.exit_code == 0, done.output
    assert (
        "Under attacker photo-set (matcher topk), 14 of 16 people (mean over their photographs) were identified "
        "by their original scans at rank 1" in done.stdout
    )
    assert "0.17 (one-sided 95 %)" in done.stdout
    assert "no evidence of real-world risk" in done.stdout
    assert str(tmp_path / "out" / "report.html") in done.stdout
    assert done.stderr == ""


def test_a_lost_scan_exits_1_and_still_tells_the_verdict(audited, tmp_path: Path) -> None:
    audited(findings())
    done = call("run", data(tmp_path), tmp_path / "out", "-q")
    assert done.exit_code == 1
    assert "Under attacker" in done.stdout
    assert "incomplete" in done.stderr


def test_progress_is_plain_lines_where_there_is_no_terminal(audited, tmp_path: Path) -> None:
    audited(whole())
    done = call("run", data(tmp_path), tmp_path / "out")
    assert done.stderr.splitlines() == ["scans: 0 of 2", "scans: 2 of 2"]


def test_settings_arrive_checked(audited, tmp_path: Path) -> None:
    seen = audited(whole())
    words = [
        "--attacker",
        "photo-set",
        "--attacker",
        "scan-to-scan",
        "--seed",
        9,
        "--workers",
        3,
        "--yaws",
        "-20,0,20.5",
    ]
    done = call("run", data(tmp_path), tmp_path / "out", "group", "--photos", tmp_path / "faces", "--size", 222, *words)
    assert done.exit_code == 0, done.output
    settings = seen["settings"]
    assert settings.attackers == ("photo-set", "scan-to-scan")
    assert (settings.seed, settings.workers, settings.size, settings.yaws) == (9, 3, 222, (-20.0, 0.0, 20.5))
    assert settings.triangles is None
    assert (seen["inputs"].photos, seen["out"]) == (tmp_path / "faces", tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--attacker", "nobody"], "There is no attacker 'nobody'"),
        (["--size", "7"], "size = 7"),
        (["--yaws", "left,right"], "list of numbers"),
        (["--workers", "none"], "Invalid value for '--workers'"),
        (["session"], "session"),
        (["--unknown"], "No such option"),
    ],
)
def test_wrong_usage_exits_2(words: list[str], said: str, audited, tmp_path: Path) -> None:
    seen = audited(whole())
    done = call("run", data(tmp_path), tmp_path / "out", *words)
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert not seen


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UsageError("No such thing.", remedy="Name another."), 2, "reid-audit: No such thing. Name another.\n"),
        (StoreError("Disk full.", remedy="Free some."), 1, "reid-audit: Disk full. Free some.\n"),
        (MissingResourceError("No weights.", remedy="Install them."), 1, "reid-audit: No weights. Install them.\n"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (BrokenPipeError(32, "Broken pipe"), 1, "The system refused: Broken pipe"),
        (ZeroDivisionError("sub-SECRET"), 1, "Unexpected ZeroDivisionError"),
    ],
)
def test_an_error_is_one_message_on_stderr(error: Exception, status: int, said: str, audited, tmp_path: Path) -> None:
    audited(error)
    done = call("run", data(tmp_path), tmp_path / "out", "--quiet")
    assert done.exit_code == status
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert "SECRET" not in done.output
    assert done.stdout == ""


def test_debug_lets_the_traceback_through(audited, tmp_path: Path) -> None:
    audited(ZeroDivisionError("why"))
    done = call("--debug", "run", data(tmp_path), tmp_path / "out", "--quiet")
    assert isinstance(done.exception, ZeroDivisionError)


def test_an_interrupt_says_how_to_go_on(audited, tmp_path: Path) -> None:
    audited(whole())

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reid_audit.auditing.audit", stop)
        done = call("run", data(tmp_path), tmp_path / "out", "--quiet")
    assert done.exit_code == 130
    assert "goes on" in done.stderr


def test_being_told_to_end_is_said_like_an_interrupt_and_leaves_the_handler_as_it_was(audited, tmp_path: Path) -> None:
    import signal

    audited(whole())
    before = signal.getsignal(signal.SIGTERM)

    def stop(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reid_audit.auditing.audit", stop)
        done = call("run", data(tmp_path), tmp_path / "out", "--quiet")
    assert done.exit_code == 143
    assert "goes on" in done.stderr
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_place_that_is_no_cohort_exits_2(tmp_path: Path) -> None:
    done = call("run", tmp_path / "nowhere", tmp_path / "out", "--quiet")
    assert done.exit_code == 2, done.output
    assert "Correct the path" in done.stderr


def test_manifest_prints_a_table_that_can_be_read_back(tree: Path) -> None:
    done = call("manifest", tree)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert "path" in lines[0].split(",")


def test_a_manifest_written_elsewhere_still_points_at_the_scans(tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "er" / "m.csv"
    target.parent.mkdir(parents=True)
    assert call("manifest", tree, "-o", target).exit_code == 0
    paths = pd.read_csv(target)["path"]
    assert len(paths) == 3
    assert all((target.parent / path).is_file() for path in paths)


def test_a_manifest_corrected_by_hand_is_not_overwritten(tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "m.csv"
    target.write_text("mine")
    done = call("manifest", tree, "-o", target)
    assert done.exit_code == 2
    assert "exists" in done.stderr
    assert target.read_text() == "mine"
    assert call("manifest", tree, "-o", target, "--force").exit_code == 0


def test_scans_without_a_head_are_told_one_by_one_and_exit_1(tree: Path, tmp_path: Path) -> None:
    done = call("render", tree, tmp_path / "out", "--quiet")
    assert done.exit_code == 1, done.output
    lost = [line for line in done.stdout.splitlines() if ": lost: " in line]
    assert [line.split(":")[0] for line in lost] == ["sub-X0_T1w", "sub-X1_T1w", "sub-X2_T1w"]
    assert "A missing detection" not in done.stdout
    assert "Contact sheets" not in done.stdout
    renders = tmp_path / "out" / "renders"
    assert renders.stat().st_mode & 0o777 == 0o700
    assert len(pd.read_csv(renders / "faces.csv")) == 3


def test_render_of_nothing_exits_2(tmp_path: Path) -> None:
    done = call("render", tmp_path / "nowhere.nii.gz", tmp_path / "out")
    assert done.exit_code == 2
    assert "Correct the path" in done.stderr


def test_demo_makes_a_cohort_and_audits_it(audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = audited(whole())
    made: dict = {}

    def write(settings, folder, *, workers, progress) -> None:
        made.update(settings=settings, folder=folder, workers=workers)
        progress("phantoms", 5, 5)

    monkeypatch.setattr("reid_audit.phantom.write_cohort", write)
    (tmp_path / "out" / "cohort").mkdir(parents=True)
    done = call("demo", tmp_path / "out", "--subjects", 5, "--seed", 3)
    assert done.exit_code == 0, done.output
    assert (made["settings"].n_subjects, made["settings"].seed, made["workers"]) == (5, 3, 2)
    assert made["settings"].conditions == ("original", "zero", "meanface")
    assert made["folder"] == seen["inputs"].source == tmp_path / "out" / "cohort"
    assert seen["inputs"].photos == tmp_path / "out" / "cohort" / "photos"
    assert (seen["settings"].seed, seen["settings"].workers) == (3, 2)


def test_phantom_passes_its_wishes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict = {}
    monkeypatch.setattr("reid_audit.phantom.write_cohort", lambda settings, _folder, **_: made.update(vars(settings)))
    words = ["--modality", "T1w", "--modality", "CT", "--sessions", 2, "--photos", 0, "--defacer", "zero"]
    done = call("phantom", tmp_path / "p", "--subjects", 7, "--voxel-size", 1.5, "--left-marker", "-q", *words)
    assert done.exit_code == 0, done.output
    assert (made["n_subjects"], made["sessions"], made["photos_per_subject"]) == (7, 2, 0)
    assert (made["modalities"], made["conditions"]) == (("T1w", "CT"), ("original", "zero"))
    assert (made["voxel_size"], made["left_marker"], made["seed"]) == (1.5, True, 1)
    wrong = call("phantom", tmp_path / "p", "--modality", "XYZ")
    assert wrong.exit_code == 2, wrong.output


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("adult35_t1.nii.gz", "adult35_t1: face found on 1 of 1 renders\n"),
        ("control_t1_skull_stripped.nii.gz", "no face found on 1 renders: does not count as protected"),
        ("adult42_t1_defaced_by_owner.nii.gz", "looks defaced"),
        ("adult26_t1_dicom", "adult26_t1_dicom: face found on 1 of 1 renders"),
    ],
)
def test_render_of_a_real_head_says_what_it_saw(name: str, said: str, real_data: Path, tmp_path: Path) -> None:
    view = ["--yaws", "0", "--pitches", "0", "--azimuths", "0", "--elevations", "20", "--quiet"]
    done = call("render", real_data / "heads" / name, tmp_path, *view)
    assert done.exit_code == 0, done.output
    assert said in done.stdout
    (sheet,) = (tmp_path / "renders").glob("*.png")
    assert sheet.stat().st_mode & 0o777 == 0o600


def test_as_a_program_wrong_usage_exits_2_with_one_message(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from reid_audit.cli import main; main()"]
    done = subprocess.run(
        [*program, "run", str(tmp_path / "nowhere"), str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("reid-audit: There is no '")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("place", ["data", "data/derivatives/audit"])
def test_private_files_are_not_put_among_the_data(place: str, audited, tmp_path: Path) -> None:
    seen = audited(whole())
    done = call("run", data(tmp_path), tmp_path / place)
    assert done.exit_code == 2
    assert "released with them" in done.stderr
    assert not seen


@pytest.mark.parametrize("command", [["group"], ["participant"]])
@pytest.mark.parametrize("place", ["faces", "faces/deep/out"])
def test_private_files_are_not_put_among_the_photographs(
    place: str, command: list[str], audited, tmp_path: Path
) -> None:
    seen = audited(whole())
    faces = tmp_path / "faces"
    faces.mkdir()
    table = tmp_path / "scans.csv"
    table.write_text("path,subject\n")
    done = call("run", table, tmp_path / place, *command, "--photos", faces)
    assert done.exit_code == 2
    assert "photographs: templates and keys" in done.stderr
    assert not seen
    assert not list(faces.iterdir())


def test_a_table_of_photographs_does_not_lie_in_out(audited, tmp_path: Path) -> None:
    audited(whole())
    table = tmp_path / "faces.csv"
    table.write_text("path,subject\n")
    assert call("run", data(tmp_path), tmp_path, "--photos", table).exit_code == 2
    assert call("run", data(tmp_path), tmp_path / "out", "--photos", table, "-q").exit_code == 0


def test_one_failure_is_one(audited, tmp_path: Path) -> None:
    audited(findings(failures=findings().failures[1:]))
    done = call("run", data(tmp_path), tmp_path / "out", "-q")
    assert "1 failure is listed" in done.stderr


_PIPED = """
import typer
from reid_audit.cli.errors import guarded
app = typer.Typer()
@app.command()
@guarded
def command():
    typer.echo("verdict")
app()
"""


def test_a_pipe_that_nobody_reads_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        words = [sys.executable, "-c", _PIPED]
        done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_an_out_that_is_a_file_is_wrong_usage(audited, tmp_path: Path) -> None:
    audited(whole())
    (tmp_path / "file").write_text("x")
    done = call("run", data(tmp_path), tmp_path / "file")
    assert done.exit_code == 2
    assert "Name a folder" in done.stderr
