"""What the numbers have to do with two laws: related to their questions, and no answer to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.attackers import ATTACKERS
from reid_audit.report.assessed import FAILURES, assessed
from reid_audit.report.numbers import format_value, metric_name, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Findings, Result

__all__ = ["NEITHER", "SIGN_OFF", "LegalQuestion", "legal_questions"]

NEITHER = (
    "This report relates measurements to the questions of two laws. It is neither a determination under any law nor "
    "legal advice."
)

SIGN_OFF = (
    "Controller",
    "Purpose of the release",
    "Legal basis, or reference of the ethics vote",
    "Name and office of who signs",
    "Place and date",
    "Signature",
)
"""What somebody fills in by hand."""

_OPINION = (
    "Article 29 Data Protection Working Party, Opinion 05/2014 on Anonymisation Techniques (WP216); "
    "GDPR, recital 26 and Article 9"
)
_SAFE_HARBOR = "45 CFR 164.514(b)(2)(i)(Q)"
_EXPERT = "45 CFR 164.514(b)(1)"
_LINKING = ("scan-to-scan", "original-to-released")


@dataclass(frozen=True)
class LegalQuestion:
    """One question of a law, and what this audit has to do with it.

    Parameters
    ----------
    law, question, source : str
    relates : str
        Which numbers belong to it, and what they leave open.
    measured : tuple of str
        The highest number of each condition that belongs to it; empty where nothing was measured.
    """

    law: str
    question: str
    source: str
    relates: str
    measured: tuple[str, ...] = ()


def legal_questions(findings: Findings) -> tuple[LegalQuestion, ...]:
    """Return the questions of GDPR and HIPAA that a face in a scan raises, each beside what was measured.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    tuple of LegalQuestion
        Singling out, linkability and inference; Safe Harbor and Expert Determination.

    References
    ----------
    Article 29 Working Party, WP216, 2014. 45 CFR 164.514(b).
    """
    controls = findings.cohort.controls
    shown = [result for result in assessed(findings) if result.condition not in controls]
    made = [result for result in shown if result.value is not None and result.metric not in FAILURES]
    naming = [result for result in made if result.attacker in ATTACKERS and result.attacker not in _LINKING]
    linking = [result for result in made if result.attacker in _LINKING]
    return (
        LegalQuestion(
            "GDPR",
            "Singling out: can a person be isolated in the release?",
            _OPINION,
            "Attackers who search with photographs name the owner of a scan: rank 1, and misses at a fixed rate of "
            "false alarms. Each scan is a record of one person whatever was done to its face.",
            _highest(naming),
        ),
        LegalQuestion(
            "GDPR",
            "Linkability: can two records of one person be joined?",
            _OPINION,
            "Attackers scan-to-scan and original-to-released join scans by the face. Brains and skulls join them as "
            "well, which was not measured.",
            _highest(linking),
        ),
        LegalQuestion(
            "GDPR",
            "Inference: can something be deduced about a person?",
            _OPINION,
            "Not assessed: age, sex and state of health can be read from a head scan with or without its face.",
        ),
        LegalQuestion(
            "HIPAA",
            "Safe Harbor: does the release hold full-face photographs or comparable images?",
            _SAFE_HARBOR,
            "Whether the render of a scan is a comparable image is a question of law. How often a face was found in "
            "renders, and how often it was recognised, is measured; the other identifiers are not.",
            _detected([result for result in findings.results if result.condition not in controls]),
        ),
        LegalQuestion(
            "HIPAA",
            "Expert Determination: is the risk very small that an anticipated recipient could identify a person?",
            _EXPERT,
            "An expert decides with documented methods. The rates under named attackers, with bounds, chance and "
            "controls, may be part of such a document; who is anticipated, and what else they hold, is not known here.",
            _highest(naming),
        ),
    )


def _highest(results: Sequence[Result]) -> tuple[str, ...]:
    """Return the highest rank 1, or area where nobody is ranked, of each condition."""
    ranked = [result for result in results if (result.metric, result.k) == ("rank", 1)]
    chosen = ranked or [result for result in results if result.metric == "auc"]
    said = []
    for condition in dict.fromkeys(result.condition for result in chosen):
        most = max(
            (result for result in chosen if result.condition == condition), key=lambda result: result.value or 0.0
        )
        interval = f", at most {format_value(most.metric, most.high)}" if most.high is not None else ""
        said.append(
            f"{condition}: {metric_name(most.metric, most.k)} {format_value(most.metric, most.value)}{interval} "
            f"(attacker {most.attacker}, n = {most.n_subjects}, chance {format_value(most.metric, most.chance)})"
        )
    return tuple(said)


def _detected(results: Sequence[Result]) -> tuple[str, ...]:
    return tuple(
        f"{result.condition}: a face found in {percent(result.value)} of heads (n = {result.n_subjects})"
        for result in results
        if result.metric == "detection_rate" and result.value is not None and result.condition != "photo"
    )
