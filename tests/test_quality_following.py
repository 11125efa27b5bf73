"""How far skin was moved, against spheres whose distances are known."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.quality.following import followed_share, skin_depth
from reid_audit.quality.skin import ExpectedSkin

AFFINE = np.array([[1.5, 0.2, 0.0, -31.0], [-0.2, 1.5, 0.1, -30.0], [0.0, -0.1, 2.0, -40.0], [0, 0, 0, 1.0]])
SHAPE = (44, 44, 42)


def _ball(radius, ramp=8.0):
    """A ball whose edge is a ramp so many mm wide, 100 inside and 0 outside; half way at the radius."""
    places = np.moveaxis(np.indices(SHAPE), 0, -1) @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    return (100.0 * np.clip(0.5 - (np.linalg.norm(places, axis=-1) - radius) / ramp, 0.0, 1.0)).astype(np.float32)


def _skin(rng, radius, count=300):
    normals = rng.normal(size=(count, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    area, parts = np.ones(count), np.full(count, 1, np.uint8)
    return ExpectedSkin(radius * normals, area, normals, parts, np.eye(4), 1.0, "original")


@pytest.mark.parametrize("by", [-4.5, -0.4, 0.0, 1.3, 4.0])
def test_a_ball_that_grows_moves_its_skin_by_what_it_grew(rng, by) -> None:
    depth = skin_depth(_ball(22.0 + by), AFFINE, 50.0, _skin(rng, 22.0))
    np.testing.assert_allclose(depth, by, atol=0.15)


def test_skin_that_is_far_away_or_gone_has_no_depth(rng) -> None:
    skin = _skin(rng, 22.0)
    assert np.isnan(skin_depth(_ball(13.0), AFFINE, 50.0, skin)).all()
    assert np.isnan(skin_depth(np.zeros(SHAPE, np.float32), AFFINE, 50.0, skin)).all()


def test_the_nearest_of_two_edges_counts(rng) -> None:
    """A ball of 19 mm and a shell around it from 22 to 25 mm: from 20 mm on either edge can be reached."""
    shells = np.maximum(_ball(19.0, 3.0), _ball(25.0, 3.0) - _ball(22.0, 3.0))
    inner = skin_depth(shells, AFFINE, 50.0, _skin(rng, 20.0))
    outer = skin_depth(shells, AFFINE, 50.0, _skin(rng, 24.0))
    assert np.median(inner) == pytest.approx(-1.0, abs=0.4)
    assert np.median(outer) == pytest.approx(1.0, abs=0.4)


def test_a_shift_as_a_whole_is_followed_and_a_changed_form_is_not(rng) -> None:
    area = rng.uniform(0.5, 2.0, 1000)
    assert followed_share(np.full(1000, 3.7), area, 1.0) == 1.0
    other = rng.normal(0.4, 2.0, 1000)
    expected = area[np.abs(other - 0.4) <= 1.0].sum() / area.sum()
    assert followed_share(other, area, 1.0) == pytest.approx(expected, abs=0.05)


def test_skin_without_a_surface_is_not_followed() -> None:
    moved = np.r_[np.zeros(30), np.full(70, np.nan)]
    assert followed_share(moved, np.ones(100), 1.0) == pytest.approx(0.3)
    assert followed_share(np.full(5, np.nan), np.ones(5), 1.0) == 0.0
    assert followed_share(np.zeros(0), np.zeros(0), 1.0) == 0.0
