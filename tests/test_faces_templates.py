from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest

from reid_audit.errors import UsageError
from reid_audit.faces import (
    NO_FACE,
    NOT_FINITE,
    SEVERAL_FACES,
    TEMPLATE_COLUMNS,
    concatenate,
    embed_photo,
    embed_renders,
    failed_photo,
    failed_scan,
    no_templates,
)
from reid_audit.types import Face, ModelSpec, Photo, Renders, View

SCAN = {"subject": "01", "session": "a", "condition": "original", "modality": "T1w", "sample": "01_a"}


@dataclass
class BrightDetector:
    """Finds the bounding box of what is brighter than 200, if it is wider than ``least`` pixels."""

    least: int = 0
    sizes: list = field(default_factory=list)
    spec: ModelSpec = field(default_factory=lambda: ModelSpec("bright", "1", "none"))

    def detect(self, image):
        self.sizes.append(image.shape)
        down, across = np.nonzero(image[:, :, 0] > 200)
        if not len(down) or np.ptp(across) < self.least:
            return ()
        return (Face((across.min(), down.min(), across.max() + 1.0, down.max() + 1.0), 1.0),)


@dataclass
class ColourEmbedder:
    """The mean colour in the box, and its width."""

    value: float | None = None
    spec: ModelSpec = field(default_factory=lambda: ModelSpec("colour", "1", "none", dimension=4))

    def embed(self, image, face):
        left, top, right, bottom = (round(edge) for edge in face.box)
        mean = image[top:bottom, left:right].reshape(-1, 3).mean(axis=0)
        return np.array([*mean, self.value or right - left], dtype=np.float32)


@dataclass
class BatchColourEmbedder(ColourEmbedder):
    """The same, several at once; remembers how many."""

    counts: list = field(default_factory=list)

    def embed_all(self, images, faces):
        self.counts.append(len(images))
        return np.array([self.embed(image, face) for image, face in zip(images, faces, strict=True)])


@dataclass
class FixedDetector:
    faces: tuple
    spec: ModelSpec = field(default_factory=lambda: ModelSpec("fixed", "1", "none"))

    def detect(self, image):
        del image
        return self.faces


def _renders(bright: list[int]) -> Renders:
    images = np.zeros((len(bright), 8, 9), np.uint8)
    for image, width in zip(images, bright, strict=True):
        image[2:4, 1 : 1 + width] = 220
    views = tuple(View(float(i), -1.0, 2.0, 3.0) for i in range(len(bright)))
    return Renders(images, views, np.zeros((len(bright), 3, 4)))


def test_every_view_has_a_row_and_a_miss_is_nan_with_a_reason():
    found = embed_renders(_renders([3, 0, 5]), BrightDetector(), ColourEmbedder(), **SCAN)
    assert tuple(found.table.columns) == TEMPLATE_COLUMNS
    assert found.table["detected"].tolist() == [True, False, True]
    assert found.table["reason"].tolist() == ["", NO_FACE, ""]
    assert found.table["yaw"].tolist() == [0.0, 1.0, 2.0]
    assert found.table["source"].unique().tolist() == ["scan"]
    np.testing.assert_array_equal(found.vectors[0], [220, 220, 220, 3])
    assert np.isnan(found.vectors[1]).all()
    assert found.vectors.dtype == np.float32
    assert {name: found.table[name].iloc[0] for name in SCAN} == SCAN


def test_a_template_that_is_not_finite_is_a_failure():
    found = embed_renders(_renders([3]), BrightDetector(), ColourEmbedder(value=float("inf")), **SCAN)
    assert found.table["reason"].tolist() == [NOT_FINITE]
    assert not found.table["detected"].any()
    assert np.isnan(found.vectors).all()


def test_an_embedder_that_takes_several_gets_the_faces_and_gives_the_same_templates():
    widths = [3, 0, 5, 1, *[2] * 14, 0, 4] + [0] * 20  # the last renders show no face at all
    batch = BatchColourEmbedder()
    together = embed_renders(_renders(widths), BrightDetector(), batch, **SCAN)
    alone = embed_renders(_renders(widths), BrightDetector(), ColourEmbedder(), **SCAN)
    np.testing.assert_array_equal(together.vectors, alone.vectors)
    assert together.table.equals(alone.table)
    assert sum(batch.counts) == together.table["detected"].sum() == 18
    assert len(batch.counts) < 4
    broken = BatchColourEmbedder(value=float("nan"))
    assert embed_renders(_renders([3, 0]), BrightDetector(), broken, **SCAN).table["reason"].tolist() == [
        NOT_FINITE,
        NO_FACE,
    ]


def _photo(height: int, width: int, box: tuple[int, int, int, int]) -> Photo:
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = box
    pixels[top:bottom, left:right] = (230, 40, 50)
    return Photo(pixels)


def _embedded(photo, detector):
    return embed_photo(photo, detector, ColourEmbedder(), subject="01", sample="p1")


def test_a_photo_of_middling_size_is_searched_as_it_is():
    detector = BrightDetector()
    found = _embedded(_photo(70, 90, (10, 20, 37, 50)), detector)
    assert detector.sizes == [(70, 90, 3)]
    np.testing.assert_array_equal(found.vectors, [[230, 40, 50, 27]])
    assert found.table.loc[0, ["subject", "source", "sample", "session", "condition"]].tolist() == [
        "01",
        "photo",
        "p1",
        "",
        "",
    ]
    assert found.table["yaw"].isna().all()


def test_a_large_photo_is_searched_reduced_and_embedded_as_it_came():
    detector = BrightDetector()
    found = _embedded(_photo(1600, 1200, (400, 600, 800, 1000)), detector)
    assert detector.sizes == [(800, 600, 3)]
    np.testing.assert_allclose(found.vectors, [[230, 40, 50, 400]], atol=2)


def test_a_photo_without_a_face_is_searched_once_more_at_twice_the_size():
    small, large = BrightDetector(least=1000), BrightDetector(least=1000)
    assert _embedded(_photo(70, 90, (10, 20, 37, 50)), small).table["reason"].tolist() == [NO_FACE]
    assert small.sizes == [(70, 90, 3), (140, 180, 3)]
    _embedded(_photo(2000, 4000, (10, 20, 37, 50)), large)
    assert large.sizes == [(400, 800, 3), (800, 1600, 3)]


def test_a_face_found_in_the_enlarged_photo_is_embedded_at_its_own_size():
    found = _embedded(_photo(70, 90, (10, 20, 37, 50)), BrightDetector(least=40))
    np.testing.assert_allclose(found.vectors, [[230, 40, 50, 27]], atol=2)


def test_several_faces_of_like_size_are_a_failure_and_a_larger_one_is_not():
    photo = _photo(70, 90, (0, 0, 90, 70))
    alike = (Face((0, 0, 20, 20), 1.0), Face((30, 30, 49, 49), 0.5))
    found = _embedded(photo, FixedDetector(alike))
    assert found.table["reason"].tolist() == [SEVERAL_FACES]
    assert not found.table["detected"].any()
    unlike = (Face((0, 0, 20, 20), 1.0), Face((30, 30, 69, 69), 0.5))
    assert _embedded(photo, FixedDetector(unlike)).vectors[0, 3] == 39


def test_failures_before_the_detector_are_rows_too():
    views = (View(0, 0, 0, 0), View(1, 0, 0, 0))
    scan = failed_scan("no head found", views, ColourEmbedder(), **SCAN)
    photo = failed_photo("not an image", ColourEmbedder(), subject="01", sample="p1")
    both = concatenate([scan, photo])
    assert both.table["reason"].tolist() == ["no head found", "no head found", "not an image"]
    assert np.isnan(both.vectors).all()
    assert both.vectors.shape == (3, 4)
    assert both.table.index.tolist() == [0, 1, 2]
    with pytest.raises(UsageError, match="why"):
        failed_photo("", ColourEmbedder(), subject="01", sample="p1")


def test_concatenation_keeps_order_and_dtypes_and_ignores_what_is_empty():
    first = embed_renders(_renders([3, 0]), BrightDetector(), ColourEmbedder(), **SCAN)
    photo = _embedded(_photo(70, 90, (10, 20, 37, 50)), BrightDetector())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        both = concatenate([no_templates(ColourEmbedder()), first, photo])
    assert both.table["sample"].tolist() == ["01_a", "01_a", "p1"]
    assert both.table.dtypes.to_dict() == first.table.dtypes.to_dict()
    empty = concatenate([no_templates(ColourEmbedder())])
    assert len(empty.table) == 0
    assert tuple(empty.table.columns) == TEMPLATE_COLUMNS


def test_templates_of_two_embedders_do_not_mix():
    other = ColourEmbedder(spec=ModelSpec("other", "1", "none", dimension=4))
    with pytest.raises(UsageError, match="colour, other"):
        concatenate([no_templates(ColourEmbedder()), no_templates(other)])
    with pytest.raises(UsageError, match="at least one"):
        concatenate([])
