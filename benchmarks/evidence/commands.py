"""Commands as a user gives them: timed over stops, killed on purpose, and given again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.evidence.runner import ROOT
from reid_audit.store import code_key, content_key, private_folder, remove_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Done", "kept_templates", "kill_midway", "of_this_code", "run_command"]

_EVERY_SECONDS = 2.0


@dataclass(frozen=True)
class Done:
    """What became of a command.

    Parameters
    ----------
    status : int
        Exit status.
    seconds : float
        Wall time, that of earlier calls which were stopped included.
    said : str
        What it printed.
    """

    status: int
    seconds: float
    said: str


def of_this_code(folder: Path, *wanted: object) -> Path:
    """Return the part of a step's folder for what is wanted from this state of the code; other parts are removed.

    A phantom cohort goes on only where settings and code are the same: another state begins a folder of its own.

    Parameters
    ----------
    folder : Path
    wanted : object
        What JSON can hold: numbers of people, seeds.
    """
    own = folder / content_key(code_key("anatomy", "phantom", "defacers", "reproduce"), wanted)[:12]
    for other in folder.iterdir():
        if other.is_dir() and other != own:
            remove_tree(other)
    return private_folder(own)


def run_command(
    *words: object,
    clock: Path | None = None,
    environment: Mapping[str, str] | None = None,
    here: bool = False,
) -> Done:
    """Run ``reid-audit`` to its end, however long it takes.

    Parameters
    ----------
    words : object
        Of the command line.
    clock : Path, optional
        File that keeps the seconds that were spent, so that a stop of the evidence does not hide them.
    environment : mapping of str to str, optional
        Variables to set for it.
    here : bool
        Run it in this process, as small versions do whose commands follow each other; without clock and environment.
    """
    if here:
        return _run_here(*words)
    spent = json.loads(clock.read_text()) if clock is not None and clock.exists() else 0.0
    began = time.monotonic()
    run = _begin(*words, environment=environment)
    said = None
    try:
        while said is None:
            try:
                said, _ = run.communicate(timeout=_EVERY_SECONDS)
            except subprocess.TimeoutExpired:
                _keep(clock, spent + time.monotonic() - began)
    finally:
        run.terminate()
    seconds = spent + time.monotonic() - began
    _keep(clock, seconds)
    return Done(run.returncode, seconds, said)


def _run_here(*words: object) -> Done:
    from typer.testing import CliRunner

    from reid_audit.cli.app import app

    began = time.monotonic()
    done = CliRunner().invoke(app, [str(word) for word in words])
    broke = done.exception is not None and not isinstance(done.exception, SystemExit)
    trace = "".join(traceback.format_exception(done.exception)) if broke else ""
    return Done(done.exit_code, time.monotonic() - began, done.output + trace)


def kill_midway(out: Path, *words: object) -> dict[str, int]:
    """Run ``reid-audit``, kill it (SIGKILL) when the first template is kept, and return the templates that were kept.

    Parameters
    ----------
    out : Path
        Folder in which the templates will lie, at any depth.
    words : object

    Returns
    -------
    dict of str to int
        Name of each template's file, and when it was written, ns; empty when the command ended before.
    """
    run = _begin(*words)
    while not kept_templates(out) and run.poll() is None:
        time.sleep(0.02)
    ended = run.poll() is not None
    run.send_signal(signal.SIGKILL)
    run.communicate()
    return {} if ended else kept_templates(out)


def kept_templates(out: Path) -> dict[str, int]:
    """Return the files of templates below a folder, and when each was written, ns."""
    return {path.name: path.stat().st_mtime_ns for path in out.glob("**/private/templates/*/*.npz")}


def _begin(*words: object, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "reid_audit", *map(str, words)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(
        line,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _keep(clock: Path | None, seconds: float) -> None:
    if clock is not None:
        clock.write_text(json.dumps(seconds))
