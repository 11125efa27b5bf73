"""One run at a time in a folder, and what a killed one leaves."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import reid_audit
from reid_audit.errors import StoreError, UsageError
from reid_audit.store import LOCK, alone_in, one_at_a_time

HOLDS = """
import sys, time
from reid_audit.store import alone_in
with alone_in(sys.argv[1]):
    print("in", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def another(tmp_path):
    """Another process that is at work in a folder."""
    root = str(Path(reid_audit.__file__).parents[1])
    run = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": root},
        text=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "in\n"
    yield run
    run.kill()
    run.communicate()


def test_the_second_run_is_refused_and_says_who_is_there(another, tmp_path):
    said = rf"Another run \(process {another.pid}\) is at work in"
    with pytest.raises(UsageError, match=said) as caught, alone_in(tmp_path / "out"):
        raise AssertionError("two runs in one folder")
    assert "name another folder" in caught.value.remedy
    with alone_in(tmp_path / "elsewhere"):
        pass


def test_a_killed_run_leaves_no_lock_and_no_half_written_file(another, tmp_path):
    out = tmp_path / "out"
    (out / "deep").mkdir()
    part = out / "deep" / f".t.csv.{another.pid}.0a1b2c3d.part"
    part.write_text("half")
    (out / "deep" / ".mine.part").write_text("not ours")
    another.send_signal(signal.SIGKILL)
    another.wait()
    with alone_in(out):
        assert not part.exists()
        assert stat.S_IMODE((out / LOCK).stat().st_mode) == 0o600
    assert sorted(path.name for path in out.rglob("*")) == [".mine.part", "deep"]


def test_one_call_inside_another_is_let_through_and_another_thread_is_not(tmp_path):
    refused = []

    def elsewhere():
        try:
            with alone_in(tmp_path):
                pass
        except UsageError as error:
            refused.append(error)

    with alone_in(tmp_path):
        with alone_in(tmp_path / "." / ""):
            assert (tmp_path / LOCK).exists()
        assert (tmp_path / LOCK).exists()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert not (tmp_path / LOCK).exists()


def test_only_one_of_many_that_begin_at_once_gets_in(tmp_path):
    """The file is removed by who leaves: nobody may hold one that is no longer there."""
    inside, most, lock = [0], [0], threading.Lock()

    def begin():
        for _ in range(60):
            try:
                with alone_in(tmp_path):
                    with lock:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    time.sleep(0.0005)
                    with lock:
                        inside[0] -= 1
            except UsageError:
                time.sleep(0.0002)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path):
    target = tmp_path / "victim"
    target.write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LOCK).symlink_to(target)
    with pytest.raises(StoreError), alone_in(tmp_path / "out"):
        pass
    assert target.read_text() == "mine"


def test_a_function_holds_the_folder_that_it_is_given_and_none_without(tmp_path):
    @one_at_a_time("out")
    def work(name, out=None):
        return name, out is not None and (Path(out) / LOCK).exists()

    assert work("a") == ("a", False)
    assert work("b", tmp_path) == ("b", True)
    assert work("c", out=str(tmp_path)) == ("c", True)
    assert not (tmp_path / LOCK).exists()
