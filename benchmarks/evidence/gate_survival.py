"""A run that is killed again and again, and one whose disk fills up, against one that nobody disturbed."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.evidence.runner import ROOT, Claim
from benchmarks.quick import quick_options
from reid_audit.store import JOURNAL, LOCK, remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.evidence.runner import Context

__all__ = ["full_disk", "killed_again_and_again"]

_SEED = 7_411
_WORKERS = 2
_OPTIONS = quick_options("scan-to-scan", "original-to-released", azimuths=(0.0,), size=250, workers=_WORKERS)
_MOUNT = 'mount -t tmpfs -o size=60k none "$1"'
_FILE_LIMIT = 20_000
"""Bytes that a file may have on the full disk: less than a table takes, more than the journal."""


@dataclass(frozen=True)
class _Timing:
    """How long an undisturbed run takes: to its first scan, over all scans, and from there to its end; seconds."""

    first: float
    scans: float
    rest: float


def killed_again_and_again(context: Context) -> Sequence[Claim]:
    """Kill a run at random moments, three quarters of them while scans are read, and give its command once more."""
    people, kills = (2, 4) if context.small else (100, 20)
    n_scans = 2 * people
    source = _people(context, people)
    calm, out = context.folder / "calm", context.folder / "killed"
    timing = _undisturbed(source, calm, n_scans)
    remove_tree(out)
    rng = np.random.default_rng(_SEED)
    seen, lost_most, landed = 0, 0, 0
    for number in range(kills):
        reading = number < round(0.75 * kills)
        longest = timing.first + 1.6 * timing.scans / kills if reading else timing.first + timing.rest
        shortest = 0.3 * timing.first if reading else timing.first
        landed += _killed(source, out, float(rng.uniform(shortest, longest)))
        lines = _journal(out)
        lost_most, seen = max(lost_most, _unfinished(lines[seen:])), len(lines)
    last = _begin(source, out)
    said = last.communicate()[1]
    lines = _journal(out)
    kept = Counter(key for what, key in lines if what == "kept")
    held = {path.stem for path in (out / "private" / "templates").glob("*/*.npz")}
    differing = _differing(calm, out)
    parts = [path.name for path in out.rglob(".*") if path.name.endswith(".part") or path.name == LOCK]
    how = (
        f"{n_scans} phantom scans of {3 if context.small else 2} mm, {_WORKERS} workers, {kills} times SIGKILL "
        f"({landed} while it ran)"
    )
    return [
        Claim(
            "Final tables of a run that was killed again and again that differ from an undisturbed run's",
            float(len(differing)),
            "0, and exit status 0 at the end",
            not differing and last.returncode == 0 and landed >= kills // 2,
            f"{how}; tables and private tables, rows sorted; {', '.join(differing) or 'none'}; {said[-200:]}",
        ),
        Claim(
            "Scans whose templates were kept more than once",
            float(sum(count > 1 for count in kept.values())),
            f"0 of {n_scans}",
            len(held) == n_scans and held >= set(kept) and max(kept.values()) == 1,
            f"{how}; lines of {JOURNAL}; templates in the end: {len(held)}, of them without a line, as a kill fell "
            f"between the two: {len(held - set(kept))}",
        ),
        Claim(
            "Scans begun and not finished, at most, that one kill cost",
            float(lost_most),
            f"at most {_WORKERS}, one a worker",
            lost_most <= _WORKERS,
            f"{how}; lines of {JOURNAL}",
        ),
        Claim("Files left half written, or locks", float(len(parts)), "0", not parts, how),
    ]


def full_disk(context: Context) -> Sequence[Claim]:
    """Let the disk refuse what is more than a few bytes, and give the command again when it does not."""
    source = _people(context, 2)
    out, calm = context.folder / "full", context.folder / "roomy"
    _undisturbed(source, calm, 4)
    remove_tree(out)
    how, refused, said = _without_room(source, out)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("private/templates/*/*.npz")}
    report = (out / "report.html").exists()
    again = _begin(source, out)
    again.communicate()
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("private/templates/*/*.npz")}
    errors = [line for line in said.splitlines() if line.strip()]
    clear = len(errors) == 1 and errors[0].startswith("reid-audit: Cannot write") and "Free space" in errors[0]
    made_again = [name for name, when in before.items() if after.get(name) != when]
    differing = _differing(calm, out)
    return [
        Claim(
            "Lines that a run says whose disk is full",
            float(len(errors)),
            "1, clear, exit status 1, and no report",
            clear and refused == 1 and not report,
            f"{how}: {' / '.join(errors)[:300]}",
        ),
        Claim(
            "Templates made again, and tables that differ, after there is room again",
            float(len(made_again) + len(differing)),
            "0, exit status 0",
            not made_again and not differing and again.returncode == 0,
            f"{len(before)} of 4 templates were kept when the disk was full; "
            f"{', '.join(differing) or 'no table differs'}",
        ),
    ]


def _without_room(source: Path, out: Path) -> tuple[str, int, str]:
    """Run on a small tmpfs where one can be mounted, else with a limit on files; how, exit status, what was said."""
    out.mkdir(mode=0o700, exist_ok=True)
    probe = ["unshare", "-rm", "sh", "-c", _MOUNT, "sh", str(out)]
    if shutil.which("unshare") and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        keep = out.with_name("kept")
        keep.mkdir(mode=0o700, exist_ok=True)
        script = f'{_MOUNT} || exit 99; out=$1; keep=$2; shift 2; "$@"; status=$?; cp -a "$out"/. "$keep"; exit $status'
        done = _spoken(["unshare", "-rm", "sh", "-c", script, "sh", str(out), str(keep), *_line(source, out)])
        out.rmdir()
        keep.rename(out)
        return "a tmpfs of 60 kB", *done
    return f"a limit of {_FILE_LIMIT} bytes on each file", *_spoken(_line(source, out), before=_small_files)


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_LIMIT, _FILE_LIMIT))


def _spoken(line: Sequence[str], before: Callable[[], None] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        line, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False, preexec_fn=before
    )
    return done.returncode, done.stderr


def _people(context: Context, count: int) -> Path:
    """Make phantoms, each with an original and a defaced scan; where that was stopped it goes on."""
    from reid_audit import PhantomSettings, write_cohort

    edge = 3.0 if context.small else 2.0
    wanted = PhantomSettings(
        n_subjects=count, photos_per_subject=0, conditions=("original", "zero"), voxel_size=edge, seed=_SEED
    )
    write_cohort(wanted, context.folder / "people", workers=_WORKERS)
    return context.folder / "people"


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def _line(source: Path, out: Path) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "reid_audit", "run", str(source), str(out), *_OPTIONS]


def _begin(source: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        _line(source, out), cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def _undisturbed(source: Path, out: Path, n_scans: int) -> _Timing:
    """Run to the end, and say when the first and the last scan were done."""
    remove_tree(out)
    began = time.monotonic()
    run = _begin(source, out)
    first = scans = 0.0
    while run.poll() is None:
        done = sum(what == "kept" for what, _ in _journal(out))
        now = time.monotonic() - began
        first = first or (now if done else 0.0)
        scans = scans or (now - first if done >= n_scans else 0.0)
        time.sleep(0.05)
    said = run.communicate()[1]
    if run.returncode != 0:
        raise RuntimeError(f"The undisturbed run failed: {said[-300:]}")
    return _Timing(first, scans, max(time.monotonic() - began - first - scans, 0.5))


def _killed(source: Path, out: Path, seconds: float) -> bool:
    """Run for some seconds, and kill it if it has not ended; its workers end with it."""
    run = _begin(source, out)
    try:
        run.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        workers = _children(run.pid)
        run.send_signal(signal.SIGKILL)
        run.communicate()
        until = time.monotonic() + 5
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < until:
            time.sleep(0.01)
        return True
    return False


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def _journal(out: Path) -> list[tuple[str, str]]:
    """Return what was begun and kept, in the order of the journal."""
    path = out / "private" / "templates" / JOURNAL
    lines = path.read_text().splitlines() if path.exists() else []
    return [(words[2], words[3]) for line in lines if len(words := line.split()) == 4]


def _unfinished(lines: Sequence[tuple[str, str]]) -> int:
    """Count what was begun in one run and not kept in it."""
    return len({key for what, key in lines if what == "begun"} - {key for what, key in lines if what == "kept"})


def _differing(one: Path, two: Path) -> list[str]:
    """Return the tables that are not in both folders, or differ when their rows are sorted."""
    import pandas as pd

    def tables(folder: Path) -> set[str]:
        return {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}

    def ordered(path: Path) -> pd.DataFrame:
        table = pd.read_parquet(path).astype(str)
        return table.sort_values(list(table.columns)).reset_index(drop=True)

    names = tables(one) | tables(two)
    return sorted(
        name
        for name in names
        if not ((one / name).exists() and (two / name).exists()) or not ordered(one / name).equals(ordered(two / name))
    )
