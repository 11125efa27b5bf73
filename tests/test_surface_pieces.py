"""Components, floods and filled planes against SciPy's, which look at every voxel."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from reid_audit.surface.pieces import components, filled_planes, flooded, largest_component

SHARES = [0.0, 0.1, 0.3, 0.5, 0.8, 1.0]
SHAPES = [(9, 11, 7), (1, 8, 5), (6, 1, 4), (5, 7, 1)]


def noise(share, shape):
    return np.random.default_rng(3).random(shape) < share


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", SHARES)
def test_components_are_those_that_share_faces(share, shape):
    mask = noise(share, shape)
    labels, sizes = components(mask)
    expected, count = ndimage.label(mask)
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_array_equal(sizes[1:], np.bincount(expected.ravel(), minlength=count + 1)[1:])
    assert sizes[0] == 0


@pytest.mark.parametrize("share", SHARES)
def test_flood_reaches_the_components_that_hold_a_seed(share):
    free = noise(share, (9, 11, 7))
    seeds = np.random.default_rng(4).random(free.shape) < 0.05
    np.testing.assert_array_equal(flooded(free, seeds), ndimage.binary_propagation(seeds & free, mask=free))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("share", SHARES)
def test_holes_are_filled_within_their_plane_alone(share, axis):
    mask = noise(share, (9, 11, 7))
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in np.moveaxis(mask, axis, 0)], axis=axis)
    np.testing.assert_array_equal(filled_planes(mask, axis), filled)


def test_largest_component_and_its_share():
    mask = np.zeros((4, 5, 6), dtype=bool)
    mask[0, 0, :2] = mask[2, 1:4, 1:3] = True
    largest, share = largest_component(mask)
    assert share == pytest.approx(6 / 8)
    assert largest[2, 1:4, 1:3].all()
    assert largest.sum() == 6
    assert largest_component(np.zeros((2, 2, 2), dtype=bool))[1] == 0.0
