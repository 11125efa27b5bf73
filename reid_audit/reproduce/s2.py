"""Photographs against FLAIR scans, by every method of the study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.auditing import audit
from reid_audit.evaluate import compare_conditions
from reid_audit.phantom import PhantomSettings, PhotoSettings, write_cohort
from reid_audit.reproduce.published import STUDIES
from reid_audit.reproduce.rows import Repeated, Row, population_name, repeated, row_of
from reid_audit.settings import Settings
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.phantom.identity import Population
    from reid_audit.types import Difference, Findings, ScoreTable

__all__ = ["METHODS", "PEOPLE", "SEED", "reproduce_s2"]

PEOPLE = 182
SEED = 20_250
"""Of the people who are reported on; the difficulty of photographs was chosen on others."""

METHODS = (
    ("photo-nearest", "nearest", "nearest render", "without SVM"),
    ("photo-set", "mean", "mean of the renders", "without SVM"),
    ("photo-set", "topk", "mean of the 5 best renders", "without SVM"),
    ("photo-svm", "svm", "linear SVM on renders", "with SVM"),
    ("photo-svm", "svm-rbf", "Gaussian SVM on renders", "with SVM"),
    ("local-features", "orb", "ORB, 9 renders", "orb"),
    ("local-features", "sift", "SIFT, 9 renders", "sift"),
)
"""Attacker, matcher, what it is called in the table, and the paper's figure beside it."""

_CALIBRATED = ("photo-nearest", "nearest")


def reproduce_s2(
    out: Path | str,
    *,
    subjects: int = PEOPLE,
    seed: int = SEED,
    voxel_size: float = 1.0,
    populations: Sequence[Population] = ("main",),
    workers: int = 2,
    progress: Callable[[str, int, int], None] | None = None,
) -> Repeated:
    """Search the photographs of phantoms in their FLAIR scans by the methods of the study.

    Each person has one 3D FLAIR scan and two grey photographs of the default difficulty. Populations, whose faces
    vary in different ways, are repeated apart. A stopped run goes on where it stopped.

    Parameters
    ----------
    out : path-like
        New folder, or one that the same call began: phantoms, templates and the audit's own report of each population.
    subjects : int
    seed : int
        Of people, scans and photographs.
    voxel_size : float, default 1
        Mm; coarser is quicker, and not the study.
    populations : sequence of {"main", "withheld"}
        Each takes the time of a study.
    workers : int
        Processes.
    progress : callable, optional
        Takes a stage, how much is done, and how much there is.

    Returns
    -------
    Repeated
        For each population rank 1 of each method, and the gain of each over the nearest render, paired by person.
    """
    rows: list[Row] = []
    audits: list[Findings] = []
    for population in populations:
        folder = Path(out) / population
        people = PhantomSettings(
            n_subjects=subjects,
            modalities=("FLAIR",),
            conditions=(ORIGINAL,),
            photos=PhotoSettings.at(0.5, grey=True),
            population=population,
            voxel_size=voxel_size,
            seed=seed,
        )
        write_cohort(people, folder / "cohort", workers=workers, progress=progress)
        settings = Settings(
            attackers=tuple(dict.fromkeys(attacker for attacker, *_ in METHODS)),
            svm_kernels=("linear", "rbf"),
            seed=seed,
            workers=workers,
        )
        done = audit(
            folder / "cohort",
            photos=folder / "cohort" / "photos",
            settings=settings,
            out=folder / "audit",
            progress=progress,
        )
        name = population_name(population, voxel_size)
        rows += _ranks(done.findings, name)
        rows += [_gain(found, name) for found in _gains(done.findings.scores, seed)]
        audits.append(done.findings)
    return repeated(rows, audits)


def _ranks(findings: Findings, population: str) -> list[Row]:
    """Return rank 1 of each method, beside the paper's."""
    study, rows = STUDIES["s2"], []
    for attacker, matcher, method, figure in METHODS:
        for result in findings.results:
            if (result.attacker, result.matcher, result.metric, result.k) == (attacker, matcher, "rank", 1):
                tuned = (attacker, matcher) == _CALIBRATED
                standing = "calibrated, not reproduced" if tuned else "finding"
                rows.append(row_of(result, population, method, published=study.figures[figure], standing=standing))
    return rows


def _gains(tables: Sequence[ScoreTable], seed: int) -> tuple[Difference, ...]:
    """Return what each method finds more than the nearest render, paired by person."""
    named = {(attacker, matcher): method for attacker, matcher, method, _ in METHODS}
    as_conditions = [
        replace(table, attacker="s2", matcher="any", embedder="any", condition=named[table.attacker, table.matcher])
        for table in tables
    ]
    return compare_conditions(as_conditions, rng=np.random.default_rng(seed), baseline=METHODS[0][2])


def _gain(found: Difference, population: str) -> Row:
    return Row(
        population=population,
        condition=ORIGINAL,
        method=f"{found.condition} less {found.baseline}",
        metric="auc difference" if found.k is None else f"{found.metric}-{found.k} difference",
        value=found.value,
        low=found.low,
        high=found.high,
        chance=0.0,
        control=None,
        n_subjects=found.n_subjects,
        n_probes=found.n_subjects,
        note=found.note,
    )
