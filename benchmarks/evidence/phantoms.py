"""What phantoms must show: the demo, and that a person stays near themself from session to session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.evidence.commands import run_command
from benchmarks.evidence.runner import Claim
from benchmarks.quick import quick_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context

__all__ = ["demo", "demo_time", "sessions"]

SEED = 7_801
_FEW_VIEWS = quick_options(
    "photo-nearest", "photo-set", "photo-svm", yaws=(-20.0, 0.0, 20.0), azimuths=(0.0,), size=400
)


def demo(context: Context) -> Sequence[Claim]:
    """Run the demo as a user does, and read its report."""
    out, people = context.folder / "demo", 4 if context.small else 16
    spent, failed = _demo(context)
    if failed:
        return [Claim("The demo runs to its end", None, "exit status 0", met=False, how=failed)]
    return [
        _time(spent, people, 15, "minutes, below 15 together with set-up"),
        *_rates(out / "report.json", small=context.small),
    ]


def demo_time(context: Context) -> Sequence[Claim]:
    """Time the demo once more, against what the engine makes of it."""
    spent, failed = _demo(context)
    if failed:
        return [Claim("The demo runs to its end", None, "exit status 0", met=False, how=failed)]
    return [_time(spent, 4 if context.small else 16, 4, "minutes, below 4")]


def _demo(context: Context) -> tuple[float, str]:
    """Run the demo, going on where it was stopped; return the seconds spent on it, and what it said if it failed."""
    out, people = context.folder / "demo", 4 if context.small else 16
    if not context.small:
        done = run_command("demo", out, "--subjects", people, "--workers", 2, clock=context.folder / "time.json")
        return done.seconds, done.said[-500:] or f"exit status {done.status}" if done.status else ""
    cohort, spent = out / "cohort", 0.0
    for command in (
        ("phantom", cohort, "--subjects", people, "--photos", 1, "--voxel-size", 3, "-q"),
        ("run", cohort, out, "--photos", cohort / "photos", *_FEW_VIEWS),
    ):
        done = run_command(*command, here=True)
        spent += done.seconds
        if done.status:
            return spent, done.said[-500:] or f"exit status {done.status}"
    return spent, ""


def _time(seconds: float, people: int, most: float, target: str) -> Claim:
    return Claim(
        f"Demo with {people} people, three conditions, after set-up",
        round(seconds / 60, 2),
        target,
        seconds < most * 60,
        "wall time of `reid-audit demo --workers 2`, phantoms made, 81 renders a scan, report written",
    )


def _rates(report: Path, *, small: bool) -> list[Claim]:
    results = json.loads(report.read_text())["results"]
    claims = []
    for row in results:
        if row["metric"] == "detection_rate" and row["condition"] != "photo":
            claims.append(_stated(f"Share of heads with a face found, {row['condition']}", row, "stated"))
        if row["metric"] != "rank" or row["k"] != 1 or not (row["attacker"] or "").startswith("photo"):
            continue
        name = f"Rank 1 under {row['attacker']} ({row['matcher']}), {row['condition']}"
        if row["condition"] == "original":
            # Four people cannot lift an interval over a chance of 1 in 4: the small version looks at the value alone.
            bound = row["value"] if small else row["low"]
            above = bound is not None and bound > row["chance"]
            words = "value" if small else "interval"
            claims.append(_stated(name, row, f"{words} above chance {row['chance']:.3f}", met=above))
        elif row["condition"] == "zero":
            if row["value"] is None:  # no face was found on any zeroed head: nobody could be searched for
                claims.append(_stated(name, row, "no number, and said why", met="not carried out" in row["note"]))
                continue
            at_chance = row["low"] <= row["chance"]
            claims.append(_stated(name, row, f"interval reaches down to chance {row['chance']:.3f}", met=at_chance))
        else:
            claims.append(_stated(name, row, f"stated; chance {row['chance']:.3f}"))
    return claims


def _stated(name: str, row: dict[str, Any], target: str, *, met: bool = True) -> Claim:
    how = f"{row['n_subjects']} people, {row['n_probes']} probes, shuffled labels {row['control']}"
    return Claim(name, row["value"], target, met, how, row["low"], row["high"])


def sessions(context: Context) -> Sequence[Claim]:
    """Compare people with themselves and with others across two sessions, one contrast at a time."""
    from reid_audit import PhantomSettings, Settings, audit, read_cohort, write_cohort

    claims = []
    workers = 1 if context.small else 2
    views = {"azimuths": (0,), "elevations": (38,), **({"pitches": (0,), "resamples": 200} if context.small else {})}
    seen = 3 if context.small else 9
    for modality in ("T1w", "CT") if context.small else ("T1w", "T1wCE", "T2w", "FLAIR", "CT"):
        folder = context.folder / modality
        people = PhantomSettings(
            n_subjects=4 if context.small else 16,
            sessions=2,
            modalities=(modality,),
            conditions=("original",),
            photos_per_subject=0,
            voxel_size=3.0 if context.small else 1.0,
            population="withheld",
            seed=SEED,
        )
        if not (folder / "made").exists():
            write_cohort(people, folder / "people", workers=workers)
            (folder / "made").touch()
        settings = Settings(attackers=("scan-to-scan",), seed=SEED, workers=workers, **views)
        # In small nothing is kept and no report is written: other steps read it.
        out = None if context.small else folder / "out"
        result = audit(read_cohort(folder / "people")[0], settings=settings, out=out)
        rows = {row.metric: row for row in result.results if row.relation == "cross-session"}
        mated, other = rows["cosine_median_mated"], rows["cosine_median_nonmated"]
        claims.append(
            Claim(
                f"{modality}: median cosine of one person's two sessions less that of two people",
                (mated.value or 0) - (other.value or 0),
                "above 0",
                mated.value is not None and other.value is not None and mated.value > other.value,
                f"mated {mated.value} ({mated.low} to {mated.high}), non-mated {other.value} "
                f"({other.low} to {other.high}), {mated.n_subjects} withheld people, {seen} views; "
                f"AUC {rows['auc'].value} ({rows['auc'].low} to {rows['auc'].high})",
            )
        )
    return claims
