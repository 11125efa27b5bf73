"""Nothing that identifies a person leaves a header."""

from __future__ import annotations

import os
import subprocess
import sys

from inputs_making import SECRET, marked, oblique, series_datasets, write_series
from pydicom.uid import ImplicitVRLittleEndian

from reid_audit.inputs.dicom_headers import read_headers
from reid_audit.inputs.walk import walk_files


def test_identifying_tags_are_never_read(tmp_path):
    write_series(tmp_path, series_datasets(marked(), oblique()))
    assert SECRET not in repr(read_headers(walk_files(tmp_path).files))


def test_nothing_is_printed(tmp_path):
    """Warnings of the DICOM library quote values; a fresh process shows all that would reach a terminal."""
    images = series_datasets(marked(), oblique())
    for image in images:
        image.add_new("PatientBirthDate", "LO", SECRET)
    write_series(tmp_path, images, syntax=ImplicitVRLittleEndian)
    code = f"from reid_audit.inputs import read_dicom; print(read_dicom({str(tmp_path)!r}))"
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert SECRET not in done.stdout + done.stderr
    assert "Volume(" in done.stdout
