"""Every adapter of an installed tool, against a stand-in that behaves as the tool is documented, and misbehaves."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from standins import FAILURES, head, install

from reid_audit.defacers import DEFACERS
from reid_audit.defacers.tools import TOOLS
from reid_audit.errors import DefacingError, MissingResourceError
from reid_audit.plugins import BUILT_IN, load_defacer
from reid_audit.protocols import InstalledDefacer
from reid_audit.testing import check_defacer

NEED_FILES = {"mri-deface", "cta-deface"}


@pytest.fixture
def make(tmp_path, monkeypatch):
    files = install(tmp_path, monkeypatch)

    def made(name: str, **options):
        return TOOLS[name](**({"files": files} if name in NEED_FILES else {}), **options)

    return made


def scan_for(name: str):
    return head("ct" if name == "cta-deface" else "mri")


def test_every_adapter_is_registered_under_its_name():
    for name, adapter in TOOLS.items():
        assert DEFACERS[name] is adapter
        assert adapter.tool.name == name
        assert name in BUILT_IN["defacers"]
        assert load_defacer(name).spec.name == name


@pytest.mark.parametrize("name", TOOLS)
def test_contract(name, make):
    defacer = make(name)
    assert isinstance(defacer, InstalledDefacer)
    assert defacer.missing() == ""
    assert defacer.spec.needs
    check_defacer(defacer, scan_for(name))


@pytest.mark.parametrize("name", TOOLS)
def test_the_front_goes_and_the_rest_keeps_its_values(name, make):
    """The scan is stored back, down, right: a tool that was not given RAS order would have cut elsewhere."""
    volume = scan_for(name)
    altered, meant = make(name).deface(volume)
    changed = np.asarray(altered.data) != np.asarray(volume.data)
    assert not (changed & ~meant.data).any()
    front = np.indices(volume.data.shape)[0] < volume.data.shape[0] / 3 - 1  # the first axis runs to the back
    assert (meant.data | (volume.data == 0))[front].all()  # without a mask of the tool what was 0 is not seen to go
    assert not meant.data[-12:].any()


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        (name, mode)
        for name in TOOLS
        for mode in FAILURES
        if mode != "hang" or name in {"mri-deface", "pediatric-auto-defacer"}  # one program and one image suffice
    ],
)
def test_each_failure_has_its_word(name, mode, make, monkeypatch):
    monkeypatch.setenv("STANDIN", mode)
    volume = scan_for(name)
    before = volume.data.copy()
    with pytest.raises(DefacingError) as caught:
        make(name, timeout=1.0 if mode == "hang" else 60.0).deface(volume)
    assert caught.value.outcome == FAILURES[mode], str(caught.value)
    assert caught.value.remedy
    assert np.array_equal(volume.data, before)


def test_a_crash_repeats_the_last_words_without_a_path(make, monkeypatch):
    monkeypatch.setenv("STANDIN", "crash")
    with pytest.raises(DefacingError, match="exit status 3") as caught:
        make("fsl-deface").deface(head())
    assert "no face in ./scan" in str(caught.value)
    assert "/tmp" not in str(caught.value)  # noqa: S108 - what must not be said


def test_a_tool_that_hangs_is_ended_with_its_children(make, monkeypatch, tmp_path):
    monkeypatch.setenv("STANDIN", "hang")
    with pytest.raises(DefacingError) as caught:
        make("mri-deface", timeout=1.0).deface(head())
    assert caught.value.outcome == "hung"
    child = int((tmp_path / "log").read_text().split()[-1])
    until = time.monotonic() + 5
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_an_image_that_hangs_is_removed(make, monkeypatch, tmp_path):
    monkeypatch.setenv("STANDIN", "hang")
    with pytest.raises(DefacingError):
        make("pediatric-auto-defacer", timeout=1.0).deface(head())
    said = (tmp_path / "log").read_text().splitlines()
    started = next(line.split() for line in said if line.startswith("run "))
    assert f"rm --force {started[started.index('--name') + 1]}" in said


@pytest.mark.parametrize("name", ["afni-deface", "mri-deface", "mri-reface", "synthstrip", "cta-deface", "caideface"])
def test_a_tool_runs_in_an_image(name, make, monkeypatch, tmp_path):
    if name == "cta-deface":
        inside = Path(os.environ["STANDIN_INSIDE"])
        (inside / "python").symlink_to(tmp_path / "bin" / "python")
    defacer = make(name, image="own/image:3")
    if name == "synthstrip":
        defacer = make(name, image="freesurfer/synthstrip:1.8")
    assert defacer.missing() == ""
    assert "0123456789ab" in defacer.spec.version
    altered, _ = defacer.deface(scan_for(name))
    assert altered.data.any()
    words = next(line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("run "))
    assert "--network none" in words
    assert words.count("--volume") == 1
    assert f"--user {os.getuid()}:{os.getgid()}" in words


def test_what_is_missing_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, adapter in TOOLS.items():
        defacer = adapter()
        assert defacer.missing(), name
        assert defacer.spec.version == "not installed"
        with pytest.raises(MissingResourceError) as caught:
            defacer.deface(scan_for(name))
        assert caught.value.remedy


def test_what_a_tool_needs_beside_its_program_is_looked_for(make, monkeypatch, tmp_path):
    (tmp_path / "bin" / "3dAllineate").unlink()
    assert make("afni-deface").missing() == "no program 3dAllineate on PATH"
    monkeypatch.delenv("FSLDIR")
    assert make("fsl-deface").missing() == "the variable FSLDIR is not set"
    assert TOOLS["mri-deface"]().missing() == "no file talairach_mixed_with_skull.gca, face.gca"
    assert "does not have the image" in make("mri-reface", image="absent").missing()


def test_versions_are_those_of_the_installed_tool(make):
    assert make("afni-deface").spec.version == "9.8.7"
    assert make("fsl-deface").spec.version == "6.0.7"
    assert make("mideface").spec.version == "freesurfer-linux-7.4.1"
    assert make("pediatric-auto-defacer").spec.version == ("image afam00/peds-brain-auto-deface:latest (0123456789ab)")


@pytest.mark.parametrize(("status", "version"), [(0, "3.1.0"), (1, "unknown")])
def test_a_version_is_not_read_out_of_an_error(make, tmp_path, status, version):
    program = tmp_path / "bin" / "pydeface"
    program.write_text(f"#!/bin/sh\necho pydeface 3.1.0, libstdc++.so.6.0.30\nexit {status}\n")
    assert make("pydeface").spec.version == version


def test_the_mask_of_a_tool_that_is_applied_here_is_what_it_meant(make):
    volume = scan_for("totalsegmentator")
    altered, meant = make("totalsegmentator").deface(volume)
    air = (np.asarray(volume.data) == 0) & meant.data
    assert air.any(), "air in front of the face was air before"
    assert (np.asarray(altered.data)[meant.data] == 0).all()


@pytest.mark.parametrize("name", ["afni-deface", "mri-deface", "fsl-deface", "pydeface", "mideface"])
def test_a_tool_for_mri_refuses_ct(name, make):
    with pytest.raises(DefacingError) as caught:
        make(name).deface(head("ct"))
    assert caught.value.outcome == "not for this scan"


def test_nothing_is_left_behind_and_the_folder_is_private(make, monkeypatch, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    seen = []
    defacer = make("fsl-deface")
    run = defacer._run
    monkeypatch.setattr(
        defacer, "_run", lambda folder, scan: (seen.append(folder.stat().st_mode & 0o777), run(folder, scan))[1]
    )
    defacer.deface(head())
    assert seen == [0o700]
    assert list(spool.iterdir()) == []
