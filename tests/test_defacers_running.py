"""Programs of others: bounded, in a private folder, ended whole."""

from __future__ import annotations

import fcntl
import os
import pickle
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from reid_audit.defacers.containers import Container, find_engine
from reid_audit.defacers.running import private_workspace, run_command
from reid_audit.errors import DefacingError, MissingResourceError, UsageError

SHELL = "/bin/sh"


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    until = time.monotonic() + 5
    while runs(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not runs(pid)


def test_status_words_and_folder(tmp_path):
    done = run_command([SHELL, "-c", 'echo one; echo "at $PWD" >&2; exit 7'], folder=tmp_path, seconds=20)
    assert done.status == 7
    assert done.said.splitlines() == ["one", "at ."]
    assert done.last_words == "at ."
    assert done.seconds < 20


def test_arguments_are_never_read_by_a_shell(tmp_path):
    done = run_command(["/bin/echo", "$(touch made); `touch made`", "a b"], folder=tmp_path, seconds=20)
    assert done.said.strip() == "$(touch made); `touch made` a b"
    assert not (tmp_path / "made").exists()


def test_files_of_the_program_are_the_owners_alone(tmp_path):
    run_command([SHELL, "-c", 'echo x > made; echo "$TMPDIR" > where'], folder=tmp_path, seconds=20)
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0
    assert (tmp_path / "where").read_text().strip() == str(tmp_path)


def test_a_program_that_prints_without_end_does_not_fill_the_memory(tmp_path):
    done = run_command([SHELL, "-c", "seq 1 200000; echo last"], folder=tmp_path, seconds=60)
    assert done.last_words == "last"
    assert len(done.said) <= 16_384


def test_when_the_time_is_up_the_whole_group_ends(tmp_path):
    aborted = []
    command = [SHELL, "-c", 'trap "" TERM; sleep 300 & echo $! > child; wait; sleep 300']
    with pytest.raises(DefacingError) as caught:
        run_command(command, folder=tmp_path, seconds=0.5, abort=lambda: aborted.append(True))
    assert caught.value.outcome == "hung"
    assert "--time-limit" in caught.value.remedy
    assert aborted == [True]
    assert gone(int((tmp_path / "child").read_text()))


def test_what_a_finished_program_leaves_running_is_ended(tmp_path):
    done = run_command([SHELL, "-c", "sleep 300 & echo $! > child"], folder=tmp_path, seconds=20)
    assert done.status == 0
    assert done.seconds < 10
    assert gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("name", ["absent", "folder", "text"])
def test_a_program_that_cannot_be_started_is_a_missing_resource(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no program")
    with pytest.raises(MissingResourceError, match=f"'{name}' could not be started"):
        run_command([str(tmp_path / name)], folder=tmp_path, seconds=5)


def test_the_workspace_is_private_and_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with private_workspace() as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "scan").write_text("face")
    with pytest.raises(ZeroDivisionError), private_workspace():
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_asked_to_end_a_process_ends_its_tool_and_removes_the_scan_first(tmp_path):
    code = textwrap.dedent(
        """
        import os, sys, tempfile
        from reid_audit.defacers.running import private_workspace, run_command
        tempfile.tempdir = sys.argv[1]
        with private_workspace() as folder:
            (folder / "scan").write_text("face")
            line = f"sleep 300 & echo $! > {sys.argv[1]}/child; wait"
            run_command(["/bin/sh", "-c", line], folder=folder, seconds=99)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    until = time.monotonic() + 30
    while not ((tmp_path / "child").exists() and (tmp_path / "child").read_text().strip()):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=20) == -signal.SIGTERM
    assert gone(int((tmp_path / "child").read_text()))
    assert [path.name for path in tmp_path.iterdir()] == ["child"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_while_the_program_is_being_started_it_is_ended_all_the_same(tmp_path, monkeypatch, number):
    started = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *words, **named):
            super().__init__(*words, **named)
            started.append(self.pid)
            os.kill(os.getpid(), number)  # as it was seen once: the handler's exception left a program that nobody knew

    def stop(_number, _frame):
        raise ZeroDivisionError

    before = signal.signal(number, stop)
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    try:
        with pytest.raises(ZeroDivisionError):
            run_command([SHELL, "-c", "sleep 300"], folder=tmp_path, seconds=60)
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    assert gone(started[0])


def test_an_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(DefacingError("It hung.", outcome="hung", remedy="Wait.")))  # noqa: S301
    assert (str(error), error.outcome, error.remedy) == ("It hung. Wait.", "hung", "Wait.")


@pytest.fixture
def engines(tmp_path, monkeypatch):
    def put(*names: str) -> None:
        for name in names:
            (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
            (tmp_path / name).chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path))

    return put


def test_the_engine_fits_the_image(engines):
    engines("podman", "apptainer")
    assert find_engine("own/image:1") == "podman"
    assert find_engine("own.sif") == "apptainer"
    assert find_engine("own/image:1", "podman") == "podman"
    with pytest.raises(UsageError, match="run by docker or podman, got 'apptainer'"):
        find_engine("own/image:1", "apptainer")
    with pytest.raises(MissingResourceError, match="needs docker, which is not on PATH"):
        find_engine("own/image:1", "docker")


@pytest.mark.parametrize("engine", ["docker", "podman", "apptainer"])
def test_a_container_has_no_network_and_one_folder(engines, engine):
    engines("docker", "podman", "apptainer")
    image = "own.sif" if engine == "apptainer" else "own/image:1"
    container = Container.of(image, engine)
    words = container.command(["-i", "a b"], mounts={Path("/private"): "/scan"}, folder="/scan", program="tool")
    assert words[0] == engine
    assert words[words.index("--network") + 1] == "none"
    assert words[-2:] == ["-i", "a b"]
    mount = {"docker": "--volume", "podman": "--volume", "apptainer": "--bind"}[engine]
    assert [words[at + 1] for at, word in enumerate(words) if word == mount] == ["/private:/scan:rw"]
    if engine == "apptainer":
        assert {"--containall", "--net"} <= set(words)
    else:
        assert words[words.index("--pull") + 1] == "never"
        assert words[words.index("--entrypoint") + 1] == "tool"
    assert ("--user" in words) == (engine == "docker")
    assert ("--userns" in words) == (engine == "podman")
    as_root = container.command([], mounts={Path("/private"): "/scan"}, folder="/scan", as_root=True)
    assert not {"--user", "--userns"} & set(as_root), "podman's keep-id would make it the caller"
    assert ("does not have the image" in container.missing()) == (engine != "apptainer")
    assert container.missing()


def test_what_a_killed_process_left_of_a_scan_is_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = time.time() - 3_600
    names = {name: tmp_path / f"reid_audit-work-{name}" for name in ("abandoned", "held", "new")}
    for folder in (*names.values(), tmp_path / "reid_audit-0"):
        folder.mkdir()
        (folder / "scan.nii").write_bytes(b"head")
        if folder.name != "reid_audit-work-new":
            os.utime(folder, (old, old))
    (tmp_path / "reid_audit-work-link").symlink_to(tmp_path / "reid_audit-0")
    os.utime(tmp_path / "reid_audit-work-link", (old, old), follow_symlinks=False)
    descriptor = os.open(names["held"], os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with private_workspace() as mine:
            assert mine.is_dir()
            assert stat.S_IMODE(mine.stat().st_mode) == 0o700
    finally:
        os.close(descriptor)
    assert not mine.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "reid_audit-0", "reid_audit-work-held", "reid_audit-work-link", "reid_audit-work-new",
    ]  # fmt: skip
    assert (tmp_path / "reid_audit-0" / "scan.nii").exists()
