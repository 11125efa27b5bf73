"""YuNet where its file is installed, and what is said where it is not."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from reid_audit.errors import MissingResourceError, SettingsError, UsageError
from reid_audit.faces import DlibDetector, YunetDetector
from reid_audit.faces.installed import INSTALLED_MODELS, YUNET
from reid_audit.plugins import load_detector


def test_a_missing_file_says_which_where_and_how_to_know_it(monkeypatch, tmp_path):
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path))
    with pytest.raises(MissingResourceError, match=f"'{YUNET}' is not installed") as caught:
        load_detector("yunet")
    assert INSTALLED_MODELS[YUNET] in caught.value.remedy
    assert str(tmp_path) in caught.value.remedy


def test_another_file_under_the_name_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path))
    (tmp_path / YUNET).write_bytes(b"something else")
    with pytest.raises(MissingResourceError, match=r"has SHA-256 [0-9a-f]{64}\.") as caught:
        YunetDetector()
    assert INSTALLED_MODELS[YUNET] in caught.value.remedy


def test_a_file_that_cannot_be_read_is_told_from_one_that_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path))
    (tmp_path / YUNET).mkdir()
    with pytest.raises(MissingResourceError, match="cannot be read"):
        YunetDetector()


@pytest.mark.parametrize("threshold", [0, 1, -0.5, float("nan")])
def test_a_threshold_that_is_no_share_is_refused(threshold):
    with pytest.raises(SettingsError, match="between 0 and 1"):
        YunetDetector(threshold)


@pytest.mark.real
def test_the_spec_names_the_threshold_and_the_file(yunet_installed):
    spec = YunetDetector().spec
    assert spec.name == "yunet-0.6"
    assert spec.weights_sha256 == (INSTALLED_MODELS[YUNET],)


@pytest.mark.real
def test_a_picture_that_is_not_rgb_is_wrong_usage(yunet_installed):
    for picture in (np.zeros((9, 8), np.uint8), np.zeros((9, 8, 4), np.uint8), np.zeros((9, 8, 3), np.float32)):
        with pytest.raises(UsageError, match="uint8"):
            YunetDetector().detect(picture)
    assert YunetDetector().detect(np.zeros((0, 8, 3), np.uint8)) == ()


@pytest.mark.real
def test_opencv_keeps_the_threads_that_the_user_gave_it(yunet_installed, monkeypatch):
    import cv2

    before, seen = cv2.getNumThreads(), []
    kept = cv2.setNumThreads
    monkeypatch.setattr(cv2, "setNumThreads", lambda count: (seen.append(count), kept(count)))
    YunetDetector().detect(np.zeros((40, 50, 3), np.uint8))
    assert seen == [1, before]
    assert cv2.getNumThreads() == before


@pytest.fixture(scope="module")
def london(real_data):
    """Some neutral pictures, RGB."""
    import cv2

    folder = real_data / "photos" / "london"
    if not folder.is_dir():
        pytest.skip("REAL PHOTOS NOT TESTED: the sample data have no folder 'photos/london'.")
    with (folder / "photos.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file) if "smiling" not in row["file"]]
    return [cv2.cvtColor(cv2.imread(str(folder / name)), cv2.COLOR_BGR2RGB) for name in names]


@pytest.mark.real
def test_yunet_finds_the_one_face_where_dlib_does(yunet_installed, london):
    for picture in london:
        (ours,), (theirs,) = YunetDetector().detect(picture), DlibDetector(0).detect(picture)
        left, top, right, bottom = ours.box
        assert left < theirs.center[0] < right
        assert top < theirs.center[1] < bottom
        assert 0.5 < ours.area / theirs.area < 2  # dlib's squares come in steps of 1.2 in side
        assert bottom - top == pytest.approx(right - left)


@pytest.mark.real
def test_boxes_are_in_pixels_of_the_picture_whatever_its_shape(yunet_installed, london):
    picture = london[0]
    (face,) = YunetDetector().detect(picture)
    shifted = np.zeros((600, 731, 3), np.uint8)
    shifted[64:576, 160:672] = picture  # by whole cells of 32 pixels, in which the network thinks
    (moved,) = YunetDetector().detect(shifted)
    np.testing.assert_allclose(np.subtract(moved.box, (160, 64, 160, 64)), face.box, atol=2)
    cut = np.ascontiguousarray(picture[210:, 200:])
    (edge,) = YunetDetector(0.5).detect(cut)
    assert min(edge.box[:2]) == 0.0


@pytest.mark.real
def test_colours_reach_the_network_in_its_own_order(yunet_installed, london):
    sure = [YunetDetector().detect(picture)[0].confidence for picture in london]
    swapped = [YunetDetector(0.1).detect(picture[:, :, ::-1])[0].confidence for picture in london]
    assert np.mean(sure) > np.mean(swapped)
