"""The verdict in words, built from results and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.report.numbers import format_interval, format_value, percent
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reid_audit.types import Findings, Result

__all__ = ["PHOTO", "Statement", "attacker_label", "conditions_in_order", "headlines", "sentence", "verdict"]

SAME_SCAN = "same-scan"
PHOTO = "photo"
"""The condition under which the detection rate of photographs stands."""
MISSED = "A scan in which no face was found does not count as protected."
_UPPER_BOUND = (
    "Both sides of these pairs come from one scan and share its surface and noise: read it as an upper bound."
)
_FEW_RENDERS = 0.5


@dataclass(frozen=True)
class Statement:
    """What the results say about one condition.

    Parameters
    ----------
    condition : str
    text : str
        The strongest attacker's number in a sentence.
    readings : tuple of str
        What follows from it and what does not.
    figure : str
        The number to set large: ``"81 %"``.
    """

    condition: str
    text: str
    readings: tuple[str, ...]
    figure: str


def conditions_in_order(findings: Findings) -> tuple[str, ...]:
    """Return every condition that has a scan or a result, the original first, the others by name."""
    scans = findings.cohort.scans
    named = set(scans["condition"].astype(str)) if "condition" in scans.columns else set()
    named |= {result.condition for result in findings.results} - {PHOTO}
    named |= {table.condition for table in findings.scores}
    return tuple(sorted(named - {""}, key=lambda name: (name != ORIGINAL, name)))


def attacker_label(result: Result, results: Iterable[Result]) -> str:
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


def headlines(results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the rank-1 results that may lead: same-scan pairs only where there are no others."""
    first = [r for r in results if r.metric == "rank" and r.k == 1 and r.value is not None and r.attacker]
    apart = {(r.attacker, r.condition) for r in first if r.relation != SAME_SCAN}
    return tuple(r for r in first if r.relation != SAME_SCAN or (r.attacker, r.condition) not in apart)


def sentence(result: Result, results: Sequence[Result] = ()) -> str:
    """Say one attack's result with everything that belongs to it.

    Parameters
    ----------
    result : Result
        Of metric ``rank``, or any other metric with an attacker.
    results : sequence of Result
        Its neighbours; they decide how much of the attacker must be named.
    """
    who = f"Under attacker {attacker_label(result, results)}"
    numbers = _beside(result)
    if result.metric == "rank":
        return f"{who}, {_hits(result)} identified at rank {result.k} ({numbers})."
    if result.metric == "auc":
        return (
            f"{who}, pairs of {_scans(result.condition)} of one person were told from pairs of different people "
            f"with ROC-AUC {format_value('auc', result.value)} ({numbers.split(', ', 1)[1]}; n = {result.n_subjects})."
        )
    return f"{who}, {result.metric} for {_scans(result.condition)} was {numbers} (n = {result.n_subjects})."


def _scans(condition: str) -> str:
    return "original scans" if condition == ORIGINAL else f"scans in condition “{condition}”"


def _hits(result: Result) -> str:
    count = (result.value or 0.0) * result.n_subjects
    whole = abs(count - round(count)) < 0.01
    share = f"{count:.0f}" if whole else f"on average {count:.1f}"
    people = "1 person's" if result.n_subjects == 1 else f"{result.n_subjects} people's"
    return f"{share} of {people} {_scans(result.condition)} were"


def _beside(result: Result) -> str:
    parts = [format_value(result.metric, result.value)]
    interval = format_interval(result.metric, result.low, result.high)
    if result.low is not None and result.high is not None:
        parts[0] += f", {percent(result.confidence)} interval {interval}"
    else:
        parts[0] += ", no interval"
    parts.append(f"chance {format_value(result.metric, result.chance)}")
    parts.append(f"shuffled labels {format_value(result.metric, result.control)}")
    return "; ".join(parts)


def verdict(findings: Findings) -> tuple[Statement, ...]:
    """Say for each condition what the strongest attacker achieved.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    tuple of Statement
        One a condition, original first; a condition without any result says so.
    """
    return tuple(_statement(condition, findings) for condition in conditions_in_order(findings))


def _statement(condition: str, findings: Findings) -> Statement:
    results = findings.results
    ranked = [result for result in headlines(results) if result.condition == condition]
    bounds = [result for result in ranked if result.relation == SAME_SCAN]
    ranked = [result for result in ranked if result.relation != SAME_SCAN] or ranked
    worst = max(ranked, key=lambda result: (result.value or 0.0, result.low or 0.0)) if ranked else None
    worst = worst or _best_pairs(condition, results)
    if worst is None:
        text = f"No attack on {_scans(condition)} gave a number."
        return Statement(condition, text, _about_detection(condition, results, low_rank=True), "–")
    readings = (*_about_chance(worst), *_noted(worst), *_about_others(worst, ranked), *_about_pairs(worst, results))
    if worst.relation == SAME_SCAN:
        readings += (_UPPER_BOUND,)
    else:
        readings += tuple(f"{sentence(result, results)} {_UPPER_BOUND}" for result in bounds)
    weak = worst.low is None or worst.chance is None or worst.low <= worst.chance
    return Statement(
        condition,
        sentence(worst, results),
        readings + _about_detection(condition, results, low_rank=weak),
        format_value(worst.metric, worst.value),
    )


def _best_pairs(condition: str, results: Sequence[Result]) -> Result | None:
    """Return the strongest ROC-AUC of a condition, of same-scan pairs only where there is no other."""
    pairs = [r for r in results if r.condition == condition and r.metric == "auc" and r.value is not None]
    return max(pairs, key=lambda result: (result.relation != SAME_SCAN, result.value or 0.0), default=None)


def _about_pairs(leading: Result, results: Sequence[Result]) -> tuple[str, ...]:
    """Say what attackers who only judge pairs achieved on the same condition."""
    ranking = {result.attacker for result in headlines(results)} | {leading.attacker}
    pairs = [result for result in results if result.attacker not in ranking]
    best = _best_pairs(leading.condition, pairs)
    return (sentence(best, results),) if best else ()


def _about_chance(result: Result) -> tuple[str, ...]:
    if result.low is None or result.high is None or result.chance is None:
        return ("Without an interval and a chance level this number cannot be read further.",)
    if result.low > result.chance and result.metric != "rank":
        return (f"The whole interval lies above chance: attacker {result.attacker} can link these scans.",)
    if result.low > result.chance:
        return (
            f"The whole interval lies above chance: these scans are re-identifiable under attacker {result.attacker}.",
        )
    return (
        (
            f"The interval includes chance: with {_people(result.n_subjects)} this audit cannot tell the result from "
            f"guessing, nor exclude a rate of up to {percent(result.high)}."
        ),
    )


def _about_others(worst: Result, ranked: Sequence[Result]) -> tuple[str, ...]:
    others = [result for result in ranked if result is not worst]
    if not others:
        return ()
    low, high = min(r.value or 0.0 for r in others), max(r.value or 0.0 for r in others)
    rates = percent(low) if low == high else f"{percent(low)} to {percent(high)}"
    many = "other attack" if len(others) == 1 else "other attacks"
    return (f"It is the strongest attack tested on this condition; {len(others)} {many} identified {rates}.",)


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _noted(result: Result) -> tuple[str, ...]:
    return (f"{result.note[0].upper()}{result.note[1:]}.",) if result.note else ()


def _about_detection(condition: str, results: Sequence[Result], *, low_rank: bool) -> tuple[str, ...]:
    """Say that faces were missed, where they were, so that nobody takes a miss for protection."""
    found = {
        result.metric: result
        for result in results
        if result.condition == condition and result.attacker is None and result.value is not None
    }
    heads, renders = found.get("detection_rate"), found.get("render_detection_rate")
    whole = heads is None or (heads.value or 0.0) >= 1
    if whole and (renders is None or (renders.value or 0.0) >= _FEW_RENDERS):
        return ()
    parts = [f"on {percent(heads.value)} of these heads in at least one render"] if heads else []
    parts += [f"in {percent(renders.value)} of all renders"] if renders else []
    people = next(result.n_subjects for result in (heads, renders) if result)
    rate = f"A face was found {', and '.join(parts)} (n = {people})"
    if low_rank:
        cause = "may come in part" if whole else "comes at least in part"
        return (f"{rate}: a low rank here {cause} from missed detections. {MISSED}",)
    return (f"{rate}; the misses count against the attacker. {MISSED}",)
