"""Direct identifiers by what their fields are called: alike in tables and documents, and ordinary fields left quiet."""

from __future__ import annotations

import json
from time import process_time

import pytest

from reid_audit.triage.json_words import told_by_json
from reid_audit.triage.tables import told_by_table

LABELS = frozenset({"01", "sub-01"})
SIDECAR = {"Manufacturer": "Siemens", "EchoTime": 0.003}


def told_in_table(folder, field, value, lead="participant_id"):
    (folder / "x.tsv").write_text(f"{lead}\t{field}\nsub-01\t{value}\n", encoding="utf-8")
    return told_by_table(folder / "x.tsv", LABELS)


def told_in_document(folder, content):
    (folder / "x.json").write_text(json.dumps(content), encoding="utf-8")
    return told_by_json(folder / "x.json", LABELS)


IDENTIFIERS = [
    ("ssn", "123-45-6789", "face"),
    ("socialsecuritynumber", "123-45-6789", "face"),
    ("PatientSSN", "123456789", "face"),
    ("ssn", "ends in 12", "cannot tell"),
    ("nhs_number", "943 476 5919", "face"),
    ("Versichertennummer", "A123456789", "face"),
    ("NIR", "1 85 05 78 006 084 36", "face"),
    ("DNI", "12345678Z", "face"),
    ("national_id", "88112233445", "face"),
    ("phone", "+49 228 123456", "face"),
    ("Phone", "0228 123456", "face"),
    ("telephone", "ask her", "cannot tell"),
    ("Telefonnummer", "0228/123456", "face"),
    ("mobile", "0171 1234567", "face"),
    ("fax", "(228) 555-1234", "face"),
    ("téléphone", "01 23 45 67 89", "face"),
    ("Teléfono", "912 345 678", "face"),
    ("email", "ada@example.org", "face"),
    ("e-mail", "withheld by Anna", "cannot tell"),
    ("insurance_number", "AB12345", "cannot tell"),
    ("health_plan_id", "H55512", "cannot tell"),
    ("account_number", "889900", "cannot tell"),
    ("driver_license", "D123-4567", "cannot tell"),
    ("passport", "C01X00T47", "cannot tell"),
    ("license_plate", "BN-AS 1970", "cannot tell"),
    ("hospital_id", "77123", "cannot tell"),
    ("case_number", "20190012", "cannot tell"),
    ("accession", "55512345", "cannot tell"),
    ("MRN", "884412", "cannot tell"),
    ("prolific_pid", "5f2d8c1b", "cannot tell"),
    ("street", "Main Street 5", "face"),
    ("address", "Main Street 5, Bonn", "face"),
    ("Straße", "Hauptstr. 12a", "face"),
    ("Address", "near the Town Hall", "cannot tell"),
    ("city", "Bonn", "cannot tell"),
    ("zip", "53111", "cannot tell"),
    ("plz", "53111", "cannot tell"),
    ("code_postal", "69001", "cannot tell"),
    ("Wohnort", "Bonn", "cannot tell"),
    ("RegionOfResidence", "Rheinland", "cannot tell"),
    ("birth_place", "Lyon", "cannot tell"),
    ("ip_address", "93.184.216.34", "face"),
    ("facebook", "https://facebook.com/anna", "face"),
    ("facebook", "anna.schmidt.9", "cannot tell"),
    ("username", "aschmidt", "cannot tell"),
    ("referring_physician", "Meier", "cannot tell"),
    ("gp", "Dr. Hans Meier", "cannot tell"),
    ("operator", "Dr. Hans Meier", "cannot tell"),
    ("Hausarzt", "Dr. med. Hans Meier", "cannot tell"),
    ("mother", "Frau Anna Schmidt", "face"),
    ("relative_name", "Anna Schmidt", "face"),
    ("emergency_contact", "Anna Schmidt", "face"),
    ("emergency_contact", "the sister", "cannot tell"),
    ("nickname", "Annie", "cannot tell"),
    ("initials", "AS", "cannot tell"),
    ("birth_year", "1961", "cannot tell"),
    ("Geburtsjahr", "1961", "cannot tell"),
    ("date_of_death", "2019-04-03", "cannot tell"),
    ("admission_date", "03.04.2019", "cannot tell"),
    ("discharge_date", "2019-04", "cannot tell"),
    ("fecha_de_alta", "03/04/2019", "cannot tell"),
    ("acq_time", "2019-04-03T10:00:00", "cannot tell"),
    ("age", "94", "cannot tell"),
    ("PatientAge", "094Y", "cannot tell"),
    ("nom", "Schmidt", "cannot tell"),
    ("nombre", "Garcia", "cannot tell"),
    ("patient_first_name", "Anna", "face"),
    ("patient_dob", "1961-07-04", "face"),
    ("phone_participant", "0228 123456", "face"),
    ("n° téléphone", "0123456789", "face"),
    ("cell", "+1 555 123 4567", "face"),
    ("twitter_handle", "@anna", "face"),
    ("IPv4", "93.184.216.34", "face"),
    ("PLZ/Ort", "53111 Bonn", "cannot tell"),
    ("county_of_birth", "Kent", "cannot tell"),
    ("ReferringPhysiciansName", "Meier", "cannot tell"),
    ("date_mri", "20190403", "cannot tell"),
    ("whatsapp", "+49 171 1234567", "face"),
]


@pytest.mark.parametrize(("field", "value", "answer"), IDENTIFIERS)
def test_an_identifier_is_told_alike_wherever_it_stands(tmp_path, field, value, answer) -> None:
    told = {
        "participants": told_in_table(tmp_path, field, value),
        "scans": told_in_table(tmp_path, field, value, lead="filename"),
        "record": told_in_document(tmp_path, {"participant_id": "sub-01", field: value}),
        "alone": told_in_document(tmp_path, {field: value}),
        "sidecar": told_in_document(tmp_path, SIDECAR | {field: value}),
        "deep": told_in_document(tmp_path, {"meta": {"const": [{field: [value]}]}}),
    }
    assert {place: one.answer for place, one in told.items()} == dict.fromkeys(told, answer)
    assert not any(value in one.why for one in told.values())


SPELLED_OTHERWISE = [
    ("date_birth", "1961-07-04", "face"), ("birth_dt", "07/04/1961", "face"), ("dt_birth", "1961-07-04", "face"),
    ("dob_date", "1961-07-04", "face"), ("demo_dob", "1961-07-04", "face"), ("child_dob", "1961-07-04", "face"),
    ("bday", "1961-07-04", "face"), ("DOB (mm/dd/yyyy)", "07/04/1961", "face"), ("BirthDt", "1961-07-04", "face"),
    ("dob", "1984-03", "cannot tell"), ("dob", "30743", "cannot tell"), ("dob", "30743.0", "cannot tell"),
    ("birth", "1984", "cannot tell"), ("dob", "March 1984", "cannot tell"), ("dob", "03/1984", "cannot tell"),
    ("birth_yr", "1984", "cannot tell"), ("YearBorn", "1984", "cannot tell"), ("birth_mo", "3", "cannot tell"),
    ("Last name (family)", "Schmidt", "face"), ("child_name", "Anna", "face"), ("pt_first_name", "Anna", "face"),
    ("Hospital MRN", "884412", "cannot tell"), ("epic_mrn", "884412", "cannot tell"),
    ("SSN (last 4)", "6789", "cannot tell"), ("EHR no.", "884412", "cannot tell"),
    ("addr", "Main Street 5", "face"), ("home_addr_1", "Main Street 5", "face"),
    ("phone1_parent_b", "0228 123456", "face"), ("e_mail_2nd", "ada@example.org", "face"),
    ("age_mri", "94", "cannot tell"), ("age_baseline", "94", "cannot tell"), ("Age [y]", "94", "cannot tell"),
    ("age (years)", "94.5", "cannot tell"), ("AgeAtScan", "94", "cannot tell"), ("age_months", "1101", "cannot tell"),
    ("acq_date", "2019-04-03", "cannot tell"), ("date_acq", "20190403", "cannot tell"),
    ("date_of_mri", "03.04.2019", "cannot tell"), ("visit_dt", "4/3/2019", "cannot tell"),
    ("death_dt", "2019-04-03", "cannot tell"), ("MRIDate", "2019-04-03", "cannot tell"),
    ("fname", "Anna", "cannot tell"), ("demo_name", "Anna Schmidt", "face"), ("name_first", "Anna", "face"),
    ("Vor- und Nachname", "Anna Schmidt", "face"), ("scanned_by", "Greta Meier", "cannot tell"),
    ("teacher_name", "Greta Meier", "cannot tell"), ("legal_guardian", "Anna Schmidt", "cannot tell"),
    ("BRTHDTC", "1961-07-04", "face"), ("birthyr", "1961", "cannot tell"), ("yob", "61", "cannot tell"),
    ("dob", "04JUL1961", "face"), ("dob", "Jul-61", "cannot tell"), ("ScanDate", "2019:04:03", "cannot tell"),
    ("timestamp", "2019-04-03 10:00:00", "cannot tell"), ("died_on", "2019-04-03", "cannot tell"),
    ("VISDATE", "03/04/2019", "cannot tell"), ("surgery", "2019-04-03", "cannot tell"),
    ("hosp_no", "884412", "cannot tell"), ("medical_rec", "884412", "cannot tell"),
    ("member_id", "XYZ12", "cannot tell"),
    ("anything", "123-45-6789", "cannot tell"), ("anything", "+49 228 123456", "cannot tell"),
    ("gps", "50.7374,7.0982", "cannot tell"), ("client_ip", "93.184.216.34", "face"), ("pager", "0228 123456", "face"),
    ("age", "94 years old", "cannot tell"), ("age", "94,3", "cannot tell"), ("age_t1", "94", "cannot tell"),
    ("interview_age", "1101", "cannot tell"), ("subject_name", "P01", "cannot tell"),
    ("anything", "DOB 07/04/1961", "face"), ("anything", "born 1961-07-04", "face"),
    ("comments", "call her: 0228 123456", "cannot tell"), ("notes", "wrote to ada@example.org", "cannot tell"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "answer"), SPELLED_OTHERWISE)
def test_a_field_is_known_by_the_words_that_it_is_made_of(tmp_path, field, value, answer) -> None:
    told = {
        "table": told_in_table(tmp_path, field, value),
        "record": told_in_document(tmp_path, {"participant_id": "sub-01", field: value}),
    }
    assert {place: one.answer for place, one in told.items()} == dict.fromkeys(told, answer)
    assert not any(value in one.why for one in told.values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rating", "Schmidt^Anna"),
        ("rating", "seen with SCHMIDT^ANNA MARIA on the list"),
        ("age", "Schmidt^Anna"),
        ("anything", "ada@example.org"),
        ("contact_info", "ada@example.org"),
        ("contact_info", "0228 123456"),
        ("Name (Last, First)", "Schmidt, Anna"),
        ("fecha_x", "2019-04-03"),
    ],
)
def test_what_a_cell_says_by_itself(tmp_path, field, value) -> None:
    (tmp_path / "x.csv").write_text(f'participant_id,"{field}",n\nsub-01,"{value}",3\n')
    told = told_by_table(tmp_path / "x.csv", LABELS)
    assert told.answer in {"cannot tell", "face"}
    assert value not in told.why
    assert told_in_document(tmp_path, {"participant_id": "sub-01", field: value}).answer == told.answer


def test_a_name_without_a_head_says_which_column(tmp_path) -> None:
    (tmp_path / "x.tsv").write_text("1\t2.5\tSchmidt^Anna\n2\t3.5\tMeier^Hans\n")
    assert "of column 3" in told_by_table(tmp_path / "x.tsv", LABELS).why


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("mother", "Anna Schmidt", "cannot tell"),
        ("mother", "Anna", "cannot tell"),
        ("alias", "Peter", "cannot tell"),
        ("city", "bonn", "cannot tell"),
        ("date", "2019-04-03", "cannot tell"),
        ("url", "https://example.org/anna", "cannot tell"),
        ("contact_email", "ada@example.org", "cannot tell"),
    ],
)
def test_what_things_have_too_counts_in_a_record_of_a_person(tmp_path, field, value, answer) -> None:
    assert told_in_table(tmp_path, field, value).answer == answer
    assert told_in_document(tmp_path, {"participant_id": "sub-01", field: value}).answer == answer


@pytest.mark.parametrize(
    ("field", "word"),
    [("date_of_death", "date"), ("birth_year", "date"), ("age", "age"), ("case_number", "number"), ("city", "name")],
)
def test_the_word_says_what_it_is(tmp_path, field, word) -> None:
    value = {"date_of_death": "2019-04-03", "birth_year": "1961", "age": "94", "case_number": "77"}.get(field, "Bonn")
    assert told_in_table(tmp_path, field, value).why.startswith(f"{word}: field {field}: ")


@pytest.mark.parametrize(
    "value", ["", "n/a", "anonymized", "XXXX", "0", "null", "None", "sub-01", "-", "unknown", "no"]
)
@pytest.mark.parametrize(
    "field", ["ssn", "phone", "address", "zipcode", "case_number", "mother_name", "username", "dod"]
)
def test_what_was_removed_is_no_identifier(tmp_path, field, value) -> None:
    assert told_in_table(tmp_path, field, value).answer == "none"
    assert told_in_document(tmp_path, {field: value, "participant_id": None}).answer == "none"


def test_the_worst_row_counts(tmp_path) -> None:
    rows = "\n".join(f"sub-{number:02d}\tn/a" for number in range(60))
    (tmp_path / "x.tsv").write_text(f"participant_id\tphone\n{rows}\nsub-99\t0228 123456\n")
    assert told_by_table(tmp_path / "x.tsv", LABELS).answer == "face"


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ({"phone": {"0": "n/a", "1": "0228 123456"}}, "face"),
        ({"phone": {"home": "0228 123456"}}, "face"),
        ({"address": {"street": "Main Street 5", "city": "Bonn"}}, "face"),
        ({"fields": [{"name": "phone", "value": "0228 123456"}]}, "face"),
        ({"field_name": "city", "value": "Bonn"}, "cannot tell"),
        ({"name": "phone", "value": 0.73}, "none"),
        ({"name": "phone", "value": "familiar"}, "none"),
        ({"phone": {"Description": "Telephone of the participant, removed", "Units": "n/a"}}, "none"),
        ({"phone": {"Levels": {"0": "has none", "1": "has one"}, "LongName": "Phone"}}, "none"),
        ({"city": {"Description": "City of birth", "Levels": {"1": "Bonn", "2": "Lyon"}}}, "none"),
        ({"age": {"Description": "In years", "Units": "year", "Minimum": 20, "Maximum": 94}}, "none"),
        ({"maintainers": [{"name": "Anna Schmidt", "phone": "0228 123456", "url": "https://example.org"}]}, "none"),
        ({"parent": "Cerebral Cortex", "id": 7, "acronym": "CTX"}, "none"),
    ],
)
def test_documents(tmp_path, content, answer) -> None:
    assert told_in_document(tmp_path, content).answer == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Phone,0228 123456\nage,34\n", "face"),
        ("# export\nid;Telefon\n1;0228 123456\n", "face"),
        ('id,street,group\n1,"Main Street 5, Bonn",a\n', "face"),
        ("phone,email\n,\n", "none"),
        ("onset,stimulus,code,hit\n1.5,phone,20190012,1\n", "none"),
        ("onset,name,value\n1.5,phone,familiar\n", "none"),
    ],
)  # fmt: skip
def test_tables(tmp_path, text, answer) -> None:
    (tmp_path / "x.csv").write_text(text)
    assert told_by_table(tmp_path / "x.csv", LABELS).answer == answer


COLUMNS = [
    ("age", "34"), ("age", "89"), ("age", "90+"), ("age", "n/a"), ("age", "4015"), ("age_months", "110"),
    ("sex", "F"), ("handedness", "right"), ("group", "control"), ("site", "Bonn"), ("species", "homo sapiens"),
    ("strain", "C57BL/6"), ("strain_rrid", "RRID:IMSR_JAX:000664"), ("height", "172"), ("weight", "80.5"),
    ("education_years", "12"), ("diagnosis", "Major Depression"), ("MMSE", "29"), ("bdi_total", "12"), ("bmi", "24.1"),
    ("session_id", "ses-01"), ("acq_time", "1925-03-04T10:00:00"), ("acq_time", "1877-06-15T13:45:30"),
    ("acq_time", "n/a"), ("filename", "anat/sub-01_T1w.nii.gz"), ("scanner", "Prisma"), ("run", "1"),
    ("onset", "1.5"), ("duration", "2"), ("trial_type", "famous face"), ("response_time", "0.512"),
    ("stim_file", "images/street_05.png"), ("stim_url", "x"), ("HED", "Event, (Sensory-event)"), ("value", "12"),
    ("case", "congruent"), ("state", "awake"), ("street", "1"), ("city", "2"), ("address", "3"), ("no", "4"),
    ("url", "12"), ("mobile", "0"), ("mobile", "0.7341"), ("nir", "850.5"), ("ip", "2"), ("mother", "1"),
    ("father_education", "12"), ("mother", "college"), ("guardian", "both"), ("rater", "A"), ("rater", "2"),
    ("operator", "+"), ("name", "Fp1"), ("type", "EEG"), ("units", "uV"), ("status_description", "n/a"),
    ("reference", "Cz"), ("x", "0.1"), ("impedance", "5"), ("material", "Ag"), ("snr_csf", "1.9"), ("size_x", "256"),
    ("fber", "8000.1"), ("framewise_displacement", "0.12"), ("trans_x", "0.1"), ("a_comp_cor_00", "0.02"),
    ("StructName", "bankssts"), ("NumVert", "1205"), ("GrayVol", "2301"), ("phone_addiction_score", "22"),
    ("email_frequency", "3"), ("social_support", "4"), ("street_noise", "2.3"), ("nationality", "German"),
    ("country", "Germany"), ("native_language", "German"), ("ses", "low"), ("visit", "2"), ("wave", "1"),
    ("phone", "1"), ("contact", "1"), ("facebook", "5"), ("zip", "a.zip"), ("cell", "1234567"), ("date", "day 3"),
    ("birth_weight", "3450"), ("birth_order", "2"), ("gestational_age_birth", "39.5"), ("country_of_birth", "Germany"),
    ("age_months", "36"), ("age_of_first_child", "94"), ("dt", "0.002"), ("date_format", "yyyy-mm-dd"),
    ("scanner_software_date", "2019-04-03"), ("software_version_date", "2019-04-03"), ("mri_dt", "1925-04-03"),
    ("task_name", "Famous Faces"), ("file_name", "Anna Schmidt"), ("email_score", "3.5"), ("phone_hours", "12"),
    ("street_type", "urban"), ("ip_address_type", "4"), ("memory_address", "Hex A"), ("birth_cohort", "1984"),
    ("comments", "moved 2 mm, 0.12 0.13"), ("comments", "slices 100 200 300"), ("notes", "scan repeated 10:30"),
    ("a^b", "x^2"), ("formula", "y ~ x^2 + group"), ("comments", "2019-04-03"), ("month", "3"), ("day", "12"),
    ("month_of_scan", "4"), ("age_group", "90-94"), ("dose_date_shift", "12"), ("name_of_tool", "Free Surfer"),
    ("tel_aviv_norms", "95"), ("mobile_eeg", "yes"), ("town_size", "large"), ("hospital_days", "14"),
    ("interview_age", "119"), ("number_of_hospital_admissions", "3"), ("hospital_no_admissions", "2"),
    ("no_hospital_stays", "14"), ("number_of_clinic_visits", "13"), ("chart_number_errors", "12"),
    ("mrn_latency", "152.3"), ("mrn_amplitude", "-2.1"), ("ssn_snr", "-3"), ("medicaid", "1"), ("passport", "1"),
    ("hospital_id", "2"), ("zipcode", "2"), ("place_of_birth", "2"), ("street_drug_use", "never"),
    ("street_safety", "good"), ("address_stability", "stable"), ("gave_birth_last_year", "1"),
    ("breastfed_mo_after_birth", "6"), ("ear_tag", "20455121"), ("rfid_tag", "98200012"), ("phone", "AA"),
    ("phones", "B AE1 T"), ("informant", "Daughter"), ("respondent_name", "mother"), ("rater_name", "mother"),
    ("father", "Army Veteran"), ("residence", "Nursing Home"), ("town", "Small"), ("comments", "voxels 064 064 32"),
    ("comments", "volumes 100 200 3000"), ("record_id", "1041"), ("patient", "yes"), ("contact_name", "LTP1"),
    ("session_date", "1925-03-04"), ("protocol_date", "12mprage64"), ("version_date", "2019-04-03"),
    ("days_since_admission", "12"), ("date", "n/a"),
    ("nombre", "5"), ("alter", "34"), ("ville", "3"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), COLUMNS)
def test_ordinary_columns_are_quiet(tmp_path, field, value) -> None:
    assert told_in_table(tmp_path, field, value).answer == "none"
    assert told_in_table(tmp_path, field, value, lead="onset").answer == "none"
    assert told_in_document(tmp_path, {"participant_id": "sub-01", field: value}).answer == "none"


SIDECARS = {
    "Modality": "MR", "MagneticFieldStrength": 3, "ImagingFrequency": 123.2, "Manufacturer": "Siemens",
    "ManufacturersModelName": "Prisma_fit", "InstitutionName": "University Hospital Bonn",
    "InstitutionalDepartmentName": "Neuroradiologie", "InstitutionAddress": "Sigmund Freud Str 25,Bonn,DE,53127",
    "DeviceSerialNumber": "167024", "StationName": "AWP167024", "BodyPartExamined": "BRAIN",
    "PatientPosition": "HFS", "ProcedureStepDescription": "CLINICAL^HEAD", "SoftwareVersions": "syngo MR E11",
    "MRAcquisitionType": "3D", "SeriesDescription": "t1_mprage", "ProtocolName": "t1_mprage",
    "ScanningSequence": "GR_IR", "SequenceVariant": "SK_SP_MP", "ScanOptions": "IR_PFP", "SequenceName": "_tfl3d1",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "NORM"], "SeriesNumber": 4, "AcquisitionNumber": 1,
    "AcquisitionTime": "12:03:01.500000", "SliceThickness": 1, "EchoTime": 0.00226, "FlipAngle": 8,
    "PartialFourier": 1, "BaseResolution": 256, "ShimSetting": [123, -11], "TxRefAmp": 240.1,
    "PhaseResolution": 1, "ReceiveCoilName": "HeadNeck_64", "ReceiveCoilActiveElements": "HC1-7", "CoilString": "HC1-7",
    "PulseSequenceDetails": "%SiemensSeq%\\tfl", "RefLinesPE": 32, "PhaseEncodingDirection": "j-",
    "ImageOrientationPatientDICOM": [1, 0, 0, 0, 1, 0], "InPlanePhaseEncodingDirectionDICOM": "ROW",
    "ConversionSoftware": "dcm2niix", "ConversionSoftwareVersion": "v1.0.20220720", "PatientSex": "F",
    "PatientAge": "034Y", "PatientWeight": 70, "IntendedFor": "bids::sub-01/func/sub-01_bold.nii.gz",
    "AnatomicalLandmarkCoordinates": {"NAS": [1, 2, 3]}, "EEGReference": "Cz", "PowerLineFrequency": 50,
    "TaskName": "rest", "CogAtlasID": "https://www.cognitiveatlas.org/task/id/trm_4f241b50caea7/",
    "SeriesInstanceUID": "1.3.12.2.1107.5.2.43.167024.2019", "Instructions": "Look at the street",
    "DigitizedLandmarks": True, "HardcopyDeviceSoftwareVersion": "x", "WritingMode": "mobile",
}  # fmt: skip
DESCRIPTION = {
    "Name": "Faces Of Many",
    "BIDSVersion": "1.10.0",
    "DatasetType": "raw",
    "License": "CC0",
    "Authors": ["Anna Schmidt", "Greg House"],
    "Acknowledgements": "We thank Dr. Hans Meier, phone operator.",
    "HowToAcknowledge": "Cite Schmidt, 2019.",
    "Funding": ["NIH R01 MH123456"],
    "EthicsApprovals": ["Ethics Bonn (2019-12)"],
    "ReferencesAndLinks": ["https://doi.org/10.1000/1"],
    "DatasetDOI": "doi:10.18112/openneuro.ds000001",
    "DatasetLinks": {"deriv": "https://example.org"},
    "URL": "https://example.org",
    "GeneratedBy": [
        {"Name": "fMRIPrep", "CodeURL": "https://github.com/x", "Container": {"Type": "docker", "URI": "docker://x:1"}}
    ],
    "SourceDatasets": [{"URL": "https://example.org", "Version": "1"}],
}


@pytest.mark.parametrize("field", SIDECARS)
def test_ordinary_fields_of_a_sidecar_are_quiet(tmp_path, field) -> None:
    assert told_in_document(tmp_path, SIDECAR | {field: SIDECARS[field]}).answer == "none"
    assert told_in_document(tmp_path, {field: SIDECARS[field]}).answer == "none"


def test_a_sidecar_and_a_description_are_quiet(tmp_path) -> None:
    assert told_in_document(tmp_path, SIDECARS).why == told_in_document(tmp_path, {}).why
    assert told_in_document(tmp_path, DESCRIPTION).why == told_in_document(tmp_path, {}).why


@pytest.mark.parametrize("text", ["a" * 200_000, "a" * 100_000 + "@", "a@" * 50_000, "+1" * 50_000, "0 " * 50_000])
def test_a_long_text_costs_no_long_time(tmp_path, text) -> None:
    """A rule that reads every text from each of its letters on would take hours."""
    began = process_time()
    told_in_document(tmp_path, {"participant_id": "sub-01", "x": text, "notes": text})
    told_in_table(tmp_path, "x", text)
    assert process_time() - began < 20


@pytest.mark.parametrize("row", ["phone\t1203344", "mobile\t120334455", "cell\t120334455"])
def test_how_often_a_word_is_used_is_no_sure_telephone(tmp_path, row) -> None:
    (tmp_path / "x.tsv").write_text(f"word\tfrequency\nhouse\t33412\n{row}\n")
    assert told_by_table(tmp_path / "x.tsv", LABELS).answer in {"none", "cannot tell"}


@pytest.mark.parametrize(
    "text", ["INVESTIGATORS^SchlaggarLab", "INVESTIGATIONAL^Plasticity", "QA^Weekly", "Neuro^Kopf", "BIC^Trauma"]
)
def test_protocols_of_a_scanner_are_no_names(tmp_path, text) -> None:
    assert told_in_document(tmp_path, SIDECAR | {"StudyDescription": text}).answer == "none"
