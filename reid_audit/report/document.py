"""``report.json``: everything that may be shared, in one document that programs can read."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reid_audit.report.changes import difference_rows
from reid_audit.report.law import NEITHER, legal_questions
from reid_audit.report.limits import not_assessed, what_the_quoted_show
from reid_audit.report.methods import bibtex, methods_paragraph
from reid_audit.report.numbers import plain
from reid_audit.report.pictures import shown_pictures
from reid_audit.report.rebuilt import in_words, rebuilt_scans
from reid_audit.report.tables import PHANTOM_NOTICE, failure_rows, result_rows, surface_rows
from reid_audit.report.verdict import conditions_in_order, identifications, verdict

if TYPE_CHECKING:
    from reid_audit.report.pseudonyms import Pseudonyms
    from reid_audit.report.release import Release
    from reid_audit.types import Findings

__all__ = ["SCHEMA_VERSION", "document"]

SCHEMA_VERSION = "1.4"
"""Of ``report.json``: the second number grows when keys are added, the first when one changes its meaning."""


def document(findings: Findings, names: Pseudonyms, release: Release | None = None) -> dict[str, Any]:
    """Return the shareable findings as values that JSON can hold.

    What came from outside is scrubbed of identifiers: messages of failures, notes and name of the cohort, settings and
    provenance. The verdict, the limits and the notes of results are the library's own prose, made of conditions,
    attackers and numbers, and stand as they were written.

    Parameters
    ----------
    findings : Findings
    names : Pseudonyms
    release : Release, optional
        What was answered for every file of the release, where somebody asked.

    Returns
    -------
    dict
        Keys ``schema_version, complete, population, cohort, verdict, limits, not_assessed, release, results,
        differences, failures, detection, surfaces, attackers, models, laws, methods, settings, provenance,
        pictures_withheld``;
        their form is :class:`reid_audit.report.schema.ReportDocument`.
    """
    told = in_words(findings)
    values = {
        "schema_version": SCHEMA_VERSION,
        "complete": findings.complete,
        "population": f"phantom: {PHANTOM_NOTICE}" if findings.cohort.phantom else "real",
        "cohort": _cohort(findings, names),
        "verdict": [asdict(statement) for statement in verdict(findings)],
        "limits": what_the_quoted_show(identifications(told), len(findings.cohort.subjects), confidence_of(findings)),
        "not_assessed": not_assessed(told, release.triage if release else None),
        "release": release.facts if release else None,
        "results": result_rows(findings),
        "differences": difference_rows(findings),
        "failures": failure_rows(findings, names),
        "detection": findings.detection.to_dict("records"),
        "surfaces": surface_rows(findings, names),
        "attackers": [asdict(attacker) for attacker in findings.attackers],
        "models": [asdict(model) for model in findings.models],
        "laws": {"statement": NEITHER, "questions": [asdict(question) for question in legal_questions(told)]},
        "methods": {"paragraph": methods_paragraph(told), "bibtex": bibtex(findings)},
        "settings": _scrubbed(plain(dict(findings.settings)), names),
        "provenance": _scrubbed(plain(dict(findings.provenance)), names),
        "pictures_withheld": bool(findings.pictures) and not shown_pictures(findings),
    }
    written: dict[str, Any] = plain(values)
    return written


def _scrubbed(value: Any, names: Pseudonyms) -> Any:
    """Scrub every string of nested settings."""
    if isinstance(value, str):
        return names.scrub(value)
    if isinstance(value, dict):
        return {key: _scrubbed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_scrubbed(inner, names) for inner in value]
    return value


def confidence_of(findings: Findings) -> float:
    """Return the confidence of the intervals."""
    return float(findings.settings.get("confidence", 0.95))


def _cohort(findings: Findings, names: Pseudonyms) -> dict[str, Any]:
    cohort, scans, given = findings.cohort, findings.cohort.scans, findings.cohort.given
    modalities = Counter(given["modality"].astype(str)) if "modality" in given.columns else Counter()
    return {
        "name": names.scrub_name(cohort.name),
        "phantom": cohort.phantom,
        "n_people": len(cohort.subjects),
        "n_scans": len(given),
        "n_rebuilt": rebuilt_scans(cohort, control=False),
        "n_controls": rebuilt_scans(cohort, control=True),
        "n_photos": len(cohort.photos),
        "n_sessions": int(scans[["subject", "session"]].drop_duplicates().shape[0]) if len(scans) else 0,
        "scans_per_condition": {
            name: int((scans["condition"].astype(str) == name).sum()) for name in conditions_in_order(findings)
        },
        "scans_per_modality": dict(modalities),
        "rebuilt": [
            {"condition": name, "made_of": made.condition, "attacker": made.attacker, "control": made.control}
            for name, made in cohort.rebuilt.items()
        ],
        "notes": [names.scrub(note) for note in cohort.notes],
    }
