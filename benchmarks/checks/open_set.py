"""Open-set rates by bob.measure 6.1.1: the second implementation, run once in an environment of its own.

It needs neither this package nor its environment, and this package does not need it:

    uv venv build/bob -p 3.11 && uv pip install -p build/bob/bin/python bob.measure==6.1.1
    build/bob/bin/python benchmarks/checks/open_set.py tests/reference/open_set.json

The scores are rounded to four places and kept in the file, so that the test reads the very same numbers. All differ
from each other: bob.measure counts a tie against the searcher, where this package counts it by its share.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from bob.measure import detection_identification_rate, false_alarm_rate

PEOPLE, UNKNOWN, PROBES = 12, 5, 2
RANKS = (1, 3, PEOPLE)


def main(out: str) -> None:
    rng = np.random.default_rng(20260)
    owner = np.repeat(np.arange(PEOPLE + UNKNOWN), PROBES)
    mated = owner[:, None] == np.arange(PEOPLE)[None, :]
    size = mated.size
    scores = (rng.permutation(size) / size).reshape(mated.shape) + 0.35 * mated
    scores = np.round(scores, 4)
    if len(np.unique(scores)) != size:
        raise ValueError("scores must differ from each other")
    known = [(row[~own], row[own]) for row, own in zip(scores, mated, strict=True) if own.any()]
    strangers = [(row[~own], None) for row, own in zip(scores, mated, strict=True)]
    thresholds = [float(value) for value in np.quantile(scores, np.linspace(0.5, 1.0, 21), method="nearest")]
    rates = [
        {
            "threshold": threshold,
            "fnir": {str(k): 1.0 - detection_identification_rate(known, threshold, k) for k in RANKS},
            "fpir": false_alarm_rate(strangers, threshold),
        }
        for threshold in thresholds
    ]
    made = {
        "by": f"bob.measure {version('bob.measure')}, numpy {version('numpy')}; benchmarks/checks/open_set.py",
        "owner": owner.tolist(),
        "people_in_gallery": PEOPLE,
        "scores": scores.tolist(),
        "rates": rates,
    }
    Path(out).write_text(json.dumps(made) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
