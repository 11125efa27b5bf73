"""Names and dates of birth however they are written: codings, references, pieces, titles, lists, lines."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from reid_audit.triage.decoding import coding_of, decoded, spelled
from reid_audit.triage.embedded import embedded_pictures, told_by_embedded
from reid_audit.triage.json_words import told_by_json
from reid_audit.triage.pages import told_by_page
from reid_audit.triage.tables import told_by_table
from reid_audit.triage.texts import told_by_text

READERS = {"json": told_by_json, "csv": told_by_table, "tsv": told_by_table, "html": told_by_page, "md": told_by_page}


def told(tmp_path, name, text, coding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(coding))
    return READERS.get(name.rpartition(".")[2], told_by_text)(path, frozenset())


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_a_text_is_decoded_before_it_is_asked(tmp_path, coding) -> None:
    for name, text in {
        "a.csv": "id;Prénom\n1;Aurélie\n",
        "a.html": "<p>Prénom du patient; Geburtsdatum: 12.03.1970</p>",
        "a.json": json.dumps({"Prénom": "Aurélie"}, ensure_ascii=False),
        "a.txt": "Prénom: Aurélie, née le 12/03/1970",
    }.items():
        assert told(tmp_path, name, text, coding).answer == "face", (name, coding)


def test_bytes_that_are_no_utf_8_keep_their_letters() -> None:
    assert decoded(b"ok \xc3\xa9 and \xe9") == "ok é and é"
    assert decoded("Ä".encode("utf-16")) == "Ä"
    assert coding_of(b"plain") == "utf-8-sig"
    assert spelled("a&#39;s&nbsp;b\u2019s") == "a's b's"


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("a.html", "<p>Patient&#39;s&nbsp;Name:&nbsp;Schmidt&#94;Anna</p>", "face"),
        ("a.json", '{"Patient&#39;s Name": "Schmidt"}', "face"),
        ("a.csv", "id;Patient&#39;s Name\n1;Schmidt\n", "face"),
        ("a.html", "<h1>QC of Anna Schmidt (DOB 1970-03-12)</h1>", "face"),
        ("a.svg", "<svg><text>Schmidt^Anna 1970-03-12</text></svg>", "cannot tell"),
        ("a.svg", "<svg><text>CLINICAL^HEAD</text><text>Left Hand</text></svg>", "none"),
        ("a.md", "| id | name | dob |\n|---|---|---|\n| 1 | Anna Schmidt | 1970-03-12 |\n", "face"),
        ("a.md", "| id | surname |\n| :-- | --- |\n| 1 | n/a |\n| 2 | Schmidt |\n", "face"),
        ("README", "id | surname\n---|---\n1 | Schmidt\n", "face"),
        ("a.md", "| name | version |\n|---|---|\n| fMRIPrep | 23.1 |\n", "none"),
        ("a.csv", "# export of 2020\nid;surname;birthdate\n1;Schmidt;1970-03-12\n", "face"),
        ("a.csv", "List of participants;;\n\nid;surname\n1;Schmidt\n", "face"),
        ("a.csv", "A, B, and C\nid;surname\n1;Schmidt\n", "face"),
        ("a.txt", "# export\nid\tsurname\n1\tSchmidt\n", "face"),
        ("a.csv", "Patient name: Schmidt^Anna\nid;age\n1;3\n", "face"),
        ("a.csv", "PatientName,Schmidt^Anna\n", "face"),
        ("a.csv", "age,34\nPatientBirthDate,1970-03-12\n", "face"),
        ("a.csv", "field,value\nage,3\nPatientName,Schmidt\n", "face"),
        ("a.tsv", "sub-01\tAnna Schmidt\t1970-03-12\n", "cannot tell"),
        ("a.tsv", "0.1\t0.2\n0.3\t0.4\n", "none"),
        ("a.tsv", "1\tLeft Amygdala\n2\tRight Amygdala\n", "none"),
        ("a.tsv", "participant_id\tlast\tfirst\nsub-01\tSchmidt\tAnna\n", "face"),
        ("a.tsv", "condition\tfirst\tlast\nrest\t1\t200\n", "none"),
        ("a.tsv", "participant_id\tgroup\nsub-01\tpatient\nsub-02\tcontrol\n", "none"),
        ("a.tsv", "participant_id\tbirth_year\tbirth_month\tbirth_day\nsub-01\t1970\t3\t12\n", "face"),
        ("a.tsv", "participant_id\tbirth_year\nsub-01\t1970\n", "cannot tell"),
        ("a.json", '[{"name": "PatientName", "value": "Schmidt^Anna"}]', "face"),
        ("a.json", '{"fields": [{"key": "birth_date", "value": "1970-03-12"}]}', "face"),
        ("a.json", '[{"name": "RepetitionTime", "value": 2}]', "none"),
        ("a.json", '{"name": [{"family": "Schmidt", "given": ["Anna"]}]}', "face"),
        ("a.json", '{"authors": [{"family": "Schmidt", "given": "Anna"}]}', "none"),
        ("a.json", '{"BirthDate": {"year": 1970, "month": 3, "day": 12}}', "face"),
        ("a.json", '{"released": {"year": 2020, "month": 3, "day": 12}}', "none"),
        ("a.json", '{"Anna Schmidt": {"age": 40}}', "face"),
        ("a.json", '{"Left Hand": {"age": 40}, "Anna Schmidt": {"x": 1}}', "none"),
        ("a.json", '{"Patient Info": "Schmidt, Anna (F) 1970-03-12"}', "cannot tell"),
        ("a.json", '{"SeriesDescription": "Anna Schmidt born 12.03.1970"}', "face"),
        ("a.json", '{"note": ["Patientenname: Schmidt^Anna"]}', "face"),
        ("a.ini", "[patient]\nname=Anna Schmidt\n", "cannot tell"),
        ("a.ini", "[patient]\nname=Anna Schmidt\nbirth=1970-03-12\n", "face"),
        ("a.ini", "[model]\nname=Anna Schmidt\n", "none"),
        ("a.vhdr", "[Comment]\nSubject: Anna Schmidt\n", "cannot tell"),
        ("a.vhdr", "Subject: Left Hand\n", "none"),
        ("a.txt", "Patient: Schmidt, Anna   *12.03.1970\n", "face"),
        ("a.txt", "* 2020-03-12 released\n**2020-03-12**\n *2020-03-12*\n", "none"),
        ("a.txt", "PATIENT NAME\n  Schmidt, Anna\n", "cannot tell"),
        ("a.txt", "Date of birth\n\n  12.03.1970\n", "face"),
        ("a.txt", "Patient name:\nAge:\nSex:\n", "none"),
        ("CITATION.cff", "authors:\n  - name: Anna Schmidt\n    email: anna@example.org\n", "none"),
        ("README", "Contact: Anna Schmidt\nE-mail: anna@example.org\n", "none"),
        ("a.toml", '[project]\nname = "bids-tool"\nauthors = [{name = "Anna Schmidt"}]\n', "none"),
    ],
)
def test_however_it_is_written(tmp_path, name, text, answer) -> None:
    answered = told(tmp_path, name, text)
    assert (answered.answer, "Schmidt" in answered.why) == (answer, False)


def test_a_code_that_stands_in_lines_of_a_list(tmp_path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    held = io.BytesIO()
    Image.fromarray(noise).save(held, "PNG")
    code = base64.b64encode(held.getvalue()).decode()
    lines = [code[start : start + 76] for start in range(0, len(code), 76)]
    for text in (json.dumps({"a": lines}), json.dumps({"image/png": [f"{line}\n" for line in lines]}, indent=1)):
        assert told_by_embedded(text).why.startswith("shades: ")
    assert not list(embedded_pictures(json.dumps(["iVBORw0KGgo", "x"])))
