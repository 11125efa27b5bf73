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
from reid_audit.store import LOCK, alone_in, for_people_in, one_at_a_time

HOLDS = """
import sys, time
from reid_audit.store import alone_in, for_people_in
out, *people = sys.argv[1:]
with for_people_in(out, people) if people else alone_in(out):
    print("in", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def at_work(tmp_path):
    """Start other processes that are at work in a folder, on all of it or on some people."""
    running = []

    def begin(*people):
        run = subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(tmp_path / "out"), *people],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(reid_audit.__file__).parents[1])},
            text=True,
        )
        running.append(run)
        assert run.stdout.readline() == "in\n"
        return run

    yield begin
    for run in running:
        run.kill()
        run.communicate()


@pytest.fixture
def another(at_work):
    """Another process that has all of a folder."""
    return at_work()


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


def test_people_are_worked_on_side_by_side_and_nobody_twice(at_work, tmp_path):
    """As the jobs of a cluster do: one a participant, all in one OUT."""
    out = tmp_path / "out"
    first, _ = at_work("01", "02"), at_work("03")
    with for_people_in(out, ["04", "05"]):
        pass
    with pytest.raises(UsageError, match="at work on one of these people") as caught, for_people_in(out, ["04", "02"]):
        raise AssertionError("one person in two runs")
    assert "02" not in str(caught.value).replace(str(out), "")
    with pytest.raises(UsageError, match=r"Another run, of some people, is at work"), alone_in(out):
        raise AssertionError("all of a folder in which others are at work")
    first.kill()
    first.wait()
    with for_people_in(out, ["02"]):
        pass
    assert [path.name for path in out.iterdir()] == [LOCK]
    assert (out / LOCK).read_bytes() == b""


def test_who_has_all_of_a_folder_lets_nobody_in_for_some_people(another, tmp_path):
    said = rf"Another run \(process {another.pid}\) is at work in"
    with pytest.raises(UsageError, match=said), for_people_in(tmp_path / "out", ["01"]):
        raise AssertionError("beside a run that has it all")


def test_the_number_of_a_killed_run_is_not_told_of_those_who_came_after(another, at_work, tmp_path):
    another.kill()
    another.wait()
    at_work("01")
    with pytest.raises(UsageError, match=r"Another run, of some people"), alone_in(tmp_path / "out"):
        pass


def test_what_others_write_beside_is_left(at_work, tmp_path):
    at_work("01")
    part = tmp_path / "out" / ".x.npz.1.0a1b2c3d.part"
    part.write_text("half")
    with for_people_in(tmp_path / "out", ["02"]):
        pass
    assert part.exists()


def test_thousands_of_people_take_one_open_file(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    with for_people_in(tmp_path, map(str, range(5_000))):
        assert len(list(Path("/proc/self/fd").iterdir())) == before + 1
    with alone_in(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_some_people_are_let_through_inside_all_and_all_not_inside_some(tmp_path):
    with alone_in(tmp_path), for_people_in(tmp_path, ["01"]):
        pass
    with for_people_in(tmp_path, ["01"]):
        with for_people_in(tmp_path, ["distractor"]):
            pass
        with pytest.raises(UsageError, match="of some people"), alone_in(tmp_path):
            raise AssertionError("more than is held")
