"""Balls on a grid against their definition, and interpolation of coarse maps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes
from scipy.spatial import cKDTree

from reid_audit.anatomy.morphology import closed, depth_near_outline, dilated, distance_to, holes_filled, opened
from reid_audit.surface.grid import block_mean, interpolated
from reid_audit.surface.levels import local_tissue


def blobs(shape=(17, 22, 19), seed=0):
    rng = np.random.default_rng(seed)
    mask = np.zeros(shape, dtype=bool)
    for place in rng.integers(0, shape, (9, 3)):
        mask[tuple(slice(p, p + 3) for p in place)] = True
    return mask


SPACINGS = [(2.0, 2.0, 2.0), (1.146, 2.29, 2.0), (1.1, 1.3, 6.0), (5.0, 1.2, 1.7)]


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("radius", [0.4, 4.0, 5.0, 12.0])
def test_dilation_is_what_lies_within_the_radius(spacing, radius):
    mask, spacing = blobs(), np.asarray(spacing)
    centres = np.argwhere(np.ones_like(mask)) * spacing
    nearest = cKDTree(np.argwhere(mask) * spacing).query(centres)[0].reshape(mask.shape)
    np.testing.assert_array_equal(dilated(mask, radius, spacing), nearest <= radius + 1e-6)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_distances_agree_with_the_nearest_voxel(spacing):
    mask, spacing = blobs(), np.asarray(spacing)
    centres = np.argwhere(np.ones_like(mask)) * spacing
    nearest = cKDTree(np.argwhere(mask) * spacing).query(centres)[0].reshape(mask.shape)
    np.testing.assert_allclose(distance_to(mask, spacing), nearest, atol=1e-4)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("reach", [0.9, 4.0, 9.5])
def test_depth_is_the_signed_distance_up_to_its_reach(spacing, reach):
    mask, spacing = blobs(), np.asarray(spacing)
    signed = distance_to(~mask, spacing) - distance_to(mask, spacing)
    np.testing.assert_allclose(depth_near_outline(mask, spacing, reach), np.clip(signed, -reach, reach), atol=1e-4)


def test_rounded_spacing_changes_no_ball():
    mask = blobs()
    np.testing.assert_array_equal(
        dilated(mask, 4.0, np.array([2.0, 2.0, 2.0])), dilated(mask, 4.0, np.array([2.0000003, 1.999999, 2.0]))
    )


def test_nothing_dilates_to_nothing_and_all_to_all():
    spacing = np.array([2.0, 1.5, 3.0])
    assert not dilated(np.zeros((8, 9, 10), dtype=bool), 7.0, spacing).any()
    assert dilated(np.ones((8, 9, 10), dtype=bool), 7.0, spacing).all()


def test_closing_adds_opening_takes_away_and_both_repeat():
    mask, spacing = blobs(), np.array([1.5, 2.0, 2.5])
    shut, open_ = closed(mask, 5.0, spacing), opened(mask, 3.0, spacing)
    assert (shut | ~mask).all()
    assert (mask | ~open_).all()
    assert shut.sum() > mask.sum() > open_.sum()
    np.testing.assert_array_equal(closed(shut, 5.0, spacing), shut)
    np.testing.assert_array_equal(opened(open_, 3.0, spacing), open_)


def test_coarse_map_of_a_slope_gives_the_slope_back():
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[:3, 3] = (-3, 5, 7)
    i, j, k = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in (16, 20, 12)], indexing="ij")
    slope = 2 * i - j + 0.5 * k
    coarse, coarse_affine = block_mean(slope, affine, 4.0)
    fine = interpolated(coarse, coarse_affine, slope.shape, affine)
    inner = (slice(2, -2), slice(2, -2), slice(1, -1))
    np.testing.assert_allclose(fine[inner], slope[inner], atol=1e-4)
    assert fine.flags["C_CONTIGUOUS"]


def test_tissue_map_follows_a_bias_field_and_falls_back_far_from_skin():
    shape, spacing = (60, 50, 40), np.array([2.0, 2.0, 2.0])
    gain = np.linspace(80, 120, shape[0], dtype=np.float32)[:, None, None] * np.ones(shape, dtype=np.float32)
    skin = np.zeros(shape, dtype=bool)
    skin[:, 20:24] = True
    tissue = local_tissue(gain, skin, 100.0, spacing)
    np.testing.assert_allclose(tissue[15:-15, 22], gain[15:-15, 22], rtol=0.01)
    assert local_tissue(gain, np.zeros(shape, dtype=bool), 77.0, spacing) == pytest.approx(77.0)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_enclosed_is_filled_and_nothing_else(seed):
    mask = np.random.default_rng(seed).random((14, 17, 15)) < 0.6
    filled = holes_filled(mask)
    assert filled.sum() > mask.sum()
    np.testing.assert_array_equal(filled, binary_fill_holes(mask))
    for whole in (np.ones((3, 4, 5), bool), np.zeros((3, 4, 5), bool)):
        np.testing.assert_array_equal(holes_filled(whole), whole)
