"""Headers, tables and texts that name somebody, and those that only look like it."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from reid_audit.triage.dicom_words import told_by_dicom
from reid_audit.triage.embedded import embedded_pictures
from reid_audit.triage.free_text import text_fields
from reid_audit.triage.headers import told_by_scan_header
from reid_audit.triage.identifiers import tells, tree_labels
from reid_audit.triage.json_words import json_records, told_by_json
from reid_audit.triage.records import Found
from reid_audit.triage.tables import told_by_table
from reid_audit.triage.texts import told_by_text

LABELS = tree_labels("sub-Ab1/ses-02/anat/sub-Ab1_ses-02_T1w.json")


def fields_that_tell(fields, labels=()):
    found = Found()
    found.ask(fields, labels=labels)
    return sorted(found.names), sorted(found.numbers)


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
    assert json_records(value) == ([], False)


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


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("a.tsv", "participant_id\tname\nsub-1\tAnna Schmidt\n", "face"),
        ("b.tsv", "participant_id\tname\nsub-1\tanna\n", "cannot tell"),
        ("c.tsv", "participant_id\tVorname\tNachname\nsub-1\tAnna\tSchmidt\n", "face"),
        ("d.csv", "id;birthdate\n1;12.03.1970\n", "face"),
        ("e.csv", "sep=;\nid;Geburtsdatum (TT.MM.JJJJ)\n1;12.03.1970\n", "face"),
        ("f.tsv", "id,date_of_birth\n1,1970-01-01\n", "face"),
        ("g.txt", "id\tdob\n1\t1970-03-12\n", "face"),
        ("h.tsv", "participant_id,mrn,surname\nsub-01,123,n/a\nsub-02,124,Schmidt\n", "face"),
        ("i.tsv", "participant_id\tcomment\nsub-01\tPatient Anna Schmidt called\n", "cannot tell"),
        ("j.tsv", "participant_id\tcomment\nsub-01\tborn 12.03.1970 in Bonn\n", "face"),
        ("k.tsv", 'participant_id\tnote\tsurname\nsub-01\t"\t\nsub-02\t\tSchmidt\n', "face"),
        ("l.tsv", "participant_id\tPrénom\nsub-01\tÉlodie\n", "face"),
        ("m.tsv", "index\tname\tcolor\n1\tLeft Amygdala\t#fff\n2\tJohn Smith\t#000\n", "none"),
        ("n.tsv", "name\ttype\tunits\nFp1\tEEG\tuV\n", "none"),
        ("o.tsv", "participant_id\tage\tsex\tgroup\tcomments\nsub-01\t34\tF\tcontrol\tmoved a lot\n", "none"),
        ("p.tsv", "onset\tduration\ttrial_type\tname\n1\t2\tface\thouse\n", "none"),
    ],
)
def test_tables_of_any_kind(tmp_path, name, text, answer) -> None:
    path = written(tmp_path, name, text)
    told = told_by_text(path, LABELS) if name.endswith(".txt") else told_by_table(path, LABELS)
    assert (told.answer, "Schmidt" in told.why) == (answer, False)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"name": "Anna Schmidt", "birth": "12.03.1970"}', "face"),
        ('{"name": "Anna Schmidt"}', "cannot tell"),
        ('{"subject": {"name": "Anna Schmidt"}}', "face"),
        ('{"PatientName": "n/a", "PatientName": "Rossi^Ada", "PatientName": ""}', "face"),
        ('{"Geburtsdatum": "12.03.1970"}', "face"),
        ('{"born": "4 July 1961"}', "face"),
        ('{"Note": "Patient Anna Schmidt, born 12.03.1970 in Bonn"}', "face"),
        ('{"ImageComments": "Anna Schmidt"}', "cannot tell"),
        ('{"PatientBirthDate": "1970-01-01"}', "face"),
        ("[" * 90 + "]" * 90, "unaudited"),
        (json.dumps({"PatientName": [""] * 300 + ["Rossi"]}), "face"),
        ('{"Name": "Human Faces", "BIDSVersion": "1.9.0", "Authors": ["Anna Schmidt"]}', "none"),
        ('{"GeneratedBy": [{"Name": "Bids Converter"}, {"Name": "fMRIPrep", "Version": "23"}]}', "none"),
        ('{"creators": [{"name": "Schmidt, Anna", "affiliation": "Bonn"}]}', "none"),
        ('{"author": [{"givenName": "Anna", "familyName": "Schmidt", "email": "a@b.de"}]}', "none"),
        (
            json.dumps(
                {
                    "Manufacturer": "Siemens",
                    "InstitutionName": "Klinik Bonn",
                    "InstitutionAddress": "Main Street 5",
                    "ProcedureStepDescription": "CLINICAL^HEAD",
                    "ProtocolName": "t1 mprage",
                    "StationName": "MRC1",
                    "TaskName": "Rest",
                    "DeviceSerialNumber": "1234",
                    "AcquisitionTime": "12:01:03",
                }
            ),
            "none",
        ),
        ('{"name": {"Description": "name of the condition"}, "sex": {"Levels": {"F": "female"}}}', "none"),
        ('{"task": {"name": "Stop Signal"}}', "none"),
    ],
)
def test_documents_of_any_kind(tmp_path, text, answer) -> None:
    assert told_by_json(written(tmp_path, "x.json", text), LABELS).answer == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<a><PatientName>Schmidt^Anna</PatientName></a>", "face"),
        ("<a><PatientName>Schmidt</PatientName></a>", "face"),
        ('<Patient Name="Anna Schmidt" birth="1970-03-12"/>', "face"),
        ('<element tag="0010,0010" vr="PN" name="PatientName">Schmidt^Anna</element>', "face"),
        ("<table><tr><td>Date of birth</td>\n<td>1970-03-12</td></tr></table>", "face"),
        ("<table><tr><th>ID</th><th>Surname</th></tr><tr><td>1</td><td><b>Schmidt</b></td></tr></table>", "face"),
        ("<dl><dt>Patient name:</dt><dd>Schmidt</dd></dl>", "face"),
        ("<p>geb. 12.03.1970</p>", "face"),
        ("<p><b>Patient name</b>: <i>Schmidt^Anna</i></p>", "face"),
        ("<p><b>Patient name:</b> n/a</p>", "none"),
        ("<table><tr><th>Surname</th><th>Date of birth</th></tr><tr><td>n/a</td><td></td></tr></table>", "none"),
        ("<patients><p><name>Anna Schmidt</name><age>30</age></p></patients>", "cannot tell"),
        ('<entry name="Magnetic Resonance Fingerprints"/><name>Harvard Oxford</name>', "none"),
        ("Written by Anna Schmidt <email@example.org>", "none"),
        ('<html><meta name="author" content="Anna Schmidt"><input name="email" value="x"></html>', "none"),
        ("<ul><li>Subject ID: 01</li></ul><table><tr><th>Name</th><td>fMRIPrep</td></tr></table>", "none"),
    ],
)
def test_elements_and_cells(tmp_path, text, answer) -> None:
    from reid_audit.triage.pages import told_by_page

    for told in (told_by_text(written(tmp_path, "x.xml", text), LABELS), told_by_page(tmp_path / "x.xml", LABELS)):
        assert told.answer == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Patientenname: Schmidt^Anna", "face"),
        ("Geburtsdatum: 12.03.1970", "face"),
        ("DOB: 1970-03-12", "face"),
        ("née le 12/03/1970 à Lyon", "face"),
        ("Vorname: Anna", "cannot tell"),
        ("cff-version: 1.2.0\nauthors:\n  - family-names: Schmidt\n    given-names: Anna\n", "none"),
        ("Scans of people born between 1950 and 1970, n = 30.", "none"),
        ("log: participant sub-x is Anna Mueller, scanned twice", "cannot tell"),
        ("rescanned patient Anna Mueller on Monday", "cannot tell"),
        ("the participant was Anna Mueller", "cannot tell"),
        ("Ask Frau Anna Mueller", "cannot tell"),
        ("see MRN 4471822", "cannot tell"),
        ("Social Security Number: 123-45-6789", "cannot tell"),
        ("Patient Health Questionnaire of every Participant Group", "none"),
        ("Subject Motion Parameters, subject ID 4471822", "none"),
        ("the mrn was 12 ms, ssn -3 dB", "none"),
    ],
)
def test_free_text(tmp_path, text, answer) -> None:
    assert told_by_text(written(tmp_path, "README", text), LABELS).answer == answer


def dicom(tmp_path, change):
    from inputs_making import image_dataset, save

    dataset = image_dataset(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), np.eye(4), 0)
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Ab1", "Ab1", ""
    change(dataset)
    save(dataset, tmp_path / "x.dcm")
    return told_by_dicom(tmp_path / "x.dcm", LABELS)


def nested(dataset):
    from pydicom.dataset import Dataset

    inner = Dataset()
    inner.PatientName = "Schmidt^Anna"
    dataset.OtherPatientIDsSequence = [inner]


def private(dataset):
    block = dataset.private_block(0x0029, "STUDY", create=True)
    block.add_new(0x10, "PN", "Schmidt^Anna")


def nested_birth(dataset):
    from pydicom.dataset import Dataset

    inner = Dataset()
    inner.PatientBirthDate = "19700101"
    dataset.ReferencedStudySequence = [inner]


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (nested, "face"),
        (private, "face"),
        (nested_birth, "face"),
        (lambda d: setattr(d, "PatientComments", "Anna Schmidt, geb. 12.03.1970"), "face"),
        (lambda d: setattr(d, "ImageComments", "Anna Schmidt"), "cannot tell"),
        (lambda d: setattr(d, "ReferringPhysicianName", "House^Greg"), "cannot tell"),
        (lambda d: setattr(d, "StudyDescription", "Investigators^Faces"), "none"),
        (lambda d: setattr(d, "InstitutionName", "Klinik Bonn"), "none"),
        (lambda d: setattr(d, "ImageComments", "motion correction applied"), "none"),
        (lambda d: setattr(d, "OperatorsName", ""), "none"),
    ],
)
def test_every_attribute_of_dicom_is_asked(tmp_path, change, answer) -> None:
    told = dicom(tmp_path, change)
    assert told.answer == answer
    assert "Schmidt" not in told.why


@pytest.mark.parametrize(
    "part",
    [
        *("<table>", "<tr>", "<td>", "<dl><dt>", "<a b=", "<name>", "patient name ", "geb. ", "name;"),
        *("|", "|-", "|--|\n", "|a--\n--|", "name: ", "name\n", "patient name\n\n", "[patient]\n", "a^b", "Anna^"),
        *("&#39;", "&", "*1", '","', "-" * 300 + "|\n", "PatientName:\tx, " * 600 + "\n"),
    ],
)
def test_documents_without_end_take_no_time(tmp_path, part) -> None:
    import time

    path = written(tmp_path, "x.html", part * (1_000_000 // len(part)))
    before = time.process_time()
    told_by_text(path, LABELS)
    assert time.process_time() - before < 10
