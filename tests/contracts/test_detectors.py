from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from reid_audit import plugins
from reid_audit.faces import DlibDetector
from reid_audit.testing import check_detector
from reid_audit.types import Face, ModelSpec


@pytest.mark.parametrize("name", sorted(set(plugins.BUILT_IN["detectors"]) - {"yunet"}))
def test_built_in_detectors_keep_the_contract(name):
    check_detector(plugins.load_detector(name))


@pytest.mark.real
def test_yunet_keeps_the_contract_where_it_is_installed(yunet_installed):
    check_detector(plugins.load_detector("yunet"))


@pytest.mark.parametrize("upsample", [0, 1])
def test_dlib_keeps_the_contract_at_both_sizes(upsample):
    check_detector(DlibDetector(upsample))


@dataclass
class Broken:
    answer: object
    spec: ModelSpec = field(default_factory=lambda: ModelSpec("broken", "1", "none"))

    def detect(self, image):
        del image
        return self.answer


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ([], "tuple"),
        ((1,), "Face"),
        ((Face((5, 0, 4, 1), 1.0),), "left, top, right, bottom"),
        ((Face((0, 0, 1, 1), 1.0), Face((0, 0, 1, 1), 2.0)), "surest first"),
        ((Face((500, 500, 600, 600), 1.0),), "overlap"),
        ((Face((0, 0, 1, 1), float("nan")),), "finite"),
    ],
)
def test_the_check_finds_what_is_broken(answer, what):
    with pytest.raises(AssertionError, match=what):
        check_detector(Broken(answer))


def test_the_check_asks_for_a_face_where_there_is_one():
    with pytest.raises(AssertionError, match="no face was found"):
        check_detector(Broken(()), face=np.zeros((7, 8, 3), np.uint8))
    with pytest.raises(AssertionError, match="licence"):
        check_detector(Broken((), ModelSpec("broken", "1", "")))
