"""Photographs of phantoms: deterministic, upright, the right way round, and of one person."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reid_audit.errors import SettingsError
from reid_audit.faces import DlibDetector, DlibEmbedder
from reid_audit.phantom.identity import sample_identities, sample_session_change
from reid_audit.phantom.photo import PhotoSettings, take_photo
from reid_audit.phantom.photo_mesh import grid_triangles, loop_operator
from reid_audit.phantom.photo_raster import Camera, Raster
from reid_audit.phantom.texture import appearance_of
from reid_audit.render.normals import vertex_normals

SMALL = PhotoSettings(size=192)
OCTAHEDRON = np.array(
    [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], np.int32
)
CORNERS = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)


@pytest.fixture(scope="module")
def people():
    return sample_identities(4, np.random.default_rng(41))


def test_same_seed_same_photo_and_another_seed_another(people):
    first, again, other = (take_photo(people[0], SMALL, np.random.default_rng(seed)).pixels for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5


def test_shape_type_and_range(people):
    photo = take_photo(people[1], SMALL, np.random.default_rng(1))
    assert photo.pixels.shape == (192, 192, 3)
    assert photo.pixels.dtype == np.uint8
    assert np.ptp(photo.pixels) > 100


def test_grey_has_equal_channels_and_colour_has_not(people):
    grey, colour = (
        take_photo(people[1], dataclasses.replace(SMALL, grey=flag), np.random.default_rng(1)).pixels
        for flag in (True, False)
    )
    np.testing.assert_array_equal(grey[..., 0], grey[..., 1])
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])
    assert np.ptp(colour.astype(int), axis=2).mean() > 3


def test_faces_are_found_and_one_person_is_nearer_than_another(people):
    detector, embedder = DlibDetector(), DlibEmbedder()
    settings = PhotoSettings(size=320)
    templates = []
    for number, person in enumerate(people):
        change = sample_session_change(np.random.default_rng(number))
        for session in (None, change):
            rng = np.random.default_rng([number, session is None])
            pixels = take_photo(person, settings, rng, session=session).pixels
            faces = detector.detect(pixels)
            assert len(faces) == 1
            templates.append(embedder.embed(pixels, faces[0]))
    vectors = np.asarray(templates)
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    owner = np.repeat(np.arange(len(people)), 2)
    mated = (owner[:, None] == owner) & ~np.eye(len(owner), dtype=bool)
    assert np.median(distance[mated]) < 0.75 * np.median(distance[owner[:, None] != owner])


def test_left_is_on_the_viewers_right(people):
    """Light from the person's left brightens the right half of the picture; a mark on the left is seen there."""
    camera = Camera(np.array([0.0, 900.0, 0.0]), np.zeros(3), np.array([0.0, 0.0, 1.0]), angle=20.0)
    left = np.array([[-30.0, 90.0, 10.0]])
    pixels, _ = camera.project(left, 400)
    assert pixels[0, 0] > 200 > pixels[0, 1]
    with Raster(CORNERS * 10 + left, OCTAHEDRON) as raster:
        seen = raster.see(camera, 400)
    assert seen.columns.min() > 200
    assert seen.rows.max() < 200


def test_the_left_eye_of_a_photo_lies_on_the_viewers_right(people, monkeypatch):
    """The whole way: paint the left eyeball green and look for green."""
    from reid_audit.phantom import photo_shade

    paint = photo_shade.eye_colour

    def green_left(points, mark, look, gaze):
        colour, normal, cornea = paint(points, mark, look, gaze)
        colour[points[:, 0] < 0] = (0.0, 0.9, 0.0)
        return colour, normal, cornea

    monkeypatch.setattr(photo_shade, "eye_colour", green_left)
    settings = PhotoSettings.mild(size=320)
    pixels = take_photo(people[2], settings, np.random.default_rng(3)).pixels.astype(int)
    green = (pixels[..., 1] - pixels[..., [0, 2]].max(axis=2)) > 60
    rows, columns = np.nonzero(green)
    assert len(rows) > 15
    assert columns.mean() > 165
    assert rows.mean() < 200


def test_raster_gives_back_the_points_that_it_sees():
    camera = Camera(np.array([20.0, 500.0, 40.0]), np.zeros(3), np.array([0.1, 0.0, 1.0]), angle=9.0)
    points = CORNERS * np.array([30.0, 20.0, 25.0])
    with Raster(points, OCTAHEDRON) as raster:
        seen = raster.see(camera, 256)
        flat = Camera(np.array([0.0, 500.0, 0.0]), np.zeros(3), np.array([0.0, 0.0, 1.0]), half_height=40.0)
        depth = raster.depth(flat, 128)
    place = seen.interpolate(points.astype(np.float32), OCTAHEDRON)
    pixels, _ = camera.project(place, 256)
    error = np.abs(pixels - np.column_stack([seen.columns, seen.rows])).max(axis=1)
    assert len(error) > 5000
    assert np.quantile(error, 0.99) < 0.05
    assert depth.min() == pytest.approx(480.0, abs=0.5)
    assert np.isinf(depth[0, 0])


def test_loop_keeps_a_plane_and_its_borders():
    x, y = np.meshgrid(np.arange(7.0), np.arange(8.0), indexing="ij")
    points = np.column_stack([x.ravel(), y.ravel(), 2 * x.ravel() - y.ravel() + 3])
    triangles = grid_triangles(7, 8, closed=False)
    operator, fine = loop_operator(triangles, len(points), levels=2)
    dense = operator @ points
    assert len(fine) == 16 * len(triangles)
    np.testing.assert_allclose(np.asarray(operator.sum(axis=1)).ravel(), 1.0)
    np.testing.assert_allclose(dense[:, 2], 2 * dense[:, 0] - dense[:, 1] + 3, atol=1e-9)
    np.testing.assert_allclose(vertex_normals(dense, fine) @ vertex_normals(dense, fine)[0], 1.0, atol=1e-9)


def test_loop_does_not_shrink_much():
    operator, _ = loop_operator(OCTAHEDRON, len(CORNERS), levels=2)
    radius = np.linalg.norm(operator @ CORNERS, axis=1)
    assert 0.55 < radius.min() <= radius.max() < 1.15


def test_appearance_belongs_to_the_person(people):
    assert appearance_of(people[0]) == appearance_of(people[0])
    assert appearance_of(people[0]) == appearance_of(dataclasses.replace(people[0], label="another"))
    assert len({appearance_of(person).seed for person in people}) == len(people)


def test_difficulty_runs_from_mild_to_hard():
    assert PhotoSettings.at(0.5) == PhotoSettings()
    assert PhotoSettings.at(0.0) == PhotoSettings.mild()
    assert PhotoSettings.at(1.0, grey=True) == PhotoSettings.hard(grey=True)
    yaws = [PhotoSettings.at(difficulty).yaw for difficulty in (0.0, 0.3, 0.6, 1.0)]
    assert yaws == sorted(yaws)
    assert len(set(yaws)) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"yaw": -1.0},
        {"yaw": 75.0},
        {"jpeg": (90, 40)},
        {"jpeg": (0, 40)},
        {"size": 8},
        {"noise": float("nan")},
        {"distance": (90.0, 900.0)},
    ],
)
def test_settings_out_of_range_are_named(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        PhotoSettings(**wrong)


def test_difficulty_out_of_range():
    with pytest.raises(SettingsError, match="difficulty"):
        PhotoSettings.at(1.5)
