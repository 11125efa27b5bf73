"""``report.html``: one self-contained page that opens from disk, prints, and asks the network for nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from reid_audit.report.change_table import changes_table
from reid_audit.report.detected import photos_sentence
from reid_audit.report.document import confidence_of
from reid_audit.report.gallery import figure_images, headline_image
from reid_audit.report.group_table import groups_table
from reid_audit.report.law import SIGN_OFF
from reid_audit.report.limits import how_many_people
from reid_audit.report.losses import stages_in_words
from reid_audit.report.numbers import MISSING, percent
from reid_audit.report.open_set import OPEN_SET_BEGINS
from reid_audit.report.page import render_page
from reid_audit.report.page_tables import (
    doubtful_table,
    failures_table,
    models_table,
    page_results,
    surfaces_table,
)
from reid_audit.report.people_found import people_found_table
from reid_audit.report.rebuilt import about_rebuilt, condition_words, in_words
from reid_audit.report.scripts import page_scripts
from reid_audit.report.sides import side_by_side, uneven_people
from reid_audit.report.tables import PHANTOM_NOTICE
from reid_audit.report.verdict import conditions_in_order, identifications
from reid_audit.report.wording import counted, people_of
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.report.pseudonyms import Pseudonyms
    from reid_audit.report.release import Release
    from reid_audit.types import Findings

__all__ = ["page"]

_SECTIONS = (
    ("verdict", "Verdict"),
    ("people", "What n can show"),
    ("side", "Side by side"),
    ("evidence", "Evidence"),
    ("failures", "Failures"),
    ("release", "What else is in the release"),
    ("scans", "The scans"),
    ("attackers", "Attackers"),
    ("not-assessed", "Not assessed"),
    ("laws", "Two laws"),
    ("sign", "To be signed"),
    ("made", "How it was made"),
    ("all", "Every result"),
)


def page(findings: Findings, names: Pseudonyms, content: Mapping[str, Any], release: Release | None = None) -> str:
    """Return the page.

    Parameters
    ----------
    findings : Findings
    names : Pseudonyms
    content : mapping
        What :func:`reid_audit.report.document.document` returned: the page shows what the JSON holds.
    release : Release, optional
        What was answered for every file of the release, where somebody asked.

    Returns
    -------
    str
        HTML 5; everything from outside is escaped.
    """
    return render_page(
        "reid_audit.report",
        "report.html",
        release=release,
        **_context(findings, names, content),
    )


def _context(findings: Findings, names: Pseudonyms, content: Mapping[str, Any]) -> dict[str, Any]:
    from markupsafe import Markup

    headline, figures, scripts = headline_image(findings), figure_images(findings), page_scripts()
    words, given = condition_words(findings.cohort), findings.cohort
    findings = in_words(findings)
    return {
        "scripts": scripts,
        "own_script": Markup(scripts.own),  # noqa: S704 - our own file, in which nothing from outside stands
        "charts": any(figure.chart for figure in (*headline, *figures)),
        "sections": _SECTIONS,
        "cohort": content["cohort"],
        "facts": _facts(content),
        "complete": content["complete"],
        "phantom_notice": PHANTOM_NOTICE if findings.cohort.phantom else "",
        "verdict": [_statement(statement, words) for statement in content["verdict"]],
        "people": how_many_people(identifications(findings), len(findings.cohort.subjects)),
        "limits": content["limits"],
        "confidence": percent(confidence_of(findings)),
        "conditions": conditions_in_order(findings),
        "rebuilt": about_rebuilt(given),
        "sides": side_by_side(findings),
        "uneven": uneven_people(findings),
        "changes": changes_table(findings),
        "groups": groups_table(findings),
        "found": people_found_table(findings, names),
        "photos": photos_sentence(findings),
        "figures_side": headline,
        "figures": figures,
        "withheld": content["pictures_withheld"],
        "stages": stages_in_words(content["failures"]),
        "failures": failures_table(_renamed(content["failures"], words)),
        "surfaces": surfaces_table(_renamed(content["surfaces"], words)),
        "doubtful": doubtful_table(_renamed(content["surfaces"], words)),
        "attackers": content["attackers"],
        "not_assessed": content["not_assessed"],
        "laws": content["laws"],
        "methods": content["methods"],
        "sign_off": SIGN_OFF,
        "results": page_results(findings, _renamed(content["results"], words)),
        "models": models_table(content["models"]),
        "settings": _pairs(content["settings"]),
        "provenance": _pairs(content["provenance"]),
        "notes": content["cohort"]["notes"],
    }


def _renamed(rows: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return rows of the JSON with what rebuilt conditions are called."""
    return [{**row, "condition": words.get(row["condition"], row["condition"])} for row in rows]


def _statement(statement: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    condition = words.get(statement["condition"], statement["condition"])
    heading = "Original scans" if condition == ORIGINAL else f"Scans in condition “{condition}”"
    return {**statement, "heading": heading, "kind": _kind(statement)}


def _kind(statement: Mapping[str, Any]) -> str:
    """Say what the large figure of a statement is."""
    if statement["figure"] == MISSING:
        return "not assessed" if statement["text"].startswith("Not assessed") else "no number"
    if statement["text"].startswith(OPEN_SET_BEGINS):
        return "owners found in an open set"
    return "identified at rank 1, leading attack" if "%" in statement["figure"] else "ROC-AUC"


def _facts(content: Mapping[str, Any]) -> str:
    cohort = content["cohort"]
    parts = [
        people_of(cohort["n_people"]),
        counted(cohort["n_scans"], "scan"),
        counted(cohort["n_photos"], "photograph"),
        counted(len(cohort["scans_per_condition"]) - len(cohort["rebuilt"]), "condition"),
    ]
    if cohort["rebuilt"]:
        parts.append(f"{counted(cohort['n_rebuilt'], 'scan')} rebuilt by attackers")
        parts.append(f"{counted(cohort['n_controls'], 'scan')} made as controls")
    made = str(content["provenance"].get("time", ""))
    return ", ".join(parts) + (f". Made {_date(made)}." if made else ".")


def _date(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text):%-d %B %Y, %H:%M} UTC"
    except ValueError:
        return text


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Flatten nested settings into names and text."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            pairs += [(f"{name}: {inner}", text) for inner, text in _pairs(value)]
        elif isinstance(value, list):
            pairs.append((name, ", ".join(map(str, value)) or "none"))
        else:
            pairs.append((name, "none" if value is None or value == "" else str(value)))
    return pairs
