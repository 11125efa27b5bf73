"""The verdict in words, built from results and from nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reid_audit.report.assessed import NOT_ASSESSED, NOT_CARRIED_OUT, assessed, not_searched
from reid_audit.report.changes import about_change
from reid_audit.report.detected import about_detection, faceless, not_carried_out
from reid_audit.report.losses import about_lost_scans
from reid_audit.report.numbers import MISSING, format_value, is_share, metric_name, percent
from reid_audit.report.open_set import about_open_set, found_in_open_set
from reid_audit.report.rebuilt import condition_words, in_words
from reid_audit.report.wording import (
    PHOTO,
    SAME_SCAN,
    attack_of,
    attacker_label,
    numbers_beside,
    people_of,
    scans_of,
    sentence,
)
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Findings, Result

__all__ = ["Statement", "conditions_in_order", "headlines", "identifications", "verdict"]


@dataclass(frozen=True)
class Statement:
    """What the results say about one condition.

    Parameters
    ----------
    condition : str
    text : str
        The leading attack's number in a sentence: the one whose interval lies furthest above its chance
        level, or, where none lies above it, the one whose upper limit is highest: what cannot be excluded. Then
        which attacks were not assessed, and why: they had nothing to search with, or in.
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
    """Return every condition that has a scan or a result: the original, the others by name, controls.

    Those that an attacker made of a condition stand behind it.
    """
    scans = findings.cohort.scans
    named = set(scans["condition"].astype(str)) if "condition" in scans.columns else set()
    named |= {result.condition for result in findings.results} - {PHOTO}
    named |= {table.condition for table in findings.scores}
    rebuilt = findings.cohort.rebuilt

    def place(name: str) -> tuple[bool, bool, str, bool, str]:
        made = rebuilt.get(name)
        own = made.condition if made else name
        return name != ORIGINAL, name in findings.cohort.controls, own, made is not None, name

    return tuple(sorted(named - {""}, key=place))


def headlines(results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the rank-1 results that may lead: same-scan pairs only where there are no others."""
    first = [r for r in results if r.metric == "rank" and r.k == 1 and r.value is not None and r.attacker]
    apart = {(r.attacker, r.condition) for r in first if r.relation != SAME_SCAN}
    return tuple(r for r in first if r.relation != SAME_SCAN or (r.attacker, r.condition) not in apart)


def verdict(findings: Findings) -> tuple[Statement, ...]:
    """Say for each condition what the leading attack achieved, and every other attack that is above chance.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    tuple of Statement
        One a condition, original first; a condition without any result says so. What holds of the whole run is said
        with the first. Rebuilt scans are called so; a control is told with the condition that it controls.
    """
    names = {words: name for name, words in condition_words(findings.cohort).items()}
    findings = in_words(findings)
    original = identifications(findings).get(ORIGINAL)
    statements = [_statement(condition, findings, original) for condition in _judged(findings)]
    if statements:
        of_the_run = _across_sessions(findings)
        statements[0] = replace(statements[0], readings=(*of_the_run, *statements[0].readings))
    return tuple(replace(each, condition=names.get(each.condition, each.condition)) for each in statements)


def _judged(findings: Findings) -> tuple[str, ...]:
    """Return the conditions that there is a verdict on: a control is none."""
    return tuple(name for name in conditions_in_order(findings) if name not in findings.cohort.controls)


def identifications(findings: Findings) -> dict[str, Result]:
    """Return the rank-1 result that the verdict quotes of each condition; none where no identification took place.

    Of a control there is none.
    """
    return {
        condition: case.leading
        for condition in _judged(findings)
        if (case := _case(condition, findings)).leading and case.leading.metric == "rank" and not case.no_face
    }


@dataclass(frozen=True)
class _Case:
    """What there is to say about one condition, strongest first."""

    results: tuple[Result, ...]
    leading: Result | None
    ranked: tuple[Result, ...]
    bounds: tuple[Result, ...]
    detected: tuple[Result, ...]

    @property
    def no_face(self) -> bool:
        """No face was found, and no attack is above chance all the same, nor leads one that needs no face."""
        lead = self.leading
        return faceless(self.detected) and not (lead and (_above(lead) or lead.embedder == ""))


def _case(condition: str, findings: Findings) -> _Case:
    results = assessed(findings)
    here = [result for result in results if result.condition == condition]
    ranked = sorted(headlines(here), key=_strength, reverse=True)
    apart = [result for result in ranked if result.relation != SAME_SCAN] or ranked
    return _Case(
        results=results,
        leading=apart[0] if apart else _best_pairs(condition, results),
        ranked=tuple(apart),
        bounds=tuple(result for result in ranked if result not in apart),
        detected=tuple(
            result for result in here if result.metric.endswith("detection_rate") and result.value is not None
        ),
    )


def _statement(condition: str, findings: Findings, original: Result | None) -> Statement:
    case = _case(condition, findings)
    lead, results = case.leading, case.results
    lost, open_set = about_lost_scans(findings, condition), about_open_set(condition, results)
    missing = _not_assessed(condition, findings)
    readings = (*_about_making(condition, findings), *(_readings(case) if lead else ()))
    if lead and not case.no_face:
        readings += about_change(condition, original, findings)
    readings += open_set if lead else ()
    readings += () if case.no_face else about_detection(case.detected, low_rank=not (lead and _above(lead)))
    readings += lost
    nothing = _no_number(condition, results)
    if case.no_face:
        number = (sentence(lead, results),) if lead else (*nothing, *open_set)
        text = not_carried_out(case.detected[0], some_lost=bool(lost), others=lead is not None)
        return Statement(condition, text, (*number, *missing, *readings), MISSING)
    if lead is None:
        figure = found_in_open_set(condition, results)
        first, *rest = (*(missing or nothing), *open_set) if figure == MISSING else (*open_set, *missing)
        return Statement(condition, first, (*rest, *readings), figure)
    said = sentence(lead, results)
    if missing and lead.metric != "rank":
        return Statement(condition, missing[0], (*missing[1:], said, *readings), MISSING)
    return Statement(condition, " ".join((said, *missing)), readings, format_value(lead.metric, lead.value))


def _about_making(condition: str, findings: Findings) -> tuple[str, ...]:
    """Say of rebuilt scans that nobody releases them, and what the strongest attack finds in their control."""
    made = findings.cohort.rebuilt.get(condition)
    if made is None:
        return ()
    controls = [
        _case(name, findings)
        for name, other in findings.cohort.rebuilt.items()
        if other == replace(made, control=True) and not made.control
    ]
    said = [sentence(case.leading, case.results) for case in controls if case.leading]
    first = (
        f"Nobody releases these scans: attacker {made.attacker} rebuilt the faces of {scans_of(made.condition)}. The "
        "number is the risk that remains of those."
    )
    return (first, *(f"Control, in which each head bears another person's rebuilt face: {each}" for each in said))


def _no_number(condition: str, results: Sequence[Result]) -> tuple[str, ...]:
    """Say that no attack on a condition gave a number, and why no search did where the results say it."""
    first = [r for r in results if (r.condition, r.metric, r.k, r.value) == (condition, "rank", 1, None)]
    notes = dict.fromkeys(r.note for r in first if r.note and not r.note.startswith((NOT_ASSESSED, NOT_CARRIED_OUT)))
    return (
        f"No attack on {scans_of(condition)} gave a number.",
        *(f"{note[0].upper()}{note[1:]}." for note in notes),
    )


def _readings(case: _Case) -> tuple[str, ...]:
    """Say what follows from the leading result, and the other attacks."""
    if case.leading is None:
        return ()
    lead, results = case.leading, case.results
    return (
        *(() if case.no_face else _about_chance(lead)),
        *_noted(lead),
        *_about_others(case.ranked, results),
        *(sentence(result, results) for result in case.bounds),
        *_about_pairs(lead, (*case.ranked, *case.bounds), results),
    )


def _not_assessed(condition: str, findings: Findings) -> tuple[str, ...]:
    """Say which attacks on a condition had nothing to search with or in, by what is said of it and why."""
    missing = [result for result in not_searched(findings) if result.condition == condition]
    several = len({r.embedder for r in (*missing, *headlines(findings.results)) if r.embedder}) > 1
    by_reason: dict[str, dict[str, None]] = {}
    for result in missing:
        name = (
            f"{result.attacker} (embedder {result.embedder})" if several and result.embedder else str(result.attacker)
        )
        by_reason.setdefault(result.note, {})[name] = None
    return tuple(
        f"{what.capitalize()} under {'attacker' if len(names) == 1 else 'attackers'} {', '.join(names)}: {reason}."
        for note, names in by_reason.items()
        for what, _, reason in [note.partition(": ")]
    )


def _across_sessions(findings: Findings) -> tuple[str, ...]:
    """Say what to give where one session a person and no photograph leave nothing to match across sessions."""
    scans = findings.cohort.scans
    if len(findings.cohort.photos) or not len(scans) or scans.groupby("subject")["session"].nunique().max() > 1:
        return ()
    given = set(scans["condition"])
    ways = "photographs of these people (--photos DIR) or scans of a second session of the same people"
    if ORIGINAL not in given or len(given) == 1:
        ways += "; original scans next to the released ones give an upper bound at least"
    return (
        (
            "Nothing was measured across sessions: there are no photographs, and each person has one session, so that "
            f"at best a scan was matched to itself. To measure more, give {ways}."
        ),
    )


def _above(result: Result) -> bool:
    """Return True where the whole interval lies above chance."""
    return result.low is not None and result.chance is not None and result.low > result.chance


def _strength(result: Result) -> tuple[bool, float, float]:
    """Order attacks: those certainly above chance first, by their lower limit; the others by what is not excluded."""
    if result.low is None or result.high is None or result.chance is None:
        return False, -math.inf, result.value or 0.0
    if _above(result):
        return True, result.low - result.chance, result.value or 0.0
    return False, result.high - result.chance, result.value or 0.0


def _best_pairs(condition: str, results: Sequence[Result]) -> Result | None:
    """Return the strongest ROC-AUC of a condition, of same-scan pairs only where there is no other."""
    pairs = [r for r in results if r.condition == condition and r.metric == "auc" and r.value is not None]
    return max(pairs, key=lambda result: (result.relation != SAME_SCAN, _strength(result)), default=None)


def _about_pairs(leading: Result, ranked: Sequence[Result], results: Sequence[Result]) -> tuple[str, ...]:
    """Say every ROC-AUC above chance that no rank above chance speaks for, and the best of who only judges pairs."""
    told = {attack_of(result) for result in ranked if _above(result)}
    ranking = {result.attacker for result in headlines(results)} | {leading.attacker}
    best = _best_pairs(leading.condition, [result for result in results if result.attacker not in ranking])
    pairs = [
        result
        for result in results
        if result.metric == "auc" and result.condition == leading.condition and result is not leading
        if result is best or (_above(result) and attack_of(result) not in told)
    ]
    return tuple(sentence(result, results) for result in sorted(pairs, key=_strength, reverse=True))


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
                f"The interval includes chance: with {people_of(result.n_subjects)} this audit cannot tell the result "
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
    """Say the other attacks above chance in one line, and the rest in another, each with what belongs to its number."""
    if len(ranked) < 2:
        return ()
    first = (
        f"Of {len(ranked)} attacks on this condition it is the one whose lower limit lies furthest above chance."
        if _above(ranked[0])
        else (
            f"None of {len(ranked)} attacks on this condition has its whole interval above chance at rank 1; this is "
            "the one that can exclude least."
        )
    )
    above = [result for result in ranked[1:] if _above(result)]
    rest = [result for result in ranked[1:] if not _above(result)]
    lines = [f"Above chance as well: {_in_short(above, results)}."] if above else []
    if _above(ranked[0]) and not above:
        lines.append(_by_luck(len(ranked), ranked[0].confidence or 0.95))
    if rest:
        lines.append(f"With intervals not wholly above chance: {_in_short(rest, results)}.")
    return (first, *lines)


def _noted(result: Result) -> tuple[str, ...]:
    return (f"{result.note[0].upper()}{result.note[1:]}.",) if result.note else ()


def _in_short(some: Sequence[Result], results: Sequence[Result]) -> str:
    """Write attacks in one line, each with what belongs to its number."""
    return "; ".join(f"{attacker_label(r, results)} {numbers_beside(r, ', ')} (n = {r.n_subjects})" for r in some)


def _by_luck(attacks: int, confidence: float) -> str:
    """Say how often the only attack above chance is there by luck: each limit misses in half of what is left over."""
    most = min(attacks * (1 - confidence) / 2, 1.0)
    return (
        f"It is the only one of {attacks} attacks above chance: where nobody can be recognised, one or more of so "
        f"many lie above it by luck in up to {percent(most)} of audits. Audit more people before reading it either way."
    )
