"""Which failures of a defacer go with being found: one person where a region was left, and where it was removed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.comparison.verdicts import PASSES, checked_verdicts
from reid_audit.evaluate import person_risk
from reid_audit.statistics import check_confidence, paired_interval
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from reid_audit.types import ScoreTable

__all__ = ["FailureRisk", "risk_by_failure"]

_SHUFFLES = 200


@dataclass(frozen=True)
class FailureRisk:
    """How much more often people are found where a region was left than where it was removed.

    Parameters
    ----------
    attacker, matcher, relation : str
    part : str
        ``"face" "ears" "brain" "eyes" "nose" "mouth"``; a brain fails where some of it was altered.
    n_subjects : int
        People with at least one defaced form of each kind: the others say nothing about the difference.
    n_forms : int
        Defaced forms (person and condition) of these people.
    found_failed, found_passed : float or None
        Share of searches that found the person first (ties by their share), mean over these people.
    difference, low, high : float or None
        The first less the second, with its interval over people.
    control : float or None
        Mean difference where the verdicts are shuffled over each person's forms; by chance it is 0.
    note : str
        Under which conditions it failed and passed; or why there is no number.
    """

    attacker: str
    matcher: str
    relation: str
    part: str
    n_subjects: int = 0
    n_forms: int = 0
    found_failed: float | None = None
    found_passed: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    control: float | None = None
    note: str = ""


def risk_by_failure(
    verdicts: pd.DataFrame, scores: Iterable[ScoreTable], *, rng: np.random.Generator, confidence: float = 0.95
) -> tuple[FailureRisk, ...]:
    """Compare people with themselves: found where a defacer left a region, against found where another removed it.

    That a region goes with being found does not show that it is the cause: a defacer that leaves one often leaves
    others too.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        As for :func:`~reid_audit.comparison.verdicts.checked_verdicts`. A form fails where a verdict on any of its
        scans does; what is lost or was not assessed counts on neither side.
    scores : iterable of ScoreTable
        Of an audit; those on original scans are left out.
    rng : numpy.random.Generator
        Shuffles verdicts for the control.
    confidence : float, default 0.95
        Of each interval by itself.

    Returns
    -------
    tuple of FailureRisk
        One an attack and part, those that cannot be had with the reason.
    """
    import pandas as pd

    check_confidence(confidence)
    table = checked_verdicts(verdicts)
    failed = {column.removesuffix("_pass"): _failed(table, column) for column in PASSES}
    made = []
    for attack, tables in _by_attack(scores).items():
        found = _found(tables)
        for part, answers in failed.items():
            forms = pd.DataFrame({"found": found, "failed": answers}).dropna().sort_index()
            made.append(_compared(FailureRisk(*attack, part), forms, rng, confidence))
    return tuple(made)


def _failed(table: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return whether each person's form failed; index subject and condition."""
    known = table[table[column].notna() & ~table["lost"]]
    return (known[column] == False).groupby([known["subject"], known["condition"]]).max()  # noqa: E712 - None is neither


def _by_attack(scores: Iterable[ScoreTable]) -> dict[tuple[str, str, str], list[ScoreTable]]:
    tables: dict[tuple[str, str, str], list[ScoreTable]] = defaultdict(list)
    for each in scores:
        if each.condition != ORIGINAL:
            tables[each.attacker, each.matcher, each.relation].append(each)
    return tables


def _found(tables: Sequence[ScoreTable]) -> pd.Series[Any]:
    """Return the share of searches that found each person first; index subject and condition."""
    import pandas as pd

    parts = []
    for each in tables:
        frame = person_risk(each)
        parts.append(
            pd.DataFrame(
                {
                    "subject": frame["subject"].astype(str),
                    "condition": each.condition,
                    "found": frame["n_first"].astype(float) / frame["n_probes"].astype(float),
                }
            )
        )
    return pd.concat(parts).groupby(["subject", "condition"])["found"].mean()


def _compared(named: FailureRisk, forms: pd.DataFrame, rng: np.random.Generator, confidence: float) -> FailureRisk:
    """Fill in the numbers of an attack and part from ``found`` and ``failed`` of each person and condition."""
    if forms.empty:
        return replace(named, note="nobody was searched in a scan that was judged")
    paired = forms[forms.groupby("subject")["failed"].transform("nunique") == 2]
    if paired.empty:
        answers = set(forms["failed"])
        why = "it differs between people, but not between one person's forms"
        if len(answers) == 1:
            why = f"every form {'failed' if answers.pop() else 'passed'}"
        return replace(named, note=f"nobody to compare with themself: {why}")
    people, owner = np.unique(paired.index.get_level_values("subject").to_numpy(str), return_inverse=True)
    shares, left = paired["found"].to_numpy(float), paired["failed"].to_numpy(bool)
    there, gone = _means(shares, left, owner), _means(shares, ~left, owner)
    interval = paired_interval(there - gone, confidence)
    conditions = paired.index.get_level_values("condition").to_numpy(str)
    which = (f"{word} under {', '.join(sorted(set(conditions[side])))}" for word, side in _sides(left))
    return replace(
        named,
        n_subjects=len(people),
        n_forms=len(paired),
        found_failed=float(there.mean()),
        found_passed=float(gone.mean()),
        difference=float((there - gone).mean()),
        low=interval.low,
        high=interval.high,
        control=_control(shares, left, owner, rng),
        note="; ".join(filter(None, (*which, interval.note))),
    )


def _sides(left: np.ndarray[Any, Any]) -> tuple[tuple[str, np.ndarray[Any, Any]], ...]:
    return ("failed", left), ("passed", ~left)


def _means(
    shares: np.ndarray[Any, Any], chosen: np.ndarray[Any, Any], owner: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return each person's mean over the forms that were chosen; shape (n_people,)."""
    return np.asarray(np.bincount(owner, shares * chosen) / np.bincount(owner, chosen.astype(float)))


def _control(
    shares: np.ndarray[Any, Any], left: np.ndarray[Any, Any], owner: np.ndarray[Any, Any], rng: np.random.Generator
) -> float:
    """Return the mean difference with the verdicts shuffled over each person's forms; rows lie person by person."""
    made = []
    for _ in range(_SHUFFLES):
        shuffled = left[np.lexsort((rng.random(len(left)), owner))]
        made.append(float((_means(shares, shuffled, owner) - _means(shares, ~shuffled, owner)).mean()))
    return float(np.mean(made))
