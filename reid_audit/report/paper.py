"""What a paper takes over: the methods paragraph with its citations, and the table of conditions, as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.assessed import about_idle
from reid_audit.report.conditions_table import words_of_conditions
from reid_audit.report.latex import escape, latex_table
from reid_audit.report.methods import CITED, methods_paragraph
from reid_audit.report.numbers import percent
from reid_audit.report.rebuilt import in_words
from reid_audit.report.tables import PHANTOM_NOTICE

if TYPE_CHECKING:
    from reid_audit.types import Findings

__all__ = ["paper"]

_NUMERIC = frozenset({3, 4, 5, 6, 7, 8, 9, 10})


def paper(findings: Findings) -> str:
    r"""Return ``report.tex``: to be taken over with ``\input``, with ``report.bib`` as its sources.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    str
        LaTeX; everything that came from outside is escaped, no label of a person is in it.
    """
    findings = in_words(findings)
    columns, rows = words_of_conditions(findings)
    share = percent(float(findings.settings.get("confidence", 0.95)))
    idle = "".join(f" {line}" for line in about_idle(findings))
    notice = f" Phantoms: {PHANTOM_NOTICE}." if findings.cohort.phantom else ""
    caption = (
        f"Conditions side by side, by attack. Intervals and limits: {share}, over people. Shuffled: the same with "
        "shuffled labels. Change: against the originals, over the people who are in both; p: McNemar's exact test, "
        f"corrected by Holm over the conditions of one attack.{idle}{notice}"
    )
    table = latex_table(columns, rows, caption=caption, label="tab:conditions", numeric=_NUMERIC)
    return f"{_cited(escape(methods_paragraph(findings)))}\n\n{table}"


def _cited(text: str) -> str:
    """Set citations where the paragraph names a source."""
    for words, key in CITED.items():
        text = text.replace(escape(words), rf"{escape(words)}~\cite{{{key}}}", 1)
    return text
