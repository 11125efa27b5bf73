"""Hostile and broken inputs: nothing crashes, nothing passes in silence, and memory stays small."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.evidence.runner import ROOT, Claim
from benchmarks.hostile import PHOTOS, SCANS, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context
    from benchmarks.hostile import Hostile

__all__ = ["hostile_inputs"]

_SEED = 7_410
_LABELS = ("../../../escaped", "=cmd|' /C calc'!A1", "<script>alert(1)</script>", "\\input{x} & 100% {x}_$y$")
"""Of people whose scans are whole: what their names would do in a path, a spreadsheet, a page, a LaTeX table."""

_LIMIT_GIB = 2.0
_RAW = re.compile(r"<script>alert|=cmd\||\\\\input\{x\}")
_DEFECT = re.compile(r"Traceback|Unexpected \w+|is a defect")


def hostile_inputs(context: Context) -> Sequence[Claim]:
    """Audit a few whole scans among all hostile ones, then every hostile table, in one measured process."""
    folder = context.folder / "inputs"
    scans, photos = _chosen(SCANS, context), _chosen(PHOTOS, context)
    tables = _chosen(TABLES, context)
    if not folder.exists():
        _make(folder, scans, photos, tables)
    ends, gib, status = _measured(folder)
    count = len(scans) + len(photos) + len(tables)
    lost = _failures(folder / "out")
    crashed = [name for name, end in ends.items() if end["status"] not in {1, 2} or _DEFECT.search(end["said"])]
    crashed += [sample for sample, said in lost.items() if _DEFECT.search(said)]
    silent = [case.name for case in (*scans, *photos) if not re.search(case.said, lost.get(_sample(case), "-"))]
    silent += [case.file for case in tables if not _refused(case, ends.get(case.file, {}))]
    return [
        Claim(
            "Hostile or broken inputs that crash the run, or are called a defect of the library",
            float(len(crashed) + (status != 0)),
            "0 of at least 50" if not context.small else "0",
            not crashed and status == 0 and (context.small or count >= 50),
            f"{len(scans)} scans and {len(photos)} photographs in one audit beside {len(_LABELS)} whole people, "
            f"{len(tables)} tables each on its own; {', '.join(crashed) or 'none'}",
        ),
        Claim(
            "Hostile or broken inputs that pass in silence, or for another reason than their own",
            float(len(silent)),
            "0",
            not silent,
            f"of {count}: {', '.join(silent) or 'none'}; each is a row of failures.csv, or wrong usage with a message",
        ),
        _whole_people(folder / "out"),
        _names(folder),
        Claim(
            "Peak memory of the process that reads all of them, one after the other",
            round(gib, 2),
            f"below {_LIMIT_GIB:g} GiB",
            gib < _LIMIT_GIB,
            f"resident, {count} inputs, of them {sum(case.large for case in (*scans, *photos, *tables))} bombs",
        ),
    ]


def _refused(case: Hostile, end: dict[str, Any]) -> bool:
    """Tell whether a command called a table wrong usage, for its own reason."""
    return end.get("status") == 2 and bool(re.search(case.said, " ".join(end["said"].split())))


def _chosen(cases: Sequence[Hostile], context: Context) -> tuple[Hostile, ...]:
    """In small without the bombs, which take seconds each to unpack."""
    return tuple(case for case in cases if not (context.small and case.large))


def _make(folder: Path, scans: Sequence[Hostile], photos: Sequence[Hostile], tables: Sequence[Hostile]) -> None:
    from reid_audit import PhantomSettings, write_cohort

    beside = folder.with_name("making")
    people = PhantomSettings(
        n_subjects=len(_LABELS), photos_per_subject=1, conditions=("original", "zero"), voxel_size=3.0, seed=_SEED
    )
    write_cohort(people, beside / "people", workers=2)
    rows = [("subject", "condition", "modality", "path")]
    shots = [("subject", "path")]
    for label, who in zip(_LABELS, sorted((beside / "people").glob("sub-*")), strict=True):
        whole = next(who.rglob("*_T1w.nii.gz"))
        zeroed = next((beside / "people" / "derivatives" / "zero" / who.name).rglob("*_T1w.nii.gz"))
        rows += [(label, "original", "T1w", f"people/{whole.relative_to(beside / 'people')}")]
        rows += [(label, "zero", "T1w", f"people/{zeroed.relative_to(beside / 'people')}")]
        photo = next((beside / "people" / "photos").glob(f"{who.name}*.png"))
        shots += [(label, f"people/photos/{photo.name}")]
    for place, cases in (("scans", scans), ("photos", photos), ("tables", tables)):
        (beside / place).mkdir(exist_ok=True)
        for case in cases:
            case.write(beside / place / case.file)
            if place == "scans":
                rows.append((case.name, "original", "T1w", f"scans/{case.file}"))
            elif place == "photos":
                shots.append((case.name, f"photos/{case.file}"))
    for name, table in (("manifest.csv", rows), ("photos.csv", shots)):
        with (beside / name).open("w", newline="") as stream:
            csv.writer(stream).writerows(table)
    beside.rename(folder)


def _measured(folder: Path) -> tuple[dict[str, dict[str, Any]], float, int]:
    """Run all of it; return how each call ended, the greatest resident memory in GiB, and the exit status."""
    line = [sys.executable, "-W", "ignore", "-m", "benchmarks.hostile", str(folder)]
    with (folder / "ends.json").open("w") as stream:
        done = subprocess.run(line, cwd=ROOT, stdout=stream, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    said = json.loads((folder / "ends.json").read_text() or '{"ends": {}, "peak": Infinity}')
    return said["ends"], said["peak"], done.returncode


def _sample(case: Hostile) -> str:
    """Return the name under which a case stands in the table of failures."""
    return f"sub-{case.name}_photo-1" if case in PHOTOS else f"sub-{case.name}_T1w_original"


def _failures(out: Path) -> dict[str, str]:
    path = out / "private" / "failures.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as stream:
        return {row["sample"]: row["what"] for row in csv.DictReader(stream)}


def _whole_people(out: Path) -> Claim:
    """Claim that the people whose scans are whole have their numbers."""
    path = out / "report.json"
    rows = json.loads(path.read_text())["results"] if path.exists() else []
    found = [row for row in rows if row["metric"] == "rank" and row["condition"] == "original" and row["k"] == 1]
    found = [row for row in found if row["attacker"] == "photo-nearest" and row["value"] is not None]
    n_people = max((row["n_subjects"] for row in found), default=0)
    return Claim(
        "People searched in the audit, those of whole scans and photographs among them",
        float(n_people),
        f"at least {len(_LABELS)}",
        n_people >= len(_LABELS),
        "attacker photo-nearest, rank 1, originals; lost scans and photographs count as misses",
    )


def _names(folder: Path) -> Claim:
    """Claim that names which are code are nowhere code, and led to no file outside OUT."""
    raw = [str(path.relative_to(folder / "out")) for path in _texts(folder / "out") if _RAW.search(_readable(path))]
    outside = [path.name for path in folder.parent.iterdir() if "escaped" in path.name]
    known = {"manifest.csv", "photos.csv", "people", "scans", "photos", "tables", "out", "refused", "ends.json"}
    outside += [path.name for path in folder.iterdir() if path.name not in known]
    return Claim(
        "Files that show a person's label as markup, formula or command, or lie outside OUT",
        float(len(raw) + len(outside)),
        "0",
        not raw and not outside,
        f"labels {', '.join(map(repr, _LABELS))}; {', '.join((*raw, *outside)) or 'none'}",
    )


def _texts(out: Path) -> Iterator[Path]:
    yield from (path for path in out.rglob("*") if path.suffix in {".html", ".json", ".csv", ".tsv", ".tex"})


def _readable(path: Path) -> str:
    """Return the text of a file; in the private tables, where labels stand, a disarmed formula is none."""
    text = path.read_text(errors="replace")
    return re.sub(r"'=cmd\||<script>alert", "", text) if path.parent.name == "private" else text
