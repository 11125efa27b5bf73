from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from nibabel import orientations

from reid_audit.anatomy.resampling import air_value, resample, upright_copy
from reid_audit.types import Volume

OBLIQUE = np.array([[1.9, 0.3, -0.2, -20.0], [-0.3, 2.4, 0.5, 11.0], [0.2, -0.4, 3.1, 5.0], [0, 0, 0, 1]])
SHEARED = np.array([[2.0, 0.0, 0.0, -20.0], [0.0, 2.0, 0.8, 11.0], [0.0, 0.0, 3.0, 5.0], [0, 0, 0, 1]])


def _ramp(affine, shape=(17, 18, 19)):
    """A scan whose value is a known function of the place."""
    x, y, z = np.einsum("ab,b...->a...", affine[:3, :3], np.indices(shape)) + affine[:3, 3][:, None, None, None]
    return Volume((3.0 * x - 2.0 * y + z + 500.0).astype(np.float32), affine, "mri", "T1w")


@pytest.mark.parametrize("affine", [OBLIQUE, SHEARED])
def test_the_upright_copy_has_the_same_value_at_the_same_millimetre(affine):
    volume = _ramp(affine)
    copy = upright_copy(volume, 1.5)
    np.testing.assert_allclose(copy.affine[:3, :3], 1.5 * np.eye(3))
    expected = _ramp(copy.affine, copy.data.shape).data
    index = np.einsum("ab,b...->a...", np.linalg.inv(affine) @ copy.affine, _homogeneous(copy.data.shape))[:3]
    last = np.asarray(volume.data.shape)[:, None, None, None] - 1.0
    inside = ((index > 0.01) & (index < last - 0.01)).all(axis=0)
    assert 0.2 < inside.mean() < 1.0
    np.testing.assert_allclose(copy.data[inside], expected[inside], rtol=0, atol=0.05)
    outside = ((index < -1.01) | (index > last + 1.01)).any(axis=0)
    assert (copy.data[outside] == 0).all()


def _homogeneous(shape):
    return np.concatenate([np.indices(shape).astype(float), np.ones((1, *shape))])


@pytest.mark.parametrize("order", ["PIR", "LAS", "SLA"])
def test_the_storage_order_does_not_change_the_upright_copy(order):
    volume = _ramp(OBLIQUE)
    there = orientations.ornt_transform(orientations.io_orientation(volume.affine), orientations.axcodes2ornt(order))
    turned = replace(
        volume,
        data=orientations.apply_orientation(volume.data, there),
        affine=volume.affine @ orientations.inv_ornt_aff(there, volume.data.shape),
    )
    one, two = upright_copy(volume, 2.0), upright_copy(turned, 2.0)
    np.testing.assert_allclose(one.affine, two.affine, atol=1e-9)
    np.testing.assert_allclose(one.data, two.data, atol=1e-2)


def test_going_there_and_back_keeps_a_blob():
    blob = np.zeros((20, 22, 24), np.float32)
    blob[6:14, 7:15, 8:16] = 1.0
    there = resample(blob, SHEARED, (40, 50, 60), np.diag([1.5, 1.5, 1.5, 1.0]) + _shift(-30, 0, 0))
    back = resample(there, np.diag([1.5, 1.5, 1.5, 1.0]) + _shift(-30, 0, 0), (20, 22, 24), SHEARED)
    assert ((back > 0.5) == (blob > 0.5)).mean() > 0.99


def _shift(x, y, z):
    shift = np.zeros((4, 4))
    shift[:3, 3] = x, y, z
    return shift


def test_a_coarser_grid_takes_means_and_skips_nothing(rng):
    noise = rng.normal(0, 1, (60, 60, 60)).astype(np.float32)
    coarse = resample(noise, np.eye(4), (12, 12, 12), np.diag([5.0, 5, 5, 1]))
    assert coarse[1:-1, 1:-1, 1:-1].std() < 0.25


def test_air_is_what_physics_says():
    values = np.array([-1024.0, 50.0, 900.0], np.float32).reshape(3, 1, 1)
    assert air_value(Volume(values, np.eye(4), "ct", "CT")) == -1000
    assert air_value(Volume(np.maximum(values, -200), np.eye(4), "ct", "CT")) == -200
    assert air_value(Volume(values, np.eye(4), "mri", "T1w")) == 0
