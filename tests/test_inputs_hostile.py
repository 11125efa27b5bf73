"""Files made to break whoever reads them: each is refused with its reason, at once and in a small memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from inputs_making import marked, oblique

from benchmarks.evidence.runner import ROOT
from benchmarks.hostile import PHOTOS, SCANS, TABLES
from benchmarks.hostile.cases import gzipped
from benchmarks.hostile.dicoms import jpeg2000_claiming, jpeg_claiming
from benchmarks.hostile.niftis import header
from reid_audit.errors import InputError, ManifestError, VolumeError
from reid_audit.inputs import draft_manifest, read_cohort, read_photo, read_volume
from reid_audit.inputs.detached import data_files, scan_key
from reid_audit.inputs.dicom_bounds import encoded_size, inflates_too_far
from reid_audit.inputs.parquet import read_parquet
from reid_audit.inputs.photo import KEPT_PIXELS
from reid_audit.inputs.sidecars import defacing_named
from reid_audit.inputs.slabs import read_in_slabs
from reid_audit.inputs.voxel_numbers import numbers_of


def small(cases):
    """Bombs take seconds each to unpack: the evidence hands them in."""
    return [pytest.param(case, id=case.name) for case in cases if not case.large]


@pytest.mark.parametrize("case", [case for case in small(SCANS) if case.id != "no-head"])
def test_a_hostile_scan_is_refused_with_its_reason(case, tmp_path):
    case.write(tmp_path / case.file)
    with pytest.raises(InputError, match=case.said) as caught:
        read_volume(tmp_path / case.file)
    assert caught.value.remedy
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("case", small(PHOTOS))
def test_a_hostile_photo_is_refused_with_its_reason(case, tmp_path):
    case.write(tmp_path / case.file)
    with pytest.raises(InputError, match=case.said) as caught:
        read_photo(tmp_path / case.file)
    assert caught.value.remedy


@pytest.mark.parametrize("case", small(TABLES))
def test_a_hostile_table_is_refused_with_its_reason(case, tmp_path):
    case.write(tmp_path / case.file)
    with pytest.raises(ManifestError, match=case.said) as caught:
        read_cohort(tmp_path / case.file)
    assert caught.value.remedy


def measured(code, *words):
    """Run some lines in a process of its own; return what they printed and the most memory they took, GiB."""
    line = [sys.executable, "-W", "ignore", "-c", f"{code}\n{PEAK}", *map(str, words)]
    *said, peak = subprocess.run(line, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return said, float(peak)


PEAK = "from benchmarks.memory import peak_gib; print(peak_gib())"

READS = """
import sys
from reid_audit.errors import InputError
from reid_audit.inputs import read_photo, read_volume
for path in sys.argv[1:]:
    try:
        print((read_photo if path.endswith((".png", ".jpg")) else read_volume)(path))
    except InputError as error:
        print(error)
"""


def test_bombs_do_not_grow_in_memory(tmp_path):
    """A quarter of what the evidence hands in: 250 MB of zeros in a NIfTI, its extension, an MGZ; 60 million pixels."""
    zeros = (bytes(2**20), 250)
    scan = header((256, 256, 1_000)) + bytes(4)
    extension = header((24, 26, 28), offset=352 + 2**28) + b"\1\0\0\0" + bytes(8)
    (tmp_path / "zeros.nii.gz").write_bytes(gzipped((scan, 1), zeros))
    (tmp_path / "extension.nii.gz").write_bytes(gzipped((extension, 1), zeros))
    black = next(case for case in PHOTOS if case.name == "png-large-and-short")
    black.write(tmp_path / "short.png")
    names = ("zeros.nii.gz", "extension.nii.gz", "short.png")
    said, most = measured(READS, *(tmp_path / name for name in names))
    assert [
        bool(re.search(word, line)) for word, line in zip(("same value", "damaged", "damaged"), said, strict=True)
    ] == [True] * 3
    empty, least = measured("import reid_audit.inputs, nibabel, scipy, pandas, PIL")
    assert empty == []
    assert most - least < 0.75, "250 MiB as float32 and pieces of it; what is read whole takes a GiB"


def test_slabs_hold_what_reading_at_once_holds(tmp_path, monkeypatch, rng):
    values = rng.integers(-900, 900, (7, 8, 9)).astype(np.int16)
    image = nib.Nifti1Image(values, np.eye(4))
    image.header.set_slope_inter(0.37, -11.5)
    nib.save(image, tmp_path / "a.nii")
    proxy = nib.load(tmp_path / "a.nii").dataobj
    monkeypatch.setattr("reid_audit.inputs.slabs._SLAB_BYTES", 7 * 8 * 2 * 4)
    np.testing.assert_array_equal(read_in_slabs(proxy, (7, 8, 9)), np.asarray(proxy, np.float32))


def test_numbers_are_found_piece_by_piece(monkeypatch, rng):
    monkeypatch.setattr("reid_audit.inputs.slabs._CHUNK", 100)
    values = rng.normal(size=(7, 8, 9)).astype(np.float32)
    values[1, 2, 3], values[3, 4, 5] = np.nan, np.inf
    found = numbers_of(values)
    assert (found.n_voxels, found.n_missing, found.n_infinite) == (504, 1, 1)
    assert (found.low, found.high, found.two_valued) == (float(np.nanmin(values)), np.inf, False)
    assert len(found.sample) == 503
    assert numbers_of(np.where(values > 0, np.float32(2), np.float32(1))).two_valued


@pytest.mark.parametrize("esize", [0, -1, 7, 2**31 - 1])
def test_an_extension_of_any_length_keeps_nobody_from_reading(esize, tmp_path):
    content = bytearray(nib.Nifti1Image(marked(), oblique()).to_bytes())
    content[348:352] = b"\1\0\0\0"
    extension = np.array([esize, 6], "<i4").tobytes() + bytes(8)
    content[108:112] = np.array(368, "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(bytes(content[:352]) + extension + bytes(content[352:]))
    assert read_volume(tmp_path / "a.nii").data.max() == 1000


def test_a_header_leads_to_a_file_beside_it_and_nowhere_else(tmp_path):
    meta = "ObjectType = Image\nNDims = 3\nDimSize = 7 8 9\nElementType = MET_SHORT\nElementDataFile = {}\n"
    (tmp_path / "a.mhd").write_text(meta.format("a.raw"))
    (tmp_path / "a.raw").write_bytes(marked().tobytes(order="F"))
    assert data_files(tmp_path / "a.mhd") == (tmp_path / "a.raw",)
    assert read_volume(tmp_path / "a.mhd").data.max() == 1000
    before = scan_key(tmp_path / "a.mhd")
    (tmp_path / "a.raw").write_bytes(marked().tobytes(order="C"))
    assert scan_key(tmp_path / "a.mhd") != before, "other voxels under the same header are another scan"
    for name in ("../a.raw", "/dev/zero", "x/../../a.raw", "C:\\a.raw", "..\\a.raw"):
        (tmp_path / "b.mhd").write_text(meta.format(name))
        with pytest.raises(VolumeError, match="lies elsewhere"):
            read_volume(tmp_path / "b.mhd")
    (tmp_path / "b.mhd").write_text("Comment = " + "x" * 2_000_000 + "\n" + meta.format("/dev/zero"))
    with pytest.raises(VolumeError, match="more than 1 MiB"):
        read_volume(tmp_path / "b.mhd")


@pytest.mark.parametrize("depth", [4, 400, 900])
def test_a_sidecar_of_any_depth_is_read(depth, tmp_path):
    text = '{"DeidentificationMethod": ' + "[" * depth + '"pydeface"' + "]" * depth + "}"
    assert defacing_named(json.loads(text)) is None
    assert defacing_named({"DeidentificationMethod": [["pydeface 2.0"]]}) == "pydeface"


def test_a_photo_larger_than_any_detector_needs_is_made_smaller(tmp_path):
    from PIL import Image

    for mode, size in (("RGB", (6_100, 4_000)), ("P", (6_100, 4_000)), ("I;16", (6_100, 4_000))):
        Image.new(mode, size, 0).save(tmp_path / "a.png")
        pixels = read_photo(tmp_path / "a.png").pixels
        assert pixels.shape == (2_000, 3_050, 3), mode
        assert pixels.shape[0] * pixels.shape[1] <= KEPT_PIXELS
    Image.new("RGB", (6_000, 4_000)).save(tmp_path / "b.png")
    assert read_photo(tmp_path / "b.png").pixels.shape == (4_000, 6_000, 3)


def test_names_that_are_formulas_come_back_from_a_drafted_manifest_as_they_were(tmp_path):
    from reid_audit.store import write_csv

    folder = tmp_path / "=cmd()"
    folder.mkdir()
    nib.save(nib.Nifti1Image(marked(), oblique()), folder / "+a_T1w.nii.gz")
    table = draft_manifest(tmp_path)
    write_csv(tmp_path / "scans.csv", table)
    assert not re.search(r"(^|,)[=+@-]", (tmp_path / "scans.csv").read_text(), re.MULTILINE)
    cohort, _ = read_cohort(tmp_path / "scans.csv")
    assert cohort.scans["subject"].tolist() == table["subject"].tolist()
    assert cohort.scans["path"].tolist() == [str(folder / "+a_T1w.nii.gz")]


def test_sizes_of_compressed_images_are_read_from_their_headers():
    assert encoded_size(jpeg2000_claiming(30, 50)) == (30, 50)
    assert encoded_size(jpeg_claiming(30, 50)) == (30, 50)
    assert encoded_size(b"\xff\xd8\xff\xfe\x00\x04ab" + jpeg_claiming(30, 50)[2:]) == (30, 50)
    assert encoded_size(b"\xff\xd8\xff\xff") is None
    assert encoded_size(b"") is None


def test_a_file_that_is_deflated_as_a_whole_is_inflated_so_far_and_no_further(tmp_path, monkeypatch):
    from benchmarks.hostile.dicoms import DICOMS

    bomb = next(case for case in DICOMS if case.name == "dicom-deflated-bomb")
    monkeypatch.setattr("benchmarks.hostile.dicoms._BLOCK", 2**12)
    bomb.write(tmp_path / "small")
    files = sorted((tmp_path / "small").iterdir())
    assert [inflates_too_far(file) for file in files] == [False] * 4
    monkeypatch.setattr("reid_audit.inputs.dicom_bounds.MAX_INFLATED", 2**20)
    assert [inflates_too_far(file) for file in files] == [True] * 4
    with pytest.raises(VolumeError, match=bomb.said):
        read_volume(tmp_path / "small")


def test_a_parquet_table_whose_text_is_no_text_is_refused(tmp_path):
    """pyarrow decodes a cell when it is looked at, long after the file was read."""
    table = pd.DataFrame({"subject": ["1"], "condition": ["original"], "path": ["QZQZQZ"]})
    table.to_parquet(tmp_path / "t.parquet", compression=None)
    content = (tmp_path / "t.parquet").read_bytes()
    assert content.count(b"QZQZQZ") > 0
    (tmp_path / "t.parquet").write_bytes(content.replace(b"QZQZQZ", b"\xff\xfeQZQZ"))
    with pytest.raises(ManifestError, match="damaged"):
        read_cohort(tmp_path / "t.parquet")


def test_a_parquet_table_comes_back_as_it_was_written(tmp_path):
    table = pd.DataFrame(
        {
            "subject": pd.Categorical(["1", "1", "2"]),
            "path": ["a", None, "b"],
            "age": [30, 31, 32],
            "score": [0.5, 1.5, 2.5],
        },
        index=["x", "y", "z"],
    )
    table.to_parquet(tmp_path / "t.parquet")
    back = read_parquet(tmp_path / "t.parquet", max_rows=3, max_bytes=10_000)
    assert back.columns.tolist() == ["subject", "path", "age", "score"]
    assert back["subject"].tolist() == ["1", "1", "2"]
    assert back["path"].isna().tolist() == [False, True, False]
    assert (back["age"].tolist(), back["score"].tolist()) == ([30, 31, 32], [0.5, 1.5, 2.5])
    with pytest.raises(ManifestError, match="3 rows; at most 2"):
        read_parquet(tmp_path / "t.parquet", max_rows=2, max_bytes=10_000)
    with pytest.raises(ManifestError, match="MiB when it is unpacked"):
        read_parquet(tmp_path / "t.parquet", max_rows=3, max_bytes=50)
