"""What rebuilt scans are called in a report: nobody releases them, and some of them are controls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reid_audit.report.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from reid_audit.types import Cohort, Findings

__all__ = ["about_rebuilt", "condition_words", "in_words", "made_of", "rebuilt_scans"]


def condition_words(cohort: Cohort) -> dict[str, str]:
    """Return what each condition that an attacker made is called: ``"zero, faces rebuilt by shape"``."""
    return {name: made.words for name, made in cohort.rebuilt.items()}


def in_words(findings: Findings) -> Findings:
    """Return findings in which rebuilt conditions bear what they are called; for pages and sentences alone.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Findings
        The same, where nothing was rebuilt. Once in words they stay as they are.
    """
    words = condition_words(findings.cohort)
    if not words:
        return findings
    cohort = findings.cohort
    return replace(
        findings,
        cohort=replace(
            cohort,
            scans=_told(cohort.scans, words),
            rebuilt={words[name]: made for name, made in cohort.rebuilt.items()},
        ),
        results=tuple(replace(each, condition=words.get(each.condition, each.condition)) for each in findings.results),
        failures=tuple(
            replace(each, condition=words.get(each.condition, each.condition)) for each in findings.failures
        ),
        scores=tuple(replace(each, condition=words.get(each.condition, each.condition)) for each in findings.scores),
        detection=_told(findings.detection, words),
        surfaces=_told(findings.surfaces, words),
        pictures={words.get(name, name): picture for name, picture in findings.pictures.items()},
        differences=tuple(
            replace(
                each,
                condition=words.get(each.condition, each.condition),
                baseline=words.get(each.baseline, each.baseline),
            )
            for each in findings.differences
        ),
    )


def _told(table: pd.DataFrame, words: dict[str, str]) -> pd.DataFrame:
    if "condition" not in table.columns:
        return table
    return table.assign(condition=[words.get(str(name), name) for name in table["condition"]])


def made_of(cohort: Cohort, condition: str) -> str:
    """Return what a column of a table says of a condition: empty for scans that were given."""
    made = cohort.rebuilt.get(condition)
    return made.words if made else ""


def rebuilt_scans(cohort: Cohort, *, control: bool) -> int:
    """Return how many scans attackers made, or how many of them were made as controls."""
    names = [name for name, made in cohort.rebuilt.items() if made.control == control]
    return int(cohort.scans["condition"].isin(names).sum()) if names else 0


def about_rebuilt(cohort: Cohort) -> tuple[str, ...]:
    """Say of each rebuilt condition what it is, under which name figures and files have it, and how many scans.

    Parameters
    ----------
    cohort : Cohort
        Under its own names.
    """
    said = []
    for name, made in cohort.rebuilt.items():
        scans = counted(int((cohort.scans["condition"] == name).sum()), "scan")
        called = f"“{made.words}” (in figures and files “{name}”, {scans})"
        if made.control:
            said.append(
                f"{called} is a control: each head in condition “{made.condition}” bears the face that attacker "
                f"{made.attacker} rebuilt of another person. Whoever is found here was not found by a rebuilt face."
            )
        else:
            said.append(
                f"{called}: nobody releases these scans; attacker {made.attacker} rebuilt the faces of those in "
                f"condition “{made.condition}”, and whom they identify is what that attacker gains."
            )
    return tuple(said)
