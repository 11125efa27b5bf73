"""The support vector machine of ``match`` beside ``sklearn.svm.SVC(kernel="linear")``: time, memory, rank 1.

``python benchmarks/svm.py FILE [--sizes 182:1.5 1000:1.0 5000:0.8] [--svc-up-to 1000]``

FILE holds templates of phantoms (``benchmarks/phantom_templates.py``). The first row is these people as they are. The
others are populations of a size drawn from them: a person's mean template is normal with the phantoms' covariance, the
81 renders spread about it as those of a phantom drawn at random do, the photograph is off by what a phantom's is, the
part that differs between phantoms multiplied by the number behind the colon. That sets the difficulty: near rank 1 = 1
nothing would be compared. SVC is what a user would write: templates as they come, default settings, ``predict``.

Each row is a process of its own, so that its peak memory is its own. Seconds are the processor's; ours to train hold
the whole call of ``LinearSvm.score``, with the answers to all photographs. The interval is of the difference of rank 1,
ours minus SVC's, over people, 95 %. Set ``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1``.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.memory import peak_gib
from reid_audit.match import LinearSvm, Mean, Nearest
from reid_audit.match.planes import Planes
from reid_audit.match.similarity import unit_length
from reid_audit.statistics import percentile_interval, person_weights
from reid_audit.types import Templates

__all__ = ["main", "population"]

_ASKED = 100
"""Probes that are timed one by one."""


def population(file: Path, people: int, photo: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw (people, views, D) renders and (people, D) photographs, float32, from the phantoms in a file."""
    phantoms = np.load(file)
    seen = np.isfinite(phantoms["renders"]).all(axis=(1, 2)) & np.isfinite(phantoms["photos"]).all(axis=1)
    renders, photos = (phantoms[name][seen].astype(np.float64) for name in ("renders", "photos"))
    if not people:
        return renders.astype(np.float32), photos.astype(np.float32)
    rng = np.random.default_rng([seed, people])
    means = renders.mean(axis=1)
    drawn = rng.multivariate_normal(means.mean(axis=0), np.cov(means.T), size=people, method="eigh")
    spread, off = renders - means[:, None], photos - means
    like, shot = rng.integers(len(renders), size=(2, people))
    usual = off.mean(axis=0)
    made = np.empty((people, *renders.shape[1:]), dtype=np.float32)
    for number, source in enumerate(like.tolist()):
        made[number] = drawn[number] + spread[source]
    return made, (drawn + usual + photo * (off[shot] - usual)).astype(np.float32)


def ours(file: Path, people: int, photo: float, seed: int) -> dict[str, object]:
    renders, photos = population(file, people, photo, seed)
    probes, references = _templates(photos[:, None]), _templates(renders)
    del renders
    began = time.process_time()
    scores = LinearSvm().score(probes, references, np.random.default_rng(0))
    trained = time.process_time() - began
    planes = Planes(np.zeros((len(photos), photos.shape[1])), np.zeros(len(photos)))  # the time is that of any numbers
    began = time.process_time()
    for photograph in photos[:_ASKED]:
        planes.values(unit_length(photograph[None]))
    asked = time.process_time() - began
    return _row(trained, asked / len(photos[:_ASKED]), scores.argmax(axis=1))


def svc(file: Path, people: int, photo: float, seed: int) -> dict[str, object]:
    from sklearn.svm import SVC

    renders, photos = population(file, people, photo, seed)
    person = np.repeat(np.arange(len(renders)), renders.shape[1])
    began = time.process_time()
    machine = SVC(kernel="linear").fit(renders.reshape(len(person), -1), person)
    trained = time.process_time() - began
    began = time.process_time()
    named = machine.predict(photos)
    return _row(trained, (time.process_time() - began) / len(photos), named)


def simple(file: Path, people: int, photo: float, seed: int) -> dict[str, float]:
    """Rank 1 of the matchers that learn nothing."""
    renders, photos = population(file, people, photo, seed)
    probes, references, rng = _templates(photos[:, None]), _templates(renders), np.random.default_rng(0)
    named = {matcher.name: matcher.score(probes, references, rng).argmax(axis=1) for matcher in (Mean(), Nearest())}
    return {name: float((who == np.arange(len(photos))).mean()) for name, who in named.items()}


def _templates(vectors: np.ndarray) -> Templates:
    person = np.repeat(np.arange(len(vectors)), vectors.shape[1])
    table = pd.DataFrame({"subject": np.char.zfill(person.astype(str), 6), "sample": person})
    return Templates(table, vectors.reshape(len(person), -1), "phantoms")


def _row(trained: float, asked: float, named: np.ndarray) -> dict[str, object]:
    return {"train": trained, "ask": asked, "peak": peak_gib(), "hits": np.asarray(named) == np.arange(len(named))}


def _told(name: str, people: int, row: dict[str, object]) -> str:
    rate = np.mean(row["hits"])
    return (
        f"{name:<5} {people:>5} people: train {row['train']:7.1f} s  probe {1e3 * row['ask']:6.2f} ms  "
        f"peak {row['peak']:5.2f} GiB  rank 1 {rate:.3f}"
    )


def _difference(mine: np.ndarray, other: np.ndarray) -> str:
    apart = mine.astype(float) - other
    resampled = person_weights(np.random.default_rng(0), len(apart), 4000) @ apart / len(apart)
    limits = percentile_interval(resampled, len(apart), 0.95, value=float(apart.mean()))
    return f"ours minus SVC: {apart.mean():+.3f} ({limits.low:+.3f} to {limits.high:+.3f})"


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--sizes", nargs="*", default=["182:1.5", "1000:1.0", "5000:0.8"])
    parser.add_argument("--svc-up-to", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(given)
    for people, photo in [(0, 1.0), *((int(n), float(f)) for n, f in (size.split(":") for size in asked.sizes))]:
        case = asked.file, people, photo, asked.seed
        with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as apart:
            mine = apart.submit(ours, *case).result()
            count = len(mine["hits"])
            print(f"{count} people, {f'drawn, photographs {photo} times as far off' if people else 'as they are'}")
            print(_told("ours", count, mine), flush=True)
            if count <= asked.svc_up_to:
                other = apart.submit(svc, *case).result()
                print(_told("SVC", count, other), _difference(mine["hits"], other["hits"]), sep="\n", flush=True)
                named = apart.submit(simple, *case).result()
                print("rank 1 of", ", ".join(f"{name} {rate:.3f}" for name, rate in named.items()), flush=True)


if __name__ == "__main__":
    main()
