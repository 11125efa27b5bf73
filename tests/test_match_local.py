from __future__ import annotations

import stat
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

import reid_audit.match.local
from reid_audit.errors import UsageError
from reid_audit.keypoints import EDGE, KINDS, find_keypoints
from reid_audit.match import score_keypoints
from reid_audit.match.inliers import count_inliers
from reid_audit.phantom import PhotoSettings, sample_identities, take_photo

BLANK = np.zeros((EDGE, EDGE), np.uint8)


@pytest.fixture(scope="module")
def heads() -> list[np.ndarray]:
    """Photographs of three people who do not exist, all taken alike before a plain wall."""
    how = PhotoSettings.at(0.0, grey=True)
    who = sample_identities(3, np.random.default_rng(101))
    return [np.asarray(take_photo(each, how, np.random.default_rng(5)).pixels) for each in who]


def shifted(picture: np.ndarray) -> np.ndarray:
    """Turned by 4 degrees, enlarged by 6 %, and moved by a few pixels."""
    height, width = picture.shape[:2]
    move = cv2.getRotationMatrix2D((width / 2, height / 2), 4, 1.06) + np.array([[0, 0, 6], [0, 0, -4]])
    return cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REPLICATE)


def found(pictures, kind, samples=None):
    names = [f"s{i}" for i in range(len(pictures))] if samples is None else samples
    return find_keypoints(pictures, kind, pd.DataFrame({"sample": names}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_that_moved_a_little_agrees_and_other_heads_do_not(heads, kind):
    counts = count_inliers(found([shifted(head) for head in heads], kind), found(heads, kind))
    own, other = np.diag(counts), counts[~np.eye(3, dtype=bool)]
    assert own.min() >= 30
    assert other.max() < 0.5 * own.min()


@pytest.mark.parametrize("kind", KINDS)
def test_noise_agrees_with_nothing(heads, kind):
    noise = np.random.default_rng(1).integers(0, 256, (EDGE, EDGE), dtype=np.uint8)
    counts = count_inliers(found([noise], kind), found(heads, kind))
    assert counts.max() <= 8


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_common_is_0_and_no_keypoint_is_no_comparison(heads, kind):
    known = found([heads[0], BLANK], kind)
    counts = count_inliers(known, known)
    assert counts[0, 0] > 50
    assert np.isnan(counts[[0, 1, 1], [1, 0, 1]]).all()
    lonely = known.select([0])
    one = replace(lonely, starts=[0, 1], points=lonely.points[:1], descriptors=lonely.descriptors[:1])
    assert count_inliers(known.select([0]), one).item() == 0
    assert count_inliers(one, known.select([0])).item() == 0


def moved(keypoints, points):
    return replace(keypoints, points=np.asarray(points, dtype=np.float32))


def test_a_map_that_no_head_of_like_size_explains_makes_nothing_agree(heads):
    known = found([heads[0]], "orb")
    middle = known.points.mean(axis=0)
    for stretch in (1 / 2.5, 1.0, 2.5):
        assert count_inliers(known, moved(known, middle + stretch * (known.points - middle))).item() > 50
    for stretch in (1 / 50, 1 / 4, 4.0):
        assert count_inliers(known, moved(known, middle + stretch * (known.points - middle))).item() == 0
    assert count_inliers(known, moved(known, known.points * [-1, 1])).item() == 0


def test_many_keypoints_that_look_like_one_count_once(heads):
    known = found([heads[0]], "orb")
    copies = [known.points[0] + [i, 0] for i in range(-4, 5)]
    looks = np.concatenate([known.descriptors[:40], np.tile(known.descriptors[:1], (9, 1))])
    probe = replace(known, starts=[0, 49], points=np.concatenate([known.points[:40], copies]), descriptors=looks)
    assert count_inliers(known.select([0]), known.select([0])).item() > 40
    assert count_inliers(probe, known).item() <= 40


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_pair_of_pictures_of_a_sample_counts(heads, kind):
    probes = found([shifted(heads[0]), BLANK], kind)
    samples = ["b", "a", "b", "blank"]
    pictures = [heads[1], heads[2], heads[0], BLANK]
    scores = score_keypoints(probes, found(pictures, kind, samples))
    pairs = count_inliers(probes, found(pictures, kind))
    np.testing.assert_array_equal(scores[0], [max(pairs[0, 0], pairs[0, 2]), pairs[0, 1], np.nan])
    assert np.isnan(scores[1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_scores_depend_neither_on_order_nor_on_tiles_nor_on_processes(heads, kind, monkeypatch):
    probes, known = found([shifted(head) for head in heads], kind), found(heads, kind)
    whole = score_keypoints(probes, known)
    monkeypatch.setattr(reid_audit.match.local, "_PROBES", 2)
    monkeypatch.setattr(reid_audit.match.local, "_REFERENCES", 1)
    np.testing.assert_array_equal(score_keypoints(probes, known, workers=2), whole)
    turned = score_keypoints(probes.select([2, 0, 1]), known.select([1, 2, 0]))
    np.testing.assert_array_equal(turned, whole[[2, 0, 1]][:, [1, 2, 0]])


def test_a_stopped_comparison_goes_on(heads, tmp_path, monkeypatch):
    probes, known = found([shifted(head) for head in heads], "orb"), found(heads, "orb")
    monkeypatch.setattr(reid_audit.match.local, "_PROBES", 1)
    told = []
    first = score_keypoints(probes, known, store=str(tmp_path / "kept"), progress=lambda *news: told.append(news))
    assert told == [(1, 3), (2, 3), (3, 3)]
    files = list((tmp_path / "kept").rglob("*.npz"))
    assert len(files) == 3
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    files[0].unlink()
    made = []

    def counted(one, other):
        made.append(1)
        return count_inliers(one, other)

    monkeypatch.setattr(reid_audit.match.local, "count_inliers", counted)
    np.testing.assert_array_equal(score_keypoints(probes, known, store=str(tmp_path / "kept")), first)
    assert len(made) == 1
    score_keypoints(probes, known.select([0, 1]), store=str(tmp_path / "kept"))
    assert len(made) == 4, "other pictures are another comparison"


def test_kinds_are_not_compared(heads):
    with pytest.raises(UsageError, match="'orb' and 'sift'"):
        score_keypoints(found(heads[:1], "orb"), found(heads[:1], "sift"))
