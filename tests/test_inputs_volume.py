"""What is wrong with a scan is said once and clearly; what is merely odd is read and noted."""

from __future__ import annotations

import gzip
import os

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from inputs_making import MARKER, SHAPE, marked, oblique

from reid_audit.errors import UsageError, VolumeError
from reid_audit.inputs import checks, read_volume, write_volume
from reid_audit.types import Volume

NAME = "sub-secretlabel_T1w"


def nifti(data, affine=None):
    image = nib.Nifti1Image(data, np.diag([1.0, 1.1, 1.2, 1.0]) if affine is None else affine)
    image.header.set_xyzt_units("mm")
    return image


def write(folder, image, name=f"{NAME}.nii.gz", **header):
    """Write an image, with header fields that nibabel itself would not write."""
    path = folder / name
    content = image.to_bytes()
    if header:
        fields = nib.Nifti1Header(content[:348], check=False)
        for key, value in header.items():
            fields[key] = value
        content = fields.binaryblock + content[348:]
    path.write_bytes(gzip.compress(content) if name.endswith((".gz", ".mgz")) else content)
    return path


def singular():
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 2] = affine[:3, 0]
    return affine


def beyond(row, column, number):
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[row, column] = number
    return affine


def raw(content, name=f"{NAME}.nii"):
    def make(folder):
        (folder / name).write_bytes(content)
        return folder / name

    return make


def with_data(data, affine=None, **header):
    return lambda folder: write(folder, nifti(data, affine), **header)


def second(affine):
    """As NIfTI-2, whose geometry is held in float64."""

    def make(folder):
        path = folder / f"{NAME}.nii"
        with np.errstate(over="ignore"):
            path.write_bytes(nib.Nifti2Image(marked(), affine).to_bytes())
        return path

    return make


def cut(n_bytes, name):
    def make(folder):
        path = write(folder, nifti(marked((27, 28, 29))), name)
        path.write_bytes(path.read_bytes()[:n_bytes])
        return path

    return make


def broken_itk(text, name):
    return raw(text.encode(), f"{NAME}{name}")


def colour_mha(folder):
    image = SimpleITK.GetImageFromArray(np.zeros((9, 8, 7, 3), np.uint8), isVector=True)
    SimpleITK.WriteImage(image, str(folder / f"{NAME}.mha"))
    return folder / f"{NAME}.mha"


def series_mha(folder):
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.zeros((5, 9, 8, 7), np.int16), isVector=False), str(folder / f"{NAME}.mha")
    )
    return folder / f"{NAME}.mha"


def slice_nrrd(folder):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros((8, 7), np.int16)), str(folder / f"{NAME}.nrrd"))
    return folder / f"{NAME}.nrrd"


def truncated_mgz(folder):
    path = write(folder, nib.MGHImage(marked().astype(np.float32), np.eye(4)), f"{NAME}.mgz")
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[: len(content) // 2]))
    return path


def lost_data_file(folder):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(marked()), str(folder / f"{NAME}.mhd"))
    (folder / f"{NAME}.raw").unlink()
    return folder / f"{NAME}.mhd"


RGB = np.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
INF = marked().astype(np.float32)
INF[1, 2, 3] = np.inf
ALL_NAN = np.full(SHAPE, np.nan, np.float32)
HUGE_NUMBERS = marked().astype(np.float64) * 1e300

BAD = {
    "missing": (lambda folder: folder / f"{NAME}.nii", "does not exist"),
    "empty": (raw(b""), "empty"),
    "text": (raw(b"no image at all" * 50), "not an image"),
    "text named gz": (raw(b"no image at all" * 50, f"{NAME}.nii.gz"), "not compressed"),
    "gz named nii": (raw(gzip.compress(b"x" * 1000)), "compressed, but"),
    "dicom named nii": (raw(b"\0" * 128 + b"DICM" + b"\0" * 500), "DICOM"),
    "unknown extension": (raw(b"x" * 1000, f"{NAME}.xyz"), "no scan that can be read"),
    "header cut": (cut(200, f"{NAME}.nii"), "not an image"),
    "voxels cut": (cut(700, f"{NAME}.nii"), "ends too early"),
    "voxels cut, gz": (cut(-100, f"{NAME}.nii.gz"), "ends too early"),
    "mgz cut": (truncated_mgz, "ends too early"),
    "mha text": (broken_itk("nothing", ".mha"), "not an image"),
    "nrrd text": (broken_itk("NRRD0004\ntype: short\n\n", ".nrrd"), "not an image"),
    "mhd without data": (lost_data_file, "data file"),
    "4D": (with_data(np.zeros((*SHAPE, 5), np.int16)), "series of 5 frames"),
    "5D": (with_data(np.zeros((*SHAPE, 1, 3), np.float32)), "series of 3 frames"),
    "4D mha": (series_mha, "series of 5 frames"),
    "RGB": (with_data(RGB), "colours"),
    "RGB mha": (colour_mha, "3 values"),
    "complex": (with_data(marked().astype(np.complex64)), "complex"),
    "Inf": (with_data(INF), "Voxels that are infinite or beyond 3e+38: 1;"),
    "beyond float32": (with_data(HUGE_NUMBERS), "infinite or beyond"),
    "all NaN": (with_data(ALL_NAN), "100% of the voxels are NaN"),
    "constant": (with_data(np.full(SHAPE, 3, np.int16)), "same value"),
    "singular": (with_data(marked(), singular()), "singular"),
    "zero voxel": (with_data(marked(), srow_x=0), "singular"),
    "NaN affine": (with_data(marked(), srow_x=np.nan), "not finite"),
    "overflowing affine": (second(beyond(0, 1, -1.19e308)), "voxel to millimetre"),
    "every number overflows": (second(np.full((4, 4), 1e308)), "voxel to millimetre"),
    "far away": (with_data(marked(), beyond(1, 3, 2e5)), "2e+05 mm from the origin"),
    "micro voxels": (with_data(marked(), np.diag([0.001, 0.001, 0.001, 1])), "units"),
    "giant voxels": (with_data(marked(), np.diag([100.0, 100, 100, 1])), "units"),
    "wrong metres": (with_data(marked(), xyzt_units=1), "units"),
    "2D": (with_data(marked()[:, :, 0]), "a slice"),
    "one slice": (with_data(marked()[:, :, :1]), "a slice"),
    "2D nrrd": (slice_nrrd, "a slice"),
    "infinite intercept": (with_data(marked(), scl_slope=2, scl_inter=np.inf), "not an image"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_scan_is_one_clear_error(tmp_path, case, capfd):
    make, words = BAD[case]
    with pytest.raises(VolumeError) as caught:
        read_volume(make(tmp_path))
    message = str(caught.value)
    assert words in message
    assert caught.value.remedy
    assert "secretlabel" not in message
    assert str(tmp_path) not in message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert "secretlabel" not in "".join(capfd.readouterr())


def test_huge_volume_is_refused_before_it_is_read(tmp_path):
    header = nifti(marked()).header
    header.set_data_shape((2000, 2000, 2000))
    path = tmp_path / "huge.nii"
    path.write_bytes(header.binaryblock + b"\0" * 100)
    with pytest.raises(VolumeError, match="268,435,456"):
        read_volume(path)


def test_one_frame_in_four_dimensions_is_a_volume(tmp_path):
    volume = read_volume(write(tmp_path, nifti(marked()[..., None])))
    assert volume.data.shape == SHAPE
    assert volume.data[MARKER] == 1000


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.uint32, np.float32, np.float64])
def test_every_real_type_is_read(tmp_path, dtype):
    data = (marked() // 10).astype(dtype)
    volume = read_volume(write(tmp_path, nifti(data)))
    assert volume.data.dtype == np.float32
    assert np.array_equal(volume.data, data)
    assert not volume.data.flags.writeable


def test_nan_outside_the_head_becomes_background(tmp_path):
    data = marked().astype(np.float32) + 40
    data[:, :, :7] = np.nan
    volume = read_volume(write(tmp_path, nifti(data)))
    assert np.all(volume.data[:, :, :7] == 0)
    assert any("77.78% of the voxels were NaN" in note for note in volume.notes)


def test_nan_in_ct_becomes_air(tmp_path):
    data = marked().astype(np.float32) - 50
    data[0] = np.nan
    volume = read_volume(write(tmp_path, nifti(data)), modality="ct")
    assert np.all(volume.data[0] == -1000)
    assert volume.modality == "CT"
    assert volume.kind == "ct"


@pytest.mark.parametrize(
    ("slope", "inter", "factor", "offset"),
    [(np.nan, np.nan, 1, 0), (np.inf, 3, 1, 0), (0, 0, 1, 0), (2.5, -7, 2.5, -7)],
)
def test_scale_slope(tmp_path, slope, inter, factor, offset):
    image = nifti(marked())
    content = bytearray(image.to_bytes())
    content[112:120] = np.array([slope, inter], "<f4").tobytes()
    (tmp_path / "scan.nii").write_bytes(bytes(content))
    volume = read_volume(tmp_path / "scan.nii")
    assert np.array_equal(volume.data, (marked() * factor + offset).astype(np.float32))


@pytest.mark.parametrize(("code", "scale"), [(1, 1000.0), (2, 1.0), (3, 0.001), (0, 1.0)])
def test_units_are_honoured(tmp_path, code, scale):
    affine = oblique()
    affine[:3] /= scale
    volume = read_volume(write(tmp_path, nifti(marked(), affine), xyzt_units=code))
    assert volume.affine == pytest.approx(oblique(), rel=1e-5, abs=1e-4)
    assert any("units" in note for note in volume.notes) == (code != 2)


def test_absent_orientation_is_noted(tmp_path):
    volume = read_volume(write(tmp_path, nifti(marked()), sform_code=0, qform_code=0))
    assert any("left and right may be exchanged" in note for note in volume.notes)


def test_disagreeing_forms_are_noted_and_the_sform_wins(tmp_path):
    image = nifti(marked())
    image.set_sform(oblique(), 1)
    other = oblique()
    other[0, 3] += 12
    image.set_qform(other, 1)
    volume = read_volume(write(tmp_path, image))
    assert volume.affine == pytest.approx(oblique(), abs=1e-4)
    assert any("disagree by up to 12.0 mm" in note for note in volume.notes)


def test_singular_sform_gives_way_to_the_qform(tmp_path):
    image = nifti(marked(), oblique())
    image.set_qform(oblique(), 1)
    volume = read_volume(write(tmp_path, image, srow_z=0))
    assert volume.affine == pytest.approx(oblique(), abs=1e-4)
    assert any("qform was used" in note for note in volume.notes)


def test_qform_alone_is_enough(tmp_path):
    image = nifti(marked())
    image.set_qform(oblique(flips=(1, -1, 1)), 1)
    volume = read_volume(write(tmp_path, image, sform_code=0))
    assert volume.affine == pytest.approx(oblique(flips=(1, -1, 1)), abs=1e-4)


def test_mgh_and_nrrd_without_orientation_are_noted(tmp_path):
    image = nib.MGHImage(marked().astype(np.float32), np.eye(4))
    content = bytearray(image.to_bytes())
    content[28:30] = b"\0\0"
    (tmp_path / "scan.mgh").write_bytes(bytes(content))
    header = b"NRRD0004\ntype: int16\ndimension: 3\nsizes: 7 8 9\nspacings: 1 1 1\nendian: little\nencoding: raw\n\n"
    (tmp_path / "scan.nrrd").write_bytes(header + marked().tobytes(order="F"))
    for name in ("scan.mgh", "scan.nrrd"):
        assert any("left and right may be exchanged" in note for note in read_volume(tmp_path / name).notes)


def hounsfield(offset=0):
    data = np.full(SHAPE, -1000, np.int16)
    data[2:6, 2:6, 2:7] = 40
    data[3, 3, 3] = 900
    return data + offset


def test_ct_is_known_by_its_values(tmp_path):
    volume = read_volume(write(tmp_path, nifti(hounsfield()), "scan.nii"))
    assert (volume.kind, volume.modality) == ("ct", "CT")


def test_signed_mri_is_not_taken_for_ct(tmp_path):
    data = np.linspace(-4096, 4095, 7 * 8 * 9).reshape(SHAPE).astype(np.int16)
    assert read_volume(write(tmp_path, nifti(data), "scan.nii")).kind == "mri"


def test_ct_without_its_intercept_is_put_right(tmp_path):
    volume = read_volume(write(tmp_path, nifti(hounsfield(1024)), "scan_ct.nii"))
    assert volume.data.min() == -1000
    assert any("1024 was subtracted" in note for note in volume.notes)


def test_ct_clipped_at_zero_stays(tmp_path):
    data = np.maximum(hounsfield(), 0)
    assert read_volume(write(tmp_path, nifti(data), "scan_ct.nii")).data.max() == 900


@pytest.mark.parametrize(
    ("name", "modality", "expected", "kind"),
    [
        ("sub-1_T1w.nii", None, "T1w", "mri"),
        ("sub-1_acq-flair_T2w.nii", None, "T2w", "mri"),
        ("head_flair_x.nii", None, "FLAIR", "mri"),
        ("scan.nii", None, "unknown", "mri"),
        ("scan.nii", "unknown", "unknown", "mri"),
        ("scan.nii", "t1w", "T1w", "mri"),
        ("sub-1_pet.nii", None, "pet", "pet"),
        ("protect_me.nii", None, "unknown", "mri"),
    ],
)
def test_modality(tmp_path, name, modality, expected, kind):
    volume = read_volume(write(tmp_path, nifti(marked()), name), modality=modality)
    assert (volume.modality, volume.kind) == (expected, kind)


def test_mask_is_noted(tmp_path):
    volume = read_volume(write(tmp_path, nifti((marked() > 50).astype(np.uint8))))
    assert any("mask" in note for note in volume.notes)


def test_checks_take_booleans_and_refuse_words():
    volume = checks.checked_volume(marked() > 50, np.eye(4))
    assert set(np.unique(volume.data)) == {0.0, 1.0}
    with pytest.raises(VolumeError, match="numbers are needed"):
        checks.checked_volume(np.full(SHAPE, "x"), np.eye(4))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "scan.nii")
    with pytest.raises(VolumeError, match="neither a file nor a folder"):
        read_volume(tmp_path / "scan.nii")
    (tmp_path / "scan.nii").rename(tmp_path / "0001")
    with pytest.raises(VolumeError, match="1 no image"):
        read_volume(tmp_path)


def test_other_extension_is_not_written(tmp_path):
    with pytest.raises(UsageError, match=r"\.mgz"):
        write_volume(Volume(marked(), np.eye(4)), tmp_path / "scan.mgz")


@pytest.mark.real
def test_every_real_head_is_read(real_data):
    for path in sorted((real_data / "heads").iterdir()):
        volume = read_volume(path)
        assert np.isfinite(volume.data).all()
        assert 100 < float(np.linalg.norm(volume.affine[:3, :3] @ volume.data.shape)) < 1000
        assert volume.kind == ("ct" if "_ct_" in path.name else "mri")
        if volume.kind == "ct":
            assert -1100 < float(np.percentile(volume.data, 5)) < -800
