"""Error rates and linkability of other implementations, recorded for the tests.

Runs in an environment for each library, without reid_audit (see benchmarks/README.md):

    python benchmarks/checks/verification.py audmetric tests/reference/verification.json
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

CASES = {
    "normal": {"seed": 1, "people": 60, "shift": 1.5, "decimals": 9},
    "ties": {"seed": 2, "people": 40, "shift": 1.0, "decimals": 1},
    "no skill": {"seed": 3, "people": 50, "shift": 0.0, "decimals": 6},
    "wrong way": {"seed": 4, "people": 50, "shift": -1.0, "decimals": 6},
    "apart": {"seed": 5, "people": 40, "shift": 12.0, "decimals": 9},
}
"""How the scores of a case are made; the tests make the same."""

BINS = (4, 10, 25)
RATES = (0.1, 0.01)


def scores_of(seed: int, people: int, shift: float, decimals: int) -> np.ndarray:
    """Scores of one probe against one reference each person: normal, mated ones (the diagonal) higher."""
    rng = np.random.default_rng(seed)
    return np.round(rng.normal(size=(people, people)) + shift * np.eye(people), decimals)


def by_audmetric(scores: np.ndarray, mated: np.ndarray) -> dict[str, object]:
    """Equal error rate, and linkability for histograms of several sizes."""
    import audmetric

    truth, values = mated.ravel().astype(int), scores.ravel()
    linked = {str(bins): audmetric.linkability(truth, values, nbins=bins) for bins in BINS}
    return {"eer": audmetric.equal_error_rate(truth, values)[0], "linkability": linked}


def by_bob(scores: np.ndarray, mated: np.ndarray) -> dict[str, object]:
    """Equal error rate, and both errors at the threshold for a false match rate in the same scores."""
    import bob.measure

    positives, negatives = scores[mated], scores[~mated]
    found: dict[str, object] = {"eer": float(bob.measure.eer(negatives, positives))}
    for rate in RATES:
        threshold = bob.measure.far_threshold(negatives, positives, rate)
        far, frr = bob.measure.farfrr(negatives, positives, threshold)
        found[f"at {rate:g}"] = {"threshold": float(threshold), "fmr": float(far), "fnmr": float(frr)}
    return found


LIBRARIES = {"audmetric": by_audmetric, "bob.measure": by_bob}


def main(library: str, path: Path) -> None:
    """Put into the record what this library gives, and which version it is of."""
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    record["made_by"] = "benchmarks/checks/verification.py"
    record["made"] = CASES
    found = {}
    for name, made in CASES.items():
        scores = scores_of(**made)
        found[name] = LIBRARIES[library](scores, np.eye(len(scores), dtype=bool))
    versions = {"python": platform.python_version(), library: version(library), "numpy": version("numpy")}
    record[library] = {"versions": versions, "cases": found}
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
