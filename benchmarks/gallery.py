"""Searching a town: exact search among millions of templates, and exact counts of 10^8 scores.

``python benchmarks/gallery.py [--templates 1e6] [--probes 32] [--k 10] [--comparisons 1e8] [--metric euclidean]``
prints sizes, seconds, throughput and peak memory. Seconds are the processor's: other work beside it moves them little,
and with one thread they are those of the clock on a free machine. Gallery and probes come from a seed, block by block:
probe i is template ``i * N / P`` with noise, so that the right answer is known. Where ``faiss`` can be imported, its
flat index is asked about the first 500,000 beside us, alternating, in the same run. Set ``OMP_NUM_THREADS=1
OPENBLAS_NUM_THREADS=1``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.memory import peak_gib
from reid_audit.match import search_gallery, similarity
from reid_audit.statistics import count_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["blocks_of", "main", "scores_of"]

DIMENSION = 128
BLOCK = 100_000
SPREAD = 0.08
"""Of each number, as in dlib's templates of different people."""


def block_of(seed: int, number: int, size: int = BLOCK) -> np.ndarray:
    """Make one block of the gallery, the same for the same seed and number."""
    rng = np.random.Generator(np.random.SFC64([seed, number]))
    block = rng.standard_normal((size, DIMENSION), dtype=np.float32)
    block *= np.float32(SPREAD)
    return block


class Watch:
    """Adds up the processor's time that a generator takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        while True:
            began = time.process_time()
            block = next(blocks, None)
            self.seconds += time.process_time() - began
            if block is None:
                return
            yield block


def blocks_of(seed: int, templates: int) -> Iterator[np.ndarray]:
    """Make the gallery block by block."""
    for number, first in enumerate(range(0, templates, BLOCK)):
        yield block_of(seed, number, min(BLOCK, templates - first))


def probes_of(seed: int, templates: int, probes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy copies of evenly spaced templates, and which these are."""
    rows = np.arange(probes) * (templates // probes)
    sizes = {number: min(BLOCK, templates - number * BLOCK) for number in np.unique(rows // BLOCK).tolist()}
    exact = np.stack([block_of(seed, row // BLOCK, sizes[row // BLOCK])[row % BLOCK].copy() for row in rows.tolist()])
    noise = np.random.default_rng([seed, templates]).normal(0, SPREAD / 2, exact.shape)
    return (exact + noise).astype(np.float32), rows


def scores_of(templates: np.ndarray, references: np.ndarray, rows: int = 500) -> Iterator[np.ndarray]:
    """Score everybody against everybody else, a few rows at once."""
    for first in range(0, len(templates), rows):
        scores = similarity(templates[first : first + rows], references, "euclidean")
        np.fill_diagonal(scores[:, first:], np.nan)
        yield scores


def search(templates: int, probes: int, k: int, metric: str, seed: int) -> None:
    asked, mates = probes_of(seed, templates, probes)
    watch, began = Watch(), time.process_time()
    found = search_gallery(asked, watch.timed(blocks_of(seed, templates)), k, metric=metric)
    taken = time.process_time() - began
    first = float((found.rows[:, 0] == mates).mean())
    print(
        f"search: {probes} probes among {templates:,} templates of {DIMENSION}, the {k} best, {metric}: "
        f"{taken - watch.seconds:.1f} s, and {watch.seconds:.1f} s to make them; "
        f"{templates * probes / (taken - watch.seconds) / 1e6:.0f} million comparisons a second; "
        f"mate first for {first:.0%}; peak {peak()}",
        flush=True,
    )


def beside_faiss(templates: int, k: int, seed: int, runs: int = 5) -> None:
    try:
        import faiss
    except ImportError:
        print("faiss: not installed, not compared")
        return
    faiss.omp_set_num_threads(1)
    size = min(templates, 5 * BLOCK)
    blocks = list(blocks_of(seed, size))
    index = faiss.IndexFlatL2(DIMENSION)
    index.add(np.concatenate(blocks))
    for probes in (1, 8, 32, 128):
        asked, _ = probes_of(seed, templates, probes)
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(seconds(lambda: search_gallery(asked, blocks, k)))  # noqa: B023 - called at once
            theirs.append(seconds(lambda: index.search(asked, k)))  # noqa: B023
        agree = float((search_gallery(asked, blocks, k).rows == index.search(asked, k)[1]).mean())
        mine, other = statistics.median(ours), statistics.median(theirs)
        print(
            f"faiss {faiss.__version__} IndexFlatL2, {probes} probes among {size:,}: {other:.3f} s, ours {mine:.3f} s "
            f"(medians of {runs}, alternating): {other / mine:.2f} times; same place and rank {agree:.2%}",
            flush=True,
        )


def count(comparisons: int, seed: int) -> None:
    people = round(comparisons**0.5)
    references = np.concatenate(list(blocks_of(seed, people))).astype(np.float64)
    templates = references + np.random.default_rng([seed, people]).normal(0, 1.4 * SPREAD, references.shape)
    watch, began = Watch(), time.process_time()
    mated = np.concatenate([np.diagonal(similarity(t, r, "euclidean")) for t, r in _pairs(templates, references)])
    counts = count_scores(mated, watch.timed(scores_of(templates, references)))
    taken = time.process_time() - began
    rate = 10.0 / counts.n_nonmated
    print(
        f"count: {counts}: {taken - watch.seconds:.1f} s, and {watch.seconds:.1f} s to score them; "
        f"AUC {counts.auc:.8f}; at a false match rate of {rate:.0e}: {counts.threshold_at(rate)}; peak {peak()}",
        flush=True,
    )


def _pairs(templates: np.ndarray, references: np.ndarray, rows: int = 500) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for first in range(0, len(templates), rows):
        yield templates[first : first + rows], references[first : first + rows]


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def peak() -> str:
    return f"{peak_gib():.2f} GiB"


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    whole = lambda text: int(float(text))  # noqa: E731 - 81e6
    parser.add_argument("--templates", type=whole, default=1_000_000)
    parser.add_argument("--probes", type=whole, default=32)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--comparisons", type=whole, default=100_000_000)
    parser.add_argument("--metric", default="euclidean")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(given)
    search(asked.templates, asked.probes, asked.k, asked.metric, asked.seed)
    count(asked.comparisons, asked.seed)
    beside_faiss(asked.templates, asked.k, asked.seed)


if __name__ == "__main__":
    main()
