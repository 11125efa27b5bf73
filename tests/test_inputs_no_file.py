"""Pipes, devices and links to devices where a file should be: refused at once, wherever a run opens something."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from time_limit import at_most

from reid_audit.errors import ManifestError, ReidAuditError, VolumeError
from reid_audit.gating.digests import hash_released
from reid_audit.inputs import read_cohort, read_photo, read_volume
from reid_audit.inputs.scan_header import read_scan_header
from reid_audit.inputs.tables import read_text_table
from reid_audit.settings_file import read_settings_file
from reid_audit.store import bytes_key, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KINDS = (os.mkfifo, lambda path: path.symlink_to("/dev/zero"))

pytestmark = pytest.mark.parametrize("make", KINDS, ids=("pipe", "device"))


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """End a test that waits for a writer, or reads without end."""
    with at_most(5):
        yield


def test_nothing_is_hashed_that_is_no_file(tmp_path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "scan.nii.gz")
    for read in (bytes_key, open_file):
        with pytest.raises(OSError, match="no file"):
            read(tmp_path / "scan.nii.gz")


@pytest.mark.parametrize("name", ["scan.nii.gz", "scan.nii", "scan.mgz", "scan.mha", "scan.nrrd", "scan"])
def test_a_released_scan_that_is_no_file_counts_as_one_that_could_not_be_hashed(tmp_path, make, name) -> None:
    make(tmp_path / name)
    scans = pd.DataFrame({"path": [str(tmp_path / name)], "condition": ["defaced"], "sample": ["one"]})
    (scan,), _, _ = hash_released(scans, 0)
    assert (scan.files, scan.voxels) == ((), None)
    for read in (read_volume, read_scan_header):
        with pytest.raises(VolumeError, match=r"neither a file nor a folder|none of the extensions"):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        (
            "scan.mhd",
            "ObjectType = Image\nNDims = 3\nDimSize = 9 9 9\nElementType = MET_SHORT\nElementDataFile = data.raw\n",
        ),
        (
            "scan.nhdr",
            "NRRD0004\ntype: short\ndimension: 3\nsizes: 9 9 9\nencoding: raw\nendian: little\ndata file: data.raw\n",
        ),
    ],
)
def test_voxels_beside_a_header_are_a_file(tmp_path, make, name, header) -> None:
    make(tmp_path / "data.raw")
    (tmp_path / name).write_text(header)
    with pytest.raises(VolumeError, match="is no file but a pipe"):
        read_volume(tmp_path / name)


@pytest.mark.parametrize("name", ["manifest.csv", "manifest.tsv", "manifest.parquet"])
def test_a_table_is_a_file(tmp_path, make, name) -> None:
    make(tmp_path / name)
    with pytest.raises(ManifestError, match="cannot be read"):
        read_text_table(tmp_path / name)
    with pytest.raises(ManifestError):
        read_cohort(tmp_path / name)


@pytest.mark.parametrize("name", ["participants.tsv", "dataset_description.json"])
def test_a_data_set_whose_tables_are_no_files_is_read_without_them_or_refused(tmp_path, make, name) -> None:
    (tmp_path / "sub-01" / "anat").mkdir(parents=True)
    (tmp_path / "sub-01" / "anat" / "sub-01_T1w.nii.gz").write_bytes(b"x")
    make(tmp_path / "sub-01" / "anat" / "sub-01_T1w.json")
    make(tmp_path / name)
    assert len(read_cohort(tmp_path)[0].scans) == 1


def test_photographs_and_settings_are_files(tmp_path, make) -> None:
    make(tmp_path / "sub-01.png")
    make(tmp_path / "settings.yaml")
    for read, name in ((read_photo, "sub-01.png"), (read_settings_file, "settings.yaml")):
        with pytest.raises(ReidAuditError):
            read(tmp_path / name)
