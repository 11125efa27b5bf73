"""Runs the steps of a topic, keeps each finished step, and writes the claims with their figures.

A step is a function from a context to claims. It is done again only when what figures rest on (all rooms but the report
and the command line), the code of the benchmarks, or the size of the run has changed: a stopped run goes on where it
was. Steps can be run one at a time, on different days and machines: the file holds the claims of each under its name.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reid_audit.store import code_key, content_key, private_folder, provenance, write_json

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".evidence"
RESULTS = ROOT / "docs" / "evidence"
ROOMS = (
    "anatomy",
    "attackers",
    "comparison",
    "defacers",
    "defacing",
    "enrolment",
    "evaluate",
    "faces",
    "gating",
    "inputs",
    "match",
    "phantom",
    "quality",
    "reconstruct",
    "render",
    "reproduce",
    "statistics",
    "store",
    "surface",
    "triage",
    "types",
    "utility",
    "auditing.py",
    "keypoints.py",
    "plugins.py",
    "settings.py",
    "workers",
)
"""What figures rest on: all but how they are shown (report, command line)."""
REAL_DATA = Path(os.environ.get("REID_AUDIT_TEST_DATA") or ROOT.parent / "shared" / "data")


@dataclass(frozen=True)
class Claim:
    """One thing that the capability must show, and what was measured.

    Parameters
    ----------
    claim : str
    value : float or None
        None when it could not be measured; then ``met`` is False.
    target : str
        What the value must be, in words and numbers.
    met : bool
    how : str
        What was done, with n.
    low, high : float or None
    """

    claim: str
    value: float | None
    target: str
    met: bool
    how: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Context:
    """What a step may use.

    Parameters
    ----------
    folder : Path
        The step's own private folder; it outlives a stop, and no change of the code.
    small : bool
        True for the version that the tests run.
    real : Path or None
        The folder of real heads and photos; None where there is none.
    """

    folder: Path
    small: bool
    real: Path | None

    def beside(self, name: str) -> Path:
        """Folder of another step of the topic on this code: what it has made can be taken, or is made there."""
        return private_folder(self.folder.parent.parent / name / self.folder.name)


Step = Callable[[Context], Sequence[Claim]]


def run_topic(
    topic: str,
    steps: dict[str, Step],
    *,
    small: bool,
    only: Sequence[str] = (),
    keep: bool = False,
    work: Path = WORK,
) -> dict[str, Any]:
    """Run the steps that are not done yet, write the file of claims, and return its content.

    Parameters
    ----------
    topic : str
    steps : dict of str to Step
    small : bool
        The version that the tests run; it is written beside the work, not into docs/.
    only : sequence of str
        Some steps; empty for all. The claims of the others stand as the file has them.
    keep : bool
        Take steps that were finished on other code, or stand in the file, as they are. Every claim names the commit
        that it was measured on.
    work : Path
        Folder that keeps finished steps.

    Returns
    -------
    dict
        Content of the file.
    """
    real = REAL_DATA if (REAL_DATA / "heads").is_dir() else None
    base = private_folder(work / f"{topic}{'-small' if small else ''}")
    file = base / f"{topic}.json" if small else RESULTS / f"{topic}.json"
    key = _key(small=small)
    claims: dict[str, list[dict[str, Any]]] = {}
    for name, step in steps.items():
        if only and name not in only:
            claims[name] = _standing(file, name)
            continue
        done = (_finished(base / name) or _standing(file, name)) if keep else []
        claims[name] = done or _done_or_run(name, step, Context(_own_folder(base / name, key), small, real))
    content = {
        "topic": topic,
        "small": small,
        "claims": [{"step": name} | claim for name, found in claims.items() for claim in found],
        "settings": {
            "steps": list(steps),
            "not_run": [name for name, found in claims.items() if not found],
            "real_data": real is not None,
        },
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "versions": provenance(0)["versions"],
        "commit": _commit(),
    }
    file.parent.mkdir(exist_ok=True)
    write_json(file, content)
    return content


def _key(*, small: bool) -> str:
    """Of a run on this code: a change of the package or of the benchmarks makes another one."""
    code = [path.read_text() for path in sorted((ROOT / "benchmarks").rglob("*.py"))]
    return content_key(small, code_key(*ROOMS), code)


def _own_folder(place: Path, key: str) -> Path:
    """Folder of a step on this code; what it kept on other code is removed, finished or not."""
    folder = private_folder(private_folder(place) / key[:16])
    for other in place.iterdir():
        if other != folder:
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
    return folder


def _finished(place: Path) -> list[dict[str, Any]]:
    """Claims of a step that was finished, on whatever code; empty where it was not."""
    kept = sorted(place.glob("*/claims.json"), key=lambda path: path.stat().st_mtime)
    return list(json.loads(kept[-1].read_text())) if kept else []


def _standing(file: Path, step: str) -> list[dict[str, Any]]:
    """Claims of a step that the file of its topic holds."""
    held = json.loads(file.read_text())["claims"] if file.exists() else []
    return [claim for claim in held if claim.get("step") == step]


def _done_or_run(name: str, step: Step, context: Context) -> list[dict[str, Any]]:
    kept = context.folder / "claims.json"
    if kept.exists():
        return list(json.loads(kept.read_text()))
    start, commit = time.monotonic(), _commit()
    print(f"{name} ...", flush=True)
    try:
        claims = [asdict(claim) | {"commit": commit} for claim in step(context)]
    except Exception as error:  # noqa: BLE001 - a step that breaks is a claim not met, and the others go on
        traceback.print_exc()
        broke = Claim(f"The step {name} runs", None, "to its end", met=False, how=f"{type(error).__name__}")
        return [asdict(broke) | {"commit": commit}]
    for claim in claims:
        print(
            f"  {'met    ' if claim['met'] else 'NOT MET'} {claim['claim']}: {claim['value']} ({claim['target']})",
            flush=True,
        )
    print(f"{name} took {time.monotonic() - start:.0f} s", flush=True)
    write_json(kept, claims)
    return claims


def _commit() -> str:
    answer = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    dirty = subprocess.run(
        ["git", "status", "--porcelain", "--", "reid_audit", "benchmarks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return (answer.stdout.strip() or "unknown") + (" with uncommitted changes" if dirty.stdout.strip() else "")
