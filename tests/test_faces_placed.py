"""The face from the camera alone: where a detector would see it, and used only where that saw none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from reid_audit.anatomy import load_head_model
from reid_audit.faces import DlibLargeFaceDetector, embed_renders, placed_face, with_placed_faces
from reid_audit.faces.picture import to_rgb
from reid_audit.phantom import head_mesh, sample_identities
from reid_audit.render import DEFAULT_GRID, render_head
from reid_audit.types import HeadSurface, ModelSpec, Renders, SurfaceQuality, View

CAMERAS = DEFAULT_GRID[4::9]


def _head(points, triangles, scale=1.0):
    quality = SurfaceQuality((1.0, 1.0, 1.0), 1.0, (), 0.0, (0.0, 0.0, 0.0), len(triangles), 0.5)
    return HeadSurface(scale * points, triangles, np.eye(4), quality, scale)


def _overlap(one, other):
    """Intersection over union."""
    left, top = (max(one.box[i], other.box[i]) for i in (0, 1))
    right, bottom = (min(one.box[i], other.box[i]) for i in (2, 3))
    shared = max(0.0, right - left) * max(0.0, bottom - top)
    return shared / (one.area + other.area - shared)


@pytest.mark.parametrize("size", [300, 400])
def test_it_is_where_the_detector_sees_the_face_of_people_that_it_was_not_fitted_on(size):
    found = []
    for person in sample_identities(3, np.random.default_rng(99002)):
        mesh = head_mesh(person, expression={"blink": 1.0})
        renders = render_head(_head(mesh.points, mesh.triangles), CAMERAS, size=size)
        for view, image in zip(renders.views, renders.images, strict=True):
            faces = DlibLargeFaceDetector().detect(to_rgb(image))
            found += [_overlap(placed_face(view, size), faces[0])] if faces else []
    assert len(found) > 20
    assert np.median(found) > 0.75
    assert min(found) > 0.5


def test_it_turns_with_the_camera():
    ahead = placed_face(View(0, 0, 0, 0), 400)
    assert ahead.center[0] == pytest.approx(199.5, abs=1)
    left = ahead.box[0] + (ahead.box[2] - ahead.box[0]) / 2
    sides = [placed_face(View(yaw, 0, 0, 0), 400).center[0] for yaw in (-20, 20)]
    assert sides[1] < left - 3 or sides[0] < left - 3
    assert sides[0] - left == pytest.approx(left - sides[1], abs=1)
    assert np.allclose(np.array(placed_face(View(0, 0, 0, 0), 800).box) / 2, ahead.box, atol=0.3)


def test_the_size_of_the_head_is_of_no_account():
    model = load_head_model()
    spots = []
    for scale in (0.8, 1.1):
        renders = render_head(_head(model.mean, model.triangles, scale), CAMERAS, size=300)
        point = scale * model.mean[np.argmax(model.mean[:, 1])]
        places = np.einsum("nij,j->ni", renders.projections, np.append(point, 1.0))
        spots.append(places[:, :2] / places[:, 2:])
    np.testing.assert_allclose(spots[0], spots[1], atol=6)


@dataclass
class MeanEmbedder:
    """The mean grey value of the box, and its left edge."""

    spec: ModelSpec = field(default_factory=lambda: ModelSpec("mean", "1", "none", dimension=2))

    def embed(self, image, face):
        left, top, right, bottom = (round(edge) for edge in face.box)
        return np.array([image[top:bottom, left:right].mean(), left], dtype=np.float32)


@dataclass
class EverySecond:
    spec: ModelSpec = field(default_factory=lambda: ModelSpec("second", "1", "none"))
    looked: int = 0

    def detect(self, image):
        self.looked += 1
        return (placed_face(View(0, 0, 0, 0), len(image)),) if self.looked % 2 else ()


def test_only_renders_without_a_detected_face_are_filled():
    images = np.random.default_rng(0).integers(0, 255, (9, 100, 100), dtype=np.uint8)
    renders = Renders(images, CAMERAS, np.zeros((9, 3, 4)))
    facts = dict.fromkeys(("subject", "session", "condition", "modality", "sample"), "x")
    templates = embed_renders(renders, EverySecond(), MeanEmbedder(), **facts)
    filled = with_placed_faces(renders, templates, MeanEmbedder())
    assert np.isfinite(templates.vectors[:, 0]).tolist() == [True, False] * 4 + [True]
    np.testing.assert_array_equal(filled.vectors[::2], templates.vectors[::2])
    for row in range(1, 9, 2):
        face = placed_face(CAMERAS[row], 100)
        np.testing.assert_array_equal(filled.vectors[row], MeanEmbedder().embed(to_rgb(images[row]), face))
    assert filled.table.equals(templates.table)
