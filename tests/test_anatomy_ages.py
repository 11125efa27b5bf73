"""Mean heads of several ages, and where the adult's face lies on them."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.anatomy import head_model_of_age, load_head_model, mean_head_of, place_adult_face
from reid_audit.anatomy.registration import rotation_about
from reid_audit.types import HeadSurface, SurfaceQuality

QUALITY = SurfaceQuality((1.0, 1.0, 1.0), 1.0, (), 0.0, (0.0, 0.0, 0.0), 1, 0.5)


def _surface(years, larger=1.0):
    """The mean head of an age, turned and moved."""
    model = head_model_of_age(years)
    to_head = np.eye(4)
    to_head[:3, :3], to_head[:3, 3] = rotation_about(0, 12.0), (5.0, -20.0, 30.0)
    points = (larger * model.mean - to_head[:3, 3]) @ to_head[:3, :3]
    size = 1.0 if years is None else model.size_of(years, 0.5)
    return HeadSurface(points, model.triangles, to_head, QUALITY, larger * size, years)


@pytest.mark.parametrize("years", [None, 0.0, 1.0, 4.0])
def test_the_mean_head_lies_on_itself(years):
    surface = _surface(years, 1.1)
    np.testing.assert_allclose(mean_head_of(surface), surface.points, atol=1e-3)


@pytest.mark.parametrize("years", [0.0, 1.0, 4.0])
def test_the_adults_face_is_laid_on_a_childs(years):
    """Nearer than the adult in place and size of the whole head; vertices of both faces belong together."""
    surface = _surface(years, 1.1)
    to_head, scale = place_adult_face(surface)
    assert _away(surface, to_head, scale) < 7.0
    assert _away(surface, to_head, scale) < 0.9 * _away(surface, surface.to_head, surface.scale)
    assert np.linalg.det(to_head[:3, :3]) == pytest.approx(1.0)
    assert scale < surface.scale


def _away(surface, to_head, scale):
    model, back = load_head_model(), np.linalg.inv(to_head)
    face = model.face > 0.5
    placed = scale * model.mean[face] @ back[:3, :3].T + back[:3, 3]
    return float(np.median(np.linalg.norm(placed - surface.points[face], axis=1)))


def test_an_adult_is_left_as_it_is():
    surface = _surface(None, 0.95)
    to_head, scale = place_adult_face(surface)
    np.testing.assert_array_equal(to_head, surface.to_head)
    assert scale == surface.scale
