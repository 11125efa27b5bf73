"""Where a face comes to lie in the picture that a network takes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from reid_audit.faces import DlibDetector, YunetDetector, embed_photo
from reid_audit.faces.alignment import FIVE_POINT_TEMPLATE, Similarity, box_in, by_five_points, cut_out, placed
from reid_audit.types import Face, ModelSpec, Photo

TEMPLATE = np.array(FIVE_POINT_TEMPLATE)


def _points(array: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(u), float(v)) for u, v in array)


def _smooth(height: int, width: int) -> np.ndarray:
    """A picture in which every place looks otherwise, and neighbours alike."""
    v, u = np.mgrid[:height, :width]
    return np.stack((u * 255 / width, v * 255 / height, (u + v) * 255 / (width + height)), axis=2).astype(np.uint8)


@pytest.mark.parametrize("side", [112, 224])
def test_landmarks_come_to_lie_on_the_template(side):
    truth = Similarity(0.7 - 0.4j, 31 - 12j)
    found = truth.applied(TEMPLATE)
    back = by_five_points(np.zeros((9, 8, 3), np.uint8), Face((0, 0, 5, 5), 1.0, _points(found)), side)
    np.testing.assert_allclose(back.applied(found), TEMPLATE * side / 112, atol=1e-9)


def test_a_similarity_never_mirrors_a_face():
    mirrored = TEMPLATE * (-1, 1)
    moved = by_five_points(np.zeros((9, 8, 3), np.uint8), Face((0, 0, 5, 5), 1.0, _points(mirrored)), 112)
    assert np.abs(moved.applied(mirrored) - TEMPLATE).max() > 5


def test_points_that_coincide_and_boxes_without_area_are_no_face():
    nowhere = Face((3, 3, 3, 9), 1.0, ((4.0, 4.0),) * 5)
    for alignment in ("five-point", "eyes", "crop"):
        assert placed(np.zeros((20, 20, 3), np.uint8), nowhere, (112, 112), alignment) is None


def test_a_box_lies_in_the_middle_with_its_margin_and_its_proportions():
    moved = box_in(Face((10, 20, 40, 60), 1.0), (112, 92), margin=0.25)
    corners = moved.applied(np.array([[10, 20], [40, 60], [25, 40]]) - 0.5)  # edges, as centres of pixels
    side = 92 / (40 * 1.5)
    np.testing.assert_allclose(corners[2], (45.5, 55.5))
    np.testing.assert_allclose(corners[1] - corners[0], (30 * side, 40 * side))


@pytest.mark.parametrize("alignment", ["five-point", "eyes"])
def test_a_picture_that_was_turned_gives_the_same_cut(alignment):
    picture, points = _smooth(320, 301), TEMPLATE + np.array([95, 100])
    box = (105.0, 110.0, 200.0, 205.0)
    turn = Similarity(np.exp(0.3j), 0)
    turn = Similarity(turn.factor, complex(152.5, 157.5) * (1 - turn.factor))  # about the middle of the box
    turned = cut_out(picture, turn, (320, 301))
    cuts = [
        cut_out(given, placed(given, Face(box, 1.0, _points(where)), (112, 112), alignment), (112, 112))
        for given, where in ((picture, points), (turned, turn.applied(points)))
    ]
    level = placed(picture, Face(box, 1.0, _points(points)), (112, 112), alignment)
    assert abs(np.angle(level.factor)) < 0.01
    assert np.abs(cuts[0].astype(int) - cuts[1]).max() <= 4


@pytest.mark.parametrize("scale", [1.0, 0.6, 0.25, 0.11])
def test_a_cut_shows_the_place_that_it_is_said_to_show(scale):
    picture = _smooth(700, 611)
    moved = Similarity(scale * np.exp(0.2j), 40 + 3j)
    cut = cut_out(picture, moved, (60, 50)).astype(float)
    v, u = np.mgrid[:60, :50]
    back = ((u + 1j * v) - moved.shift) / moved.factor
    inside = (back.real > 8) & (back.real < 600) & (back.imag > 8) & (back.imag < 690)
    assert inside.sum() > 300
    expected = np.stack((back.real * 255 / 611, back.imag * 255 / 700), axis=2)
    assert np.abs(cut[..., :2] - expected - 0.5)[inside].max() < 2  # whole numbers were cut off, not rounded


def test_a_picture_that_is_much_reduced_is_averaged():
    board = (np.indices((600, 600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    cut = cut_out(np.repeat(board[:, :, None], 3, axis=2), Similarity(0.2, 0), (100, 100))
    assert np.ptp(cut[5:-5, 5:-5]) <= 2
    assert abs(float(cut[50, 50, 0]) - 127.5) < 2


def test_beyond_the_edge_it_is_black():
    cut = cut_out(np.full((20, 20, 3), 200, np.uint8), Similarity(1, 30), (40, 60))
    assert cut[:, :28].max() == 0
    assert cut[10, 40].tolist() == [200, 200, 200]


def test_a_face_carries_its_landmarks_to_another_size_and_has_five_or_none():
    face = Face((1, 2, 3, 4), 1.0, _points(TEMPLATE))
    assert face.scaled(2, 3).box == (2, 6, 6, 12)
    np.testing.assert_allclose(face.scaled(2, 3).landmarks, TEMPLATE * (2, 3))
    assert Face((1, 2, 3, 4), 1.0).scaled(2, 2).landmarks is None
    with pytest.raises(ValueError, match="five landmarks"):
        Face((1, 2, 3, 4), 1.0, ((1.0, 2.0),))


def test_landmarks_found_in_a_reduced_photo_reach_the_embedder_in_its_own_pixels():
    class Detector:
        def detect(self, image):
            height, width = image.shape[:2]
            return (Face((0.0, 0.0, width / 2, height / 2), 1.0, ((width / 4, height / 8),) * 5),)

    class Embedder:
        spec = ModelSpec("seen", "1", "none", dimension=2)

        def embed(self, image, face):
            del image
            return np.array(face.landmarks[0], np.float32)

    templates = embed_photo(Photo(_smooth(1000, 1600)), Detector(), Embedder(), subject="1", sample="1")
    np.testing.assert_allclose(templates.vectors, [[400, 125]])


@pytest.mark.real
def test_yunets_points_and_dlibs_lay_a_face_on_the_same_place(yunet_installed, real_data):
    paths = sorted((real_data / "photos" / "london").rglob("*.jpg"))[::5]
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    assert len(pictures) >= 8
    apart = []
    for picture in pictures:
        (face,) = YunetDetector().detect(picture)
        points = np.array(face.landmarks)
        assert points[0, 0] < points[2, 0] < points[1, 0]
        assert points[3, 0] < points[4, 0]
        assert points[:2, 1].max() < points[2, 1] < points[3:, 1].min()
        by_yunet = by_five_points(picture, face, 112)
        by_dlib = by_five_points(picture, DlibDetector().detect(picture)[0], 112)
        assert np.abs(by_yunet.applied(points) - TEMPLATE).max() < 6
        apart.append(np.linalg.norm(by_yunet.applied(points) - by_dlib.applied(points), axis=1).mean())
    assert np.median(apart) < 3
