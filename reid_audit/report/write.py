"""The report on disk."""

from __future__ import annotations

import secrets
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from reid_audit.report.document import document
from reid_audit.report.html import page
from reid_audit.report.methods import bibtex
from reid_audit.report.paper import paper
from reid_audit.report.pseudonyms import Pseudonyms, draw_pseudonyms
from reid_audit.report.release import release_of
from reid_audit.report.tables import marked, private_tables, shareable_tables
from reid_audit.store import own_folder, private_folder, take_back, write_bytes, write_json, write_table, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Findings, Result

__all__ = ["PRIVATE", "names_in", "write_report"]

PRIVATE = "private"
"""Folder beside the report that must not be handed on."""

_KEY_FILE = "pseudonyms.key"
_KEY_BYTES = 32


def write_report(findings: Findings, folder: Path | str) -> Path:
    """Write ``report.html``, ``.json``, ``.tex``, ``.bib`` and ``tables/`` to share, and ``private/`` to keep.

    An earlier report is taken back first and the new one written last: where there is a report, it is of the tables
    beside it. Scores of an earlier report that this one has not are removed.

    What is shared holds no face of a real person and no original label, sample id or path: people are ``P001`` ...
    in an order that a secret key in ``private/`` decides (for people who do not exist: the seed). Contact sheets are
    shown only for a cohort of phantoms and left out of any other, whatever ``findings.pictures`` holds.

    Parameters
    ----------
    findings : Findings
    folder : path-like
        Created when missing. Files are 0600, folders 0700.

    Returns
    -------
    Path
        Of ``report.html``.

    Raises
    ------
    StoreError
        If the disk refuses; files written before stay whole.
    """
    findings = replace(findings, results=tuple(map(_finite, findings.results)))
    base = own_folder(folder)
    private = private_folder(base / PRIVATE)
    take_back(base, "report.html", "report.json", "report.tex", "report.bib", "report.pdf")
    names = names_in(findings, base)
    written = {
        file.name for stem, table in private_tables(findings, names) for file in write_table(private / stem, table)
    }
    known = {file.name for ending in ("csv", "parquet") for file in private.glob(f"scores_*.{ending}")}
    take_back(private, *sorted(known - written))
    shared = private_folder(base / "tables")
    for stem, table in shareable_tables(findings, names):
        write_table(shared / stem, table)
    release = release_of(base, names)
    if release is not None:
        write_table(shared / "release", marked(release.frame, findings))
    content = document(findings, names, release)
    write_text(base / "report.tex", paper(findings))
    write_text(base / "report.bib", bibtex(findings) + "\n")
    write_json(base / "report.json", content)
    return write_text(base / "report.html", page(findings, names, content, release))


def _finite(result: Result) -> Result:
    """Return a result in which what is not a number is None, as the contract has it."""
    lost: dict[str, Any] = {
        name: None
        for name in ("value", "low", "high", "confidence", "chance", "control")
        if (number := getattr(result, name)) is not None and not isfinite(number)
    }
    return replace(result, **lost) if lost else result


def names_in(findings: Findings, folder: Path) -> Pseudonyms:
    """Draw the pseudonyms of the report in a folder; a key that an earlier one left there is used again.

    Parameters
    ----------
    findings : Findings
    folder : Path
        Of the report; its private folder gets a key where it has none, 0600.

    Returns
    -------
    Pseudonyms
    """
    if findings.cohort.phantom:
        return draw_pseudonyms(findings)
    path = private_folder(folder / PRIVATE) / _KEY_FILE
    if not path.is_file():
        write_bytes(path, secrets.token_bytes(_KEY_BYTES))
    return draw_pseudonyms(findings, key=path.read_bytes())
