from __future__ import annotations

import pytest

from reid_audit.errors import SettingsError, UsageError
from reid_audit.faces import NO_FACE, SEVERAL_FACES, DlibDetector, DlibEmbedder
from reid_audit.faces.choice import face_of_photo, face_of_render
from reid_audit.types import Face


def _square(left: float, top: float, side: float, confidence: float = 1.0) -> Face:
    return Face((left, top, left + side, top + side), confidence)


def test_of_a_render_the_central_face_of_about_the_largest_size_is_taken():
    central = _square(40, 40, 20)
    assert face_of_render([_square(0, 0, 25, 3.0), central, _square(48, 48, 4)], 100, 100) is central


def test_a_small_false_alarm_in_the_centre_does_not_beat_the_face():
    face = _square(10, 10, 40)
    assert face_of_render([_square(48, 48, 4, 2.0), face], 100, 100) is face


def test_centre_is_of_the_width_and_the_height():
    wide = _square(95, 20, 10)
    assert face_of_render([_square(45, 45, 10), wide], 200, 50) is wide


def test_of_equals_the_surer_one_is_taken():
    sure = _square(40, 40, 20, 2.0)
    assert face_of_render([_square(40, 40, 20, 1.0), sure], 100, 100) is sure


def test_of_no_face_there_is_none():
    assert face_of_render([], 9, 9) is None
    assert face_of_photo([]) == (None, NO_FACE)


@pytest.mark.parametrize(("other", "reason"), [(7.0, ""), (7.1, SEVERAL_FACES)])
def test_of_a_photo_the_largest_is_taken_when_twice_as_large(other, reason):
    largest = _square(0, 0, 10)  # 7.0 squared is 49, 7.1 squared 50.4
    face, why = face_of_photo([_square(20, 20, other, 9.0), largest])
    assert why == reason
    assert face is (None if reason else largest)


def test_the_only_face_of_a_photo_is_taken_whatever_its_size():
    only = _square(0, 0, 1)
    assert face_of_photo([only]) == (only, "")


@pytest.mark.parametrize("upsample", [-1, 2])
def test_upsampling_beyond_what_is_allowed_is_refused(upsample):
    with pytest.raises(SettingsError, match="0 or 1"):
        DlibDetector(upsample=upsample)


def test_a_picture_that_is_not_rgb_is_wrong_usage():
    import numpy as np

    for picture in (np.zeros((9, 8), np.uint8), np.zeros((9, 8, 4), np.uint8), np.zeros((9, 8, 3), np.float32)):
        with pytest.raises(UsageError, match="uint8"):
            DlibDetector().detect(picture)
        with pytest.raises(UsageError, match="uint8"):
            DlibEmbedder().embed(picture, _square(0, 0, 5))
