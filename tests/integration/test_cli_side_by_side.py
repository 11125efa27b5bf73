"""Jobs of a cluster: participant runs side by side on one OUT, one process each, and the group after them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

import reid_audit
from reid_audit.cli.app import app
from reid_audit.store import JOURNAL

ONE = ["--yaws", "0", "--pitches", "0", "--azimuths", "0", "--elevations", "38", "--triangles", "20000"]
WHAT = ["--select", "condition=original", "--attacker", "scan-to-scan", *ONE, "--quiet"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(reid_audit.__file__).parents[1]), "PYTHONWARNINGS": "ignore"}
HOLDS = """
import sys, time
from reid_audit.store import for_people_in
with for_people_in(sys.argv[1], sys.argv[2:]):
    print("in", flush=True)
    time.sleep(120)
"""


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})


def started(*words: object, **more):
    line = [sys.executable, *map(str, words)]
    return subprocess.Popen(line, env=ENVIRONMENT, text=True, **more)


def only(label: str) -> list[str]:
    return ["--participant-label", label]


def test_two_jobs_share_out_and_the_group_does_nothing_twice(people, tmp_path) -> None:
    out = tmp_path / "out"
    jobs = [
        started("-m", "reid_audit", "run", people, out, "participant", *only(label), *WHAT, stderr=subprocess.PIPE)
        for label in ("phantom001", "phantom002")
    ]
    for job in jobs:
        _, said = job.communicate(timeout=240)
        assert job.returncode == 0, said
    log = (out / "logs" / "reid-audit.log").read_text()
    assert {f"[{job.pid}] run participant finished" in log for job in jobs} == {True}
    assert list((out / "status").iterdir()) == []
    assert not (out / "status.json").exists()

    done = call("run", people, out, "group", *only("phantom001 phantom002"), *WHAT)
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in (out / "private" / "templates" / JOURNAL).read_text().splitlines()]
    assert Counter(words[2] for words in lines) == {"begun": 2, "kept": 2}
    assert len({words[3] for words in lines}) == 2
    assert not (out / "status").exists()


@pytest.fixture
def at_work(tmp_path):
    """A job of one participant that is at work in OUT."""
    job = started("-c", HOLDS, tmp_path / "out", "phantom001", stdout=subprocess.PIPE)
    assert job.stdout.readline() == "in\n"
    yield tmp_path / "out"
    job.kill()
    job.communicate()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["participant", *only("phantom001 phantom002")], "Another run is at work on one of these people"),
        (["participant"], "Another run, of some people, is at work in"),
        (["group", *only("phantom002")], "Another run, of some people, is at work in"),
    ],
)
def test_what_collides_is_refused_with_a_clear_word(people, at_work, words, said) -> None:
    refused = call("run", people, at_work, *words, *WHAT)
    assert refused.exit_code == 2, refused.output
    assert said in refused.stderr
    assert "Wait until it has ended" in refused.stderr
    assert "phantom001" not in refused.stderr
    assert not (at_work / "private").exists()


def test_purge_waits_for_no_job_either(at_work) -> None:
    (at_work / "private").mkdir()
    assert call("purge", at_work).exit_code == 2
