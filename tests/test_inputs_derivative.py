"""Names, sidecars and descriptions of a defaced data set."""

from __future__ import annotations

import pytest

from reid_audit.inputs.bids import read_bids
from reid_audit.inputs.derivative import dataset_description, mask_sidecar, output_names, scan_sidecar
from reid_audit.inputs.names import parse_image_name
from reid_audit.inputs.sidecars import defacing_named
from reid_audit.types import ModelSpec

SPEC = ModelSpec("pydeface", "2.1.0", "MIT")


@pytest.mark.parametrize(
    ("file", "modality", "image", "mask"),
    [
        ("sub-01_T1w.nii.gz", "T1w", "sub-01/anat/sub-01_desc-defaced_T1w.nii.gz", "sub-01_mod-T1w_desc-defaced"),
        (
            "sub-01_ses-a_acq-x_run-2_echo-1_T2w.nii",
            "T2w",
            "sub-01/ses-a/anat/sub-01_ses-a_acq-x_run-2_echo-1_desc-defaced_T2w.nii",
            "sub-01_ses-a_acq-x_run-2_mod-T2w_echo-1_desc-defaced",
        ),
        ("sub-01_ct.nii.gz", "CT", "sub-01/ct/sub-01_desc-defaced_ct.nii.gz", "sub-01_mod-ct_desc-defaced"),
        ("sub-01_pet.nii.gz", "pet", "sub-01/pet/sub-01_desc-defaced_pet.nii.gz", "sub-01_mod-pet_desc-defaced"),
    ],
)
def test_names_follow_those_of_the_scan(file, modality, image, mask):
    names = output_names(file, modality=modality)
    assert names.image == image
    assert names.mask == f"{image.rpartition('/')[0]}/{mask}_defacemask.nii.gz"
    assert names.all[1] == image.removesuffix(".gz").removesuffix(".nii") + ".json"
    assert parse_image_name(image.rpartition("/")[2]).variant == "defaced"


def test_names_of_scans_that_are_not_of_bids():
    loose = output_names("My head (1).mgz", modality="", flat=True)
    assert (loose.image, loose.mask) == ("My-head-1_defaced.nii.gz", "My-head-1_defacemask.nii.gz")
    listed = output_names("head.mha", modality="FLAIR", subject="a_b", session="day 1", extra="2")
    assert listed.image == "sub-ab/ses-day1/anat/sub-ab_ses-day1_acq-2_desc-defaced_FLAIR.nii.gz"
    assert output_names("x.mha", modality="unknown", subject="1").image == (
        "sub-1/anat/sub-1_desc-defaced_unknown.nii.gz"
    )


def test_a_sidecar_adds_the_method_to_those_before_and_keeps_only_physics():
    source = {
        "EchoTime": 0.003,
        "PatientName": "Doe^Jane",
        "AcquisitionDateTime": "2001",
        "InstitutionName": "x",
        "DeidentificationMethod": ["header cleaned"],
        "DeidentificationMethodCodeSequence": [{"CodeValue": "113100", "CodingSchemeDesignator": "DCM"}],
    }
    made = scan_sidecar(source, SPEC, skull_stripped=False)
    assert set(made) == {
        "EchoTime",
        "SkullStripped",
        "DeidentificationMethod",
        "DeidentificationMethodCodeSequence",
    }
    assert made["SkullStripped"] is False
    assert made["DeidentificationMethod"] == ["header cleaned", "defaced by pydeface 2.1.0"]
    assert [code["CodeValue"] for code in made["DeidentificationMethodCodeSequence"]] == ["113100", "113102"]
    again = scan_sidecar(made, SPEC, skull_stripped=True)
    assert [code["CodeValue"] for code in again["DeidentificationMethodCodeSequence"]] == ["113100", "113102"]
    assert again["SkullStripped"] is True


@pytest.mark.parametrize("text", ["cleaned", ["cleaned"], None, ""])
def test_a_method_before_may_be_a_text_or_a_list(text):
    made = scan_sidecar({"DeidentificationMethod": text}, SPEC, skull_stripped=False)
    assert made["DeidentificationMethod"][-1] == "defaced by pydeface 2.1.0"
    assert len(made["DeidentificationMethod"]) == (2 if text else 1)


@pytest.mark.parametrize("name", ["afni-reface-plus", "afni-deface", "pydeface", "pydeface-sitk", "synthstrip"])
def test_what_is_written_is_read_again_as_that_defacer(name):
    made = scan_sidecar({}, ModelSpec(name, "1", "MIT"), skull_stripped=False)
    assert defacing_named(made) == name


def test_a_mask_says_what_its_numbers_mean():
    made = mask_sidecar(SPEC, skull_stripped=False)
    assert made["SkullStripped"] is False
    assert "1 altered" in made["Description"]


def test_the_description_names_the_defacer_first_and_phantoms_stay_phantoms(tmp_path):
    import json

    from reid_audit.inputs.description import read_description

    for phantom in (False, True):
        description = dataset_description("trial", SPEC, phantom=phantom)
        (tmp_path / "dataset_description.json").write_text(json.dumps(description))
        known = read_description(tmp_path)
        assert known.derivative
        assert known.phantom is phantom
        assert known.generators[:2] == ("pydeface", "reid_audit")
    (tmp_path / "sub-1" / "anat").mkdir(parents=True)
    (tmp_path / "sub-1" / "anat" / "sub-1_desc-defaced_T1w.nii.gz").write_bytes(b"x")
    (tmp_path / "sub-1" / "anat" / "sub-1_mod-T1w_desc-defaced_defacemask.nii.gz").write_bytes(b"x")
    (row,) = read_bids(tmp_path).scans
    assert (row.subject, row.condition, row.modality) == ("1", "pydeface", "T1w")
