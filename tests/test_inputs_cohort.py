"""Cohorts from BIDS trees: which scan is whose, and what was done to it."""

from __future__ import annotations

import json
import os

import numpy as np
import pandas as pd
import pytest
from inputs_making import marked, oblique

from reid_audit.errors import ManifestError
from reid_audit.inputs import draft_manifest, read_cohort, write_volume
from reid_audit.inputs.cohort import SCAN_COLUMNS
from reid_audit.inputs.walk import walk_files
from reid_audit.types import Volume


def touch(root, *names, content=b"x"):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def describe(root, **fields):
    touch(
        root,
        "dataset_description.json",
        content=json.dumps({"Name": "Test", "BIDSVersion": "1.9.0", **fields}).encode(),
    )


def sidecar(root, name, **fields):
    touch(root, name, content=json.dumps(fields).encode())


def conditions(root):
    cohort, failures = read_cohort(root)
    assert failures == ()
    return dict(zip(cohort.scans["sample"], cohort.scans["condition"], strict=True))


@pytest.fixture
def raw(tmp_path):
    describe(tmp_path)
    touch(
        tmp_path,
        "sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz",
        "sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w.nii.gz",
        "sub-01/ses-2/anat/sub-01_ses-2_FLAIR.nii",
        "sub-02/anat/sub-02_T2w.nii.gz",
        "sub-02/ct/sub-02_ct.nii.gz",
        "sub-02/pet/sub-02_trc-fdg_pet.nii.gz",
        "sub-02/anat/sub-02_T2w.json",
        "sub-02/func/sub-02_task-rest_bold.nii.gz",
        "sub-02/anat/sub-02_part-phase_T2w.nii.gz",
        "sub-02/anat/sub-02_echo-1_MEGRE.nii.gz",
        "sub-02/anat/sub-02_echo-2_MEGRE.nii.gz",
        "sub-02/anat/sub-02_mod-T1w_defacemask.nii.gz",
    )
    (tmp_path / "sub-02/anat/sub-02_T2w.json").write_text("{}")
    return tmp_path


def test_raw_tree(raw):
    table = "participant_id\tage\tsex\tsite\nsub-01\t89+\tfemale\tA\nsub-02\t34\tM\tn/a\n"
    (raw / "participants.tsv").write_text(table)
    cohort, failures = read_cohort(raw)
    assert failures == ()
    assert tuple(cohort.scans.columns) == SCAN_COLUMNS
    assert cohort.scans["sample"].tolist() == [
        "sub-01_ses-1_T1w_original",
        "sub-01_ses-1_run-2_T1w_original",
        "sub-01_ses-2_FLAIR_original",
        "sub-02_T2w_original",
        "sub-02_echo-1_MEGRE_original",
        "sub-02_CT_original",
        "sub-02_trc-fdg_pet_original",
    ]
    assert cohort.subjects == ("01", "02")
    assert cohort.scans["age"].tolist() == [89.0] * 3 + [34.0] * 4
    assert cohort.scans["sex"].tolist() == ["F"] * 3 + ["M"] * 4
    assert cohort.scans["site"].tolist() == ["A"] * 3 + [""] * 4
    assert all(os.path.isabs(path) for path in cohort.scans["path"])  # noqa: PTH117
    assert not cohort.phantom
    assert cohort.name == "Test"
    assert len(cohort.photos) == 0
    assert list(cohort.photos.columns) == ["subject", "path", "sample"]


def test_sample_ids_do_not_depend_on_other_scans(raw):
    before = set(read_cohort(raw)[0].scans["sample"])
    touch(raw, "sub-00/anat/sub-00_T1w.nii.gz", "sub-01/ses-1/anat/sub-01_ses-1_run-3_T1w.nii.gz")
    assert before < set(read_cohort(raw)[0].scans["sample"])


def test_a_derivative_must_not_take_the_name_of_photographs(raw):
    touch(raw, "derivatives/photo/sub-01/ses-1/anat/sub-01_ses-1_desc-defaced_T1w.nii.gz")
    with pytest.raises(ManifestError, match="is 'photo'") as caught:
        read_cohort(raw)
    assert "derivatives" in caught.value.remedy


def test_derivatives_are_conditions(raw):
    touch(
        raw,
        "derivatives/pydeface/sub-01/ses-1/anat/sub-01_ses-1_desc-defaced_T1w.nii.gz",
        "derivatives/pydeface/sub-01/ses-1/anat/sub-01_ses-1_mod-T1w_desc-defaced_defacemask.nii.gz",
        "derivatives/afni/sub-01/ses-1/anat/sub-01_ses-1_T1w.deface.nii.gz",
        "derivatives/afni/sub-01/ses-1/anat/sub-01_ses-1_T1w.reface_plus.nii.gz",
        "derivatives/afni/sub-01/ses-1/anat/sub-01_ses-1_T1w.face_plus.nii.gz",
        "derivatives/mri_reface/sub-01/anat/sub-01_ses-1_T1w_deFaced.nii",
        "derivatives/mri_reface/sub-01/anat/sub-01_ses-1_T1w_Warp.nii",
        "derivatives/spm/sub-01/anat/anon_sub-01_ses-1_T1w.nii",
        "derivatives/pydeface_default/sub-01/anat/sub-01_ses-1_T1w_defaced.nii.gz",
        "derivatives/quickshear/sub-02/anat/sub-02_T2w.nii.gz",
        "derivatives/fmriprep/sub-02/anat/sub-02_desc-preproc_T2w.nii.gz",
        "derivatives/fmriprep/sub-02/anat/sub-02_space-MNI152NLin6Asym_T2w.nii.gz",
        "derivatives/other/sub-02/anat/sub-02_T2w.nii.gz",
        "backup/sub-02/anat/sub-02_T2w.nii.gz",
        "derivatives/group/pydeface/sub-02/anat/sub-02_desc-defaced_T2w.nii.gz",
        "derivatives/truth/sub-02/anat/sub-02_desc-face_mask.nii.gz",
        "derivatives/truth/sub-02/anat/sub-02_T2w.nii.gz",
    )
    cohort, _ = read_cohort(raw)
    derived = cohort.scans[cohort.scans["condition"] != "original"]
    assert sorted(derived["sample"]) == sorted(
        [
            "sub-01_ses-1_T1w_pydeface",
            "sub-01_ses-1_T1w_afni-deface",
            "sub-01_ses-1_T1w_afni-reface_plus",
            "sub-01_ses-1_T1w_mri_reface",
            "sub-01_ses-1_T1w_spm",
            "sub-01_ses-1_T1w_pydeface_default",
            "sub-02_T2w_quickshear",
            "sub-02_T2w_group-pydeface",
        ]
    )
    assert any("nothing says that a face was removed" in note for note in cohort.notes)


def test_sidecar_in_a_derivative_names_the_defacing(raw):
    touch(raw, "derivatives/release/sub-02/anat/sub-02_T2w.nii.gz")
    sidecar(raw, "derivatives/release/sub-02/anat/sub-02_T2w.json", DeidentificationMethod="face removed")
    assert conditions(raw)["sub-02_T2w_release"] == "release"


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"DeidentificationMethod": "pydeface 2.0.2"}, "pydeface"),
        ({"DeidentificationMethod": ["Per DICOM PS 3.15", "Defaced"]}, "defaced"),
        ({"DeidentificationMethodCodeSequence": [{"CodeValue": "113102", "CodeMeaning": "x"}]}, "defaced"),
        ({"DeidentificationMethodCodeSequence": [{"CodeValue": 113102}]}, "defaced"),
        ({"DeidentificationMethod": "DICOM", "DeidentificationMethodCodeSequence": [{"CodeValue": "1"}]}, "original"),
        ({"DeidentificationMethod": "anonymized header"}, "original"),
        ({"Manufacturer": "Deface Inc"}, "original"),
    ],
)
@pytest.mark.parametrize("name", ["sub-02/anat/sub-02_T2w.json", "sub-02/sub-02_T2w.json", "T2w.json"])
def test_sidecars_say_what_was_done_to_raw_scans(raw, fields, condition, name):
    (raw / "sub-02/anat/sub-02_T2w.json").unlink()
    sidecar(raw, name, **fields)
    cohort, _ = read_cohort(raw)
    found = cohort.scans[cohort.scans["modality"] == "T2w"]
    assert found["condition"].tolist() == [condition]
    assert set(cohort.scans.loc[cohort.scans["modality"] != "T2w", "condition"]) == {"original"}


def test_the_nearest_sidecar_wins(raw):
    sidecar(raw, "T2w.json", DeidentificationMethod="pydeface")
    sidecar(raw, "sub-02/anat/sub-02_T2w.json", DeidentificationMethod="quickshear")
    assert "sub-02_T2w_quickshear" in conditions(raw)


def test_damaged_sidecar_is_noted(raw):
    (raw / "sub-02/anat/sub-02_T2w.json").write_text("{")
    assert any("not used: 1" in note and "sidecars" in note for note in read_cohort(raw)[0].notes)


@pytest.mark.parametrize(
    "name",
    ["sourcedata/pre-deface/sub-02/anat/sub-02_T2w.nii.gz", "sourcedata/bidsonym/sub-02/sub-02_T2w_no_deid.nii.gz"],
)
def test_originals_in_sourcedata_make_the_raw_scan_defaced(raw, name):
    touch(raw, name, "sourcedata/dicoms/sub-02/anat/sub-02_T1w.nii.gz")
    cohort, _ = read_cohort(raw)
    found = cohort.scans[cohort.scans["modality"] == "T2w"]
    assert {
        "/sourcedata/" in path: condition for path, condition in zip(found["path"], found["condition"], strict=True)
    } == {
        True: "original",
        False: "defaced",
    }
    assert "T1w" not in set(cohort.scans.loc[cohort.scans["subject"] == "02", "modality"])


def test_a_derivative_on_its_own(tmp_path):
    describe(tmp_path, DatasetType="derivative", GeneratedBy=[{"Name": "mri deface"}])
    touch(
        tmp_path,
        "sub-01/anat/sub-01_T1w.nii.gz",
        "sub-02/anat/sub-02_desc-defaced_T1w.nii.gz",
        "sub-02/anat/sub-02_desc-brain_mask.nii.gz",
    )
    cohort, _ = read_cohort(tmp_path)
    assert cohort.scans["condition"].tolist() == ["mri-deface", "mri-deface"]
    assert any("no scan has the condition 'original'" in note for note in cohort.notes)


def test_file_of_another_subject_is_a_failure(raw):
    touch(raw, "sub-02/anat/sub-07_T1w.nii.gz")
    cohort, failures = read_cohort(raw)
    assert "07" not in cohort.subjects
    assert [(failure.stage, failure.subject) for failure in failures] == [("manifest", "02")]


def test_link_without_content_stays_in_the_cohort_and_is_noted(raw):
    (raw / "sub-03/anat").mkdir(parents=True)
    (raw / "sub-03/anat/sub-03_T1w.nii.gz").symlink_to("../../.git/annex/objects/none")
    cohort, failures = read_cohort(raw)
    assert failures == ()
    assert cohort.subjects == ("01", "02", "03")
    assert "sub-03_T1w_original" in set(cohort.scans["sample"])
    (note,) = [note for note in cohort.notes if "do not exist" in note]
    assert "1 of the 8 scans" in note
    assert "git-annex" in note


def test_loops_of_links_and_closed_folders_do_no_harm(raw):
    (raw / "sub-02/anat/loop").symlink_to(raw, target_is_directory=True)
    (raw / "self").symlink_to("self")
    (raw / "sub-05").symlink_to(raw / "sub-02", target_is_directory=True)
    cohort, failures = read_cohort(raw)
    assert failures == ()
    assert cohort.subjects == ("01", "02")
    assert any("reached a second time" in note for note in cohort.notes)


def test_walk_stops_at_its_limit(tmp_path):
    touch(tmp_path, *(f"{index}" for index in range(20)))
    tree = walk_files(tmp_path, max_files=10)
    assert not tree.complete
    assert len(tree.files) == 10


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may enter every folder")
def test_closed_folder_is_noted(raw):
    touch(raw, "sub-09/anat/sub-09_T1w.nii.gz")
    (raw / "sub-09").chmod(0)
    try:
        assert any("could not be entered" in note for note in read_cohort(raw)[0].notes)
    finally:
        (raw / "sub-09").chmod(0o700)


def test_data_set_without_description(tmp_path):
    touch(tmp_path, "sub-01/anat/sub-01_T1w.nii.gz")
    cohort, _ = read_cohort(tmp_path)
    assert any("no dataset_description.json" in note for note in cohort.notes)


def test_phantom_data_set(raw):
    describe(raw, GeneratedBy=[{"Name": "something"}, {"Name": "reid_audit phantom", "Version": "1"}])
    assert read_cohort(raw)[0].phantom
    touch(raw, "photos/sub-01_a.jpg")
    assert read_cohort(raw, raw / "photos")[0].phantom


def test_real_photos_make_a_phantom_cohort_real(tmp_path, raw):
    describe(raw, GeneratedBy=[{"Name": "reid_audit phantom"}])
    outside = tmp_path.parent / "elsewhere"
    touch(outside, "sub-01.jpg")
    cohort, _ = read_cohort(raw, outside)
    assert not cohort.phantom
    assert any("counts as one of real people" in note for note in cohort.notes)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe{\0}\0"])
def test_damaged_description(raw, content):
    (raw / "dataset_description.json").write_bytes(content)
    with pytest.raises(ManifestError, match=r"dataset_description\.json"):
        read_cohort(raw)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"participant_id\tage\nsub-01\told\n", "could not be read"),
        (b"participant_id\tage\nsub-01\t30\nsub-01\t31\n", "twice"),
        (b"subject\tage\nsub-01\t30\n", "participant_id"),
        (b"participant_id\tage\nsub-01\t\xe9\n", "UTF-8"),
        (b"", "empty"),
    ],
)
def test_bad_participants_cost_ages_not_the_audit(raw, content, words):
    (raw / "participants.tsv").write_bytes(content)
    cohort, _ = read_cohort(raw)
    assert len(cohort.scans) == 7
    assert any(words in note for note in cohort.notes)


@pytest.mark.parametrize("make", [lambda root: root, lambda root: root / "nowhere", lambda root: root / "scan.nii"])
def test_what_is_no_cohort(tmp_path, make):
    touch(tmp_path, "scan.nii")
    with pytest.raises(ManifestError) as caught:
        read_cohort(make(tmp_path))
    assert caught.value.remedy


def test_bids_without_scans(tmp_path):
    describe(tmp_path)
    with pytest.raises(ManifestError, match="No head scan"):
        read_cohort(tmp_path)


def test_draft_of_a_bids_tree_reads_back(raw):
    (raw / "participants.tsv").write_text("participant_id\tage\tsex\nsub-01\t89+\tfemale\n")
    draft = draft_manifest(raw)
    assert not draft["path"].str.startswith("/").any()
    draft.to_csv(raw / "manifest.csv", index=False)
    again, failures = read_cohort(raw / "manifest.csv")
    first, _ = read_cohort(raw)
    assert failures == ()
    pd.testing.assert_frame_equal(again.scans, first.scans)


def test_draft_of_any_folder(tmp_path):
    from inputs_making import series_datasets, write_series

    volume = Volume(marked().astype(np.float32), oblique())
    for name in (
        "p01_t1.nii.gz",
        "p01_t1_defaced.nii.gz",
        "p02_flair_early.nii",
        "p02_flair_late.nii",
        "p02_brain_mask.nii",
    ):
        write_volume(volume, tmp_path / name)
    write_series(tmp_path / "p03" / "visit2" / "ct", series_datasets(marked(), oblique(), modality="CT"))
    touch(tmp_path, "p03/readme.txt", "photo.jpg")
    draft = draft_manifest(tmp_path).drop(columns=["age", "sex", "site", "cohort"])
    assert draft.to_numpy().tolist() == [
        ["p01", "", "original", "T1w", "p01_t1.nii.gz"],
        ["p01", "", "defaced", "T1w", "p01_t1_defaced.nii.gz"],
        ["p02", "early", "original", "FLAIR", "p02_flair_early.nii"],
        ["p02", "late", "original", "FLAIR", "p02_flair_late.nii"],
        ["p03", "2", "original", "CT", "p03/visit2/ct"],
    ]
    draft.to_csv(tmp_path / "manifest.csv", index=False)
    cohort, failures = read_cohort(tmp_path / "manifest.csv")
    assert failures == ()
    assert len(cohort.scans) == 5


def test_draft_of_nothing(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ManifestError):
            draft_manifest(place)


@pytest.mark.real
def test_draft_of_the_real_heads(real_data):
    draft = draft_manifest(real_data / "heads").set_index("path")
    assert len(draft) == 8
    assert draft.loc["adult42_t1_defaced_by_owner.nii.gz", "condition"] == "defaced"
    assert draft.loc["adult51_t1_prone.nii.gz", "subject"] == draft.loc["adult51_t1_supine.nii.gz", "subject"]
    assert set(draft["modality"]) == {"T1w", "CT"}


def test_contrast_enhanced_scan_is_another_modality_than_the_plain_one(tmp_path):
    describe(tmp_path)
    touch(tmp_path, "sub-01/anat/sub-01_T1w.nii.gz", "sub-01/anat/sub-01_ce-gadolinium_T1w.nii.gz")
    cohort, failures = read_cohort(tmp_path)
    assert not failures
    assert sorted(cohort.scans["modality"]) == ["T1w", "T1wCE"]
    assert cohort.scans["sample"].is_unique
