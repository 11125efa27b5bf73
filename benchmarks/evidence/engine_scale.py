"""Matching where a town is searched, and where a thousand people are trained on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.evidence.runner import ROOT, Claim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evidence.runner import Context

__all__ = ["gallery", "svm"]

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _said(*words: str) -> str:
    line = [sys.executable, "-m", *words]
    done = subprocess.run(line, cwd=ROOT, env=os.environ | _ONE_THREAD, capture_output=True, text=True, check=True)
    return done.stdout


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"'{pattern}' is not in: {text}")
    return float(found[1])


def gallery(context: Context) -> Sequence[Claim]:
    """Search more templates than memory holds, and count more scores than memory holds."""
    templates, comparisons = ("2e5", "1e6") if context.small else ("81e6", "1e8")
    lines = _said("benchmarks.gallery", "--templates", templates, "--comparisons", comparisons).splitlines()
    search, count = (next(line for line in lines if line.startswith(f"{word}:")) for word in ("search", "count"))
    beside = next(line for line in lines if line.startswith("faiss"))
    return [
        Claim(
            f"Peak memory of the exact 10 best of 32 probes among {float(templates):,.0f} templates",
            _number(r"peak ([\d.]+) GiB", search),
            "GiB, below 4",
            _number(r"peak ([\d.]+) GiB", search) < 4 and _number(r"mate first for (\d+)%", search) == 100,
            f"{search}; {beside}",
        ),
        Claim(
            f"Peak memory of {float(comparisons):,.0f} scores as exact counts",
            _number(r"peak ([\d.]+) GiB", count),
            "GiB, below 4",
            _number(r"peak ([\d.]+) GiB", count) < 4,
            count,
        ),
    ]


def svm(context: Context) -> Sequence[Claim]:
    """Train on 1,000 and on 5,000 people, and compare with SVC where SVC can be had."""
    file = context.folder / "templates.npz"
    if not file.exists():
        _said("benchmarks.phantom_templates", str(file), "--people", "16" if context.small else "120", "--seed", "7306")
    sizes = ["60:1.5"] if context.small else ["182:1.5", "1000:1.0", "5000:0.8"]
    blocks = re.split(r"\n(?=\d+ people,)", _said("benchmarks.svm", str(file), "--sizes", *sizes))
    claims = []
    for block in blocks:
        people = int(_number(r"^(\d+) people", block))
        ours = block[block.index("ours") :].splitlines()[0]
        train, ask = _number(r"train +([\d.]+) s", ours), _number(r"probe +([\d.]+) ms", ours)
        peak = _number(r"peak +([\d.]+) GiB", ours)
        words = {1000: "s, below 10, and below 10 ms a probe", 5000: "s, stated; memory below 4 GiB"}
        met = {1000: train < 10 and ask < 10, 5000: peak < 4}
        told = " | ".join(" ".join(line.split()) for line in block.splitlines())
        claims.append(
            Claim(
                f"SVM trained on {people} people, 81 renders each",
                train,
                words.get(people, "s, stated"),
                met.get(people, True),
                told,
            )
        )
        if "ours minus SVC" not in block:
            continue
        low, high = _number(r"\(([-+][\d.]+) to", block), _number(r"to ([-+][\d.]+)\)", block)
        apart = _number(r"ours minus SVC: ([-+][\d.]+)", block)
        claims.append(
            Claim(
                f"Rank 1 of the SVM less that of SVC(kernel='linear'), {people} people, paired",
                apart,
                "stated with its interval",
                met=True,
                how=told,
                low=low,
                high=high,
            )
        )
    return claims
