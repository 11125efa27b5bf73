"""Faces that were found and missed, in words: so that nobody takes a miss for protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.losses import about_lost_photos
from reid_audit.report.numbers import format_interval, percent
from reid_audit.report.wording import PHOTO, counted, people_of, scans_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Findings, Result

__all__ = ["about_detection", "faceless", "not_carried_out", "photos_sentence"]

_MISSED = "A scan in which no face was found does not count as protected."
_FEW_RENDERS = 0.5


def faceless(detected: Sequence[Result]) -> bool:
    """Return True where detection was measured and no face was found at all."""
    return bool(detected) and all(result.value == 0 for result in detected)


def not_carried_out(detected: Result, *, some_lost: bool, others: bool = False) -> str:
    """Say that a condition without any face could not be attacked, and that this is no protection.

    Parameters
    ----------
    detected : Result
        The rate of heads with a face found.
    some_lost : bool
        Some scans could not be read.
    others : bool
        Attacks that need no detector took place all the same.
    """
    which = " that could be read" if some_lost else ""
    attack = "attacks that need one" if others else "the attack"
    return (
        f"No face was found in any of the {scans_of(detected.condition)}{which} "
        f"(n = {people_of(detected.n_subjects)}): {attack} could not be carried out, because face detection failed. "
        "That is no protection: another detector, or a person who looks, may find a face."
    )


def about_detection(detected: Sequence[Result], *, low_rank: bool) -> tuple[str, ...]:
    """Say how often faces were missed, where they were: one sentence, each embedder named where they differ.

    Parameters
    ----------
    detected : sequence of Result
        Detection rates of one condition that have a value.
    low_rank : bool
        No attack is above chance, and the misses may be the cause.
    """
    parts: dict[str, list[str]] = {}
    by_embedder = _by_embedder(detected)
    for embedder, rates in by_embedder.items():
        if _misses(rates):
            parts.setdefault(_rates(rates), []).append(embedder)
    if not parts:
        return ()
    whole = all((rates[0].value or 0.0) >= 1 for rates in by_embedder.values() if rates[0].metric == "detection_rate")
    one_for_all = len(parts) == 1 and len(next(iter(parts.values()))) == len(by_embedder)
    told = [said if one_for_all else f"with embedder {' and '.join(names)} {said}" for said, names in parts.items()]
    rate = f"A face was found {'; '.join(told)}"
    if low_rank:
        cause = "may come in part" if whole else "comes at least in part"
        return (f"{rate}: a low rank here {cause} from missed detections. {_MISSED}",)
    return (f"{rate}; the misses count against the attacker. {_MISSED}",)


def _by_embedder(detected: Sequence[Result]) -> dict[str, list[Result]]:
    """Group rates by embedder, that of heads before that of renders."""
    groups: dict[str, list[Result]] = {}
    for result in sorted(detected, key=lambda result: result.metric):
        groups.setdefault(str(result.embedder), []).append(result)
    return groups


def _misses(rates: Sequence[Result]) -> bool:
    least = {"detection_rate": 1.0, "render_detection_rate": _FEW_RENDERS}
    return any((rate.value or 0.0) < least[rate.metric] for rate in rates)


def _rates(rates: Sequence[Result]) -> str:
    forms = {
        "detection_rate": "on {} of these heads in at least one render",
        "render_detection_rate": "in {} of all renders",
    }
    told = ", and ".join(forms[rate.metric].format(percent(rate.value)) for rate in rates)
    return f"{told} (n = {rates[0].n_subjects})"


def photos_sentence(findings: Findings) -> str:
    """Say in how many photographs a face was found, and how many were lost; empty where none was given."""
    rates = [r for r in findings.results if r.condition == PHOTO and r.metric == "detection_rate"]
    told = [rate for rate in rates if rate.value is not None]
    lines = []
    for rate in told:
        interval = format_interval(rate.metric, rate.low, rate.high)
        with_embedder = f", embedder {rate.embedder}" if len(told) > 1 else ""
        lines.append(
            f"A face was found in {percent(rate.value)} of the photographs (interval {interval}; "
            f"n = {people_of(rate.n_subjects)}, {counted(rate.n_probes, 'photograph')}{with_embedder})."
        )
    return " ".join((*lines, *about_lost_photos(findings)))
