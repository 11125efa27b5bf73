"""The made-up findings of the report with rebuilt faces: ``zero+shape`` made of ``zero``, and its control."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from report_samples import LABELS, findings

from reid_audit.types import Failure, Findings, Rebuilt

MADE, CONTROL = "zero+shape", "zero+shape-swapped"
WORDS = "zero, faces rebuilt by shape"
REBUILT = {MADE: Rebuilt("zero", "shape"), CONTROL: Rebuilt("zero", "shape", control=True)}
LOST = f"sub-{LABELS[1]}_ses-20190312_zero+shape"


def _frame(table: pd.DataFrame) -> pd.DataFrame:
    """``meanface`` becomes the rebuilt scans, and once more the control."""
    own, made = table[table["condition"] != "meanface"], table[table["condition"] == "meanface"]
    parts = [own]
    for name in REBUILT:
        part = made.assign(condition=name)
        parts.append(part.assign(sample=part["sample"] + f"+{name}") if "sample" in part else part)
    return pd.concat(parts, ignore_index=True)


def _each(rows):
    """The control finds everybody whom the rebuilt faces find, and is the louder one."""
    own = [row for row in rows if row.condition != "meanface"]
    made = [row for row in rows if row.condition == "meanface"]
    return (*own, *(replace(row, condition=name) for name in REBUILT for row in made))


def rebuilt_findings(*, known: bool = True, lost: bool = False) -> Findings:
    """Return findings; with ``known`` False they are of conditions that a user named so."""
    found = findings()
    cohort = replace(found.cohort, scans=_frame(found.cohort.scans), rebuilt=REBUILT if known else {})
    failures = [Failure("reconstruct", LABELS[1], "", MADE, LOST, f"{LABELS[1]} shows no head.")] if lost else []
    return replace(
        found,
        cohort=cohort,
        results=_each(found.results),
        scores=_each(found.scores),
        differences=tuple(row for row in _each(found.differences) if row.condition != CONTROL),
        detection=_frame(found.detection),
        surfaces=_frame(found.surfaces),
        failures=tuple(failures),
    )
