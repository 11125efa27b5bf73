"""Head CT against head CT: whether two renders show one person, before and after defacing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.auditing import audit
from reid_audit.phantom import PhantomSettings, write_cohort
from reid_audit.reproduce.published import STUDIES
from reid_audit.reproduce.rows import Repeated, Row, population_name, repeated, row_of
from reid_audit.settings import Settings
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reid_audit.phantom.identity import Population
    from reid_audit.types import Cohort, Failure, Findings, Result

__all__ = ["PEOPLE", "SEED", "reproduce_s4"]

PEOPLE = 60
SEED = 20_251

_CUT_SHARE = 0.2
"""Of the phantoms' scans: heads of which crown or chin are outside the field of view."""

_METRICS = {
    "render_detection_rate": "renders with a face found",
    "cosine_median_mated": "cosine of one person's renders, median",
    "cosine_q1_mated": "cosine of one person's renders, lower quartile",
    "cosine_q3_mated": "cosine of one person's renders, upper quartile",
    "cosine_median_nonmated": "cosine of two people's renders, median",
    "cosine_q1_nonmated": "cosine of two people's renders, lower quartile",
    "cosine_q3_nonmated": "cosine of two people's renders, upper quartile",
    "auc": "ROC-AUC on cosines",
    "auc_folds": "ROC-AUC, mean of 5 folds",
    "accuracy": "accuracy of the SVM, 5 folds of people",
    "accuracy_mixed_folds": "accuracy of the SVM, 5 folds of pairs (leaks)",
}


def reproduce_s4(
    out: Path | str,
    *,
    cohort: Cohort | None = None,
    lost: Iterable[Failure] = (),
    subjects: int = PEOPLE,
    seed: int = SEED,
    voxel_size: float = 1.0,
    populations: Sequence[Population] = ("main",),
    workers: int = 2,
    progress: Callable[[str, int, int], None] | None = None,
) -> Repeated:
    """Compare renders of CT scans with each other, as the study did, for originals and defaced scans.

    Without a cohort: phantoms with two sessions, a fifth of the scans cut by the field of view; original, with the face
    zeroed, and with half of it zeroed. Populations, whose faces vary in different ways, are repeated apart. A
    stopped run goes on where it stopped.

    Parameters
    ----------
    out : path-like
        New folder, or one that the same call began.
    cohort : Cohort, optional
        Scans of one's own, original and defaced.
    lost : iterable of Failure
        What was lost on reading it.
    subjects, seed : int
        Of the phantoms.
    voxel_size : float, default 1
        Of the phantoms, mm; coarser is quicker, and not the study.
    populations : sequence of {"main", "withheld"}
        Of the phantoms; each takes the time of a study.
    workers : int
        Processes.
    progress : callable, optional
        Takes a stage, how much is done, and how much there is.

    Returns
    -------
    Repeated
        For each condition the share of renders with a face, quartiles of mated and non-mated cosines, AUC and accuracy,
        within a scan and across sessions.
    """
    settings = Settings(attackers=("scan-to-scan",), mixed_folds=True, seed=seed, workers=workers)
    if cohort is not None:
        own = audit(cohort, settings=settings, out=Path(out) / "audit", failures=lost, progress=progress).findings
        return repeated(_rows(own, cohort.name), [own])
    rows: list[Row] = []
    audits: list[Findings] = []
    for population in populations:
        folder = Path(out) / population
        people = PhantomSettings(
            n_subjects=subjects,
            sessions=2,
            modalities=("CT",),
            conditions=(ORIGINAL, "partial", "zero"),
            photos_per_subject=0,
            cut_share=_CUT_SHARE,
            population=population,
            voxel_size=voxel_size,
            seed=seed,
        )
        write_cohort(people, folder / "cohort", workers=workers, progress=progress)
        done = audit(folder / "cohort", settings=settings, out=folder / "audit", progress=progress)
        rows += _rows(done.findings, population_name(population, voxel_size))
        audits.append(done.findings)
    return repeated(rows, audits)


def _rows(findings: Findings, population: str) -> tuple[Row, ...]:
    return tuple(
        row_of(result, population, _method(result), published=_published(result))
        for result in findings.results
        if result.metric in _METRICS and result.attacker in (None, "scan-to-scan") and result.k is None
    )


def _method(result: Result) -> str:
    return ", ".join(part for part in (_METRICS[result.metric], result.relation) if part)


def _published(result: Result) -> str:
    """Return the paper's figure for a result: it speaks of originals and of two tools, not of our shams."""
    figures = STUDIES["s4"].figures
    if result.relation == "cross-session":
        return ""
    names = {
        "render_detection_rate": "detection",
        "cosine_median_mated": "cosine mated",
        "cosine_median_nonmated": "cosine non-mated",
    }
    if result.condition == ORIGINAL and result.metric in names:
        return figures[names[result.metric]]
    kind = {"auc": "auc", "auc_folds": "auc", "accuracy": "accuracy"}.get(result.metric, "")
    return figures.get(f"{result.condition} {kind}", "")
