"""What was lost before any face could be looked for, told apart from faces that were not found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from reid_audit.report.wording import scans_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from reid_audit.types import Findings

__all__ = ["LOST_STAGES", "about_lost_photos", "about_lost_scans", "lost_photos", "lost_scans", "stages_in_words"]

_REBUILDING = "reconstruct"
_LOST = {
    "manifest": "could not be placed in the cohort",
    "read": "could not be read",
    "surface": "showed no head",
    "render": "could not be rendered",
    "worker": "stopped at a defect or for want of memory",
    _REBUILDING: "could not be rebuilt",
}
LOST_STAGES = frozenset(_LOST)
"""Stages at which a scan or photograph is lost: nobody could look for a face in it."""

_MISSED = {
    "detect": "no face was found by the detector",
    "embed": "no template could be made of the face",
    "match": "no comparison could be made",
    "distance": "the distance to the true face could not be measured",
}


def lost_scans(findings: Findings, condition: str) -> Counter[str]:
    """Return how many scans of a condition were lost, by stage."""
    scans = findings.cohort.scans
    return _lost(findings, scans[scans["condition"].astype(str) == condition])


def lost_photos(findings: Findings) -> Counter[str]:
    """Return how many photographs were lost, by stage."""
    return _lost(findings, findings.cohort.photos)


def _lost(findings: Findings, samples: pd.DataFrame) -> Counter[str]:
    ids = set(samples["sample"])
    before_any_face = set(_LOST) - {_REBUILDING}  # what no attacker could rebuild is no scan that is missing
    stages = {failure.sample: failure.stage for failure in findings.failures if failure.stage in before_any_face}
    return Counter(stage for sample, stage in stages.items() if sample in ids)


def about_lost_scans(findings: Findings, condition: str) -> tuple[str, ...]:
    """Say how many scans of a condition were lost, and that this is not a face that was missed."""
    lost = lost_scans(findings, condition)
    everything = int((findings.cohort.scans["condition"].astype(str) == condition).sum())
    return (*_said(lost, everything, scans_of(condition)), *_about_not_rebuilt(findings, condition, everything))


def _about_not_rebuilt(findings: Findings, condition: str, made: int) -> tuple[str, ...]:
    """Say how many scans an attacker could not rebuild: nobody was searched for by them."""
    failed = {each.sample for each in findings.failures if (each.stage, each.condition) == (_REBUILDING, condition)}
    if not failed or condition not in findings.cohort.rebuilt:
        return ()
    return (
        (
            f"{len(failed)} of {len(failed) + made} scans could not be rebuilt, and are not among those of this "
            "condition: it rests on fewer scans than the one that it was made of."
        ),
    )


def about_lost_photos(findings: Findings) -> tuple[str, ...]:
    """Say how many photographs were lost, and that this is not a face that was missed."""
    return _said(lost_photos(findings), len(findings.cohort.photos), "photographs")


def _said(lost: Counter[str], everything: int, what: str) -> tuple[str, ...]:
    if not lost:
        return ()
    count = lost.total()
    if count == everything:
        return (f"All {count} {what} were lost before a face could be looked for ({_by_stage(lost)}).",)
    if count == 1:
        was, whose, it = "was", "whoever it is of cannot be found by it", "it"
    else:
        was, whose, it = "were", "whoever they are of cannot be found by them", "them"
    return (
        (
            f"{count} of {everything} {what} {was} lost before a face could be looked for ({_by_stage(lost)}). "
            f"It is not known whether a face would be found in {it}; {whose}, a miss where that person is searched for."
        ),
    )


def _by_stage(lost: Mapping[str, int]) -> str:
    """Say at which stages samples were lost, with their numbers where there is more than one stage."""
    stages = [stage for stage in _LOST if lost.get(stage)]
    return ", ".join(_LOST[stage] if len(stages) == 1 else f"{lost[stage]} {_LOST[stage]}" for stage in stages)


def stages_in_words(failures: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Count failures by stage: what was lost, and what was read and rendered but gave no template.

    Parameters
    ----------
    failures : sequence of mapping
        With ``stage`` and ``sample``; a sample counts once a stage.

    Returns
    -------
    tuple of str
        One line for what was lost and one for what was missed; none where there is nothing to count.
    """
    counts = Counter(stage for stage, _ in {(row["stage"], row["sample"] or str(i)) for i, row in enumerate(failures)})
    lines = []
    if lost := sum(counts[stage] for stage in _LOST):
        lines.append(f"Lost before a face could be looked for: {lost} ({_by_stage(counts)}).")
    lines += [f"Read and rendered, but {words}: {counts[stage]}." for stage, words in _MISSED.items() if counts[stage]]
    others = sorted(set(counts) - {*_LOST, *_MISSED})
    return (*lines, *(f"At stage {stage}: {counts[stage]}." for stage in others))
