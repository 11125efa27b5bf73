"""The tables of the report: pseudonyms instead of labels, and on phantoms a column that says so."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.report.assessed import assessed
from reid_audit.report.changes import DIFFERENCE_KEYS, difference_rows
from reid_audit.report.conditions_table import CONDITION_KEYS, condition_rows
from reid_audit.report.numbers import plain
from reid_audit.report.people_found import person_risk_frame
from reid_audit.report.rebuilt import made_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid_audit.report.pseudonyms import Pseudonyms
    from reid_audit.types import Findings, ScoreTable

__all__ = [
    "PHANTOM_NOTICE",
    "RESULT_KEYS",
    "failure_rows",
    "marked",
    "private_tables",
    "result_rows",
    "results_table",
    "shareable_tables",
    "surface_rows",
]

PHANTOM_NOTICE = "calibrated population, no evidence of real-world risk"
"""What every table made from people who do not exist says."""

RESULT_KEYS = (
    "attacker",
    "matcher",
    "embedder",
    "condition",
    "metric",
    "k",
    "value",
    "low",
    "high",
    "confidence",
    "n_subjects",
    "n_probes",
    "chance",
    "control",
    "relation",
    "note",
    "group",
)
"""Keys of one object of ``results`` in ``report.json``, in order; later work adds and renames none."""

_FAILURE_KEYS = ("stage", "subject", "session", "condition", "sample", "what", "remedy")
_SURFACE_KEYS = (
    "sample",
    "subject",
    "session",
    "condition",
    "voxel_size",
    "largest_share",
    "cut_through",
    "pose_residual",
)
_NUMBERS = ("value", "low", "high", "confidence", "chance", "control")


def result_rows(findings: Findings) -> list[dict[str, Any]]:
    """Return every result as a flat mapping with :data:`RESULT_KEYS`, without NaN.

    A number of an attack that had nothing to search with, or in, has no value, and its note says why and nothing else:
    what was noted of a number does not hold of none.
    """
    return [{key: plain(getattr(shown, key)) for key in RESULT_KEYS} for shown in assessed(findings)]


def results_table(findings: Findings) -> pd.DataFrame:
    """Return the results as a table in the columns of ``report.json``, for the one who made the audit.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    pandas.DataFrame
        One row a number; NaN where a number does not apply or cannot be had. On phantoms a column ``population``
        says so.
    """
    return marked(_result_frame(result_rows(findings)), findings)


def failure_rows(findings: Findings, names: Pseudonyms) -> list[dict[str, str]]:
    """Return every failure under pseudonyms."""
    return [
        {
            "stage": failure.stage,
            "subject": names.person(failure.subject),
            "session": names.session(failure.subject, failure.session),
            "condition": failure.condition,
            "sample": names.sample(failure.sample),
            "what": names.scrub(failure.what),
            "remedy": names.scrub(failure.remedy),
        }
        for failure in findings.failures
    ]


def surface_rows(findings: Findings, names: Pseudonyms) -> list[dict[str, Any]]:
    """Return the facts about each scan's surface under pseudonyms.

    Only what cannot point back at one file is kept, rounded: the threshold, the pose and the number of triangles
    could be worked out again from a released scan and would undo the pseudonym. They stay in the private folder.
    """
    rows = []
    for record in findings.surfaces.to_dict("records"):
        size = record.get("voxel_size")
        rows.append(
            {
                "sample": names.sample(record.get("sample", "")),
                "subject": names.person(record.get("subject", "")),
                "session": names.session(record.get("subject", ""), record.get("session", "")),
                "condition": str(record.get("condition", "")),
                "voxel_size": " x ".join(f"{edge:.1f}" for edge in size) if size is not None else "",
                "largest_share": _rounded(record.get("largest_share"), 2),
                "cut_through": ", ".join(map(str, plain(record.get("cut_through")) or ())),
                "pose_residual": _rounded(record.get("pose_residual"), 0),
            }
        )
    return sorted(rows, key=lambda row: (row["condition"], row["sample"]))


def _rounded(value: Any, digits: int) -> float | None:
    number = plain(value)
    return round(float(number), digits) if isinstance(number, int | float) else None


def shareable_tables(findings: Findings, names: Pseudonyms) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield file stems and tables of everything that may be shared: no original identifier in any.

    Yields
    ------
    stem : str
        ``"results"``, ``"differences"``, ``"conditions"``, ``"failures"``, ``"detection"``, ``"surfaces"``.
    table : pandas.DataFrame
    """
    yield "results", marked(_result_frame(result_rows(findings)), findings)
    yield "differences", marked(pd.DataFrame(difference_rows(findings), columns=list(DIFFERENCE_KEYS)), findings)
    yield "conditions", marked(pd.DataFrame(condition_rows(findings), columns=list(CONDITION_KEYS)), findings)
    yield "failures", marked(pd.DataFrame(failure_rows(findings, names), columns=list(_FAILURE_KEYS)), findings)
    yield "detection", marked(findings.detection.reset_index(drop=True), findings)
    yield "surfaces", marked(pd.DataFrame(surface_rows(findings, names), columns=list(_SURFACE_KEYS)), findings)


def private_tables(findings: Findings, names: Pseudonyms) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield file stems and tables that stay with the controller: the key, failures and surfaces as they were, scores.

    Whoever holds the released scans can work out the scores again, and so find which pseudonym is which scan.

    Yields
    ------
    stem : str
        ``"pseudonyms"``, ``"failures"``, ``"surfaces"``, ``"skipped"``, ``"person_risk"``,
        ``"scores_<attacker>_<matcher>_<relation>_<condition>"``.
    table : pandas.DataFrame
        Scores stand under pseudonyms, one row a comparison; where people were dealt out in several ways, with the way
        (``probe_split``), where a gallery was padded, with who pads it (``reference_distractor``).
    """
    failures = [asdict(failure) for failure in findings.failures]
    yield "pseudonyms", names.key_table()
    yield "failures", pd.DataFrame(failures, columns=list(_FAILURE_KEYS))
    if len(findings.surfaces):
        yield "surfaces", findings.surfaces.map(lambda cell: str(cell) if isinstance(cell, tuple | list) else cell)
    yield "skipped", pd.DataFrame(list(findings.cohort.skipped), columns=["path", "why"])
    yield "person_risk", marked(person_risk_frame(findings, names), findings)
    taken: set[str] = set()
    for table in findings.scores:
        stem = _stem(table, taken)
        taken.add(stem)
        yield stem, marked(_score_frame(table, names), findings)


def _result_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(RESULT_KEYS))
    frame["k"] = frame["k"].astype("Int64")
    return frame.astype(dict.fromkeys(_NUMBERS, np.float64))


def marked(table: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return a table with a column that says what an attacker made, and one that says of phantoms what they are.

    Each only where there is any: ``made`` is empty for scans that were given, ``population`` says that phantoms are no
    evidence of real-world risk.
    """
    if findings.cohort.rebuilt and "condition" in table.columns:
        table = table.assign(made=[made_of(findings.cohort, str(name)) for name in table["condition"]])
    return table.assign(population=f"phantom: {PHANTOM_NOTICE}") if findings.cohort.phantom else table


def _score_frame(table: ScoreTable, names: Pseudonyms) -> pd.DataFrame:
    """Return one row a comparison that was to be made."""
    probe, reference = np.nonzero(table.compared)
    probes, references = _public(table.probes, names), _public(table.references, names)
    left = probes.iloc[probe].add_prefix("probe_").reset_index(drop=True)
    right = references.iloc[reference].add_prefix("reference_").reset_index(drop=True)
    frame = pd.concat([left, right], axis=1)
    frame["mated"] = table.mated[probe, reference]
    frame["score"] = table.scores[probe, reference]
    facts = ("attacker", "matcher", "embedder", "condition", "relation")
    return frame.assign(**{fact: getattr(table, fact) for fact in facts})


def _public(samples: pd.DataFrame, names: Pseudonyms) -> pd.DataFrame:
    named = pd.DataFrame(
        {
            "subject": [names.person(label) for label in samples["subject"]],
            "sample": [names.sample(label) for label in samples["sample"]],
        }
    ).astype("category")
    facts = [name for name in ("split", "distractor") if name in samples.columns]
    return named.assign(**{name: samples[name].to_numpy() for name in facts})


def _stem(table: ScoreTable, taken: set[str]) -> str:
    """Return a file name made of letters, digits and dashes only, whatever a condition is called."""
    parts = (table.attacker, table.matcher if table.matcher != table.attacker else "", table.relation, table.condition)
    slugs = [re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-")[:40] for part in parts]
    base = "_".join(["scores", *(slug for slug in slugs if slug)])
    stem, number = base, 2
    while stem.lower() in {name.lower() for name in taken}:
        stem, number = f"{base}_{number}", number + 1
    return stem
