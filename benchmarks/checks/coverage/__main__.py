"""How often the intervals of small studies hold the truth.

    python -m benchmarks.checks.coverage [--repetitions 2000] [--workers 2] [--studies WORD ...] [--folder FOLDER]

Finished parts are kept in the folder: a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.checks.coverage.counting import coverages
from benchmarks.checks.coverage.studies import STUDIES


def main() -> None:
    """Print one line a number and study."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checks.coverage", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--studies", nargs="*", default=[""], help="parts of names; without, all studies")
    parser.add_argument("--folder", type=Path, default=Path("build/coverage"))
    asked = parser.parse_args()
    names = [name for name in STUDIES if any(word in name for word in asked.studies)]
    for _, counted in coverages(names, asked.repetitions, asked.folder, workers=asked.workers):
        for each in counted:
            print(each, flush=True)


if __name__ == "__main__":
    main()
