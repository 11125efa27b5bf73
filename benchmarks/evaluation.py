"""Evaluate one large score table in this process, and print the time and the peak of memory.

    OMP_NUM_THREADS=1 python -m benchmarks.evaluation [--shape many-samples|many-people] [--comparisons 1e7] [--profile]

``many-samples``: 3 to 7 probes and 6 to 10 references of each of 507 people; ``many-people``: one of each of 3,163.
"""

from __future__ import annotations

import argparse
import time
from math import ceil

import numpy as np
import pandas as pd

from benchmarks.memory import peak_gib
from reid_audit.evaluate import evaluate
from reid_audit.types import ScoreTable


def made(shape: str, comparisons: int) -> ScoreTable:
    """Draw normal scores of people who differ in level and in how easy they are."""
    rng = np.random.default_rng(7311)
    if shape == "many-people":
        people = ceil(comparisons**0.5)
        asked = known = np.arange(people)
    else:
        people = ceil((comparisons / 39) ** 0.5)
        asked, known = (np.repeat(np.arange(people), rng.integers(low, low + 5, people)) for low in (3, 6))
    level, ease = 0.4 * rng.normal(size=(2, people)), 0.7 * rng.normal(size=people)
    scores = rng.normal(size=(len(asked), len(known)))
    scores += level[0][asked][:, None] + level[1][known][None, :]
    row, column = np.nonzero(asked[:, None] == known[None, :])
    scores[row, column] += 2.5 + ease[asked[row]]
    frames = [
        pd.DataFrame({"subject": [f"s{at:05d}" for at in side], "sample": [f"{word}{i:06d}" for i in range(len(side))]})
        for word, side in (("p", asked), ("r", known))
    ]
    compared = np.ones(scores.shape, dtype=bool)
    return ScoreTable("photo-nearest", "nearest", "made", "original", frames[0], frames[1], scores, compared)


def main() -> None:
    """Time one evaluation with the default settings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__)
    parser.add_argument("--shape", choices=("many-samples", "many-people"), default="many-samples")
    parser.add_argument("--comparisons", type=float, default=1e7)
    parser.add_argument("--profile", action="store_true", help="also print where the time goes")
    asked = parser.parse_args()
    table = made(asked.shape, int(asked.comparisons))
    people = table.probes["subject"].nunique()
    before = peak_gib()
    start, used = time.perf_counter(), time.process_time()
    if asked.profile:
        import cProfile

        profile = cProfile.Profile()
        results = profile.runcall(evaluate, table, rng=np.random.default_rng(1))
        profile.print_stats("cumulative")
    else:
        results = evaluate(table, rng=np.random.default_rng(1))
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    peak = peak_gib()
    without = sum(result.value is None for result in results)
    print(
        f"{table.scores.size} comparisons of {people} people: {wall:.1f} s wall, {cpu:.1f} s of CPU, "
        f"peak {peak:.2f} GiB ({before:.2f} before), {len(results)} results, {without} without a value"
    )


if __name__ == "__main__":
    main()
