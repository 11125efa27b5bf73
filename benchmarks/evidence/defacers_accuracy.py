"""How often automatic verdicts are right, in people: balanced accuracy with its interval."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.runner import Claim
from reid_audit.statistics import clopper_pearson, percentile_interval, person_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["balanced", "people_and_cases"]

Array = np.ndarray[Any, Any]
Row = dict[str, Any]

_WANTED = 0.95
_IN_SMALL = 0.6
_RESAMPLES = 2000


def people_and_cases(rows: Sequence[Row]) -> str:
    """Say how many people and cases there are."""
    return f"{len({row['person'] for row in rows})} withheld people, {len(rows)} cases"


def balanced(
    name: str, rows: Sequence[Row], *, seed: int, small: bool, words: str = "", assessed: bool = False
) -> Claim:
    """Return the balanced accuracy of one verdict with its interval over people.

    Parameters
    ----------
    name : {"face", "ears", "brain"}
    rows : sequence of mapping
        ``person, age, modality, case, borderline``, and by name ``truth`` and ``verdict``.
    seed : int
        Resamples people.
    small : bool
        The version that the tests run asks for less.
    words : str
        What the rows are, for the claim.
    assessed : bool
        Leave out what was not assessed, which otherwise counts as wrong.

    Returns
    -------
    Claim
        Without a value where nothing failed in truth, or everything did.
    """
    used = [row for row in rows if not assessed or row["verdict"][name] != "not assessed"]
    claim = f"Balanced accuracy of the verdict on {'the ' if name != 'ears' else ''}{name}{words}"
    claim += ", of the scans that were assessed" if assessed else ""
    floor = _IN_SMALL if small else _WANTED
    target = f"at least {floor}" + (" (the small version is coarse and has few people)" if small else "")
    failed = np.array([row["truth"][name] == "fail" for row in used], dtype=bool)
    if failed.all() or not failed.any():
        side = "everything fails" if len(failed) and failed.all() else "nothing fails"
        why = f"{people_and_cases(used)}; {side} in truth: there is no such number"
        return Claim(claim, None, target, met=small, how=why)
    right = np.array([row["truth"][name] == row["verdict"][name] for row in used])
    people = sorted({row["person"] for row in used})
    owner = np.array([people.index(row["person"]) for row in used])
    value = float(_accuracy(failed, right, np.ones((1, len(used))))[0])
    weights = person_weights(np.random.default_rng(seed), len(people), _RESAMPLES)[:, owner]
    limits = percentile_interval(_accuracy(failed, right, weights), len(people), 0.95, value=value)
    if right.all():
        # Nobody was judged wrong: the share of such people has exact limits.
        limits = replace(limits, low=clopper_pearson(len(people), len(people))[0], high=1.0)
    return Claim(
        claim,
        value,
        target,
        value >= floor,
        _said(used, right, failed, _open(name, rows, assessed=assessed)),
        limits.low,
        limits.high,
    )


def _open(name: str, rows: Sequence[Row], *, assessed: bool) -> str:
    count = sum(row["verdict"][name] == "not assessed" for row in rows)
    return f"{count} of {len(rows)} not assessed, {'left out' if assessed else 'counted as wrong'}"


def _said(used: Sequence[Row], right: Array, failed: Array, open_ones: str) -> str:
    """Say how many were right of which kind, and what was wrong."""
    wrong = [
        f"{row['case']} ({row['modality']}, {row['age']:.0f} y)" for row, ok in zip(used, right, strict=True) if not ok
    ]
    near = np.array([row["borderline"] for row in used], dtype=bool)
    border = [
        f"right on {right[side].mean():.3f} of {word} cases"
        for word, side in (("borderline", near), ("other", ~near))
        if side.any()
    ]
    return (
        f"{people_and_cases(used)}; sensitivity to failures {right[failed].mean():.3f}, specificity "
        f"{right[~failed].mean():.3f}; {', '.join(border)}; {open_ones}; offline masks; "
        f"wrong: {', '.join(wrong[:12]) or 'none'}{f' and {len(wrong) - 12} more' if len(wrong) > 12 else ''}"
    )


def _accuracy(failed: Array, right: Array, weights: Array) -> Array:
    """Mean of sensitivity and specificity; shape (resamples,)."""
    sides = []
    for side in (failed, ~failed):
        count = (weights * side).sum(axis=1)
        hits = (weights * (side & right)).sum(axis=1)
        sides.append(np.divide(hits, count, out=np.full(len(weights), np.nan), where=count > 0))
    return np.asarray((sides[0] + sides[1]) / 2)
