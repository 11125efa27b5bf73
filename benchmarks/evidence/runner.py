"""Runs the steps of a topic, keeps each finished step, and writes the claims with their figures.

A step is a function from a context to claims. It is done again only when what figures rest on (all rooms but the report
and the command line), the code of the benchmarks, or the size of the run has changed: a stopped run goes on where it
was.
"""

from __future__ import annotations

import json
import os
import platform
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
    "defacers",
    "enrolment",
    "evaluate",
    "faces",
    "inputs",
    "match",
    "phantom",
    "quality",
    "render",
    "reproduce",
    "statistics",
    "store",
    "surface",
    "types",
    "auditing.py",
    "plugins.py",
    "settings.py",
    "workers.py",
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
        The step's own private folder; it outlives a stop.
    small : bool
        True for the version that the tests run.
    real : Path or None
        The folder of real heads and photos; None where there is none.
    """

    folder: Path
    small: bool
    real: Path | None


Step = Callable[[Context], Sequence[Claim]]


def run_topic(
    topic: str, steps: dict[str, Step], *, small: bool, only: Sequence[str] = (), work: Path = WORK
) -> dict[str, Any]:
    """Run the steps that are not done yet, write the file of claims, and return its content.

    Parameters
    ----------
    topic : str
    steps : dict of str to Step
    small : bool
        The version that the tests run; it and a run of some steps are written beside the work, not into docs/.
    only : sequence of str
        Some steps; empty for all.
    work : Path
        Folder that keeps finished steps.

    Returns
    -------
    dict
        Content of the file.
    """
    real = REAL_DATA if (REAL_DATA / "heads").is_dir() else None
    base = private_folder(work / f"{topic}{'-small' if small else ''}")
    claims: list[dict[str, Any]] = []
    for name, step in steps.items():
        if only and name not in only:
            continue
        claims.extend(_done_or_run(name, step, Context(private_folder(base / name), small, real)))
    content = {
        "topic": topic,
        "small": small,
        "claims": claims,
        "settings": {"steps": list(steps), "real_data": real is not None},
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "versions": provenance(0)["versions"],
        "commit": _commit(),
    }
    RESULTS.mkdir(exist_ok=True)
    write_json(base / f"{topic}.json" if small or only else RESULTS / f"{topic}.json", content)
    return content


def _done_or_run(name: str, step: Step, context: Context) -> list[dict[str, Any]]:
    code = [path.read_text() for path in sorted((ROOT / "benchmarks").rglob("*.py"))]
    key = content_key(name, context.small, code_key(*ROOMS), code)
    kept = context.folder / "claims.json"
    if kept.exists() and (content := json.loads(kept.read_text()))["key"] == key:
        return list(content["claims"])
    start = time.monotonic()
    print(f"{name} ...", flush=True)
    try:
        claims = [asdict(claim) for claim in step(context)]
    except Exception as error:  # noqa: BLE001 - a step that breaks is a claim not met, and the others go on
        traceback.print_exc()
        return [asdict(Claim(f"The step {name} runs", None, "to its end", met=False, how=f"{type(error).__name__}"))]
    for claim in claims:
        print(
            f"  {'met    ' if claim['met'] else 'NOT MET'} {claim['claim']}: {claim['value']} ({claim['target']})",
            flush=True,
        )
    print(f"{name} took {time.monotonic() - start:.0f} s", flush=True)
    write_json(kept, {"key": key, "claims": claims})
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
