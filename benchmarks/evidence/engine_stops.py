"""What becomes of a run that is stopped, and of one whose worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evidence.runner import ROOT, Claim
from benchmarks.quick import quick_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evidence.runner import Context

__all__ = ["killed_worker", "stopped"]

_OPTIONS = quick_options("scan-to-scan", azimuths=(0.0,))


def _people(folder: Path) -> Path:
    from reid_audit import PhantomSettings, write_cohort

    if not (folder / "made").exists():
        quick = PhantomSettings(
            n_subjects=5, photos_per_subject=0, conditions=("original",), voxel_size=3.0, seed=7_305
        )
        write_cohort(quick, folder / "people", workers=2)
        (folder / "made").touch()
    return folder / "people"


def _begun(context: Context, out: Path) -> subprocess.Popen[str]:
    line = [
        sys.executable,
        "-m",
        "reid_audit",
        "run",
        str(_people(context.folder)),
        str(out),
        "--workers",
        "2",
        *_OPTIONS,
    ]
    return subprocess.Popen(
        line,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_interruptible,  # noqa: PLW1509 - no thread is running here
    )


def _interruptible() -> None:
    """Let Ctrl-C through: a program started in the background ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _kept(out: Path) -> set[tuple[str, int]]:
    return {(path.name, path.stat().st_mtime_ns) for path in out.glob("private/templates/*/*.npz")}


def _first_kept(out: Path, run: subprocess.Popen[str]) -> None:
    """Wait until a scan is finished and others are not."""
    while not _kept(out) and run.poll() is None:
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    """Return the processes that a process started and that run Python tasks."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rsplit(")", 1)[1].split()
            line = (status.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(words[1]) == pid and "spawn_main" in line:
            found.append(int(status.parent.name))
    return found


def stopped(context: Context) -> Sequence[Claim]:
    """Interrupt a run as Ctrl-C does, and as a system that shuts down does; then give the same command again."""
    claims = []
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        out = context.folder / f"out-{time.time_ns()}"
        run = _begun(context, out)
        _first_kept(out, run)
        workers = _children(run.pid)
        run.send_signal(number)
        _, said = run.communicate(timeout=120)
        before = _kept(out)
        left = [pid for pid in workers if Path(f"/proc/{pid}").exists()]
        again = _begun(context, out)
        again.communicate(timeout=300)
        lost = before - _kept(out)
        good = run.returncode == status and "goes on from here" in said and "Traceback" not in said and not left
        claims.append(
            Claim(
                f"A run that gets {number.name} says how to go on, ends with its workers, and loses nothing finished",
                float(len(lost)),
                f"0 finished scans made again, exit status {status}, no traceback, then complete",
                good and not lost and bool(before) and again.returncode == 0,
                f"exit status {run.returncode}, {len(before)} of 5 scans finished when stopped, {len(left)} workers "
                f"left, second run {again.returncode}",
            )
        )
    return claims


def killed_worker(context: Context) -> Sequence[Claim]:
    """Kill a worker as the kernel does when memory runs out."""
    out = context.folder / f"out-{time.time_ns()}"
    run = _begun(context, out)
    _first_kept(out, run)
    victims = _children(run.pid)[:1]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    _, said = run.communicate(timeout=300)
    kept = len(_kept(out))
    return [
        Claim(
            "A run whose worker is killed tries its scans again and ends complete",
            float(kept),
            "5 of 5 scans, exit status 0",
            run.returncode == 0 and kept == 5 and len(victims) == 1,
            f"exit status {run.returncode}, {len(victims)} of 2 workers killed; stderr ended: {said[-80:]!r}",
        )
    ]
