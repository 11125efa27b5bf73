"""Defacers over three age groups: face removed and no brain lost, as the multisite comparison judged them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.reproduce.judged import BRAIN_MEASURES, judge_age_groups
from reid_audit.reproduce.published import STUDIES
from reid_audit.reproduce.rows import Repeated, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.phantom.identity import Population
    from reid_audit.types import Failure

__all__ = ["PEOPLE", "SEED", "reproduce_s0"]

PEOPLE = 5
"""In each of three age groups."""
SEED = 20_252

_PAPER_NAMES = {
    "afni-deface": "afni_refacer",
    "afni-reface": "afni_refacer",
    "afni-reface-plus": "afni_refacer",
    "pydeface": "pydeface",
    "pydeface-sitk": "pydeface",
}
"""Our names of what the paper names otherwise, or ran on other software."""


def reproduce_s0(
    out: Path | str,
    *,
    subjects: int = PEOPLE,
    seed: int = SEED,
    voxel_size: float = 1.0,
    populations: Sequence[Population] = ("main", "withheld"),
    defacers: Sequence[str] | None = None,
    workers: int = 2,
    progress: Callable[[str, int, int], None] | None = None,
) -> Repeated:
    """Deface T1w scans of newborn, child and adult phantoms, and count where the face is gone and the brain whole.

    Parameters
    ----------
    out : path-like
        New folder, or one that the same call began.
    subjects : int
        In each age group.
    seed : int
    voxel_size : float, default 1
        Mm; coarser is quicker, and not the study.
    populations : sequence of {"main", "withheld"}
    defacers : sequence of str, optional
        By default all that there are.
    workers : int
    progress : callable, optional
        Takes a stage, how much is done, and how much there is.

    Returns
    -------
    Repeated
        For each population and defacer success, face, ears and brain with exact intervals over people, by age group;
        tests over defacers; how measures of the brain change; run times. A defacer that does not run here is a row with
        the reason; one that fails on every scan has no success.
    """
    figures = STUDIES["s0"].figures
    published = {ours: figures[theirs] for ours, theirs in _PAPER_NAMES.items()}
    rows: list[Row] = []
    failures: list[Failure] = []
    for population in populations:
        done = judge_age_groups(
            Path(out) / population,
            population=population,
            subjects=subjects,
            modalities=("T1w",),
            seed=seed,
            voxel_size=voxel_size,
            tumours=False,
            defacers=defacers,
            workers=workers,
            progress=progress,
        )
        rows += done.rate_rows("success", "face removed and no brain lost", published)
        rows += done.missing_rows("success", "face removed and no brain lost", published)
        for outcome in ("face_removed", "ears_removed", "brain_kept"):
            rows += done.rate_rows(outcome, outcome.replace("_", " "), {})
        rows += done.test_rows("success")
        rows += done.measure_rows(
            BRAIN_MEASURES, "absolute_relative", "brain volumes, change without sign", figures["preprocessing"]
        )
        rows += done.time_rows()
        failures += done.failures
    return Repeated(tuple(rows), tuple(failures), not failures)
