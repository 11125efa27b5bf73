from __future__ import annotations

import cv2
import numpy as np
import pandas as pd
import pytest

from reid_audit.errors import UsageError
from reid_audit.keypoints import (
    EDGE,
    KINDS,
    MOST,
    NO_KEYPOINTS,
    concatenate_keypoints,
    find_keypoints,
    no_keypoints,
    one_light_a_camera,
    one_thread,
)
from reid_audit.render import DEFAULT_GRID, camera_grid
from reid_audit.types import Keypoints


def textured(seed: int, size: int = EDGE) -> np.ndarray:
    """Blobs of several sizes, as no other seed has them."""
    rng = np.random.default_rng(seed)
    layers = [cv2.resize(rng.random((n, n)).astype(np.float32), (size, size)) for n in (8, 20, 50)]
    picture = sum(layers) / len(layers)
    return np.uint8(255 * (picture - picture.min()) / np.ptp(picture))


def rows(count: int) -> pd.DataFrame:
    return pd.DataFrame({"sample": [f"s{i}" for i in range(count)], "source": "scan"})


@pytest.mark.parametrize("kind", KINDS)
def test_keypoints_are_bounded_and_lie_in_the_picture(kind):
    found = find_keypoints([textured(1), textured(2)], kind, rows(2))
    assert ((found.counts > 50) & (found.counts <= MOST)).all()
    assert found.descriptors.shape == (found.counts.sum(), KINDS[kind])
    assert found.points.min() >= 0
    assert found.points.max() < EDGE
    assert found.table["detected"].all()
    assert found.kind in repr(found)
    assert "biometric" in repr(found)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_pictures_have_the_same_keypoints_whoever_stands_beside_them(kind):
    together = find_keypoints([textured(1), textured(2)], kind, rows(2))
    alone = find_keypoints([textured(2)], kind, rows(1))
    for part, whole in zip(alone.picture(0), together.picture(1), strict=True):
        np.testing.assert_array_equal(part, whole)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_picture_is_a_failure_and_not_an_error(kind):
    found = find_keypoints([np.zeros((EDGE, EDGE), np.uint8), textured(3)], kind, rows(2))
    assert found.counts[0] == 0 < found.counts[1]
    assert found.table["detected"].tolist() == [False, True]
    assert found.table["reason"].tolist() == [NO_KEYPOINTS, ""]


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_colour_photograph_is_brought_to_the_size_of_the_others(kind):
    small = textured(4)
    large = cv2.cvtColor(cv2.resize(small, (4 * EDGE, 4 * EDGE), interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2RGB)
    of_small, of_large = (find_keypoints([each], kind, rows(1)) for each in (small, large))
    np.testing.assert_allclose(of_large.points, of_small.points, atol=0.5)
    wide = find_keypoints([large[:EDGE]], kind, rows(1))
    assert wide.points[:, 1].max() < EDGE / 4


def test_selection_and_concatenation_keep_each_pictures_own():
    found = find_keypoints([textured(1), np.zeros((EDGE, EDGE), np.uint8), textured(2)], "orb", rows(3))
    turned = found.select([2, 1, 0])
    assert turned.table["sample"].tolist() == ["s2", "s1", "s0"]
    back = concatenate_keypoints([turned.select([2]), turned.select(np.array([True, True, False])).select([1, 0])])
    pd.testing.assert_frame_equal(back.table, found.table)
    for name in ("starts", "points", "descriptors"):
        np.testing.assert_array_equal(getattr(back, name), getattr(found, name))


def test_kinds_are_not_mixed():
    parts = [find_keypoints([textured(1)], kind, rows(1)) for kind in KINDS]
    with pytest.raises(UsageError, match="orb, sift"):
        concatenate_keypoints(parts)
    with pytest.raises(UsageError, match="'surf'"):
        find_keypoints([textured(1)], "surf", rows(1))


def test_lost_pictures_stay_in_the_count():
    lost = no_keypoints("sift", rows(2), "the file is gone")
    assert lost.counts.tolist() == [0, 0]
    assert lost.table["reason"].tolist() == ["the file is gone"] * 2
    assert not lost.table["detected"].any()


@pytest.mark.parametrize(
    ("starts", "points", "descriptors"),
    [([0, 2], (3, 2), (3, 32)), ([0, 1, 3], (3, 2), (3, 32)), ([0, 3], (3, 3), (3, 32)), ([0, 3], (3, 2), (2, 32))],
)
def test_what_does_not_fit_together_is_refused(starts, points, descriptors):
    with pytest.raises(ValueError, match="got"):
        Keypoints("orb", rows(1), np.array(starts), np.zeros(points), np.zeros(descriptors))


def test_arrays_are_read_only():
    found = find_keypoints([textured(1)], "orb", rows(1))
    for name in ("starts", "points", "descriptors"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(found, name)[0] = 0


def test_one_light_a_camera_is_the_middle_one_of_the_default_grid():
    chosen = [DEFAULT_GRID[i] for i in one_light_a_camera(DEFAULT_GRID)]
    assert len(chosen) == len({view.camera for view in DEFAULT_GRID}) == 9
    assert {view.light for view in chosen} == {(0.0, 38.0)}
    other = camera_grid((0, 20), (0,), (-60, 10), (60,))
    assert {other[i].light for i in one_light_a_camera(other)} == {(10.0, 60.0)}


def test_threads_are_as_they_were_afterwards():
    before = cv2.getNumThreads()
    with one_thread():
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == before
