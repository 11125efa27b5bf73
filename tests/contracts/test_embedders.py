from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from reid_audit import plugins
from reid_audit.testing import check_embedder
from reid_audit.types import ModelSpec


@pytest.mark.parametrize("name", plugins.BUILT_IN["embedders"])
def test_built_in_embedders_keep_the_contract(name):
    check_embedder(plugins.load_embedder(name))


@dataclass
class Broken:
    answer: Any
    spec: ModelSpec = field(default_factory=lambda: ModelSpec("broken", "1", "none", dimension=3))
    calls: int = 0

    def embed(self, image, face):
        del image, face
        self.calls += 1
        return self.answer + self.calls if self.calls > 2 else self.answer


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ([1.0, 2.0, 3.0], "array"),
        (np.ones(4, np.float32), "shape"),
        (np.ones(3), "float32"),
        (np.array([1, 2, np.nan], np.float32), "finite"),
        (np.ones(3, np.float32), "second time"),
    ],
)
def test_the_check_finds_what_is_broken(answer, what):
    with pytest.raises(AssertionError, match=what):
        check_embedder(Broken(answer))


class BrokenBatch(Broken):
    def embed(self, image, face):
        del image
        return np.full(3, face.box[0], np.float32)

    def embed_all(self, images, faces):
        right = np.array([self.embed(image, face) for image, face in zip(images, faces, strict=True)])
        return self.answer(right)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (list, "array"),
        (lambda right: right[:-1], "shape"),
        (lambda right: right.astype(np.float64), "float32"),
        (lambda right: np.roll(right, 1, axis=0), "that embed gives"),
    ],
)
def test_the_check_finds_a_batch_that_is_broken(change, what):
    with pytest.raises(AssertionError, match=what):
        check_embedder(BrokenBatch(change))
    check_embedder(BrokenBatch(lambda right: right))


def test_a_spec_without_a_dimension_is_found():
    with pytest.raises(AssertionError, match="dimension"):
        check_embedder(Broken(np.ones(3, np.float32), ModelSpec("broken", "1", "none")))
