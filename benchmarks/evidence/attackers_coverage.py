"""Small studies of known truth: every kind of interval covers within two points, or it is said by how much not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.checks.coverage.counting import Coverage, coverages
from benchmarks.checks.coverage.kinds import KINDS, kind_of
from benchmarks.checks.coverage.studies import RESAMPLES, STUDIES
from benchmarks.evidence.runner import Claim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evidence.runner import Context

__all__ = ["coverage", "judged"]

REPETITIONS = 2000
_SMALL = (
    "search: 20 people, 1 photographs each, next to none found",
    "detection: 20 people, 3 scans each, 0.5 found",
    "assignment: 20 people, half found",
)
_ERRORS = 3.0
"""Standard errors of a counted share that it may lie beyond what is said."""


def coverage(context: Context) -> Sequence[Claim]:
    """Repeat the small studies and judge every kind of interval by its worst one; parts are kept and not repeated."""
    names, repetitions = (_SMALL, 20) if context.small else (tuple(STUDIES), REPETITIONS)
    counted = [
        each
        for name, found in coverages(names, repetitions, context.folder, workers=1 if context.small else 2)
        for each in found
    ]
    return judged(counted, repetitions)


def judged(counted: Sequence[Coverage], repetitions: int) -> list[Claim]:
    """Return two claims a kind of interval: its lowest and its highest coverage.

    Parameters
    ----------
    counted : sequence of Coverage
    repetitions : int
        Of each study.
    """
    claims = []
    for name, kind in KINDS.items():
        mine = [each for each in counted if kind_of(each.metric) == name]
        if not mine:
            continue
        lowest, highest = min(mine, key=lambda each: each.rate), max(mine, key=lambda each: each.rate)
        zero = sum(each.nothing for each in mine)
        claims.append(
            Claim(
                f"Coverage of 95 % intervals, {name}: lowest of {len(mine)} numbers and studies",
                lowest.rate,
                f"at least {kind.low:g}; highest at most {kind.high:g}"
                + (" (within two points)" if kind.within else " (not within two points: said in decision 0006)"),
                all(_fits(each, kind.low, kind.high) for each in mine),
                f"{repetitions} repetitions a study, {RESAMPLES} resamples where it is a bootstrap; lowest: "
                f"{_said(lowest)}; highest {highest.rate:.3f}: {_said(highest)}; {zero} studies at 0",
                low=lowest.rate - 2 * lowest.error,
                high=lowest.rate + 2 * lowest.error,
            )
        )
    return claims


def _fits(each: Coverage, low: float, high: float) -> bool:
    slack = _ERRORS * each.error
    return low - slack <= each.rate <= high + slack


def _said(each: Coverage) -> str:
    return (
        f"{each.metric} in {each.study}: {each.held} of {each.made} held {each.truth:.4g} "
        f"(standard error {each.error:.3f}; truth below in {each.under}, above in {each.over}; {each.without} without)"
    )
