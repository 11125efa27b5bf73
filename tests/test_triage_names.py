"""Names that stand beside nothing else: of files and folders, in gzip's header, in fields of a NIfTI header."""

from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest

from reid_audit.triage import triage_release
from reid_audit.triage.headers import told_by_scan_header
from reid_audit.triage.packing import told_by_packing
from reid_audit.triage.path_words import told_by_path

LABELS = frozenset({"ab1"})


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Schmidt_Anna_19700312/notes.txt", "cannot tell"),
        ("sourcedata/Schmidt, Anna/scan.nii.gz", "cannot tell"),
        ("x/ni_Schmidt_Anna.nii.gz", "cannot tell"),
        ("x/Schmidt-Anna.dcm", "cannot tell"),
        ("x/Schmidt.Anna", "cannot tell"),
        ("x/Schmidt.Anna.dcm", "cannot tell"),
        ("x/README.TXT", "none"),
        ("phenotype/Beck_Depression_Inventory.tsv", "none"),
        ("phenotype/Edinburgh_Handedness.json", "none"),
        ("derivatives/Desikan_Killiany/aparc.annot", "none"),
        ("derivatives/Hammers_Adult_Atlas/labels.nii", "none"),
        ("phenotype/Beck_Anna.tsv", "cannot tell"),
        ("x/Schmidt^Anna.dcm", "face"),
        ("x/SCHMIDT^ANNA_T1.dcm", "face"),
        ("x/12-03-1970.txt", "cannot tell"),
        ("x/scan_1970-03-12.nii.gz", "cannot tell"),
        ("sub-01/ses-20200312/anat/sub-01_ses-20200312_acq-MPRAGE_T1w.nii.gz", "none"),
        ("sub-01/func/sub-01_task-RestingState_dir-AP_desc-confounds_timeseries.tsv", "none"),
        ("derivatives/fMRIPrep/sub-01/figures/sub-01_space-MNI152NLin2009cAsym_desc-aseg_dseg.nii.gz", "none"),
        ("derivatives/freesurfer/sub-01/label/lh.BA3a_exvivo.thresh.label", "none"),
        ("derivatives/FreeSurfer/sub-01/mri/aparc.DKTatlas+aseg.mgz", "none"),
        ("derivatives/fmriprep/logs/20230412-101112_0e7c/fmriprep.toml", "none"),
        ("sourcedata/1.3.12.2.1107.5.2.19.45152.2013030808061520200285270.0.0.0", "none"),
        ("sourcedata/Siemens_Prisma/README.md", "none"),
        ("atlas/Harvard_Oxford/Left_Amygdala.nii.gz", "none"),
        ("Data_Dictionary.json", "none"),
        ("docs/Scan_Protocol.pdf", "none"),
        ("code/run_Analysis.py", "none"),
        ("dataset_description.json", "none"),
        ("participants.tsv", "none"),
        ("CHANGES", "none"),
        ("12345678.txt", "none"),
    ],
)
def test_names_of_files_and_folders(name, answer) -> None:
    told = told_by_path(name)
    assert told.answer == answer
    assert "Schmidt" not in told.why


def test_the_name_of_a_folder_is_told_of_its_files_and_links(tmp_path) -> None:
    folder = tmp_path / "release" / "Schmidt_Anna_19700312"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("hello")
    (folder / "link").symlink_to("nowhere")
    (tmp_path / "release" / "other").symlink_to("../../Schmidt^Anna/scan.nii.gz")
    told = {
        file.path.rpartition("/")[2]: file for file in triage_release(tmp_path / "release", tmp_path / "out").volumes
    }
    assert told["notes.txt"].answer == "cannot tell"
    assert told["link"].answer == "unaudited"
    assert told["other"].answer == "face"
    assert all("name: " in file.why for file in told.values())


def packed(path, flag=0, field=b""):
    plain = gzip.compress(nib.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.eye(4)).to_bytes(), mtime=0)
    path.write_bytes(plain[:3] + bytes([flag]) + plain[4:10] + field + plain[10:])
    return path


@pytest.mark.parametrize(
    ("flag", "field", "answer"),
    [
        (0, b"", "none"),
        (8, b"sub-01_T1w.nii\0", "none"),
        (8, b"Schmidt^Anna_19700312.nii\0", "face"),
        (8, b"Schmidt_Anna.nii\0", "cannot tell"),
        (8, b"x" * 300 + b"\0", "cannot tell"),
        (16, b"Patient name: Schmidt^Anna\0", "face"),
        (16, b"Anna Schmidt\0", "cannot tell"),
        (16, b"made by dcm2niix\0", "none"),
        (16, b"born 12.03.1970\0", "face"),
        (4, b"\x06\0BC\2\0\x10\0", "none"),
        (4, b"\x04\0abcd", "cannot tell"),
    ],
)
def test_the_header_of_gzip_is_asked(tmp_path, flag, field, answer) -> None:
    path = packed(tmp_path / "x.nii.gz", flag, field)
    assert told_by_packing(path, LABELS).answer == answer
    assert told_by_scan_header(path, LABELS).answer == answer


def test_every_member_of_gzip_is_asked(tmp_path) -> None:
    first = packed(tmp_path / "a.nii.gz").read_bytes()
    second = packed(tmp_path / "b.nii.gz", 8, b"Schmidt^Anna\0").read_bytes()
    (tmp_path / "x.nii.gz").write_bytes(first + second)
    assert told_by_packing(tmp_path / "x.nii.gz", LABELS).answer == "face"
    (tmp_path / "y.nii.gz").write_bytes(first + second[:30])
    assert "damaged: " in told_by_packing(tmp_path / "y.nii.gz", LABELS).why
    (tmp_path / "z.nii.gz").write_bytes(first + b"no gzip, and long enough")
    assert told_by_packing(tmp_path / "z.nii.gz", LABELS).answer == "unaudited"


def header_of(tmp_path, field, value, extension=None):
    image = nib.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.eye(4))
    if field:
        image.header[field] = value
    if extension:
        image.header.extensions.append(nib.nifti1.Nifti1Extension(*extension))
    nib.save(image, tmp_path / "x.nii.gz")
    return told_by_scan_header(tmp_path / "x.nii.gz", LABELS)


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("descrip", b"Anna Schmidt", "cannot tell"),
        ("descrip", b"Schmidt, Anna 12.03.1970", "cannot tell"),
        ("db_name", b"Schmidt_Anna", "cannot tell"),
        ("aux_file", b"Anna Schmidt", "cannot tell"),
        ("descrip", b"TE=2.9;Time=120301.1", "none"),
        ("descrip", b"FSL5.0", "none"),
        ("descrip", b"FreeSurfer matrix", "none"),
        ("descrip", b"Siemens Prisma", "none"),
        ("descrip", b"spm - 3D normalized", "none"),
        ("descrip", b"Philips Medical Systems", "none"),
        ("aux_file", b"Hot Metal", "none"),
        ("intent_name", b"Displacement Vector", "none"),
        ("db_name", b"Ab1", "none"),
    ],
)
def test_fields_of_a_header_with_a_form_of_a_name(tmp_path, field, value, answer) -> None:
    assert header_of(tmp_path, field, value).answer == answer


@pytest.mark.parametrize(
    ("extension", "answer"),
    [
        ((4, b"<AFNI_attributes><x>Schmidt^Anna</x></AFNI_attributes>"), "cannot tell"),
        ((6, b"Anna Schmidt 12.03.1970"), "cannot tell"),
        ((6, b"converted by dcm2niix"), "none"),
        ((4, b"<AFNI_attributes><PatientName>Schmidt</PatientName></AFNI_attributes>"), "face"),
        ((0, b'{"ProcedureStepDescription": "CLINICAL^HEAD", "Manufacturer": "Siemens"}'), "none"),
    ],
)
def test_extensions_of_a_header(tmp_path, extension, answer) -> None:
    assert header_of(tmp_path, "", b"", extension).answer == answer
