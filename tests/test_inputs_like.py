"""A defaced scan is written as its own file was: header, type, scaling, and every voxel that was not altered."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from inputs_making import oblique, series_datasets, write_series

from reid_audit.inputs import read_volume
from reid_audit.inputs.like import write_like
from reid_audit.types import Mask

SHAPE = (9, 10, 11)


def stored(dtype, *, low=0, high=120):
    rng = np.random.default_rng(8)
    data = rng.integers(low, high, SHAPE) if np.issubdtype(dtype, np.integer) else rng.random(SHAPE) * high + low
    return data.astype(dtype)


def written(tmp_path, image, name="scan.nii.gz", value=50.0):
    """Set a corner to a value and write it; return the volume that was read, the mask and the new file."""
    nib.save(image, tmp_path / name)
    volume = read_volume(tmp_path / name)
    mask = np.zeros(volume.data.shape, bool)
    mask[:3, 2:5] = True
    altered = replace(volume, data=np.where(mask, np.float32(value), volume.data))
    target = tmp_path / ("out.nii" if name.endswith(".nii") else "out.nii.gz")
    write_like(tmp_path / name, volume, altered, Mask(mask, volume.affine, "footprint"), target)
    assert target.stat().st_mode & 0o777 == 0o600
    return volume, mask, target


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("name", ["scan.nii.gz", "scan.nii"])
def test_type_and_untouched_voxels_stay_bit_for_bit(tmp_path, dtype, name):
    image = nib.Nifti1Image(stored(dtype), oblique())
    volume, mask, target = written(tmp_path, image, name)
    one, two = nib.load(tmp_path / name), nib.load(target)
    assert two.get_data_dtype() == one.get_data_dtype() == dtype
    before, after = one.dataobj.get_unscaled(), two.dataobj.get_unscaled()
    np.testing.assert_array_equal(after[~mask], before[~mask])
    np.testing.assert_array_equal(np.asarray(read_volume(target).data)[mask], 50.0)
    np.testing.assert_array_equal(two.affine, one.affine)
    np.testing.assert_array_equal(read_volume(target).affine, volume.affine)


@pytest.mark.parametrize("endian", ["<", ">"])
def test_scaling_and_header_stay(tmp_path, endian):
    image = nib.Nifti1Image(stored(np.int16, low=-500, high=2000), oblique(), nib.Nifti1Header(endianness=endian))
    image.set_data_dtype(np.dtype(f"{endian}i2"))
    image.header.set_slope_inter(0.25, -3.0)
    image.header.set_xyzt_units("mm", "sec")
    image.set_qform(oblique(), 2)
    image.header["cal_max"] = 321
    _, mask, target = written(tmp_path, image, value=50.0)
    one, two = nib.load(tmp_path / "scan.nii.gz"), nib.load(target)
    assert (two.dataobj.slope, two.dataobj.inter) == (0.25, -3.0)
    for field in ("sform_code", "qform_code", "quatern_b", "pixdim", "xyzt_units", "cal_max", "datatype", "dim"):
        np.testing.assert_array_equal(two.header[field], one.header[field])
    np.testing.assert_array_equal(two.dataobj.get_unscaled()[~mask], one.dataobj.get_unscaled()[~mask])
    np.testing.assert_allclose(np.asarray(two.dataobj)[mask], 50.0, atol=0.13)


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_words_in_the_header_do_not_go_on(tmp_path, kind):
    image = kind(stored(np.int16), oblique())
    texts = [name for name in image.header if image.header[name].dtype.kind == "S" and name not in ("magic", "regular")]
    assert len(texts) >= 4
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"Doe^Jane"))
    nib.save(image, tmp_path / "scan.nii")
    content = (tmp_path / "scan.nii").read_bytes()
    for name in texts:  # as it stands in the file: nibabel writes some of them itself
        offset = image.header.template_dtype.fields[name][1]
        content = content[:offset] + b"Doe" + content[offset + 3 :]
    (tmp_path / "named.nii").write_bytes(content)
    _, _, target = written(tmp_path, nib.load(tmp_path / "named.nii"), "scan.nii")
    assert (tmp_path / "scan.nii").read_bytes().count(b"Doe") == len(texts) + 1
    assert b"Doe" not in target.read_bytes()


def test_values_beyond_the_type_are_kept_to_what_it_holds(tmp_path):
    _, mask, target = written(tmp_path, nib.Nifti1Image(stored(np.uint8), oblique()), value=-7.0)
    assert (np.asarray(nib.load(target).dataobj)[mask] == 0).all()


def test_ct_that_is_stored_without_its_intercept_is_written_so(tmp_path):
    data = np.full(SHAPE, 24, np.int16)
    data[2:7, 2:8, 2:9] = np.random.default_rng(1).integers(1000, 1100, (5, 6, 7))
    data[4, 4, 4] = 2500
    nib.save(nib.Nifti1Image(data, oblique()), tmp_path / "a_ct.nii.gz")
    volume = read_volume(tmp_path / "a_ct.nii.gz")
    assert volume.data.min() == -1000
    mask = np.zeros(SHAPE, bool)
    mask[:4] = True
    altered = replace(volume, data=np.where(mask, np.float32(-900), volume.data))
    write_like(tmp_path / "a_ct.nii.gz", volume, altered, Mask(mask, volume.affine, "x"), tmp_path / "o.nii.gz")
    after = np.asarray(nib.load(tmp_path / "o.nii.gz").dataobj)
    assert (after[mask] == 124).all()
    np.testing.assert_array_equal(after[~mask], data[~mask])


def test_a_fourth_axis_of_one_and_nifti2_stay(tmp_path):
    image = nib.Nifti2Image(stored(np.int16)[..., None], oblique())
    _, mask, target = written(tmp_path, image, "scan.nii")
    two = nib.load(target)
    assert isinstance(two, nib.Nifti2Image)
    assert two.shape == (*SHAPE, 1)
    assert (np.asarray(two.dataobj)[..., 0][mask] == 50).all()


def test_nan_that_was_not_altered_stays(tmp_path):
    data = stored(np.float32)
    data[8, 9, 10] = np.nan
    data[0, 2, 0] = np.nan
    _, _, target = written(tmp_path, nib.Nifti1Image(data, oblique()), "scan.nii")
    after = np.asarray(nib.load(target).dataobj)
    assert np.isnan(after[8, 9, 10])
    assert after[0, 2, 0] == 50.0


def test_a_dicom_series_becomes_nifti_of_whole_numbers(tmp_path):
    data = stored(np.int16)
    folder = write_series(tmp_path / "series", series_datasets(data, oblique()))
    volume = read_volume(folder)
    mask = np.zeros(volume.data.shape, bool)
    mask[:2] = True
    altered = replace(volume, data=np.where(mask, np.float32(5), volume.data))
    write_like(folder, volume, altered, Mask(mask, volume.affine, "x"), tmp_path / "o.nii.gz")
    image = nib.load(tmp_path / "o.nii.gz")
    assert image.get_data_dtype() == np.int16
    np.testing.assert_allclose(image.affine, volume.affine, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(image.dataobj), altered.data)
