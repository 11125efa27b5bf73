"""One result in words: whose number it is, and everything that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.attackers import holds_photos
from reid_audit.report.numbers import format_interval, format_value, percent
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reid_audit.types import Difference, Result, ScoreTable

__all__ = [
    "PHOTO",
    "SAME_SCAN",
    "attack_of",
    "attacker_label",
    "counted",
    "numbers_beside",
    "people_of",
    "scans_of",
    "sentence",
]

SAME_SCAN = "same-scan"
PHOTO = "photo"
"""The condition under which the detection rate of photographs stands; no cohort has scans of that name."""

_UPPER_BOUND = (
    "Both sides of these pairs come from one scan and share its surface and noise: read it as an upper bound."
)
_ONE_SCAN = {"scan-to-scan": "two renders of one scan"}


def attack_of(result: Result | ScoreTable | Difference) -> tuple[str | None, ...]:
    """Return what makes results and score tables belong to one attack: attacker, matcher, embedder, relation."""
    return result.attacker, result.matcher, result.embedder, result.relation


def attacker_label(
    result: Result | Difference | ScoreTable, results: Iterable[Result | Difference | ScoreTable]
) -> str:
    """Return the attacker's name, with the matcher and the kind of pairs where the name alone would be ambiguous."""
    alike = [other for other in results if other.attacker == result.attacker]
    details = []
    if len({other.matcher for other in alike}) > 1 and result.matcher:
        details.append(f"matcher {result.matcher}")
    if len({other.embedder for other in alike}) > 1 and result.embedder:
        details.append(f"embedder {result.embedder}")
    if result.relation:
        details.append(f"{result.relation} pairs")
    return f"{result.attacker} ({', '.join(details)})" if details else str(result.attacker)


def counted(count: int, noun: str) -> str:
    """Return ``"1 scan"`` or ``"16 scans"``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def people_of(count: int) -> str:
    """Return ``"1 person"`` or ``"16 people"``."""
    return "1 person" if count == 1 else f"{count} people"


def scans_of(condition: str) -> str:
    """Return what the scans of a condition are called in a sentence."""
    return "original scans" if condition == ORIGINAL else f"scans in condition “{condition}”"


def sentence(result: Result, results: Sequence[Result] = ()) -> str:
    """Say one attack's result with everything that belongs to it.

    Parameters
    ----------
    result : Result
        Of metric ``rank``, or any other metric with an attacker.
    results : sequence of Result
        Its neighbours; they decide how much of the attacker must be named.

    Returns
    -------
    str
        The sentence; for same-scan pairs a second one, that the number is an upper bound. Of a result without a value
        its note.
    """
    said = _sentence(result, results)
    return f"{said} {_UPPER_BOUND}" if result.relation == SAME_SCAN and result.value is not None else said


def _sentence(result: Result, results: Sequence[Result]) -> str:
    who = f"Under attacker {attacker_label(result, results)}"
    if result.value is None:
        return f"{who}, {scans_of(result.condition)}: {result.note or 'no number'}."
    numbers = numbers_beside(result)
    if result.metric == "rank":
        return f"{who}, {_hits(result)} identified{_by(result)} at rank {result.k} ({numbers})."
    if result.metric == "auc":
        return (
            f"{who}, {_pairs(result)} were told from pairs of different people "
            f"with ROC-AUC {format_value('auc', result.value)} ({numbers.split(', ', 1)[1]}; n = {result.n_subjects})."
        )
    return f"{who}, {result.metric} for {scans_of(result.condition)} was {numbers} (n = {result.n_subjects})."


def _pairs(result: Result) -> str:
    """Say what a mated pair is made of."""
    if result.relation == SAME_SCAN:
        return f"{_ONE_SCAN.get(str(result.attacker), 'pairs from one scan')} ({scans_of(result.condition)})"
    return f"pairs of {scans_of(result.condition)} of one person"


def _hits(result: Result) -> str:
    """Write a rate as a count of people; where it is no plain count, with what it is the mean of."""
    count = (result.value or 0.0) * result.n_subjects
    shared = _shared(result)
    if not shared:
        people = "1 person's" if result.n_subjects == 1 else f"{result.n_subjects} people's"
        return f"{count:.0f} of {people} {scans_of(result.condition)} were"
    number = f"{count:.0f}" if _whole(count) else f"{count:.1f}"
    return f"{number} of {people_of(result.n_subjects)} ({shared}) {'was' if result.n_subjects == 1 else 'were'}"


def _by(result: Result) -> str:
    return f" by their {scans_of(result.condition)}" if _shared(result) else ""


def _shared(result: Result) -> str:
    """Say why a count of people need not be whole: several searches a person, or ties; empty where it is plain."""
    if result.n_probes > result.n_subjects:
        return f"mean over their {'photographs' if holds_photos(result.attacker) else 'scans'}"
    return "" if _whole((result.value or 0.0) * result.n_subjects) else "ties count by their share"


def _whole(count: float) -> bool:
    return abs(count - round(count)) < 0.01


def numbers_beside(result: Result, between: str = "; ") -> str:
    """Return the value with its interval, the chance level and the control."""
    parts = [format_value(result.metric, result.value)]
    interval = format_interval(result.metric, result.low, result.high)
    if result.low is not None and result.high is not None:
        parts[0] += f", {percent(result.confidence)} interval {interval}"
    else:
        parts[0] += ", no interval"
    parts.append(f"chance {format_value(result.metric, result.chance)}")
    parts.append(f"shuffled labels {format_value(result.metric, result.control)}")
    return between.join(parts)
