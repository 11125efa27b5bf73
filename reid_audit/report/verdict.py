"""The verdict in words, built from results and from nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.report.numbers import format_interval, format_value, is_share, metric_name, percent
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
_ONE_SCAN = {"scan-to-scan": "two renders of one scan"}
_FEW_RENDERS = 0.5


@dataclass(frozen=True)
class Statement:
    """What the results say about one condition.

    Parameters
    ----------
    condition : str
    text : str
        The leading attack's number in a sentence: the attack whose interval lies furthest above its chance level.
    readings : tuple of str
        What follows from it and what does not.
    figure : str
        The number to set large: ``"81 %"``; a dash where no attack could be carried out.
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

    Returns
    -------
    str
        The sentence; for same-scan pairs a second one, that the number is an upper bound.
    """
    said = _sentence(result, results)
    return f"{said} {_UPPER_BOUND}" if result.relation == SAME_SCAN else said


def _sentence(result: Result, results: Sequence[Result]) -> str:
    who = f"Under attacker {attacker_label(result, results)}"
    numbers = _beside(result)
    if result.metric == "rank":
        return f"{who}, {_hits(result)} identified at rank {result.k} ({numbers})."
    if result.metric == "auc":
        return (
            f"{who}, {_pairs(result)} were told from pairs of different people "
            f"with ROC-AUC {format_value('auc', result.value)} ({numbers.split(', ', 1)[1]}; n = {result.n_subjects})."
        )
    return f"{who}, {result.metric} for {_scans(result.condition)} was {numbers} (n = {result.n_subjects})."


def _scans(condition: str) -> str:
    return "original scans" if condition == ORIGINAL else f"scans in condition “{condition}”"


def _pairs(result: Result) -> str:
    """Say what a mated pair is made of."""
    if result.relation == SAME_SCAN:
        return f"{_ONE_SCAN.get(str(result.attacker), 'pairs from one scan')} ({_scans(result.condition)})"
    return f"pairs of {_scans(result.condition)} of one person"


def _hits(result: Result) -> str:
    """Write a rate as a count of people; a mean where people were searched more than once."""
    count = (result.value or 0.0) * result.n_subjects
    whole = abs(count - round(count)) < 0.01
    share = f"{count:.0f}" if whole else f"{count:.1f}"
    if not whole or result.n_probes > result.n_subjects:
        share = f"on average {share}"
    people = "1 person's" if result.n_subjects == 1 else f"{result.n_subjects} people's"
    return f"{share} of {people} {_scans(result.condition)} were"


def _beside(result: Result, between: str = "; ") -> str:
    parts = [format_value(result.metric, result.value)]
    interval = format_interval(result.metric, result.low, result.high)
    if result.low is not None and result.high is not None:
        parts[0] += f", {percent(result.confidence)} interval {interval}"
    else:
        parts[0] += ", no interval"
    parts.append(f"chance {format_value(result.metric, result.chance)}")
    parts.append(f"shuffled labels {format_value(result.metric, result.control)}")
    return between.join(parts)


def verdict(findings: Findings) -> tuple[Statement, ...]:
    """Say for each condition what the leading attack achieved, and every other attack that is above chance.

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
    ranked = sorted((r for r in headlines(results) if r.condition == condition), key=_strength, reverse=True)
    apart = [result for result in ranked if result.relation != SAME_SCAN] or ranked
    bounds = [result for result in ranked if result not in apart]
    worst = apart[0] if apart else _best_pairs(condition, results)
    detected = [r for r in results if r.condition == condition and r.attacker is None and r.value is not None]
    if worst is None:
        text = f"No attack on {_scans(condition)} gave a number."
        if _faceless(detected):
            text = f"{_not_carried_out(detected[0])} {text}"
        return Statement(condition, text, _about_detection(detected, low_rank=True), "–")
    above = _above(worst)
    readings = (*_about_chance(worst), *_noted(worst), *_about_others(apart, results))
    readings += tuple(sentence(result, results) for result in bounds)
    readings += _about_pairs(worst, ranked, results)
    readings += _about_detection(detected, low_rank=not above)
    if not above and _faceless(detected):
        return Statement(condition, _not_carried_out(detected[0]), (sentence(worst, results), *readings), "–")
    return Statement(condition, sentence(worst, results), readings, format_value(worst.metric, worst.value))


def _above(result: Result) -> bool:
    """Return True where the whole interval lies above chance."""
    return result.low is not None and result.chance is not None and result.low > result.chance


def _strength(result: Result) -> tuple[bool, float, float]:
    """Order attacks: those certainly above chance first, then by how far the lower limit lies above chance."""
    known = result.low is not None and result.chance is not None
    margin = (result.low or 0.0) - (result.chance or 0.0) if known else -math.inf
    return _above(result), margin, result.value or 0.0


def _best_pairs(condition: str, results: Sequence[Result]) -> Result | None:
    """Return the strongest ROC-AUC of a condition, of same-scan pairs only where there is no other."""
    pairs = [r for r in results if r.condition == condition and r.metric == "auc" and r.value is not None]
    return max(pairs, key=lambda result: (result.relation != SAME_SCAN, _strength(result)), default=None)


def _about_pairs(leading: Result, ranked: Sequence[Result], results: Sequence[Result]) -> tuple[str, ...]:
    """Say every ROC-AUC above chance that no rank above chance speaks for, and the best of who only judges pairs."""
    told = {_attack(result) for result in ranked if _above(result)}
    ranking = {result.attacker for result in headlines(results)} | {leading.attacker}
    best = _best_pairs(leading.condition, [result for result in results if result.attacker not in ranking])
    pairs = [
        result
        for result in results
        if result.metric == "auc" and result.condition == leading.condition and result is not leading
        if result is best or (_above(result) and _attack(result) not in told)
    ]
    return tuple(sentence(result, results) for result in sorted(pairs, key=_strength, reverse=True))


def _attack(result: Result) -> tuple[str | None, ...]:
    return result.attacker, result.matcher, result.embedder, result.relation


def _about_chance(result: Result) -> tuple[str, ...]:
    if result.low is None or result.high is None or result.chance is None:
        return ("Without an interval and a chance level this number cannot be read further.",)
    if result.high < result.chance:
        return (
            (
                "The whole interval lies below chance: that points to an inverted score or a defect in the attack, "
                "and is no protection."
            ),
        )
    if not _above(result):
        what = "a rate" if is_share(result.metric) else f"a {metric_name(result.metric)}"
        return (
            (
                f"The interval includes chance: with {_people(result.n_subjects)} this audit cannot tell the result "
                f"from guessing, nor exclude {what} of up to {format_value(result.metric, result.high)}."
            ),
        )
    if result.metric == "rank":
        return (
            f"The whole interval lies above chance: these scans are re-identifiable under attacker {result.attacker}.",
        )
    if result.relation == SAME_SCAN:
        return (f"The whole interval lies above chance: attacker {result.attacker} can match renders of one scan.",)
    return (f"The whole interval lies above chance: attacker {result.attacker} can link these scans.",)


def _about_others(ranked: Sequence[Result], results: Sequence[Result]) -> tuple[str, ...]:
    """Say every other attack above chance in full, and the rest in one line, each with what belongs to its number."""
    if len(ranked) < 2:
        return ()
    first = (
        f"Of {len(ranked)} attacks on this condition it is the one whose lower limit lies furthest above chance."
        if _above(ranked[0])
        else f"None of {len(ranked)} attacks on this condition has its whole interval above chance at rank 1."
    )
    rest = [result for result in ranked[1:] if not _above(result)]
    lines = [f"Above chance as well: {sentence(result, results)}" for result in ranked[1:] if _above(result)]
    if rest:
        short = "; ".join(f"{attacker_label(r, results)} {_beside(r, ', ')} (n = {r.n_subjects})" for r in rest)
        lines.append(f"With intervals not wholly above chance: {short}.")
    return (first, *lines)


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _noted(result: Result) -> tuple[str, ...]:
    return (f"{result.note[0].upper()}{result.note[1:]}.",) if result.note else ()


def _faceless(detected: Sequence[Result]) -> bool:
    """Return True where detection was measured and no face was found at all."""
    return bool(detected) and all(result.value == 0 for result in detected)


def _not_carried_out(detected: Result) -> str:
    return (
        f"No face was found in any of the {_scans(detected.condition)} (n = {_people(detected.n_subjects)}): the "
        "attack could not be carried out, because face detection failed. That is no protection: another detector, "
        "or a person who looks, may find a face."
    )


def _about_detection(detected: Sequence[Result], *, low_rank: bool) -> tuple[str, ...]:
    """Say that faces were missed, where they were, so that nobody takes a miss for protection."""
    found = {result.metric: result for result in detected}
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
