"""The runner of the evidence keeps what was done on this code, and nothing of other code; memory is a program's own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.evidence import runner
from benchmarks.evidence.runner import ROOT, Claim, Context, run_topic
from benchmarks.memory import peak_gib

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_what_was_kept_on_other_code_is_never_used(tmp_path, monkeypatch) -> None:
    seen: list[int] = []

    def step(context: Context) -> Sequence[Claim]:
        seen.append(len(list(context.folder.iterdir())))
        (context.folder / "half").touch()
        (context.beside("other") / "shared").touch()
        return [Claim("It ran", 1.0, "always", met=True, how="a step of a test")]

    def run(key: str) -> None:
        monkeypatch.setattr(runner, "_key", lambda **_size: key)
        run_topic("tried", {"step": step, "other": step}, small=True, work=tmp_path)

    run("a" * 64)
    run("a" * 64)
    assert seen == [0, 1]
    run("b" * 64)
    assert seen == [0, 1, 0, 1]
    assert sorted(path.name for path in (tmp_path / "tried-small" / "step").iterdir()) == ["b" * 16]


def test_a_step_that_broke_finds_what_it_had_made(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(runner, "_key", lambda **_size: "c" * 64)

    def step(context: Context) -> Sequence[Claim]:
        if (context.folder / "half").exists():
            return [Claim("It went on", 1.0, "always", met=True, how="a step of a test")]
        (context.folder / "half").touch()
        raise OSError("stopped")

    met = [
        [claim["met"] for claim in run_topic("tried", {"step": step}, small=True, work=tmp_path)["claims"]]
        for _ in range(2)
    ]
    assert met == [[False], [True]]


def test_kept_steps_of_other_code_stand_with_their_commit(tmp_path, monkeypatch) -> None:
    ran: list[str] = []

    def step(context: Context) -> Sequence[Claim]:
        ran.append(context.folder.name[0])
        return [Claim("It ran", float(len(ran)), "always", met=True, how="a step of a test")]

    def run(key: str, **options: bool) -> list[tuple[float, str]]:
        monkeypatch.setattr(runner, "_key", lambda **_size: key * 64)
        monkeypatch.setattr(runner, "_commit", lambda: f"commit {key}")
        claims = run_topic("tried", {"step": step}, small=True, work=tmp_path, **options)["claims"]
        return [(claim["value"], claim["commit"]) for claim in claims]

    assert run("a", keep=True) == [(1.0, "commit a")]
    assert run("b", keep=True) == [(1.0, "commit a")]
    assert run("b") == [(2.0, "commit b")]
    assert ran == ["a", "b"]


def test_steps_of_other_days_stand_in_the_file_under_their_names(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "docs")
    ran: list[str] = []

    def step(context: Context) -> Sequence[Claim]:
        ran.append(context.folder.parent.name)
        return [Claim("It ran", float(len(ran)), "always", met=True, how="a step of a test")]

    def run(machine: str, *only: str, keep: bool = False) -> tuple[dict[str, float], list[str]]:
        content = run_topic(
            "tried", {"a": step, "b": step, "c": step}, small=False, only=only, keep=keep, work=tmp_path / machine
        )
        return {claim["step"]: claim["value"] for claim in content["claims"]}, content["settings"]["not_run"]

    assert run("one", "b") == ({"b": 1.0}, ["a", "c"])
    assert run("two", "a") == ({"a": 2.0, "b": 1.0}, ["c"])
    assert run("three", keep=True) == ({"a": 2.0, "b": 1.0, "c": 3.0}, [])
    assert ran == ["b", "a", "c"]
    assert run("three", "b")[0]["b"] == 4.0


def test_the_peak_of_a_program_is_not_that_of_the_one_that_started_it() -> None:
    held = np.ones(2**26)
    line = [sys.executable, "-c", "from benchmarks.memory import peak_gib; print(peak_gib())"]
    peak = float(subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert 0 < peak < 0.1 < held.nbytes / 2**30 < peak_gib()
