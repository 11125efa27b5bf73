"""The attestation on paper: one page with the verdict, and fields to sign."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.gating.attestation import ATTESTATION
from reid_audit.gating.words import in_words
from reid_audit.inputs.printable import in_one_line
from reid_audit.report.law import SIGN_OFF
from reid_audit.report.numbers import percent
from reid_audit.report.page import render_page
from reid_audit.report.wording import counted, people_of
from reid_audit.store import take_back, write_text

if TYPE_CHECKING:
    from reid_audit.gating.attestation import Attestation

__all__ = ["attestation_page", "write_page"]

PAGE = "attestation.html"


def attestation_page(attestation: Attestation, digest: str) -> str:
    """Return the page.

    Parameters
    ----------
    attestation : Attestation
    digest : str
        SHA-256 of the file ``attestation.json``, so that what is signed on paper names what it is about.

    Returns
    -------
    str
        HTML 5; everything from outside is escaped.
    """
    verdict, limits, sign_off = attestation.verdict, attestation.limits, attestation.sign_off
    given = (sign_off.controller, sign_off.purpose, sign_off.legal_basis)
    outcome, files = verdict.outcome, counted(len(attestation.files), "file")
    return render_page(
        "reid_audit.gating",
        PAGE,
        outcome=outcome[0].upper() + outcome[1:],
        facts=f"{people_of(attestation.people)}, {files}, audited {attestation.audited}.",
        phantom=attestation.population.removeprefix("phantom: ") if attestation.population != "real" else "",
        reasons=[in_one_line(f"{reason.outcome}: {reason.text}.") for reason in verdict.reasons],
        narrowed=", ".join(verdict.left_out),
        laxer=", ".join(verdict.laxer),
        limits=[
            ("Every upper bound must lie below", f"{limits.max_risk:g}"),
            ("Confidence of the bounds, one-sided", percent(limits.confidence)),
            ("Each attacker must identify of the originals more than", percent(limits.control_floor)),
            ("A release that gives nothing away must lie below with a probability of", percent(limits.power)),
        ],
        lines=in_words(verdict, limits, attestation.people),
        statement=attestation.statement,
        sign_off=list(zip(SIGN_OFF, (*given, *[""] * (len(SIGN_OFF) - len(given))), strict=True)),
        digest=digest,
        version=attestation.version,
        made=attestation.made,
    )


def write_page(attestation: Attestation, out: Path | str) -> Path:
    """Write ``attestation.html`` beside the ``attestation.json`` that stands in a folder, 0600.

    Parameters
    ----------
    attestation : Attestation
    out : path-like

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    folder = Path(out)
    take_back(folder, Path(PAGE).with_suffix(".pdf").name)
    digest = hashlib.sha256((folder / ATTESTATION).read_bytes()).hexdigest()
    return write_text(folder / PAGE, attestation_page(attestation, digest))
