"""Which identifications took place: a rank of 0 for want of anything to search with, or in, is no number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from reid_audit.attackers import holds_photos
from reid_audit.report.losses import lost_photos, lost_scans
from reid_audit.report.wording import PHOTO, attack_of, scans_of
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from reid_audit.types import Findings, Result

__all__ = ["FAILURES", "NOT_ASSESSED", "assessed", "not_searched"]

NOT_ASSESSED = "not assessed: "
"""How the note of a number begins that nobody could measure."""

SEARCHED = ("rank", "worst_person_rank1", "people_found_ever", "fnir_at_fpir_", "fpir_realised_")
"""How metrics begin that take a search: without one, 0 found is no number, nor is a limit to it."""

FAILURES = ("failure_to_acquire_rate", "failure_to_enrol_rate", "comparisons_failed_share")
"""Metrics that tell how much failed: a number of theirs does not say that an attack took place."""

_LOST, _FACELESS, _BARE = "lost", "faceless", "bare"


def assessed(findings: Findings) -> tuple[Result, ...]:
    """Return the results, without a value each that takes a search (:data:`SEARCHED`) where none could be carried out.

    That is so where no probe has a template (the photographs were lost, or show no face) and where nobody could be
    enrolled. One cause is left a number, a miss for everybody: no face was found in any of the scans under attack. The
    verdict says of it that the attack could not be carried out, and that this is no protection.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    tuple of Result
        In the order of ``findings.results``; the note of a changed one begins with ``"not assessed: "``.
    """
    total = {
        (attack_of(result), result.condition, result.metric)
        for result in findings.results
        if result.metric in FAILURES and result.value == 1
    }
    samples = _samples_of(findings)
    return tuple(_shown(result, total, samples) for result in findings.results)


def not_searched(findings: Findings) -> tuple[Result, ...]:
    """Return the rank-1 results that :func:`assessed` left without a value."""
    pairs = zip(findings.results, assessed(findings), strict=True)
    return tuple(shown for raw, shown in pairs if raw is not shown and raw.metric == "rank" and raw.k == 1)


@dataclass(frozen=True)
class _Samples:
    """What became of the samples of one side: the photographs, or the scans of a condition.

    Parameters
    ----------
    side : str
    count, lost : int
        How many there are, and how many of them were lost.
    rates : list of Result
        Of heads with a face found, one or more for each embedder.
    """

    side: str
    count: int
    lost: int
    rates: Sequence[Result]

    def state(self, embedder: str | None) -> str:
        """Tell lost samples from those in which no face was found, and both from faces without a template."""
        found = [] if embedder == "" else [rate for rate in self.rates if rate.embedder == embedder] or self.rates
        if (self.count and self.lost >= self.count) or (found and all(rate.value is None for rate in found)):
            return _LOST
        return _FACELESS if found and not any(rate.value for rate in found) else _BARE


def _samples_of(findings: Findings) -> Callable[[str], _Samples]:
    """Return what gives the samples of a side; each side is counted once, however many results ask."""

    @cache
    def samples(side: str) -> _Samples:
        rates = [rate for rate in findings.results if rate.metric == "detection_rate" and rate.condition == side]
        return _Samples(side, *_counts(side, findings), rates)

    return samples


def _shown(result: Result, total: Container[tuple[object, ...]], samples: Callable[[str], _Samples]) -> Result:
    if not result.metric.startswith(SEARCHED) or result.value is None:
        return result
    acquire, enrol, _ = ((attack_of(result), result.condition, metric) in total for metric in FAILURES)
    why = _why(result, acquire=acquire, enrol=enrol, samples=samples)
    if not why:
        return result
    return replace(result, value=None, low=None, high=None, confidence=None, note=NOT_ASSESSED + why)


def _why(result: Result, *, acquire: bool, enrol: bool, samples: Callable[[str], _Samples]) -> str:
    side = PHOTO if holds_photos(result.attacker) else ORIGINAL
    if acquire and side != result.condition:
        return _without_templates(samples(side), result.embedder)
    if (acquire or enrol) and (own := samples(result.condition)).state(result.embedder) != _FACELESS:
        return _without_templates(own, result.embedder)
    return ""


def _without_templates(samples: _Samples, embedder: str | None) -> str:
    """Say why one side of an attack, the photographs or the scans of a condition, has no template."""
    side, count, lost = samples.side, samples.count, samples.lost
    what = "photographs" if side == PHOTO else scans_of(side)
    every = f"any of the {count} {what}"
    state = samples.state(embedder)
    if state == _LOST:
        return f"none of the {count} {what} could be read{'' if side == PHOTO else ' and rendered'}"
    if state == _BARE:
        return f"no template could be made of {every if side == PHOTO else f'the {what} that were searched'}"
    if lost:
        every = f"any of the {count - lost} {what} that could be read ({lost} of {count} were lost)"
    return f"no face was found in {every}: the attack could not be carried out because of the {what}"


def _counts(side: str, findings: Findings) -> tuple[int, int]:
    """Return how many photographs, or scans of a condition, there are, and how many of them were lost."""
    if side == PHOTO:
        return len(findings.cohort.photos), lost_photos(findings).total()
    scans = findings.cohort.scans
    return int((scans["condition"].astype(str) == side).sum()), lost_scans(findings, side).total()
