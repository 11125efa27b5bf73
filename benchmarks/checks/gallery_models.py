"""How far the gallery models are off: rank 1 in 1,000 and 100,000 people predicted from 100, in simulations.

    python -m benchmarks.checks.gallery_models [--studies 100]

The truth is that of 2,000 other people searched in 100,000. "measured" is what the study would have found had its 100
people been searched in 1,000: it cannot be beaten by more than luck, as it has the same people. Where each person
stands out differently, a model that takes all probes for alike is off.
"""

from __future__ import annotations

import argparse

import numpy as np

from reid_audit.evaluate.gallery_models import MODELS, SeenSearches, other_scores, subsampled

PEOPLE, SIZES, CROWD, PROBES = 100, (1_000, 100_000), 100_000, 2_000


class Normal:
    """Scores of a probe: its own level, spread and distance to its mate; references may draw scores too."""

    def __init__(self, shift, *, probes=0.0, mates=0.0, references=0.0):
        self.shift, self.probes, self.mates, self.references = shift, probes, mates, references

    def search(self, rng, probes, people):
        level, spread = self.probes * rng.normal(size=probes), np.exp(self.probes / 2 * rng.normal(size=probes))
        own = level + spread * (rng.normal(size=probes) + self.shift + self.mates * rng.normal(size=probes))
        popular = self.references * rng.normal(size=people)
        for at in range(probes):
            yield own[at], level[at] + spread[at] * (rng.normal(size=people) + popular)


class Faces:
    """People as points; photographs off by their own noise and by an offset that all of a study share."""

    def __init__(self, noise, *, uneven=0.0, directions=48):
        self.noise, self.uneven = noise, uneven
        self.spread = 1.0 / np.arange(1, directions + 1) ** 0.5

    def search(self, rng, probes, people):
        gallery = self.spread * rng.normal(size=(people, len(self.spread)))
        scans = gallery + 0.1 * self.spread * rng.normal(size=gallery.shape)
        noise = self.noise * np.exp(self.uneven * rng.normal(size=probes))
        offset = 0.5 * self.spread * rng.normal(size=len(self.spread))
        for at in range(probes):
            who = at % people
            photo = gallery[who] + offset + noise[at] * self.spread * rng.normal(size=len(self.spread))
            score = -np.sqrt(np.square(scans - photo).sum(axis=1))
            yield score[who], np.delete(score, who)


WORLDS = {
    "normal, all alike": Normal(2.8),
    "normal, probes differ in level": Normal(2.8, probes=1.0),
    "normal, mates differ": Normal(2.8, mates=1.5),
    "normal, all of it and popular references": Normal(2.8, probes=0.7, mates=1.0, references=0.5),
    "faces, all alike": Faces(0.75),
    "faces, photographs differ": Faces(0.75, uneven=0.5),
}


def seen(rows, people):
    own = np.array([row[0] for row in rows])
    others = np.array([row[1][: people - 1] for row in rows])
    above = (others > own[:, None]).sum(axis=1)
    zeros = np.zeros(len(own), dtype=np.int64)
    return SeenSearches(np.arange(len(own)), own, other_scores(others), above, zeros, zeros + people)


def above_in_crowd(world, rng):
    return np.array([(np.sum(others > own), len(others)) for own, others in world.search(rng, PROBES, CROWD)])


def truth(world, rng):
    counts = above_in_crowd(world, rng)
    zeros = np.zeros(len(counts), dtype=np.int64)
    made = SeenSearches(
        zeros, zeros.astype(float), other_scores(np.zeros((len(counts), 0))), counts[:, 0], zeros, counts[:, 1] + 1
    )
    return [float(subsampled(made, min(size, int(made.gallery.min()))).mean()) for size in (PEOPLE, *SIZES)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=100)
    studies = parser.parse_args().studies
    for number, (name, world) in enumerate(WORLDS.items()):
        rng = np.random.default_rng([77, number])
        true = truth(world, rng)
        said = {model: [] for model in ("measured", *MODELS)}
        for _ in range(studies):
            rows = list(world.search(rng, PEOPLE, 1_000))
            said["measured"].append([float(subsampled(seen(rows, 1_000), 1_000).mean()), np.nan])
            study = seen(rows, PEOPLE)
            for model, fit in MODELS.items():
                predicted = fit(study)
                said[model].append([float(predicted(size).mean()) for size in SIZES])
        print(f"{name}: rank 1 in {PEOPLE}: {true[0]:.3f}, in 1,000: {true[1]:.3f}, in 100,000: {true[2]:.3f}")
        for model, values in said.items():
            error = np.array(values) - true[1:]
            bias, off = error.mean(axis=0), np.sqrt(np.square(error).mean(axis=0))
            far = "" if model == "measured" else f"   100,000: {bias[1]:+.3f} ({off[1]:.3f})"
            print(f"  {model:14s} 1,000: {bias[0]:+.3f} (off by {off[0]:.3f}){far}", flush=True)


if __name__ == "__main__":
    main()
