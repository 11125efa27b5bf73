"""What is not audited is named, file by file and folder by folder, to whoever holds the data."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from report_samples import findings
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.inputs import read_cohort
from reid_audit.report import write_report

ANAT = "sub-01/anat"
SKIPPED = {
    f"{ANAT}/sub-01_mod-T1w_defacemask.nii.gz": "no head scan by its place or name",
    f"{ANAT}/sub-01_part-phase_T2w.nii.gz": "phase, real or imaginary part",
    "derivatives/prep/sub-01/anat/sub-01_T1w.nii.gz": "where no scan to audit is expected",
    "derivatives/prep/sub-01/anat/sub-01_space-MNI_T1w.nii.gz": "in the space of a template",
    "derivatives/truth/": "a folder 'truth'",
    "sub-01/func/": "a folder 'func'",
    ".git/": "a hidden folder",
}


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "people"
    files = [name for name in SKIPPED if not name.endswith("/")]
    files += [f"{ANAT}/sub-01_T1w.nii.gz", "derivatives/truth/x.nii.gz", "sub-01/func/x.nii.gz", ".git/x"]
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    (root / "dataset_description.json").write_text(json.dumps({"Name": "x", "BIDSVersion": "1.10.0"}))
    return root


def validate(*words: object) -> str:
    return CliRunner().invoke(app, ["validate", *map(str, words)], env={"COLUMNS": "200", "TERM": "dumb"}).output


def test_every_image_and_folder_that_is_left_out_is_kept_with_why(tree) -> None:
    cohort, _ = read_cohort(tree)
    told = {path.removeprefix(f"{tree}/"): why for path, why in cohort.skipped}
    assert set(told) == set(SKIPPED)
    assert {name: told[name] for name, why in SKIPPED.items() if not told[name].startswith(why)} == {}
    assert "1 image skipped: phase, real or imaginary part" in cohort.notes
    assert not any("sub-01" in note for note in cohort.notes)


def test_validate_names_them_by_reason(tree) -> None:
    said = validate(tree)
    for name, why in SKIPPED.items():
        assert f"\n  {name}\n" in said
        assert f"Skipped, {why}" in said


def test_validate_shows_the_first_of_many_and_all_where_asked(tree) -> None:
    for number in range(30):
        (tree / ANAT / f"sub-01_run-{number}_mask.nii.gz").write_bytes(b"")
    said, more = validate(tree), validate(tree, "--verbose")
    assert "Skipped, no head scan by its place or name (31):" in said
    assert "  and 26 more (--verbose names all)" in said
    assert sum("_mask.nii.gz" in line for line in more.splitlines()) == 30


def test_names_that_move_the_cursor_are_escaped(tree) -> None:
    (tree / ANAT / "sub-01_run-1\x1b[2J\u202e_mask.nii.gz").write_bytes(b"")
    said = validate(tree)
    assert "sub-01_run-1(U+001B)[2J(U+202E)_mask.nii.gz" in said
    assert not set(said) & {"\x1b", "\u202e"}


def test_a_release_beside_its_originals_names_what_lies_in_its_sourcedata(tree, tmp_path) -> None:
    release = tmp_path / "release"
    leak = release / "sourcedata/pre-deface/sub-01/anat/sub-01_T1w.nii.gz"
    for path in (leak, release / "sub-01/anat/sub-01_T1w.nii.gz"):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
    said = validate(release, "--originals", tree)
    assert "Skipped, in the sourcedata of the release: it should not be released (1):\n  sourcedata/pre-deface" in said
    assert "  originals: sub-01/func/\n" in said


def test_the_list_is_private_and_no_shared_file_holds_it(tmp_path) -> None:
    made = findings(phantom=False)
    skipped = (("/data/clinic/sub-Zebra1/x.nii.gz", "a hidden folder"),)
    write_report(findings(phantom=False, cohort=replace(made.cohort, skipped=skipped)), tmp_path)
    assert pd.read_csv(tmp_path / "private" / "skipped.csv")["path"].tolist() == [skipped[0][0]]
    shared = [file for file in tmp_path.rglob("*") if file.is_file() and "private" not in file.parts]
    assert not [file.name for file in shared if b"Zebra1" in file.read_bytes()]
