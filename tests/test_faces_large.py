"""The detector of renders: faces that fill the picture, whatever its size."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.anatomy import load_head_model
from reid_audit.errors import UsageError
from reid_audit.faces import DlibDetector, DlibLargeFaceDetector
from reid_audit.faces.picture import to_rgb
from reid_audit.render import render_head
from reid_audit.testing import check_detector
from reid_audit.types import HeadSurface, SurfaceQuality, View


@pytest.fixture(scope="module")
def portrait():
    model = load_head_model()
    quality = SurfaceQuality((1.0, 1.0, 1.0), 1.0, (), 0.0, (0.0, 0.0, 0.0), len(model.triangles), 0.5)
    head = HeadSurface(model.mean, model.triangles, np.eye(4), quality)

    def taken(size):
        return to_rgb(render_head(head, (View(0.0, 0.0, 30.0, 30.0),), size=size).images[0])

    return taken


def _center(box):
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])


def test_it_finds_the_face_that_the_reference_finds(portrait):
    picture = portrait(400)
    (ours,), (theirs,) = DlibLargeFaceDetector().detect(picture), DlibDetector().detect(picture)
    np.testing.assert_allclose(_center(ours.box), _center(theirs.box), atol=15)  # a step of the grid: 8 of 223 pixels
    assert 0.7 < ours.area / theirs.area < 1.5


@pytest.mark.parametrize("size", [150, 223, 600])
def test_the_size_of_the_picture_does_not_matter(portrait, size):
    (small,), (face,) = (DlibLargeFaceDetector().detect(portrait(side)) for side in (400, size))
    np.testing.assert_allclose(np.array(face.box) / size, np.array(small.box) / 400, atol=0.04)


def test_edges_scale_with_the_picture_to_the_half_pixel(portrait):
    picture = portrait(223)
    (face,), (same,) = DlibLargeFaceDetector().detect(picture), DlibDetector(0).detect(picture)
    assert face.box == same.box  # confidences differ: dlib takes gradients of colours otherwise than of grey
    (twice,) = DlibLargeFaceDetector().detect(np.repeat(np.repeat(picture, 2, axis=0), 2, axis=1))
    np.testing.assert_allclose(twice.box, 2 * np.array(face.box) + 0.5)


def test_a_face_smaller_than_a_third_is_left_to_the_reference(portrait):
    wide = np.zeros((900, 900, 3), np.uint8)
    wide[300:600, 300:600] = portrait(300)
    assert DlibDetector(0).detect(wide)
    assert DlibLargeFaceDetector().detect(wide) == ()


def test_a_picture_that_is_not_square_keeps_its_shape(portrait):
    wide = np.zeros((400, 560, 3), np.uint8)
    wide[:, 160:] = portrait(400)
    (face,) = DlibLargeFaceDetector().detect(wide)
    (reference,) = DlibDetector().detect(wide)
    np.testing.assert_allclose(_center(face.box), _center(reference.box), atol=20)


def test_contract_and_errors(portrait):
    check_detector(DlibLargeFaceDetector(), face=portrait(400))
    assert DlibLargeFaceDetector().detect(np.zeros((0, 9, 3), np.uint8)) == ()
    with pytest.raises(UsageError, match="RGB"):
        DlibLargeFaceDetector().detect(np.zeros((9, 9), np.uint8))
