"""The two studies of defacers, repeated by the command that a user gives."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from benchmarks.evidence.commands import of_this_code, run_command
from benchmarks.evidence.runner import Claim
from reid_audit.defacers import DEFACERS, TOOLS
from reid_audit.reproduce import STUDIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context

__all__ = ["s0", "s1_main", "s1_withheld"]

Row = dict[str, str]

_FEW = ("--subjects", "2", "--voxel-size", "3", "--defacer", "zero", "--workers", "1")
"""Not among the tests: the step ``defacers`` runs the same in small."""
_ALL = ("--workers", "2")
_METHODS = {
    "s0": ("face removed and no brain lost",),
    "s1": (
        "face removed",
        "ears removed",
        "brain measures, Spearman",
        "tumour volume, Spearman",
        "temporalis, Spearman",
    ),
}
"""Rows that stand in a claim of their own, without the age group."""


def s0(context: Context) -> Sequence[Claim]:
    """Face removed and brain whole, by defacer and age, beside the multisite comparison's figures."""
    return _study(context, "s0", ("main", "withheld"))


def s1_main(context: Context) -> Sequence[Claim]:
    """Faces, ears and later measures of four sequences with tumours, beside the children's study."""
    return _study(context, "s1", ("main",))


def s1_withheld(context: Context) -> Sequence[Claim]:
    """Repeat the children's study with people from whom nothing was learnt; apart, for either takes over an hour."""
    return _study(context, "s1", ("withheld",))


def _study(context: Context, study: str, populations: Sequence[str]) -> list[Claim]:
    asked = populations[-1:] if context.small else populations
    words = (*(_FEW if context.small else _ALL), *(word for name in asked for word in ("--population", name)))
    named = ", ".join((study, *asked)) if len(asked) == 1 else study
    folder = of_this_code(context.folder, study, words)
    out, clock = folder / "out", folder / "seconds.json"
    done = run_command("reproduce", study, out, *words, "-q", clock=clock)
    rows = _rows(out / f"{study}.csv")
    if done.status not in (0, 1) or not rows:
        return [Claim(f"{named}: the command runs to its end", None, "exit status 0", met=False, how=done.said[-500:])]
    names = ("zero",) if context.small else tuple(name for name in DEFACERS if name not in TOOLS)
    return [
        _ended(named, done.status, done.seconds, rows, names),
        _beside(study, named, rows, whole=not context.small),
        *(_stated(study, row) for row in rows if row["method"].rsplit(", ", 1)[0] in _METHODS[study] and row["value"]),
    ]


def _rows(table: Path) -> list[Row]:
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _ended(named: str, status: int, seconds: float, rows: Sequence[Row], names: Sequence[str]) -> Claim:
    """Every defacer that runs here must have a number; a scan that it lost is exit status 1 and a row."""
    numbered = {row["condition"] for row in rows if row["value"] and "removed" in row["method"]}
    without = [name for name in names if name not in numbered]
    return Claim(
        f"{named}: defacers that run here and have no number",
        float(len(without)),
        "0; exit status 0, or 1 where a defacer lost a scan",
        not without,
        f"{', '.join(without) or 'none'} of {len(names)}; exit status {status}; {len(rows)} rows; "
        f"{seconds / 60:.1f} minutes of `reid-audit reproduce`, stops included",
    )


def _beside(study: str, named: str, rows: Sequence[Row], *, whole: bool) -> Claim:
    """The paper's figures stand in the table, beside a number or the reason why there is none."""
    figures = set(STUDIES[study].figures.values())
    shown = {row["published"] for row in rows if row["published"]}
    silent = [row for row in rows if row["published"] and not row["value"] and not row["note"]]
    # Only what a small run asks for can stand beside a figure of that defacer.
    missing = sorted(figures - shown)
    return Claim(
        f"{named}: figures of the paper that stand beside nothing, or beside a gap without a reason",
        float(len(silent)),
        "0",
        not silent and (len(shown) == len(figures) or not whole),
        f"{len(shown)} of {len(figures)} figures are shown; not shown: {', '.join(missing) or 'none'}",
    )


def _stated(study: str, row: Row) -> Claim:
    low, high = (float(row[name]) if row[name] else None for name in ("low", "high"))
    paper = f"; paper: {row['published']}" if row["published"] else ""
    return Claim(
        f"{study}, {row['population']}, {row['condition']}: {row['method']}",
        float(row["value"]),
        "stated beside the paper's figure where it has one",
        met=True,
        how=f"{row['n_subjects']} people{paper}; {row['note']}",
        low=low,
        high=high,
    )
