"""How the gate's count over several ways to deal people out strays, where scores are drawn and the truth is known.

    python -m benchmarks.checks.ways [--releases 3000]

Everybody is searched among their own half, in ten ways and in the first of them alone; scores are normal and
independent, at a distance to the own one that may differ from person to person (0: guessing alone). A bound misses
where it leaves out the mean over all releases.
"""

from __future__ import annotations

import argparse

import numpy as np

from reid_audit.gating.bounds import lower_bound, upper_bound

SEED, WAYS, CONFIDENCE = 7_901, 10, 0.95
CASES = ((6, 0.0, 0.0), (24, 0.0, 0.0), (24, 1.5, 0.0), (24, 1.0, 3.0), (100, 0.0, 0.0), (100, 1.0, 0.0))
"""People, distance of the own score in standard deviations, and how much that differs."""


def found(rng, people, distance, differs):
    """Return who was found in each way, shape (ways, people)."""
    scores = rng.normal(size=(people, people))
    own = scores.diagonal() + distance + differs * rng.normal(size=people)
    np.fill_diagonal(scores, -np.inf)
    halves = np.array([rng.permutation(people) % 2 for _ in range(WAYS)])
    others = [np.where(half[:, None] == half[None], scores, -np.inf).max(1) for half in halves]
    return own > np.array(others)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=3_000)
    releases = parser.parse_args().releases
    print("people distance differs share | strays: ways one ratio | any way | lower, upper bound misses: ways, one")
    for case, (people, distance, differs) in enumerate(CASES):
        rng = np.random.default_rng([SEED, case])
        hits = [found(rng, people, distance, differs) for _ in range(releases)]
        mean, one = np.array([each.mean(0).sum() for each in hits]), np.array([each[0].sum() for each in hits])
        ever = np.mean([each.any(0).sum() for each in hits])
        share = mean.mean() / people
        misses = [
            f"{np.mean(_bounds(lower_bound, counts, people) > share):.4f} "
            f"{np.mean(_bounds(upper_bound, counts, people) < share):.4f}"
            for counts in (mean, one)
        ]
        print(
            f"{people} {distance} {differs} {share:.3f} | {mean.std():.2f} {one.std():.2f} "
            f"{mean.std() / one.std():.2f} | {ever:.2f} | {', '.join(misses)}",
            flush=True,
        )


def _bounds(bound, counts, people):
    return np.array([bound("topk", float(count), people, CONFIDENCE) for count in counts])


if __name__ == "__main__":
    main()
