"""The command ``reid-audit pdf``, its arguments and its help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

__all__ = ["pdf"]


def pdf(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a finished run.")],
) -> None:
    """Print OUT/report.html, and OUT/attestation.html where the gate has run, as PDF beside them.

    By a local Chromium, without a window and without a network.
    """
    from reid_audit.errors import UsageError
    from reid_audit.report.pdf import print_pdf
    from reid_audit.store import alone_in

    report, attestation = out / "report.html", out / "attestation.html"
    if not report.is_file():
        raise UsageError(f"There is no finished report in '{out}'.", remedy="Name the OUT of a finished run.")
    with alone_in(out):
        for page in (report, *([attestation] if attestation.is_file() else [])):
            typer.echo(f"PDF: {print_pdf(page, page.with_suffix('.pdf'))}")
