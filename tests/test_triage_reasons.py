"""Every reason against a file is shown: whoever waives one must see the others."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from inputs_making import image_dataset, save

from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, of_volumes, words_of, worst
from reid_audit.triage.dicom_words import told_by_dicom
from reid_audit.triage.identifiers import tree_labels
from reid_audit.triage.task import TriageTask, triage_files

LABELS = tree_labels("sub-Ab1/x")


def test_reasons_are_joined_each_once_the_worst_first() -> None:
    told = worst(
        [
            nothing("small", "too small"),
            cannot_tell("slices", "a slab"),
            Told("unaudited", "size: large"),
            cannot_tell("name", "may name"),
            cannot_tell("slices", "a slab"),
        ]
    )
    assert told == Told("unaudited", "size: large | slices: a slab | name: may name")
    assert worst([told, told]) == told
    assert words_of(told.why) == ("size", "slices", "name")
    assert worst([told, gives_away("face", "a face")]).answer == "face"
    assert worst([nothing("a", "b"), nothing("c", "d")]).why == "a: b"


def test_of_volumes_without_a_face_one_with_a_head_counts() -> None:
    bare = [nothing("empty", "one value"), nothing("no head", "too small"), nothing("no face", "skin gone")]
    assert of_volumes(bare).why == "no face: skin gone"
    assert of_volumes(bare[:2]).why == "empty: one value"
    assert of_volumes([*bare, cannot_tell("ears", "they stand")]).answer == "cannot tell"


@pytest.mark.parametrize(("levels", "kind"), [(2, "mask"), (100, "mask"), (2000, "scan")])
def test_what_is_called_a_mask_and_holds_grey_values_is_a_scan(tmp_path, levels, kind) -> None:
    values = np.random.default_rng(0).integers(0, levels, (24, 24, 24)).astype(np.int16)
    path = tmp_path / "sub-01_acq-label_T1w.nii.gz"
    nib.save(nib.Nifti1Image(values, np.diag([4.0, 4.0, 4.0, 1.0])), path)
    task = TriageTask(((str(path), path.name),), "mask", "", "dlib-large", "dlib", None)
    assert triage_files(task)[0].kind == kind


def test_a_name_is_never_among_the_reasons_that_do_not_fit() -> None:
    many = [cannot_tell("shades", f"{number} {'x' * 300}") for number in range(50)]
    told = worst([*many, cannot_tell("name", "may name a person")])
    assert "name: may name a person" in told.why
    assert told.why.endswith("further reasons")
    assert len(told.why) < 2000
    assert worst([worst(many[:20]), worst(many[20:])]).why.startswith("shades: 0 ")


def answer(path):
    return triage_files(TriageTask(((str(path), path.name),), "scan", "", "dlib-large", "dlib", None))[0]


def test_a_name_beside_slices_is_shown(tmp_path) -> None:
    image = nib.Nifti1Image(np.arange(64 * 64 * 4, dtype=np.int16).reshape(64, 64, 4), np.diag([4.0, 4.0, 4.0, 1.0]))
    image.header["descrip"] = b"Patient name: Anna Schmidt"
    nib.save(image, tmp_path / "a_T1w.nii.gz")
    told = answer(tmp_path / "a_T1w.nii.gz")
    assert told.answer == "cannot tell"
    assert "slices: " in told.why
    assert "name: " in told.why
    assert "Schmidt" not in told.why


def test_bytes_behind_slices_are_told(tmp_path) -> None:
    image = nib.Nifti1Image(np.arange(64 * 64 * 4, dtype=np.int16).reshape(64, 64, 4), np.diag([4.0, 4.0, 4.0, 1.0]))
    (tmp_path / "a_T1w.nii").write_bytes(image.to_bytes() + b"a face" * 100)
    assert "rest: " in answer(tmp_path / "a_T1w.nii").why


def dicom(tmp_path, change):
    dataset = image_dataset(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), np.eye(4), 0)
    dataset.PatientName = dataset.PatientID = "Ab1"
    change(dataset)
    save(dataset, tmp_path / "x.dcm")
    return told_by_dicom(tmp_path / "x.dcm", LABELS)


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("StudyDescription", "Schmidt^Anna 12.03.1970", "cannot tell"),
        ("StudyDescription", "Schmidt, Anna", "cannot tell"),
        ("StudyDescription", "geb. 12.03.1970", "face"),
        ("StudyDescription", "Investigators^Faces", "none"),
        ("StudyDescription", "CLINICAL^HEAD", "none"),
        ("StudyDescription", "MRT Kopf nativ", "none"),
        ("StudyID", "Anna Schmidt", "cannot tell"),
        ("StudyID", "20190312-77", "cannot tell"),
        ("StudyID", "1", "none"),
        ("StudyID", "", "none"),
        ("AccessionNumber", "SCHMIDT ANNA", "cannot tell"),
        ("AccessionNumber", "55512345", "cannot tell"),
        ("AccessionNumber", "", "none"),
        ("SeriesDescription", "T1 MPRAGE Siemens", "none"),
        ("PatientID", "SCHMIDT_ANNA_19700312", "cannot tell"),
    ],
)
def test_attributes_into_which_names_are_typed(tmp_path, field, value, answer) -> None:
    told = dicom(tmp_path, lambda dataset: setattr(dataset, field, value))
    assert told.answer == answer
    assert "chmidt" not in told.why


def changed(tmp_path, change):
    """Write DICOM, and change it through its file meta or its preamble."""
    import pydicom

    dicom(tmp_path, lambda _: None)
    dataset = pydicom.dcmread(tmp_path / "x.dcm")
    change(dataset)
    dataset.save_as(tmp_path / "x.dcm")
    return told_by_dicom(tmp_path / "x.dcm", LABELS)


def private(dataset) -> None:
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.3"
    dataset.file_meta.PrivateInformation = b"Schmidt^Anna 12.03.1970\0"


def born(dataset) -> None:
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.3"
    dataset.file_meta.PrivateInformation = b"geb. 12.03.1970\0"


def preamble(text):
    return lambda dataset: setattr(dataset, "preamble", text.ljust(128, b"\0"))


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda _: None, "none"),
        (private, "cannot tell"),
        (born, "face"),
        (preamble(b"PatientName: Schmidt^Anna"), "face"),
        (preamble(b"II*\0"), "cannot tell"),
        (preamble(b""), "none"),
    ],
)
def test_what_stands_before_the_attributes_is_asked(tmp_path, change, answer) -> None:
    assert changed(tmp_path, change).answer == answer
