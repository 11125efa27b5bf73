"""Everything of an OUT that is handed on: no original identifier in it, and no picture of a head."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report_samples import LABELS, findings
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.gating import begin_evidence, write_evidence
from reid_audit.report import write_report
from reid_audit.triage import TriagedFile, write_triage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORIGINALS = [*LABELS, "clinic", "20190312", "Northgate"]
"""Labels, folder, session and photographs of the originals; the release has names of its own."""

PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"WEBP")
_DATA = re.compile(rb"data:([a-z/+]+);base64,\s*([A-Za-z0-9+/=]+)")
CELLS = 81
"""Cells of a heat map of the made-up audit: the only picture of pixels that may be there."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run on real people leaves, with contact sheets given in spite of all, a triage, and an attestation."""
    folder = tmp_path_factory.mktemp("out")
    began = begin_evidence(folder)
    sheet = (np.add.outer(np.arange(60), np.arange(90)) * 7 % 251).astype(np.uint8)
    known = findings(phantom=False, pictures={"original": sheet})
    files = [
        TriagedFile(f"sub-R{number:02d}/anat/sub-R{number:02d}_T1w.nii.gz", f"{number:064x}", "scan", "none", "no face")
        for number in range(16)
    ]
    leak = TriagedFile("sourcedata/x.nii.gz", "ab" * 32, "scan", "face", "face: all")
    write_triage(folder, [*files, leak], complete=True)
    write_report(known, folder)
    write_evidence(known, folder, began)
    runner = CliRunner()
    done = runner.invoke(app, ["gate", str(folder), "--controller", "University"], env={"COLUMNS": "200"})
    assert done.exit_code == 3, done.output
    return folder


def shared(out: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files that are handed on, tables as text too, and whatever is embedded in them."""
    for path in sorted(out.rglob("*")):
        if not path.is_file() or "private" in path.relative_to(out).parts:
            continue
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".parquet":
            yield path.name, pd.read_parquet(path).to_csv().encode()
        for kind, held in embedded(content):
            yield f"{path.name}, embedded {kind}", held


def embedded(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a file carries in itself, and what that carries."""
    for kind, packed in _DATA.findall(content):
        held = base64.b64decode(packed)
        yield kind.decode(), held
        yield from embedded(held)


def test_report_json_and_attestation_are_there(out: Path) -> None:
    names = {name for name, _ in shared(out)}
    assert {"report.html", "report.json", "report.tex", "report.bib", "attestation.json", "attestation.html"} <= names
    assert "report.html, embedded image/svg+xml" in names


def test_none_of_the_original_ids_is_in_any(out: Path) -> None:
    attackers = (b"photo-nearest", b"photo-set")
    for name, content in shared(out):
        for attacker in attackers:
            content = content.replace(attacker, b"")  # noqa: PLW2901 - words of ours that hold one of theirs
        assert not [secret for secret in ORIGINALS if secret.encode() in content], name


def test_no_picture_of_a_head_is_in_any(out: Path) -> None:
    seen = 0
    for name, content in shared(out):
        if content.startswith(PICTURES):
            assert name == "report.html, embedded image/png", name
            with Image.open(io.BytesIO(content)) as picture:
                pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
            assert len(np.unique(pixels, axis=0)) <= CELLS, "more shades than a heat map has cells"
            seen += 1
    assert seen == 3  # the heat maps of three conditions


def test_the_attestation_names_the_released_files_and_no_pseudonym(out: Path) -> None:
    text = (out / "attestation.json").read_text()
    assert "sub-R07/anat/sub-R07_T1w.nii.gz" in text
    assert not re.search(r'"P\d{3}"', text)
