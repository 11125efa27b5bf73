"""Whatever bytes come in, a reader says what is wrong with them, and raises nothing else."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inputs_making import marked, oblique, series_datasets
from PIL import Image

from reid_audit.errors import InputError, ManifestError, ReidAuditError
from reid_audit.inputs import draft_manifest, read_cohort, read_photo, read_volume
from reid_audit.inputs.bids import read_bids
from reid_audit.inputs.dicom_bounds import encoded_size
from reid_audit.store import Record, RecordStore, armed, disarmed

EXAMPLES = int(os.environ.get("REID_AUDIT_FUZZ_EXAMPLES") or 40)
"""A longer hunt is one variable away (CONTRIBUTING.md); what it finds becomes a case of benchmarks/hostile."""

QUICK = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

numbers = st.one_of(
    st.sampled_from([0, 1, -1, 127, 255, 2**15 - 1, 2**15, 2**16 - 1, 2**31 - 1, -(2**31), 100_000]),
    st.integers(-(2**31), 2**31 - 1),
)


@st.composite
def damaged(draw, content: bytes, reach: int = 1_000) -> bytes:
    """Bytes with some overwritten, by single bytes or by whole numbers, some cut off or repeated."""
    made = bytearray(content)
    reach = min(len(made), reach)
    for _ in range(draw(st.integers(1, 8))):
        place = draw(st.integers(0, reach - 1))
        if draw(st.booleans()):
            made[place] = draw(st.integers(0, 255))
        else:
            packed = struct.pack(draw(st.sampled_from(["<i", ">i"])), draw(numbers))
            made[place : place + 4] = packed[: len(made) - place]
    if draw(st.booleans()):
        made = made[: draw(st.integers(0, len(made)))]
    if draw(st.integers(0, 9)) == 0:
        made *= draw(st.integers(2, 4))
    return bytes(made)


def _nifti(second: bool = False) -> bytes:
    kind = nib.Nifti2Image if second else nib.Nifti1Image
    return kind(marked(), oblique()).to_bytes()


def _dicom(syntax: str = "") -> bytes:
    import pydicom
    from pydicom.uid import UID, ExplicitVRLittleEndian

    ds = series_datasets(marked((32, 32, 9)), oblique())[0]
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if syntax:
        ds.compress(UID(syntax))
    held = io.BytesIO()
    pydicom.dcmwrite(held, ds, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return held.getvalue()


def _photo(kind: str) -> bytes:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    held = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (80, 90, 3)).astype(np.uint8)).save(held, kind)
    return held.getvalue()


_MGH = nib.MGHImage(marked().astype(np.float32), oblique()).to_bytes()
SCANS = {
    "a.nii": _nifti(),
    "second.nii": _nifti(second=True),
    "a.mgh": _MGH,
    "a.dcm": _dicom(),
    "rle.dcm": _dicom("1.2.840.10008.1.2.5"),
    "jpeg2000.dcm": _dicom("1.2.840.10008.1.2.4.90"),
}
PACKED = {"a.nii.gz": _nifti(), "a.mgz": _MGH}
PHOTOS = {"a.png": "PNG", "a.jpg": "JPEG", "a.heic": "HEIF", "a.webp": "WEBP"}


def outcome(read):
    """Return what was read, or the error with its remedy that was raised instead."""
    try:
        return read(), None
    except ReidAuditError as error:
        return None, error if error.remedy else AssertionError(f"no remedy: {error}")


def read_as_scan(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        volume, error = outcome(lambda: read_volume(path))
    if error is None:
        assert np.isfinite(volume.data).all()
        assert np.isfinite(volume.affine).all()
    else:
        assert isinstance(error, InputError)
        assert folder not in str(error)


@pytest.mark.parametrize("name", SCANS)
@QUICK
@given(data=st.data())
def test_a_damaged_scan(name, data):
    read_as_scan(name, data.draw(damaged(SCANS[name])))


@pytest.mark.parametrize("name", PACKED)
@QUICK
@given(data=st.data())
def test_a_damaged_scan_that_is_packed_well(name, data):
    """The numbers of a header reach the reader only where the packing is whole."""
    read_as_scan(name, gzip.compress(data.draw(damaged(PACKED[name], reach=400)), 1))


@pytest.mark.parametrize("name", PHOTOS)
@QUICK
@given(data=st.data())
def test_a_damaged_photo(name, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data.draw(damaged(_photo(PHOTOS[name]))))
        photo, error = outcome(lambda: read_photo(path))
    assert isinstance(error, InputError) if photo is None else photo.pixels.dtype == np.uint8


cells = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.sampled_from(["=cmd()", "../x", "<b>", "n/a", "original", "Original", "T1w", "1e400", "\r", '"', "''=", "'=1"]),
)


@QUICK
@given(rows=st.lists(st.lists(cells, min_size=3, max_size=9), max_size=6), separator=st.sampled_from(",;\t"))
def test_a_manifest_of_any_cells(rows, separator):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.csv"
        lines = [separator.join(row) for row in (["subject", "condition", "path"], *rows)]
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        cohort, error = outcome(lambda: read_cohort(path))
    assert cohort is not None or isinstance(error, ManifestError)


@QUICK
@given(data=st.data())
def test_a_damaged_parquet_table(data):
    held = io.BytesIO()
    pd.DataFrame({"subject": ["1", "2"], "condition": ["original", "zero"], "path": ["a", "b"]}).to_parquet(held)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.parquet"
        path.write_bytes(data.draw(damaged(held.getvalue(), reach=4_000)))
        with pytest.raises(ManifestError) as caught:
            read_cohort(path)
        assert caught.value.remedy


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    ["Name", "DatasetType", "GeneratedBy", "DeidentificationMethod", "DeidentificationMethodCodeSequence"]
)


@QUICK
@given(said=st.dictionaries(keys, values), more=values, people=st.lists(st.lists(cells, min_size=2, max_size=3)))
def test_a_data_set_that_says_anything_of_itself(said, more, people):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "sub-1" / "anat").mkdir(parents=True)
        (root / "sub-1" / "anat" / "sub-1_T1w.nii.gz").touch()
        (root / "dataset_description.json").write_text(json.dumps(said))
        (root / "T1w.json").write_text(json.dumps({**said, "More": more}))
        (root / "sub-1" / "anat" / "sub-1_T1w.json").write_text(json.dumps(more))
        rows = [["participant_id", "age"], *people]
        (root / "participants.tsv").write_text("\n".join("\t".join(row) for row in rows), encoding="utf-8")
        found, error = outcome(lambda: read_bids(root))
    if found is None:
        assert isinstance(error, ManifestError)
    else:
        assert [scan.subject for scan in found.scans] in ([], ["1"])


@QUICK
@given(
    names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=20), max_size=5)
)
def test_files_of_any_name(names):
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if name not in {".", ".."} and len(name.encode()) < 200:
                (Path(folder) / f"{name}.nii").touch()
        table, error = outcome(lambda: draft_manifest(folder))
    assert table is not None or isinstance(error, ManifestError)


@QUICK
@given(data=st.data())
def test_a_damaged_record(data):
    with tempfile.TemporaryDirectory() as folder:
        store = RecordStore(folder)
        store.put("ab" * 32, Record({"v": np.arange(9.0), "t": np.array(["x", "yy"])}, {"n": [1]}))
        path = Path(folder) / "ab" / f"{'ab' * 32}.npz"
        path.write_bytes(data.draw(damaged(path.read_bytes(), reach=4_000)))
        record = store.get("ab" * 32)
        assert record is None or record.arrays["v"].tolist() == list(range(9))


@given(text=st.text(max_size=12))
def test_what_is_disarmed_begins_no_formula_and_comes_back(text):
    plain = str(disarmed(text))
    assert not plain.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    if not text.startswith("'"):
        assert armed(plain) == text


@given(frame=st.binary(max_size=200))
def test_any_bytes_as_a_compressed_image(frame):
    for start in (b"", b"\xff\xd8", b"\xff\x4f\xff\x51"):
        size = encoded_size(start + frame)
        assert size is None or len(size) == 2
