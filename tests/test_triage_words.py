"""Headers, tables and texts that name somebody, and those that only look like it."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from reid_audit.triage.headers import (
    told_by_dicom,
    told_by_json,
    told_by_scan_header,
    told_by_table,
    told_by_text,
)
from reid_audit.triage.identifiers import fields_that_tell, json_fields, tells, text_fields, tree_labels
from reid_audit.triage.pages import embedded_pictures

LABELS = tree_labels("sub-Ab1/ses-02/anat/sub-Ab1_ses-02_T1w.json")


def written(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("PatientName", "Rossi^Ada"),
        ("Patient's Name", "A. Rossi"),
        ("patient_name", "Rossi"),
        ("PatientBirthDate", "19610704"),
        ("date_of_birth", "4 July 1961, 07/04/61"),
        ("00100010", "Rossi^Ada"),
        ("email", "ada@example.org"),
        ("PatientName", "sub-Ab1 Rossi"),
    ],
)
def test_a_value_tells(field, value) -> None:
    assert fields_that_tell([(field, value)], LABELS)[0] == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("PatientName", ""),
        ("PatientName", "^^^^"),
        ("PatientName", "ANONYMOUS"),
        ("PatientName", "anon^patient"),
        ("PatientName", "XXXX"),
        ("PatientName", "sub-Ab1"),
        ("PatientName", "AB1"),
        ("PatientBirthDate", "00000000"),
        ("PatientBirthDate", "19000101"),
        ("PatientBirthDate", "1961"),
        ("PatientID", "sub-Ab1"),
        ("Name", "A data set"),
        ("SeriesDescription", "Rossi"),
    ],
)
def test_a_value_tells_nothing(field, value) -> None:
    assert fields_that_tell([(field, value)], LABELS) == ([], [])


def test_a_number_of_a_hospital_is_no_name() -> None:
    assert fields_that_tell([("PatientID", "884412")], LABELS) == ([], ["PatientID"])
    assert tells("PatientID", "884412", tree_labels("sub-884412/x")) is False


@pytest.mark.parametrize(
    "content",
    [
        {"PatientName": "Rossi^Ada"},
        {"global": {"const": {"PatientBirthDate": "19610704"}}},
        [{"x": 1}, {"patient_name": ["Rossi"]}],
        {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Rossi^Ada"}]}},
    ],
)
def test_a_document_that_names_somebody_gives_them_away(tmp_path, content) -> None:
    told = told_by_json(written(tmp_path, "x.json", json.dumps(content)), LABELS)
    assert told.answer == "face"
    assert told.why.startswith("name: ")
    assert "Rossi" not in told.why
    assert "1961" not in told.why


def test_a_dictionary_of_columns_describes_and_names_nobody(tmp_path) -> None:
    text = json.dumps({"birthdate": {"Description": "Removed before release"}, "Name": "Ada's study"})
    assert told_by_json(written(tmp_path, "participants.json", text), LABELS).answer == "none"


def test_deep_documents_end() -> None:
    value: dict[str, object] = {"PatientName": "Rossi"}
    for _ in range(500):
        value = {"x": value}
    assert json_fields(value) == []


def test_a_damaged_document_was_not_audited_and_still_gives_away_what_it_says(tmp_path) -> None:
    assert told_by_json(written(tmp_path, "x.json", '{"a": '), LABELS).answer == "unaudited"
    assert told_by_json(written(tmp_path, "y.json", '{"PatientName": "Rossi^Ada", '), LABELS).answer == "face"


def test_tables(tmp_path) -> None:
    bad = "participant_id\tdate_of_birth\nsub-01\tn/a\nsub-02\t1961-07-04\n"
    assert told_by_table(written(tmp_path, "a.tsv", bad), LABELS).answer == "face"
    good = "participant_id\tage\tname\tdate_of_birth\nsub-01\t34\tx\tn/a\n"
    assert told_by_table(written(tmp_path, "b.tsv", good), LABELS).answer == "none"
    assert told_by_table(written(tmp_path, "c.csv", "surname,age\nRossi,3\n"), LABELS).answer == "face"
    (tmp_path / "d.tsv.gz").write_bytes(gzip.compress(bad.encode()))
    assert told_by_table(tmp_path / "d.tsv.gz", LABELS).answer == "face"
    (tmp_path / "e.tsv.gz").write_bytes(gzip.compress(bad.encode())[:30])
    assert told_by_table(tmp_path / "e.tsv.gz", LABELS).answer == "unaudited"


def test_text_across_blocks(tmp_path) -> None:
    filler = "lorem ipsum\n" * 100_000
    told = told_by_text(written(tmp_path, "log.txt", f"{filler}Patient's Name: Rossi^Ada\n{filler}"), LABELS)
    assert told.answer == "face"
    assert told_by_text(written(tmp_path, "README", "What a patient name is: see DICOM."), LABELS).answer == "none"
    script = "patient_name = table[0]\n"
    assert told_by_text(written(tmp_path, "x.py", script), LABELS).answer == "cannot tell"
    assert told_by_text(written(tmp_path, "x.txt", filler), LABELS).answer == "none"
    assert text_fields("(0010,0030) DA [19610704]  # 8") == [("0010,0030", "19610704")]
    assert text_fields("(0010, 0010) Patient's Name  PN: 'Rossi^Ada'") == [("Patient's Name", "Rossi^Ada")]


def test_blanks_without_end_take_no_time() -> None:
    assert text_fields("patient name" + " " * 200_000 + "x") == []
    assert list(embedded_pictures('"image/png"' + ":" + " " * 200_000)) == []


def test_a_pointer_without_content_was_not_audited(tmp_path) -> None:
    told = told_by_text(written(tmp_path, "scan", "/annex/objects/MD5E-s1--abc.nii.gz\n"), LABELS)
    assert told.answer == "unaudited"
    assert told.why.startswith("absent: ")


def test_dicom_headers(tmp_path) -> None:
    from inputs_making import image_dataset, save

    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    plane = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    dataset = image_dataset(plane, affine, 0)
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Ab1", "Ab1", ""
    save(dataset, tmp_path / "a.dcm")
    assert told_by_dicom(tmp_path / "a.dcm", LABELS).answer == "none"
    dataset.PatientID = "884412"
    save(dataset, tmp_path / "b.dcm")
    assert told_by_dicom(tmp_path / "b.dcm", LABELS).answer == "cannot tell"
    dataset.PatientBirthDate = "19610704"
    save(dataset, tmp_path / "c.dcm")
    told = told_by_dicom(tmp_path / "c.dcm", LABELS)
    assert (told.answer, told.why[:5]) == ("face", "name:")


def test_nifti_headers(tmp_path) -> None:
    import nibabel as nib

    def image(**fields):
        made = nib.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4))
        for name, value in fields.items():
            made.header[name] = value
        return made

    def told(made):
        nib.save(made, tmp_path / "x.nii.gz")
        return told_by_scan_header(tmp_path / "x.nii.gz", LABELS)

    assert told(image(descrip=b"TE=2.9;Time=120301.1")).answer == "none"
    assert told(image(db_name=b"ROSSI^ADA")).answer == "face"
    commented = image()
    commented.header.extensions.append(nib.nifti1.Nifti1Extension(6, b'{"PatientName": "Rossi^Ada"}'))
    assert told(commented).answer == "face"
