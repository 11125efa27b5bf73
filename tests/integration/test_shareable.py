"""Everything of an OUT that is handed on: no original identifier in it, and no picture of a head."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report_samples import LABELS, findings
from typer.testing import CliRunner

from benchmarks.shareable import pictures, shared, telling
from reid_audit.cli.app import app
from reid_audit.gating import begin_evidence, write_evidence
from reid_audit.report import write_report
from reid_audit.triage import TriagedFile, write_triage

if TYPE_CHECKING:
    from pathlib import Path

ORIGINALS = [*LABELS, "clinic", "20190312", "Northgate"]
"""Labels, folder, session and photographs of the originals; the release has names of its own."""

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
    (folder / "attestation.pdf").write_bytes(b"%PDF- of an earlier verdict")
    done = runner.invoke(app, ["gate", str(folder), "--controller", "University"], env={"COLUMNS": "200"})
    assert done.exit_code == 3, done.output
    return folder


def test_report_json_and_attestation_are_there(out: Path) -> None:
    names = {name for name, _ in shared(out)}
    assert {"report.html", "report.json", "report.tex", "report.bib", "attestation.json", "attestation.html"} <= names
    assert "report.html, embedded image/svg+xml" in names


def test_report_and_attestation_lead_to_each_other_and_no_stale_paper_lies_beside_them(out: Path) -> None:
    assert '<a href="attestation.html">' in (out / "report.html").read_text()
    assert '<a href="report.html">' in (out / "attestation.html").read_text()
    assert not (out / "attestation.pdf").exists()


def test_none_of_the_original_ids_is_in_any(out: Path) -> None:
    ours = ("photo-nearest", "photo-set")  # words of ours that hold one of theirs
    assert telling(shared(out), ORIGINALS, ours) == []


def test_a_label_that_stands_anywhere_is_found(out: Path, tmp_path: Path) -> None:
    for name in ("report.html", "tables/results.parquet"):
        (tmp_path / "tables").mkdir(exist_ok=True)
        shutil.copy(out / name, tmp_path / name)
    pd.DataFrame({"note": [f"of {LABELS[0]}"]}).to_parquet(tmp_path / "tables" / "results.parquet")
    assert set(telling(shared(tmp_path), ORIGINALS)) == {"results.parquet"}


def test_no_picture_of_a_head_is_in_any(out: Path) -> None:
    found = pictures(shared(out))
    assert {name for name, _ in found} == {"report.html, embedded image/png"}
    assert len(found) == 3  # the heat maps of three conditions
    assert max(shades for _, shades in found) <= CELLS, "more shades than a heat map has cells"


def test_a_picture_of_a_head_would_be_found(tmp_path: Path) -> None:
    shades = np.add.outer(np.arange(60), np.arange(90)).astype(np.uint8)
    Image.fromarray(shades).save(tmp_path / "head.png")
    assert pictures(shared(tmp_path)) == [("head.png", 149)]


def test_the_attestation_names_the_released_files_and_no_pseudonym(out: Path) -> None:
    text = (out / "attestation.json").read_text()
    assert "sub-R07/anat/sub-R07_T1w.nii.gz" in text
    assert not re.search(r'"P\d{3}"', text)
