"""What a mean face in place of the own one leaves to each attacker."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.runner import Claim
from benchmarks.quick import QUICK
from reid_audit.store import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.evidence.runner import Context
    from reid_audit.evaluate import Difference
    from reid_audit.types import Findings, Result

__all__ = ["meanface"]

SEED = 7_401
_CONDITION = "meanface"
_MEASURED_BY = {"scan-to-scan": (("auc", None),), "open-set": (("fnir_at_fpir_0.1", 1), ("fpir_realised_0.1", None))}
"""Metric and k of attackers who do not search a closed set; all others have rank 1."""


def meanface(context: Context) -> Sequence[Claim]:
    """Let every attacker loose on the same people before and after the mean-face replacement."""
    from reid_audit import PhantomSettings, Settings, audit, read_cohort, write_cohort
    from reid_audit.attackers import ATTACKERS

    people = PhantomSettings(
        n_subjects=4 if context.small else 60,
        sessions=2,
        conditions=("original", _CONDITION),
        photos_per_subject=1 if context.small else 2,
        voxel_size=3.0 if context.small else 1.0,
        population="withheld",
        seed=SEED,
    )
    workers = 1 if context.small else 2
    settings = Settings(attackers=tuple(ATTACKERS), seed=SEED, workers=workers)
    if context.small:
        settings = settings.model_copy(update=QUICK | {"resamples": 100})
    folder = of_this_code(context.folder, people.n_subjects, people.seed)
    write_cohort(people, folder / "people", workers=workers)
    cohort, _ = read_cohort(folder / "people", photos=folder / "people" / "photos")
    out = None if context.small else folder / "out"  # the small version is done at once, and reads no report
    findings = audit(cohort, settings=settings, out=out).findings
    claims = [claim for name in ATTACKERS for claim in _claims(name, findings)]
    if not context.small:
        remove_tree(folder / "people")
        remove_tree(folder / "out" / "private")
    return claims


def _claims(attacker: str, findings: Findings) -> list[Claim]:
    """State every number of an attacker under the condition, beside the original's and the paired difference."""
    wanted = _MEASURED_BY.get(attacker, (("rank", 1),))
    numbers = [r for r in findings.results if r.attacker == attacker and (r.metric, r.k) in wanted]
    after = [result for result in numbers if result.condition == _CONDITION]
    if not after:
        name = f"{attacker}: what the mean-face replacement leaves"
        return [Claim(name, None, "stated", met=False, how="the audit has no such number")]
    before = {_which(result): result for result in numbers if result.condition == "original"}
    changes = {_which(change): change for change in _changes(attacker, findings)}
    claims = []
    for result in after:
        original, change = before.get(_which(result)), changes.get(_which(result))
        claims.append(_claim(result, original, change, reported=original is not None or not _has_before(attacker)))
    return claims


def _claim(result: Result, original: Result | None, change: Difference | None, *, reported: bool) -> Claim:
    parts = [f"{result.n_subjects} people, {result.n_probes} probes", *_numbers("original", original)]
    if change is not None and change.value is not None:
        parts += [
            f"paired difference {change.value:+.3f} ({_span(change.low, change.high)}), {change.n_subjects} people"
        ]
    parts += [f"{name} {value:.3g}" for name, value in _beside(result) if value is not None]
    parts += [result.note] if result.note else []
    said = result.note if result.value is None else result.low is not None or "no interval" in result.note
    words = [str(result.attacker), str(result.matcher), result.relation, _named(result)]
    return Claim(
        f"Mean-face replacement, {', '.join(word for word in words if word)}",
        result.value,
        "stated beside the original, with an interval, or why there is none",
        reported and bool(said),
        "; ".join(parts),
        result.low,
        result.high,
    )


def _beside(result: Result) -> Iterable[tuple[str, float | None]]:
    return (("chance", result.chance), ("shuffled labels", result.control))


def _numbers(name: str, result: Result | None) -> list[str]:
    if result is None:
        return []
    if result.value is None:
        return [f"{name}: no number: {result.note}"]
    return [f"{name} {result.value:.3f} ({_span(result.low, result.high)})"]


def _span(low: float | None, high: float | None) -> str:
    return "no interval" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _named(result: Result) -> str:
    return result.metric.replace("_", " ") + ("" if result.k is None else f" {result.k}")


def _which(row: Any) -> tuple[str, str, str]:
    """Return what tells the attacks of one attacker, and their numbers, apart."""
    return row.matcher or "", row.relation, row.metric


def _has_before(attacker: str) -> bool:
    """Whether the attacker is measured on originals too: one who holds the originals is not."""
    return attacker != "original-to-released"


def _changes(attacker: str, findings: Findings) -> tuple[Difference, ...]:
    """Return what the replacement changes, paired by person."""
    from reid_audit.evaluate import compare_conditions

    tables = [table for table in findings.scores if table.attacker == attacker]
    rng = np.random.default_rng([SEED, zlib.crc32(attacker.encode())])
    return compare_conditions(tables, rng=rng)
