"""Progress where nobody watches."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from reid_audit.cli.log import RunLog, log_failures
from reid_audit.cli.progress import PlainLines, telling
from reid_audit.cli.status import StatusFile
from reid_audit.errors import StoreError, UsageError
from reid_audit.store import write_table
from reid_audit.types import Failure

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path


def test_plain_lines_come_at_the_start_every_ten_seconds_and_at_the_end() -> None:
    now = [0.0]
    stream = io.StringIO()
    tell = PlainLines(stream, clock=lambda: now[0])
    for done in range(31):
        now[0] = done * 4.0
        tell("scans", done, 30)
    tell("report", 0, 1)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "scans: 0 of 30"
    assert lines[1] == "scans: 3 of 30, about 2 min left"
    assert lines[-3] == "scans: 27 of 30, about 12 s left"
    assert lines[-2] == "scans: 30 of 30"
    assert lines[-1] == "report: 0 of 1"
    assert len(lines) == 1 + 9 + 1 + 1


def test_quiet_says_nothing(capsys) -> None:
    with telling(quiet=True) as tell:
        tell("scans", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_the_status_is_whole_while_it_runs_and_says_how_it_ended(tmp_path) -> None:
    with telling(quiet=True, out=tmp_path, command="run") as tell:
        tell("scans", 0, 3)
        tell("scans", 3, 3)
        tell("report", 0, 1)
        status = json.loads((tmp_path / "status.json").read_text())
        assert (status["state"], status["stage"], status["done"], status["total"]) == ("running", "report", 0, 1)
    status = json.loads((tmp_path / "status.json").read_text())
    assert status["state"] == "finished"
    assert [(stage["name"], stage["done"]) for stage in status["stages"]] == [("scans", 3), ("report", 0)]


def test_the_time_left_is_that_of_the_stage(tmp_path) -> None:
    now = [0.0]
    status = StatusFile(tmp_path, "run", clock=lambda: now[0])
    status("scans", 0, 10)
    now[0] = 20.0
    status("scans", 4, 10)
    assert json.loads((tmp_path / "status.json").read_text())["seconds_left"] == 30.0


@pytest.mark.parametrize(("error", "state"), [(KeyboardInterrupt, "stopped"), (UsageError("x sub-01"), "failed")])
def test_an_end_before_the_end_is_told_without_its_words(tmp_path, error, state) -> None:
    def fail() -> None:
        with telling(quiet=True, out=tmp_path, command="run"):
            raise error

    with pytest.raises((KeyboardInterrupt, UsageError)):
        fail()
    assert json.loads((tmp_path / "status.json").read_text())["state"] == state
    log = (tmp_path / "logs" / "reid-audit.log").read_text()
    assert "sub-01" not in log
    assert {"stopped": "was stopped", "failed": "failed: UsageError"}[state] in log


def test_runs_that_share_a_folder_keep_a_status_each(tmp_path) -> None:
    (tmp_path / "status").mkdir()
    (tmp_path / "status" / "mine.json").write_text("{}")

    def files() -> list[Path]:
        return sorted(path for path in (tmp_path / "status").iterdir() if path.name != "mine.json")

    def some() -> AbstractContextManager[object]:
        return telling(quiet=True, out=tmp_path, command="run participant", beside=True)

    with some(), some():
        assert [json.loads(path.read_text())["state"] for path in files()] == ["running", "running"]
    assert files() == [], "who ends well takes its own away"
    with pytest.raises(UsageError), some():
        raise UsageError("x")
    assert [json.loads(path.read_text())["state"] for path in files()] == ["failed"]
    assert not (tmp_path / "status.json").exists()
    with telling(quiet=True, out=tmp_path, command="run"):
        assert files() == [], "who has all of the folder knows that the others are over"
    assert (tmp_path / "status" / "mine.json").exists()


def test_a_log_is_not_written_through_a_link(tmp_path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "reid-audit.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        RunLog(tmp_path).say("x")
    assert not (tmp_path / "elsewhere").exists()


def test_failures_are_told_by_pseudonym(tmp_path) -> None:
    (tmp_path / "private").mkdir()
    key = {"kind": ["person", "sample"], "original": ["01", "sub-01_T1w"], "pseudonym": ["P001", "P001-scan1"]}
    write_table(tmp_path / "private" / "pseudonyms", pd.DataFrame(key))
    log_failures(tmp_path, (Failure("read", "01", "", "original", "sub-01_T1w", "Bad sub-01."),))
    text = (tmp_path / "logs" / "reid-audit.log").read_text()
    assert text.endswith("failure: read, P001-scan1\n")
    assert "sub-01" not in text
