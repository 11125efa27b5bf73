"""Whom a gallery may be padded with: people of whom the cohort knows nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from reid_audit.errors import ManifestError
from reid_audit.inputs import as_distractors, read_distractors
from reid_audit.types import Cohort

COLUMNS = ["subject", "session", "condition", "modality", "path", "age", "sex", "site", "sample"]


def cohort_of(people, folder="/a", photos=""):
    rows = [(who, "", "zero", "T1w", f"{folder}/{who}.nii", 40.0, "F", "", f"sub-{who}_T1w_zero") for who in people]
    pictures = [(who, f"{folder}/{who}.jpg", f"sub-{who}_photo-1") for who in photos]
    return Cohort(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(pictures, columns=["subject", "path", "sample"]))


def test_distractors_are_scans_with_names_of_their_own():
    found = as_distractors(cohort_of("xyz", "/b", photos="x"), cohort_of("ab"))
    assert found.scans["sample"].tolist() == [f"distractor_sub-{who}_T1w_zero" for who in "xyz"]
    assert found.subjects == ("x", "y", "z")
    assert len(found.photos) == 0


@pytest.mark.parametrize(("people", "photos"), [("ab", ""), ("b", "a")])
def test_people_with_scans_or_photographs_are_refused_without_naming_them(people, photos):
    with pytest.raises(ManifestError) as refused:
        as_distractors(cohort_of("axq", "/b"), cohort_of(people, photos=photos))
    assert "1 subject label of the distractors is in the cohort" in str(refused.value)
    assert "'a'" not in str(refused.value)


def test_a_scan_of_the_cohort_under_another_label_is_refused():
    others = cohort_of("xy", "/b")
    same = others.scans.assign(path=["/a/a.nii", "/b/y.nii"])
    with pytest.raises(ManifestError, match="1 of the 2 scans of the distractors is in the cohort"):
        as_distractors(Cohort(same, others.photos), cohort_of("ab"))


def test_nobody_is_no_distractor():
    with pytest.raises(ManifestError, match="no scan among the distractors"):
        as_distractors(cohort_of(""), cohort_of("ab"))


def test_distractors_are_read_from_a_manifest(tmp_path):
    for who in ("x", "y"):
        (tmp_path / f"{who}.nii.gz").touch()
    (tmp_path / "scans.csv").write_text("subject,condition,modality,path\nx,zero,T1w,x.nii.gz\ny,zero,,y.nii.gz\n")
    found, failures = read_distractors(tmp_path / "scans.csv", cohort_of("ab"))
    assert not failures
    assert found.scans[["subject", "condition", "modality"]].to_numpy().tolist() == [
        ["x", "zero", "T1w"],
        ["y", "zero", "unknown"],
    ]
    (tmp_path / "x.nii.gz").unlink()
    (tmp_path / "y.nii.gz").unlink()
    with pytest.raises(ManifestError, match="None of the 2 scans exists"):
        read_distractors(tmp_path / "scans.csv", cohort_of("ab"))
