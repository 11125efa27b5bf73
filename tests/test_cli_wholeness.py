"""Scans of which voxels are missing: told from size and trailer, with no false alarm for files packed otherwise."""

from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest

from reid_audit.cli.wholeness import cut_off
from reid_audit.errors import VolumeError

VOXELS = np.random.default_rng(2).integers(1, 900, size=(17, 19, 18)).astype(np.int16)
WHOLE = nib.Nifti1Image(VOXELS, np.eye(4)).to_bytes()
MGH = nib.MGHImage(VOXELS, np.eye(4)).to_bytes()
PACKED = gzip.compress(WHOLE)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.nii", WHOLE),
        ("a.nii.gz", PACKED),
        ("a.mgh", MGH),
        ("a.mgz", gzip.compress(MGH)),
        ("behind.nii.gz", gzip.compress(WHOLE + bytes(99))),
        ("parts.nii.gz", gzip.compress(WHOLE[:5000]) + gzip.compress(WHOLE[5000:])),
        ("empty_part.nii.gz", PACKED + gzip.compress(b"")),
        ("zeros.nii.gz", PACKED + bytes(64)),
        ("a.nrrd", b"another format"),
    ],
)
def test_a_whole_file_is_whole_however_it_was_packed(tmp_path, name, content) -> None:
    (tmp_path / name).write_bytes(content)
    assert cut_off(tmp_path / name) == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.nii", WHOLE[:-1]),
        ("a.nii", WHOLE[:4000]),
        ("a.nii.gz", PACKED[: len(PACKED) // 2]),
        ("a.nii.gz", PACKED[:-4000]),
        ("short.nii.gz", gzip.compress(WHOLE[:-2])),
    ],
)
def test_a_file_that_is_cut_says_so(tmp_path, name, content) -> None:
    (tmp_path / name).write_bytes(content)
    assert "ends too early: its header asks for" in cut_off(tmp_path / name)


def test_what_stands_behind_missing_voxels_is_missed_as_well(tmp_path) -> None:
    (tmp_path / "a.mgz").write_bytes(gzip.compress(MGH)[: len(PACKED) // 2])
    with pytest.raises(VolumeError, match="ends too early or is damaged"):
        cut_off(tmp_path / "a.mgz")


def test_of_a_whole_packed_file_nothing_is_unpacked_but_the_header(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.nii.gz").write_bytes(PACKED)
    monkeypatch.setattr("reid_audit.cli.wholeness._BLOCK", 0)  # would read nothing, and so find the file empty
    assert cut_off(tmp_path / "a.nii.gz") == ""
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(WHOLE + b"x"))
    assert cut_off(tmp_path / "b.nii.gz") != ""
