"""A marker keeps its place in the world, whatever format and orientation a scan is stored in."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from inputs_making import FLIP, MARKER, SHAPE, marked, oblique, place, place_of_marker, series_datasets, write_series

from reid_audit.inputs import read_volume, to_ras, write_volume
from reid_audit.types import Mask, Volume

AFFINES = {
    "RAS": np.array([[1.5, 0, 0, -9], [0, 1.25, 0, 4], [0, 0, 2, 7], [0, 0, 0, 1.0]]),
    "LPS": np.array([[-1.5, 0, 0, 9], [0, -1.25, 0, 4], [0, 0, 2, 7], [0, 0, 0, 1.0]]),
    "LAS": np.array([[-1.5, 0, 0, 9], [0, 1.25, 0, 4], [0, 0, 2, 7], [0, 0, 0, 1.0]]),
    "PIR": np.array([[0, 0, 1.5, 9], [-1.25, 0, 0, 4], [0, -2, 0, 7], [0, 0, 0, 1.0]]),
    "oblique": oblique(),
    "oblique, left-handed": oblique(flips=(1, -1, 1)),
}


def write_nifti(path, data, affine):
    nib.save(nib.Nifti1Image(data, affine), path)


def write_mgh(path, data, affine):
    nib.save(nib.MGHImage(data.astype(np.float32), affine), path)


def write_itk(path, data, affine):
    lps = FLIP @ affine
    size = np.linalg.norm(lps[:3, :3], axis=0)
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(data.T))
    image.SetSpacing(size.tolist())
    image.SetDirection((lps[:3, :3] / size).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    SimpleITK.WriteImage(image, str(path))


def write_dicom(path, data, affine):
    write_series(path, series_datasets(data, affine))


WRITERS = {
    "scan.nii": write_nifti,
    "scan.nii.gz": write_nifti,
    "scan.mgz": write_mgh,
    "scan.mgh": write_mgh,
    "scan.nrrd": write_itk,
    "scan.nhdr": write_itk,
    "scan.mha": write_itk,
    "scan.mhd": write_itk,
    "dicom": write_dicom,
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("frame", AFFINES)
def test_marker_keeps_its_place(tmp_path, name, frame):
    affine = AFFINES[frame]
    WRITERS[name](tmp_path / name, marked(), affine)
    volume = read_volume(tmp_path / name)
    assert sorted(volume.data.shape) == sorted(SHAPE)
    assert volume.data.max() == 1000
    assert place_of_marker(volume) == pytest.approx(place(affine), abs=2e-4)
    # not the marker alone: a second voxel fixes the rest of the orientation
    other = np.argwhere(volume.data == np.sort(volume.data.ravel())[-1])[0]
    assert (np.linalg.inv(affine) @ volume.affine @ [*other, 1])[:3] == pytest.approx(MARKER, abs=1e-3)


@pytest.mark.parametrize("frame", AFFINES)
def test_every_format_reads_the_same_world(tmp_path, frame):
    affine = AFFINES[frame]
    points = []
    for name, write in WRITERS.items():
        write(tmp_path / name, marked(), affine)
        volume = read_volume(tmp_path / name)
        bright = np.argwhere(volume.data >= np.sort(volume.data.ravel())[-20])
        world = (volume.affine @ np.c_[bright, np.ones(len(bright))].T).T[:, :3]
        points.append(world[np.lexsort(world.round(2).T)])
    for world in points[1:]:
        assert world == pytest.approx(points[0], abs=1e-3)


def test_nrrd_that_is_stored_in_ras(tmp_path):
    header = "NRRD0004\ntype: int16\ndimension: 3\nsizes: 7 8 9\nspace: right-anterior-superior\n"
    header += (
        "space directions: (1.5,0,0) (0,1.25,0) (0,0,2)\nspace origin: (-9,4,7)\nendian: little\nencoding: raw\n\n"
    )
    (tmp_path / "scan.nrrd").write_bytes(header.encode() + marked().tobytes(order="F"))
    volume = read_volume(tmp_path / "scan.nrrd")
    assert volume.affine == pytest.approx(AFFINES["RAS"])
    assert place_of_marker(volume) == pytest.approx(place(AFFINES["RAS"]))


def test_sheared_affine_survives_nifti(tmp_path):
    affine = oblique()
    affine[:3, 2] += 0.3 * affine[:3, 1]
    path = write_volume(Volume(marked().astype(np.float32), affine), tmp_path / "sheared.nii.gz")
    volume = read_volume(path)
    assert volume.affine == pytest.approx(affine, abs=1e-4)
    assert any("sheared" in note for note in volume.notes)
    assert not any("disagree" in note for note in volume.notes)


@pytest.mark.parametrize("frame", AFFINES)
def test_to_ras_moves_no_voxel(frame):
    volume = Volume(marked().astype(np.float32), AFFINES[frame])
    turned = to_ras(volume)
    assert place_of_marker(turned) == pytest.approx(place(AFFINES[frame]))
    assert nib.aff2axcodes(turned.affine) == ("R", "A", "S")
    assert np.array_equal(np.sort(turned.data, axis=None), np.sort(volume.data, axis=None))


def test_written_nifti_is_private_in_mm_and_repeatable(tmp_path):
    volume = Volume(marked().astype(np.float32), oblique())
    first = write_volume(volume, tmp_path / "a.nii.gz")
    second = write_volume(volume, tmp_path / "b.nii.gz")
    header = nib.load(first).header
    assert first.stat().st_mode & 0o777 == 0o600
    assert first.read_bytes() == second.read_bytes()
    assert header.get_xyzt_units()[0] == "mm"
    assert int(header["sform_code"]) == int(header["qform_code"]) == 1
    assert header.get_qform() == pytest.approx(header.get_sform(), abs=1e-4)


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [(bool, "uint8"), (np.int16, "int16"), (np.float64, "float32"), (np.int64, "int32"), (np.float32, "float32")],
)
def test_written_types(tmp_path, dtype, stored):
    data = marked().astype(dtype)
    path = write_volume(Volume(data, np.eye(4)), tmp_path / "scan.nii")
    image = nib.load(path)
    assert image.get_data_dtype() == np.dtype(stored)
    assert np.array_equal(np.asarray(image.dataobj), data.astype(stored))


def test_mask_can_be_written(tmp_path):
    mask = Mask(marked() > 500, oblique(), "face")
    image = nib.load(write_volume(mask, tmp_path / "mask.nii.gz"))
    assert np.argwhere(np.asarray(image.dataobj)).tolist() == [list(MARKER)]
