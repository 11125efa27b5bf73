"""Purge: what it removes, what it leaves, and that it says both."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003

import pandas as pd
import pytest
from report_samples import LABELS, findings
from typer.testing import CliRunner

from reid_audit.cli.app import app

LEFT = ["report.bib", "report.html", "report.json", "report.tex", "tables"]


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "100", "TERM": "dumb"})


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    from reid_audit.report import write_report
    from reid_audit.store import private_folder, write_bytes

    out = tmp_path / "out"
    write_report(findings(phantom=False, results=(), detection=pd.DataFrame()), out)
    templates = private_folder(out / "private" / "templates" / "ab")
    for number in range(40):
        write_bytes(templates / f"abcd{number:04x}.npz", b"biometric")
    write_bytes(private_folder(out / "private" / "faces") / "attack-001.html", b"face")
    write_bytes(out / "private" / "faces" / "index.html", b"face")
    write_bytes(private_folder(out / "renders") / "head.png", b"face")
    write_bytes(out / "renders" / "faces.csv", b"scan")
    return out


def test_purge_removes_what_tells_who_someone_is_and_says_so(finished: Path) -> None:
    done = call("purge", finished)
    assert done.exit_code == 0, done.output
    lines = {line.split(":")[0]: line for line in done.stdout.splitlines() if line.startswith("removed ")}
    for folder, names in (
        ("private/templates", ("40 files",)),
        ("private/faces", ("2 files (attack-001.html, index.html)",)),
        ("private", ("pseudonyms.csv", "pseudonyms.key", " more)")),
        ("renders", ("2 files (faces.csv, head.png)",)),
    ):
        assert all(name in lines[f"removed {folder}/"] for name in names), folder
    assert len(lines) == 4, "a line a folder, however many templates"
    assert "Left: report.bib, report.html, report.json, report.tex, tables/." in done.stdout
    assert sorted(path.name for path in finished.iterdir()) == LEFT
    assert not any(label in (finished / "report.json").read_text() for label in LABELS)
    again = call("purge", finished)
    assert again.exit_code == 0
    assert "nothing to remove" in again.stdout


def test_purge_leaves_a_folder_that_no_run_made(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "diary.txt").write_text("mine")
    done = call("purge", tmp_path)
    assert done.exit_code == 2
    assert (tmp_path / "private" / "diary.txt").read_text() == "mine"


def test_purge_of_a_folder_that_is_no_run_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "sub-01.nii.gz").write_bytes(b"")
    done = call("purge", tmp_path)
    assert done.exit_code == 2
    assert "not the OUT of a run" in done.stderr


def test_purge_follows_no_link(finished: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_text("mine")
    (finished / "private" / "link").symlink_to(outside)
    done = call("purge", finished)
    assert done.exit_code == 1
    assert "left private/link" in done.stderr
    assert (outside / "keep.txt").read_text() == "mine"


def test_purge_reaches_what_several_commands_in_one_left(finished: Path) -> None:
    from reid_audit.store import Record, RecordStore, private_folder, write_bytes

    RecordStore(finished / "private" / "judged").put("ab" * 32, Record({}, {"subject": "phantom001"}))
    finished.rename(finished.with_name("audit"))
    private_folder(finished)
    finished.with_name("audit").rename(finished / "audit")
    for name in ("verdicts.csv", "measures.parquet", "folds.csv", "judging_failures.csv"):
        write_bytes(private_folder(finished / "private") / name, b"who")
    for name in ("quality.tsv", "quality.json", "scans.csv", "compare.html"):
        write_bytes(finished / name, b"who")
    RecordStore(finished / ".defacing").put("cd" * 32, Record({}, {"scan": "sub-1_T1w"}))
    write_bytes(finished / ".defacing" / ".x.npz.12.0a1b2c3d.part", b"half")
    write_bytes(finished / ".defacing" / "sources.json", b"{}")
    done = call("purge", finished)
    assert done.exit_code == 0, done.output
    assert "Backups and snapshots" in done.stdout
    assert sorted(path.name for path in finished.iterdir()) == ["audit", "compare.html"]
    assert sorted(path.name for path in (finished / "audit").iterdir()) == LEFT
    lines = {line.split(":")[0]: line for line in done.stdout.splitlines()}
    assert "pseudonyms.csv" in lines["removed audit/private/"]
    assert "verdicts.csv" in lines["removed private/"]
    assert {"removed quality.tsv", "removed scans.csv"} <= set(lines)


def test_purge_says_which_of_what_is_left_names_scans(tmp_path: Path) -> None:
    (tmp_path / ".defacing").mkdir()
    (tmp_path / "sub-1").mkdir()
    (tmp_path / "defacing.tsv").write_text("scan")
    done = call("purge", tmp_path)
    assert "Of these, defacing.tsv, sub-1/ name or show scans" in done.stdout
    assert (tmp_path / "sub-1").exists()


def test_purge_waits_for_no_run_and_disturbs_none(finished: Path) -> None:
    import threading

    from reid_audit.store import alone_in

    inside, done = threading.Event(), threading.Event()

    def work() -> None:
        with alone_in(finished):
            inside.set()
            done.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(30)
    try:
        refused = call("purge", finished)
    finally:
        done.set()
        thread.join()
    assert refused.exit_code == 2
    assert "Another run" in refused.stderr
    assert (finished / "private" / "pseudonyms.key").exists()


def test_purge_of_no_folder_exits_2(tmp_path: Path) -> None:
    assert call("purge", tmp_path / "nowhere").exit_code == 2


def test_purge_leaves_what_no_run_made(tmp_path: Path) -> None:
    private = tmp_path / "private" / "templates" / "ab"
    private.mkdir(parents=True)
    (private / f"ab{'0' * 62}.npz").write_bytes(b"x")
    (private.parent / "thesis.docx").write_text("mine")
    (private.parent.parent / "thesis.csv").write_text("mine")
    done = call("purge", tmp_path)
    assert "removed private/templates/: 1 file\n" in done.stdout
    assert "left private/templates/thesis.docx" in done.stderr
    assert "left private/thesis.csv" in done.stderr
    assert (private.parent / "thesis.docx").exists()
    assert not private.exists()
    assert done.exit_code == 1
