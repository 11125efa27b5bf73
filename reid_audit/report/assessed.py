"""Which identifications took place: a rank of 0 for want of anything to search with, or in, is no number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from reid_audit.attackers import holds_photos
from reid_audit.evaluate.asked import PAIRS_ONLY
from reid_audit.report.losses import lost_photos, lost_scans
from reid_audit.report.wording import PHOTO, attack_of, scans_of
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from reid_audit.types import Findings, Result

__all__ = [
    "FAILURES",
    "NOT_ASSESSED",
    "NOT_CARRIED_OUT",
    "about_idle",
    "assessed",
    "idle_attacks",
    "not_searched",
    "reason_of",
]

NOT_ASSESSED = "not assessed: "
"""How the note of a number begins that nobody could measure."""

NOT_CARRIED_OUT = "not carried out: "
"""How it begins where that is because no face was found on any scan under attack, which is no protection."""

SEARCHED = (
    *("rank", "worst_person_rank1", "people_found_ever", "protected_below_threshold_share"),
    *("fnir_at_fpir_", "fpir_realised_"),
)
"""How metrics begin that take a search: without one, 0 found is no number, nor is a limit to it."""

FAILURES = ("failure_to_acquire_rate", "failure_to_enrol_rate", "comparisons_failed_share")
"""Metrics that tell how much failed: a number of theirs does not say that an attack took place."""

_LOST, _FACELESS, _BARE = "lost", "faceless", "bare"


def assessed(findings: Findings) -> tuple[Result, ...]:
    """Return the results, without a value each that takes a search (:data:`SEARCHED`) where none could be carried out.

    What is told of pairs, and had no value for want of pairs, is noted to be so for the same reason.

    That is so where no probe has a template (the photographs were lost, or show no face) and where nobody could be
    enrolled: 0 found of nobody searched is no number, whether scans were lost or no face was found on any. Where some
    scans have templates, those without are misses and stay counted. This is the one place where it is decided: tables,
    figures and sentences ask here.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    tuple of Result
        In the order of ``findings.results``; the note of a changed one begins with ``"not carried out: "`` where no
        face was found on any scan under attack, with ``"not assessed: "`` where something else was wanting.
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
    return tuple(result for result in _idle(findings) if result.metric == "rank" and result.k == 1)


def idle_attacks(findings: Findings) -> dict[tuple[tuple[str | None, ...], str], str]:
    """Return each attack and condition that :func:`assessed` left without a value, and why: neither curve nor change.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    dict
        What :func:`~reid_audit.report.wording.attack_of` gives, and the condition, to the note.
    """
    return {(attack_of(result), result.condition): result.note for result in _idle(findings)}


def about_idle(findings: Findings) -> tuple[str, ...]:
    """Say which conditions have no number of a search because no face was found on any of their scans, and why."""
    ranks = [result for result in assessed(findings) if (result.metric, result.k) == ("rank", 1)]
    searched = {result.condition for result in ranks if result.value is not None}
    notes = {result.condition: result.note for result in ranks if result.note.startswith(NOT_CARRIED_OUT)}
    return tuple(
        f"{'Some attacks on' if condition in searched else 'Attacks on'} {scans_of(condition)}: {note}."
        for condition, note in notes.items()
    )


def reason_of(note: str) -> str:
    """Return the note of a number that is none, without how it begins."""
    return note.removeprefix(NOT_ASSESSED).removeprefix(NOT_CARRIED_OUT)


def _idle(findings: Findings) -> Iterator[Result]:
    pairs = zip(findings.results, assessed(findings), strict=True)
    return (shown for raw, shown in pairs if raw is not shown)


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
    rebuilt : bool
        An attacker made them.
    """

    side: str
    count: int
    lost: int
    rates: Sequence[Result]
    rebuilt: bool = False

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
        return _Samples(side, *_counts(side, findings), rates, side in findings.cohort.rebuilt)

    return samples


def _shown(result: Result, total: Container[tuple[object, ...]], samples: Callable[[str], _Samples]) -> Result:
    searched = result.metric.startswith(SEARCHED)
    if not result.attacker or result.metric in FAILURES or searched == (result.value is None):
        return result
    acquire, enrol, _ = ((attack_of(result), result.condition, metric) in total for metric in FAILURES)
    why = _why(result, acquire=acquire, enrol=enrol, samples=samples)
    if not why:
        return result
    nothing: dict[str, Any] = dict.fromkeys(("value", "low", "high", "confidence", "chance", "control"))
    return replace(result, **nothing, note=why)


def _why(result: Result, *, acquire: bool, enrol: bool, samples: Callable[[str], _Samples]) -> str:
    side = PHOTO if holds_photos(result.attacker) else ORIGINAL
    if acquire and side != result.condition and result.attacker not in PAIRS_ONLY:
        return NOT_ASSESSED + _without_templates(samples(side), result.embedder)
    if not (acquire or enrol):
        return ""
    own = samples(result.condition)
    if own.state(result.embedder) == _FACELESS:
        return NOT_CARRIED_OUT + _without_faces(own)
    return NOT_ASSESSED + _without_templates(own, result.embedder)


def _without_faces(samples: _Samples) -> str:
    """Say that no scan under attack shows a face."""
    lost = f" that could be read ({samples.lost} of {samples.count} were lost)" if samples.lost else ""
    kind = "original" if samples.side == ORIGINAL else "rebuilt" if samples.rebuilt else "released"
    return f"no face was found on any {kind} scan{lost}"


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
