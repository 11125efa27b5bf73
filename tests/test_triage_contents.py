"""What a file holds decides how it is judged, whatever its name says."""

from __future__ import annotations

import gzip
import io
import os

import nibabel as nib
import numpy as np
import pytest
from inputs_making import image_dataset, save
from PIL import Image

from reid_audit.inputs import read_volume
from reid_audit.triage.contents import content_of, named_by_content
from reid_audit.triage.kinds import kind_of_file, told_by_contradiction
from reid_audit.triage.task import TriageTask, triage_files

VOXELS = np.random.default_rng(0).integers(0, 99, (9, 10, 11)).astype(np.int16)


def picture(kind: str) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(held, kind)
    return held.getvalue()


def big_endian() -> bytes:
    image = nib.Nifti1Image(VOXELS, np.eye(4), nib.Nifti1Header(endianness=">"))
    return image.to_bytes()


def itk(name: str, tmp_path) -> bytes:
    import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

    sitk.WriteImage(sitk.GetImageFromArray(VOXELS), str(tmp_path / name))
    return (tmp_path / name).read_bytes()


NIFTI = nib.Nifti1Image(VOXELS, np.eye(4)).to_bytes()
MGH = nib.MGHImage(VOXELS.astype(np.float32), np.eye(4)).to_bytes()
SCANS = {
    "nifti-1": NIFTI,
    "nifti-1 packed": gzip.compress(NIFTI),
    "nifti-1 of the other byte order": big_endian(),
    "nifti-2": nib.Nifti2Image(VOXELS, np.eye(4)).to_bytes(),
    "mgh": MGH,
    "mgz": gzip.compress(MGH),
}


@pytest.mark.parametrize("kind", SCANS)
@pytest.mark.parametrize(
    "name", ["x.html", "x.tsv", "x.tsv.gz", "x.json", "README", "x.png", "x.zip", "x.nrrd", "x.dcm"]
)
def test_a_scan_is_a_scan_whatever_it_is_called(tmp_path, kind, name) -> None:
    path = tmp_path / name
    path.write_bytes(SCANS[kind])
    assert kind_of_file(path) == "scan"
    told = told_by_contradiction(path)
    assert (told.answer, told.why.split(":")[0]) == ("cannot tell", "content")
    with named_by_content(path) as readable:
        assert read_volume(readable).data.sum() == VOXELS.sum()
    answer = triage_files(TriageTask(((str(path), name),), "scan", "", "dlib-large", "dlib", None))[0]
    assert answer.answer == "cannot tell"
    assert "slices: " in answer.why
    assert "content: " in answer.why


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha"])
def test_other_formats_of_scans(tmp_path, name) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(itk(name, tmp_path))
    assert kind_of_file(path) == "scan"
    assert told_by_contradiction(path).answer == "cannot tell"
    assert told_by_contradiction(tmp_path / name).answer == "none"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("name", ["x.html", "x.tsv", "x.nii.gz", "README", "x.bval"])
def test_a_picture_is_a_picture_whatever_it_is_called(tmp_path, kind, name) -> None:
    path = tmp_path / name
    path.write_bytes(picture(kind))
    assert kind_of_file(path) == "picture"
    assert told_by_contradiction(path).answer == "cannot tell"
    path.rename(tmp_path / "x.jpg")
    assert told_by_contradiction(tmp_path / "x.jpg").answer == "none"


def test_dicom_under_any_name(tmp_path) -> None:
    save(image_dataset(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), np.eye(4), 0), tmp_path / "IM0001")
    assert kind_of_file(tmp_path / "IM0001") == "dicom"
    assert told_by_contradiction(tmp_path / "IM0001").answer == "none"
    for name in ("x.nii", "x.html", "x.png"):
        (tmp_path / name).write_bytes((tmp_path / "IM0001").read_bytes())
        assert kind_of_file(tmp_path / name) == "dicom"
        assert told_by_contradiction(tmp_path / name).answer == "cannot tell"


@pytest.mark.parametrize(
    ("name", "content", "kind", "contradiction"),
    [
        ("x.tsv", b"a\tb\n1\t2\n", "table", "none"),
        ("x.tsv.gz", gzip.compress(b"a\tb\n"), "table", "none"),
        ("x.tsv", gzip.compress(b"a\tb\n"), "table", "cannot tell"),
        ("x.tsv.gz", b"a\tb\n", "table", "none"),
        ("x.html", gzip.compress(b"<p>"), "archive", "none"),
        ("x.tsv.gz", gzip.compress(picture("PNG")), "archive", "none"),
        ("x.html", b"PK\x03\x04rest", "archive", "none"),
        ("x.docx", b"PK\x03\x04rest", "document", "none"),
        ("x.txt", b"%PDF-1.7", "document", "none"),
        ("x.html", bytes(range(256)) * 8, "page", "cannot tell"),
        ("x.bin", bytes(range(256)) * 8, "other", "none"),
        ("x.txt", "Prénom: Aurélie".encode("latin-1"), "text", "none"),
        ("x.txt", "Name: x".encode("utf-16"), "text", "none"),
        ("x.txt", "Name: x".encode("utf-16-be"), "text", "none"),
        ("x.nii.gz", b"no scan", "scan", "none"),
        ("sub-1_mask.nii.gz", gzip.compress(NIFTI), "mask", "none"),
        ("x.nii", NIFTI, "scan", "none"),
        ("x.png", b"no picture", "picture", "none"),
        ("BMI.txt", b"BMI of everybody: 23", "text", "none"),
        ("x.txt", b"DimSize of an image is a header's field\n", "text", "none"),
    ],
)
def test_what_is_no_scan_and_no_picture(tmp_path, name, content, kind, contradiction) -> None:
    (tmp_path / name).write_bytes(content)
    assert kind_of_file(tmp_path / name) == kind
    assert told_by_contradiction(tmp_path / name).answer == contradiction


def test_a_pipe_is_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.nii")
    for path in (tmp_path / "pipe.nii", "/dev/zero", tmp_path):
        with pytest.raises(OSError, match=r"no file|directory"):
            content_of(path)
