"""Defacing of children with and without tumours: face and ears, measures of the brain, tumour volume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.reproduce.age_groups import AGE_GROUPS
from reid_audit.reproduce.judged import BRAIN_MEASURES, judge_age_groups
from reid_audit.reproduce.published import STUDIES
from reid_audit.reproduce.rows import Repeated, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.phantom.identity import Population
    from reid_audit.types import Failure

__all__ = ["PEOPLE", "SEED", "SEQUENCES", "reproduce_s1"]

PEOPLE = 5
"""In each of three age groups."""
SEED = 20_253
SEQUENCES = ("T1w", "T1wCE", "T2w", "FLAIR")

_PAPER = "pediatric-auto-defacer"
_MEASURES = (
    (BRAIN_MEASURES, "brain measures"),
    (("tumour volume",), "tumour volume"),
    (("temporalis volume", "temporalis cross-section"), "temporalis"),
)
"""Measures, and the name of the paper's figure."""


def reproduce_s1(
    out: Path | str,
    *,
    subjects: int = PEOPLE,
    seed: int = SEED,
    voxel_size: float = 1.0,
    populations: Sequence[Population] = ("main", "withheld"),
    defacers: Sequence[str] | None = None,
    sequences: Sequence[str] = SEQUENCES,
    workers: int = 2,
    progress: Callable[[str, int, int], None] | None = None,
) -> Repeated:
    """Deface four sequences of newborn, child and adult phantoms with tumours; count faces and ears, compare measures.

    Parameters
    ----------
    out : path-like
        New folder, or one that the same call began.
    subjects : int
        In each age group.
    seed, voxel_size, populations, defacers, workers, progress
        As for :func:`~reid_audit.reproduce.reproduce_s0`.
    sequences : sequence of str

    Returns
    -------
    Repeated
        For each population and defacer the share of images without a face and without ears, by age group, and the rank
        correlation of measures of the brain, of the tumour's volume and of the temporalis before and after. The paper's
        figures stand beside its own defacer, and where that does not run here in a row without a number of ours.
    """
    figures = STUDIES["s1"].figures
    rows: list[Row] = []
    failures: list[Failure] = []
    for population in populations:
        done = judge_age_groups(
            Path(out) / population,
            population=population,
            subjects=subjects,
            modalities=tuple(sequences),
            seed=seed,
            voxel_size=voxel_size,
            tumours=True,
            defacers=defacers,
            workers=workers,
            progress=progress,
        )
        for outcome, method in (("face_removed", "face removed"), ("ears_removed", "ears removed")):
            rows += done.rate_rows(outcome, method, {_PAPER: figures[method]})
            rows += done.missing_rows(outcome, method, {_PAPER: figures[method]})
        rows += done.test_rows("face_removed")
        for group in ("all ages", *AGE_GROUPS):
            for measures, name in _MEASURES:
                paper = {_PAPER: figures[name]} if group == "all ages" else {}
                rows += done.measure_rows(measures, "spearman", f"{name}, Spearman", paper, group=group)
        rows += done.paper_rows(
            {f"{name}, Spearman": figures[name] for _, name in _MEASURES},
            condition=_PAPER,
        )
        failures += done.failures
    return Repeated(tuple(rows), tuple(failures), not failures)
