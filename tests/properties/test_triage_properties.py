"""Whatever a file of a release or a record of the gate holds, it is answered or refused, and raises nothing else."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from gating_making import audited, call, evidence, write_release
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_hostile_properties import _dicom, _photo, damaged, outcome

from reid_audit.errors import StoreError
from reid_audit.gating.attestation import Attestation
from reid_audit.gating.reading import read_record
from reid_audit.gating.records import Evidence
from reid_audit.gating.records import Triage as GatedTriage
from reid_audit.inputs.gzip_header import GzipHeader, read_gzip_headers
from reid_audit.triage import PLACE, TriagedFile, read_triage, write_triage
from reid_audit.triage.contents import content_of
from reid_audit.triage.decoding import decoded, is_text, spelled
from reid_audit.triage.dicom_words import told_by_dicom
from reid_audit.triage.headers import told_by_scan_header
from reid_audit.triage.json_words import told_by_json
from reid_audit.triage.kinds import kind_of_file, told_by_contradiction
from reid_audit.triage.packing import told_by_packing
from reid_audit.triage.pages import told_by_page
from reid_audit.triage.path_words import told_by_path
from reid_audit.triage.pictures import told_by_picture
from reid_audit.triage.result import ANSWERS
from reid_audit.triage.tables import told_by_table
from reid_audit.triage.texts import told_by_text

if TYPE_CHECKING:
    from reid_audit.triage.answer import Told

EXAMPLES = int(os.environ.get("REID_AUDIT_FUZZ_EXAMPLES") or 40)
QUICK = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SLOW = settings(QUICK, max_examples=max(EXAMPLES // 4, 1))

NAMES = """
    name PatientName birthdate dob value key family given first last Anna Schmidt Schmidt^Anna 1970-03-12 12.03.1970
    born geb. Patient's&nbsp;Name: &#0; &#xD800; <table> <tr> <td> <dl><dt> </b> </ |---| [patient]
    data:image/png;base64, iVBORw0KGgo H4sI é ß
"""
SIGNS = "=:;,|\"'<>{}[]#\\^* \t\n\r\0\u0130\ufeff\U0001f600"
words = st.sampled_from([*NAMES.split(), *SIGNS])
writings = st.lists(words | st.text(max_size=8), max_size=40).map("".join)
codings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "utf-32"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=9), inner, max_size=4),
    max_leaves=16,
)
READERS = {
    "x.json": told_by_json,
    "x.tsv": told_by_table,
    "x.html": told_by_page,
    "x.txt": told_by_text,
}


def answered(reader, content: bytes, name: str = "x") -> Told:
    """Return what a reader answers for bytes, and see that it is an answer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        told = reader(path, frozenset({"01"}))
        assert folder not in told.why
    assert told.answer in ANSWERS
    assert 3 < len(told.why) < 2000
    return told


@pytest.mark.parametrize("name", READERS)
@QUICK
@given(text=writings, coding=codings)
@example(text="name\n" + '"' * 10, coding="utf-8")
def test_any_writing(name, text, coding):
    answered(READERS[name], text.encode(coding, "replace"), name)


@pytest.mark.parametrize("name", READERS)
@QUICK
@given(content=st.binary(max_size=400))
def test_any_bytes_as_a_writing(name, content):
    answered(READERS[name], content, name)


@QUICK
@given(value=values, lines=st.booleans())
def test_any_document(value, lines):
    text = json.dumps(value)
    answered(told_by_json, (f"{text}\n{text}\n" if lines else text).encode())


@QUICK
@given(rows=st.lists(st.lists(words | st.text(max_size=9), max_size=5), max_size=6), separator=st.sampled_from("\t;,|"))
def test_any_table(rows, separator):
    text = "\n".join(separator.join(row) for row in rows).encode("utf-8", "replace")
    plain = answered(told_by_table, text)
    assert answered(told_by_table, gzip.compress(text)).answer == plain.answer


@QUICK
@given(data=st.data())
def test_a_damaged_table_that_is_packed(data):
    answered(told_by_table, data.draw(damaged(gzip.compress(b"participant_id\tname\nsub-01\tx\n" * 9))), "x.tsv.gz")


AGREEING = {
    ("social", "security", "number"): "123-45-6789",
    ("phone",): "+49 228 123456",
    ("street", "address"): "Main Street 5",
    ("city",): "Bonn",
    ("case", "number"): "20190012",
    ("mother", "name"): "Anna Schmidt",
    ("referring", "physician"): "Dr. Hans Meier",
    ("date", "of", "death"): "2019-04-03",
    ("ip", "address"): "93.184.216.34",
    ("age",): "94",
}
STYLES = {
    "snake": "_".join,
    "dots": ".".join,
    "blanks": " ".join,
    "camel": lambda parts: "".join(map(str.capitalize, parts)),
    "capitals": lambda parts: "-".join(parts).upper(),
    "plain": "".join,
}


@QUICK
@given(
    parts=st.sampled_from(sorted(AGREEING)),
    before=st.sampled_from([(), ("patient",), ("participant",), ("subject",), ("Probandin",)]),
    behind=st.sampled_from([(), ("id",), ("no",), ("nr",), ("code",), ("2",)]),
    style=st.sampled_from(sorted(STYLES)),
)
def test_an_identifier_is_told_however_its_field_is_spelled(parts, before, behind, style):
    value = AGREEING[parts]

    def told(field):
        table = answered(told_by_table, f"participant_id\t{field}\nsub-01\t{value}\n".encode())
        record = json.dumps({"participant_id": "sub-01", field: value}).encode()
        return table.answer, answered(told_by_json, record).answer

    assert told(STYLES[style]((*before, *parts, *behind))) == told("_".join(parts))
    assert told("_".join(parts))[0] == told("_".join(parts))[1] != "none"


@QUICK
@given(place=st.text(max_size=40))
def test_any_path(place):
    assert told_by_path(place).answer in {"none", "cannot tell", "face"}


@QUICK
@given(content=st.binary(max_size=300))
def test_any_bytes_are_text_in_some_coding_or_none(content):
    assert isinstance(spelled(decoded(content)), str)
    assert is_text(content) in {True, False}


HEAD = {
    "nifti": nib.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.eye(4)).to_bytes(),
    "second": nib.Nifti2Image(np.zeros((9, 9, 9), np.int16), np.eye(4)).to_bytes(),
    "mgh": nib.MGHImage(np.zeros((9, 9, 9), np.float32), np.eye(4)).to_bytes(),
    "dicom": _dicom(),
    "png": _photo("PNG"),
    "gzip": gzip.compress(b"a" * 99),
}


@pytest.mark.parametrize("kind", HEAD)
@QUICK
@given(data=st.data(), ending=st.sampled_from([".nii", ".html", ".tsv.gz", "", ".png"]))
def test_the_content_of_damaged_files(kind, data, ending):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{ending}"
        path.write_bytes(data.draw(damaged(HEAD[kind], reach=400)))
        content = content_of(path)
        assert content.holds in {"scan", "dicom", "picture", "document", "archive", "packed", "text", "unknown"}
        assert kind_of_file(path)
        assert told_by_contradiction(path).answer in {"none", "cannot tell"}


def _extended() -> bytes:
    image = nib.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.eye(4))
    image.header["descrip"] = b"Anna Schmidt"
    image.header.extensions.append(nib.nifti1.Nifti1Extension(6, b'{"PatientName": "Schmidt^Anna"}'))
    return image.to_bytes()


@QUICK
@given(data=st.data(), packed=st.booleans())
def test_a_damaged_header_of_a_scan(data, packed):
    raw = data.draw(damaged(_extended(), reach=440))
    answered(told_by_scan_header, gzip.compress(raw, 1) if packed else raw, "x.nii.gz" if packed else "x.nii")


@QUICK
@given(data=st.data())
def test_a_damaged_header_of_dicom(data):
    answered(told_by_dicom, data.draw(damaged(HEAD["dicom"])))


@QUICK
@given(flags=st.integers(0, 255), fields=st.binary(max_size=80), cut=st.integers(0, 200))
def test_any_header_of_gzip(flags, fields, cut):
    plain = gzip.compress(b"voxels" * 20, mtime=0)
    content = (plain[:3] + bytes([flags]) + plain[4:10] + fields + plain[10:])[: cut or None]
    answered(told_by_packing, content)
    with tempfile.TemporaryFile() as stream:
        stream.write(content)
        stream.seek(0)
        with suppress(EOFError, zlib.error):
            assert all(isinstance(header, GzipHeader) for header in read_gzip_headers(stream))


@SLOW
@given(data=st.data(), kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]))
def test_a_damaged_picture(data, kind):
    content = data.draw(damaged(_photo(kind)))
    answered(lambda path, labels: told_by_picture(path.read_bytes(), labels), content)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The three records, as a run, a triage and the gate write them."""
    root = tmp_path_factory.mktemp("records")
    out = audited(root / "out", write_release(root / "release"))
    assert call("gate", out).exit_code == 0
    return {
        Evidence: evidence().model_dump_json().encode(),
        GatedTriage: (out / "triage.json").read_bytes(),
        Attestation: (out / "attestation.json").read_bytes(),
    }


def refused_or_read(kind, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.json"
        path.write_bytes(content)
        read, error = outcome(lambda: read_record(path, kind))
    if read is None:
        assert isinstance(error, StoreError)
        assert folder not in str(error)
    else:
        assert isinstance(read[0], kind)
        assert len(read[1]) == 64


@pytest.mark.parametrize("kind", [Evidence, GatedTriage, Attestation])
@QUICK
@given(data=st.data())
def test_a_damaged_record_of_the_gate(kind, records, data):
    refused_or_read(kind, data.draw(damaged(records[kind], reach=6000)))


def _places(value, at=()):
    yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(inner, (*at, key))


@pytest.mark.parametrize("kind", [Evidence, GatedTriage, Attestation])
@QUICK
@given(data=st.data())
def test_a_record_of_the_gate_with_any_value_in_any_place(kind, records, data):
    content = json.loads(records[kind])
    *way, last = data.draw(st.sampled_from([place for place in _places(content) if place]))
    inner = content
    for key in way:
        inner = inner[key]
    if data.draw(st.booleans()):
        inner[last] = data.draw(values)
    elif isinstance(inner, dict):
        inner[data.draw(st.text(max_size=5))] = inner.pop(last)
    refused_or_read(kind, json.dumps(content).encode())


@QUICK
@given(data=st.data(), value=values)
def test_a_damaged_list_of_a_triage(data, value):
    with tempfile.TemporaryDirectory() as folder:
        write_triage(folder, [TriagedFile("x", "", "text", "none", "y: z")], complete=True)
        path = Path(folder) / PLACE
        content = {"schema": 1, "complete": True, "volumes": value}
        made = data.draw(damaged(path.read_bytes()) | st.just(json.dumps(content).encode()))
        path.write_bytes(made)
        read, error = outcome(lambda: read_triage(folder))
    assert isinstance(error, StoreError) if read is None else all(file.answer in ANSWERS for file in read.volumes)
