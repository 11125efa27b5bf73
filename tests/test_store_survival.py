"""What a stop at any moment, a full disk and damaged bytes leave of what was written."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import reid_audit
from reid_audit.errors import DiskFullError, ManifestError, StoreError, VolumeError
from reid_audit.store import (
    JOURNAL,
    Record,
    RecordStore,
    code_key,
    file_key,
    own_folder,
    private_folder,
    take_back,
    write_bytes,
    write_json,
)

REWRITES = """
import sys
from reid_audit.store import write_bytes
size = 3_000_000
while True:
    for letter in (b"a", b"b"):
        write_bytes(sys.argv[1], letter * size)
"""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_is_written_when_the_process_is_killed_is_whole(tmp_path, rng):
    target = write_bytes(tmp_path / "x", b"a" * 3_000_000)
    environment = os.environ | {"PYTHONPATH": str(Path(reid_audit.__file__).parents[1])}
    for _ in range(4):
        run = subprocess.Popen([sys.executable, "-c", REWRITES, str(target)], env=environment)
        began = target.stat().st_mtime_ns
        while target.stat().st_mtime_ns == began:
            time.sleep(0.005)
        time.sleep(float(rng.uniform(0, 0.05)))
        run.send_signal(signal.SIGKILL)
        run.wait()
        content = target.read_bytes()
        assert len(content) == 3_000_000
        assert set(content) in ({ord("a")}, {ord("b")})


def test_file_and_folder_are_on_the_disk_in_that_order(tmp_path, monkeypatch):
    """A power loss between any two of these steps leaves the old file or the new one."""
    steps = []
    flush, rename = os.fsync, Path.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda number: (steps.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file"), flush(number)),
    )
    monkeypatch.setattr(Path, "replace", lambda one, two: (steps.append("rename"), rename(one, two)))
    write_json(tmp_path / "x.json", {})
    assert steps == ["file", "rename", "folder"]
    steps.clear()
    private_folder(tmp_path / "a" / "b")
    assert steps == ["folder", "folder"], "a new folder is on the disk before what lies in it"


def test_every_folder_on_the_way_is_the_owners_alone(tmp_path):
    before = os.umask(0)
    try:
        private_folder(tmp_path / "a" / "b" / "c")
        own_folder(tmp_path / "d" / "e")
    finally:
        os.umask(before)
    assert {mode(tmp_path / name) for name in ("a", "a/b", "a/b/c", "d", "d/e")} == {0o700}


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: only root can make a link of another user.")
def test_a_link_of_another_user_is_not_written_through(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "private").symlink_to(tmp_path / "elsewhere")
    assert private_folder(tmp_path / "private").is_dir()
    os.lchown(tmp_path / "private", 12345, 12345)
    with pytest.raises(StoreError, match="link that another user made"):
        private_folder(tmp_path / "private")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_an_error_of_its_own(tmp_path, monkeypatch, number):
    def refuse(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DiskFullError, match="Cannot write 'x'") as caught:
        write_bytes(tmp_path / "x", b"1")
    assert "Free space" in caught.value.remedy
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [StoreError, DiskFullError, VolumeError, ManifestError])
def test_errors_travel_whole_between_processes(kind):
    error = pickle.loads(pickle.dumps(kind("What.", remedy="Do.")))  # noqa: S301 - our own
    assert type(error) is kind
    assert (error.message, error.remedy, str(error)) == ("What.", "Do.", "What. Do.")


def test_a_record_with_any_byte_damaged_is_right_or_made_again(tmp_path):
    store = RecordStore(tmp_path)
    values = np.arange(40, dtype=np.float32) % 7
    store.put("ab" * 32, Record({"v": values}, {"n": 1}))
    path = tmp_path / "ab" / f"{'ab' * 32}.npz"
    whole = path.read_bytes()
    made_again = 0
    for place in range(len(whole)):
        for flipped in (0x01, 0xFF):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ flipped]) + whole[place + 1 :])
            record = store.get("ab" * 32)
            if record is None:
                made_again += 1
                assert not path.exists()
            else:
                np.testing.assert_array_equal(record.arrays["v"], values)
                assert record.facts == {"n": 1}
    assert made_again > len(whole)


def test_a_disk_that_does_not_answer_costs_no_record(tmp_path, monkeypatch):
    store = RecordStore(tmp_path)
    store.put("ab" * 32, Record({}, {"n": 1}))

    def broken(_path):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", broken)
        assert store.get("ab" * 32) is None
    assert store.get("ab" * 32).facts == {"n": 1}


def test_the_journal_says_what_was_begun_and_kept(tmp_path):
    store = RecordStore(tmp_path / "s")
    store.begin("ab" * 32, "cd" * 32)
    store.put("ab" * 32, Record({}, {}))
    lines = [line.split() for line in (tmp_path / "s" / JOURNAL).read_text().splitlines()]
    assert [(words[2], words[3][:2]) for words in lines] == [("begun", "ab"), ("begun", "cd"), ("kept", "ab")]
    assert {words[1] for words in lines} == {str(os.getpid())}
    assert mode(tmp_path / "s" / JOURNAL) == 0o600


def test_what_is_taken_back_is_gone_and_what_is_absent_is_no_error(tmp_path):
    write_bytes(tmp_path / "report.json", b"{}")
    take_back(tmp_path, "report.html", "report.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_never_ends_has_no_key(make, tmp_path):
    make(tmp_path / "x")
    with pytest.raises(OSError, match="no file"):
        file_key(tmp_path / "x")


def test_a_folders_key_knows_what_links_lead_to_and_ends(tmp_path):
    (tmp_path / "series").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1").write_bytes(b"x")
    (tmp_path / "series" / "part").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "series" / "again").symlink_to(tmp_path / "series")
    os.mkfifo(tmp_path / "series" / "pipe")
    before = file_key(tmp_path / "series")
    (tmp_path / "elsewhere" / "1").write_bytes(b"y")
    assert file_key(tmp_path / "series") != before


def test_a_key_over_a_room_that_is_not_there_is_refused():
    with pytest.raises(FileNotFoundError, match="no such room"):
        code_key("no_such_room.py")
    assert code_key() != code_key("store")


def test_another_version_of_a_library_is_another_code(monkeypatch):
    import importlib.metadata

    before = code_key("store")
    code_key.cache_clear()
    known = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0" if name == "vtk" else known(name))
    try:
        assert code_key("store") != before
    finally:
        code_key.cache_clear()
