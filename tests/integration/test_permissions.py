"""Whatever the umask, what a command writes is its owner's alone; and `purge` leaves nothing private of any command."""

from __future__ import annotations

import os
import stat

import pytest
from typer.testing import CliRunner

from benchmarks.quick import quick_options
from reid_audit.cli.app import app

QUICK = ["--size", "250", "--triangles", "20000", "--quiet"]
RUN = quick_options("scan-to-scan")
LABEL = "phantom00"


def call(*words: object):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def everybody_may_read():
    before = os.umask(0)
    yield
    os.umask(before)


def original(people):
    return next((people / "sub-phantom001").rglob("*_T1w.nii.gz"))


def zeroed(people):
    return next((people / "derivatives" / "zero" / "sub-phantom001").rglob("*_T1w.nii.gz"))


COMMANDS = {
    "run": lambda people, out: call("run", people, out, *RUN),
    "participant": lambda people, out: call("run", people, out, "participant", *RUN),
    "render": lambda people, out: call("render", original(people), out, *QUICK),
    "deface": lambda people, out: call("deface", original(people), out, "--defacer", "zero", "--quiet"),
    "quality": lambda people, out: call("quality", original(people), zeroed(people), out, "--detector", "none", "-q"),
    "phantom": lambda _people, out: call("phantom", out, "--subjects", 1, "--photos", 1, "--voxel-size", 4, "--quiet"),
    "manifest": lambda people, out: call("manifest", people, "-o", out / "scans.csv"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_writes_for_its_owner_alone_and_purge_leaves_nobody_named(
    name, two_people, tmp_path, everybody_may_read
):
    out = tmp_path / "a" / "out"
    if name == "manifest":
        out.mkdir(parents=True, mode=0o700)
        (tmp_path / "a").chmod(0o700)
    COMMANDS[name](two_people, out)
    written = [tmp_path / "a", out, *out.rglob("*")]
    wrong = {path.name: oct(path.stat().st_mode) for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077}
    assert wrong == {}
    assert not [path.name for path in written if path.name.endswith(".part") or path.name == ".lock"]
    if name in {"phantom", "manifest"}:
        return
    call("purge", out)
    left = [path for path in out.rglob("*") if path.is_file()]
    assert left or name in {"participant", "render"}
    assert not [path for path in left if path.suffix in {".npz", ".npy"}]
    if name != "deface":
        named = [path.name for path in left if LABEL.encode() in path.read_bytes() + path.name.encode()]
        assert named == []
