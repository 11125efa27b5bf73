"""What comes back from a defacer is compared with what went in, and each fault has its word."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from standins import head

from reid_audit.defacers.checking import (
    Stored,
    accept,
    altered_voxels,
    check_result,
    read_stored,
)
from reid_audit.defacers.meant import region_meant
from reid_audit.errors import DefacingError
from reid_audit.types import Volume


def cut(volume, value=0.0):
    """Return a result with the front third at one value."""
    data = np.array(volume.data, np.float32)
    data[:6] = value
    return Stored(data, np.array(volume.affine), np.dtype(np.float32))


def words(volume, result):
    return [finding.word for finding in check_result(volume, result).findings]


def test_a_good_result_has_no_finding_and_its_footprint_is_what_was_altered():
    volume = head()
    checked = check_result(volume, cut(volume))
    assert checked.findings == ()
    assert checked.refusal is None
    expected = np.zeros(volume.data.shape, bool)
    expected[:6] = np.asarray(volume.data)[:6] != 0
    np.testing.assert_array_equal(checked.footprint.data, expected)
    assert checked.footprint.label == "footprint"
    np.testing.assert_array_equal(checked.footprint.affine, volume.affine)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda r: replace(r, data=r.data[:-1]), "wrong shape"),
        (lambda r: replace(r, data=np.moveaxis(r.data, 0, 2)), "wrong shape"),
        (lambda r: replace(r, data=np.stack([r.data] * 2, -1)), "wrong shape"),
        (lambda r: replace(r, affine=r.affine + np.diag([0, 0, 0, 0]) + np.eye(4, k=3) * 0.3), "affine shifted"),
        (lambda r: replace(r, affine=np.full((4, 4), np.nan)), "affine shifted"),
        (lambda r: replace(r, affine=r.affine @ np.diag([-1.0, 1, 1, 1])), "affine shifted"),
        (lambda r: replace(r, data=np.where(r.data > 290, np.nan, r.data)), "not finite"),
        (lambda r: replace(r, data=np.where(r.data > 290, np.inf, r.data)), "not finite"),
        (lambda r: replace(r, data=np.zeros_like(r.data)), "everything gone"),
        (lambda r: replace(r, data=np.full_like(r.data, 500)), "everything gone"),
        (lambda r: replace(r, data=np.minimum(r.data, 12)), "everything gone"),
    ],
)
def test_each_fault_is_refused_with_its_word(spoil, word):
    volume = head()
    spoilt = spoil(cut(volume))
    assert check_result(volume, spoilt).refusal.word == word
    with pytest.raises(DefacingError) as caught:
        accept(volume, spoilt)
    assert caught.value.outcome == word
    assert caught.value.remedy


@pytest.mark.parametrize(
    "rescaled",
    [
        lambda data: 1.07 * data + 5,
        lambda data: data / data.max(),
        lambda data: np.rint(data * 200 / data.max()),
        lambda data: np.minimum(data * 3, 700),
    ],
)
def test_a_scan_that_was_only_rescaled_is_one_from_which_nothing_was_removed(rescaled):
    volume = head()
    whole = Stored(rescaled(np.array(volume.data, np.float32)), np.array(volume.affine), np.dtype(np.float32))
    assert check_result(volume, whole).refusal.word == "returned unchanged"
    bare = replace(whole, data=rescaled(cut(volume).data))
    assert "returned unchanged" not in words(volume, bare)


@pytest.mark.parametrize("factor", [1.0, 1.1])
def test_another_head_is_refused_and_ones_own_with_other_values_is_not(factor):
    grid = np.indices((40, 44, 48)).T.T * 3.0
    centre = np.array([60.0, 66.0, 72.0])[:, None, None, None]
    inside = np.linalg.norm((grid - centre) / [[[[0.9]]], [[[1.0]]], [[[1.1]]]], axis=0) < 55

    def scan(seed):
        folds = gaussian_filter(np.random.default_rng(seed).normal(size=inside.shape), 1.0)
        return np.where(inside, 300 + 400 * folds, 0).astype(np.float32)

    own, other = scan(1), scan(2)
    volume = Volume(own, np.diag([3.0, 3, 3, 1]), "mri", "T1w")
    result = Stored(factor * other, np.array(volume.affine), np.dtype(np.float32))
    result.data[:, 34:] = 0
    assert check_result(volume, result).refusal.word == "another head"
    noise = np.random.default_rng(3).normal(0, 20, own.shape).astype(np.float32)
    same = replace(result, data=np.where(grid[1] < 34 * 3, 1.1 * own + noise, 0).astype(np.float32))
    assert words(volume, same) == ["all values changed"]
    moved = replace(same, data=np.roll(same.data, 2, axis=2))
    assert words(volume, moved) == ["another head"]


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_scan_that_comes_back_as_it_was_is_refused(dtype):
    volume = head(dtype=dtype)
    same = Stored(np.array(volume.data, np.float32) + 0.3, np.array(volume.affine), np.dtype(np.float32))
    assert words(volume, same) == ["returned unchanged"]


def test_rounding_is_no_alteration_and_one_step_is():
    whole = np.array([[[10, 300, -7]]], np.int16)
    assert altered_voxels(whole, whole + 0.49).sum() == 0
    assert altered_voxels(whole, whole + 0.51).sum() == 3
    real = np.linspace(0.1, 1000.1, 3000, dtype=np.float32).reshape(10, 15, 20)
    assert altered_voxels(real, real + 0.05).sum() == 0
    assert altered_voxels(real, real + 0.2).all()
    assert altered_voxels(real, np.full_like(real, np.nan)).all()


def test_rounding_of_an_affine_in_a_header_is_no_shift():
    volume = head()
    result = cut(volume)
    moved = np.array(result.affine)
    moved[0, 3] += 0.04
    assert words(volume, replace(result, affine=moved)) == []
    moved[0, 3] += 0.2
    assert words(volume, replace(result, affine=moved)) == ["affine shifted"]


def test_values_that_all_change_are_a_note_and_not_a_refusal():
    volume = head()
    result = cut(volume)
    checked = check_result(volume, replace(result, data=result.data * 1.1))
    assert [finding.word for finding in checked.findings] == ["all values changed"]
    assert checked.refusal is None


def test_a_type_that_cannot_hold_the_values_is_a_note():
    volume = head()
    assert words(volume, replace(cut(volume), dtype=np.dtype(np.uint8))) == ["data type"]
    assert words(volume, replace(cut(volume), dtype=np.dtype(np.uint8), scaled=True)) == []
    assert words(volume, replace(cut(volume), dtype=np.dtype(np.int16))) == []


def test_a_skull_stripped_scan_is_not_gone():
    volume = head()
    data = np.array(volume.data, np.float32)
    data[np.linalg.norm(np.indices(data.shape).T - [9, 8, 10], axis=-1).T > 4] = 0
    assert words(volume, replace(cut(volume), data=data)) == []


def test_what_was_not_altered_keeps_its_own_value():
    volume = head()
    result = cut(volume, 77.0)
    altered, footprint, notes = accept(volume, replace(result, data=result.data + 0.2))
    outside = ~np.asarray(footprint.data)
    np.testing.assert_array_equal(np.asarray(altered.data)[outside], np.asarray(volume.data)[outside])
    np.testing.assert_allclose(np.asarray(altered.data)[~outside], 77.2, rtol=1e-6)
    assert notes == ()


def test_in_ct_air_is_not_taken_for_tissue():
    volume = head("ct")
    assert words(volume, cut(volume, -1000)) == []
    assert words(volume, replace(cut(volume), data=np.full(volume.data.shape, -1000, np.float32))) == [
        "everything gone"
    ]


@pytest.mark.parametrize("keeps", [False, True])
def test_a_mask_is_read_whichever_way_it_marks(keeps):
    altered = np.zeros((7, 8, 9), bool)
    altered[:3, 2:] = True
    mask = np.zeros((7, 8, 9))
    mask[:3] = -2.0
    meant = region_meant(np.where(mask == 0, 1.0, 0.0) if keeps else mask, altered)
    np.testing.assert_array_equal(meant, mask != 0)


def test_a_mask_that_is_of_no_use_gives_way_to_what_was_altered():
    altered = np.zeros((7, 8, 9), bool)
    altered[:3] = True
    for mask in (None, np.ones((9, 8, 7))):
        assert region_meant(mask, altered) is altered


@pytest.mark.parametrize("what", ["nothing", "all", "chance", "few by chance", "elsewhere"])
def test_a_mask_of_something_else_is_not_believed(what):
    altered = np.zeros((7, 8, 9), bool)
    altered[:3] = True
    random = np.random.default_rng(5).random(altered.shape)
    mask = {
        "nothing": np.zeros(altered.shape),
        "all": np.ones(altered.shape),
        "chance": random < 0.5,
        "few by chance": random < 0.05,
        "elsewhere": np.arange(9) > 6 & np.ones(altered.shape, int),
    }[what]
    assert region_meant(mask, altered) is altered


def test_what_was_altered_beyond_the_mask_is_of_the_region_as_well():
    altered = np.zeros((7, 8, 9), bool)
    altered[:3] = True
    mask = np.zeros(altered.shape)
    mask[:3, 1:] = 1
    np.testing.assert_array_equal(region_meant(mask, altered), altered)
    assert region_meant(mask, np.ones(altered.shape, bool)).all()


def test_files_are_read_as_they_stand(tmp_path):
    data = np.arange(7 * 8 * 9, dtype=np.float32).reshape(7, 8, 9, 1)
    data[1, 2, 3] = np.nan
    nib.save(nib.Nifti1Image(data, np.diag([2.0, 2, 2, 1])), tmp_path / "a.nii.gz")
    stored = read_stored(tmp_path / "a.nii.gz")
    assert stored.data.shape == (7, 8, 9)
    assert np.isnan(stored.data[1, 2, 3])
    assert (stored.dtype, stored.scaled) == (np.float32, False)
    scaled = nib.Nifti1Image(np.linspace(0, 1, 504).reshape(7, 8, 9), np.eye(4))
    scaled.set_data_dtype(np.uint8)
    nib.save(scaled, tmp_path / "b.nii")
    assert read_stored(tmp_path / "b.nii").scaled
    (tmp_path / "c.nii").write_bytes((tmp_path / "b.nii").read_bytes()[:400])
    with pytest.raises(DefacingError) as caught:
        read_stored(tmp_path / "c.nii")
    assert caught.value.outcome == "unreadable output"
