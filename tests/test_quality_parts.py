"""The parts of a verdict: what is near, what is altered, where the brain is lost, what stands behind the head."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reid_audit.errors import VolumeError
from reid_audit.inputs import to_ras
from reid_audit.quality.altered import altered_voxels, on_one_grid
from reid_audit.quality.behind import judge_air_behind
from reid_audit.quality.brain import BrainMask, brain_tissue, judge_brain
from reid_audit.quality.brain_mask import given_brain
from reid_audit.quality.brain_places import PLACES, places_of
from reid_audit.quality.face import Remaining, judge_regions
from reid_audit.quality.nearby import near_marked
from reid_audit.quality.regions import PARTS, skin_samples, vertex_parts
from reid_audit.quality.skin import ExpectedSkin
from reid_audit.types import FACE_PARTS, Mask, RegionVerdict, ScanQuality, Volume

OBLIQUE = np.array([[1.9, 0.4, 0.0, -7.0], [-0.3, 1.2, 0.2, 3.0], [0.0, -0.4, 2.8, 11.0], [0, 0, 0, 1.0]])


def _noise(rng, shape=(22, 20, 18)):
    return Volume(rng.normal(100.0, 20.0, shape).astype(np.float32), np.diag([2.0, 2.0, 2.0, 1.0]), "mri", "T1w")


@pytest.mark.parametrize("reach", [0.7, 2.0, 5.3])
def test_near_marked_is_the_brute_force(rng, reach):
    marked = rng.random((7, 8, 9)) < 0.04
    points = rng.uniform(-3, 11, (200, 3)) @ OBLIQUE[:3, :3].T + OBLIQUE[:3, 3]
    centres = np.argwhere(marked) @ OBLIQUE[:3, :3].T + OBLIQUE[:3, 3]
    expected = (np.linalg.norm(points[:, None] - centres[None], axis=2) <= reach).any(axis=1)
    assert 0 < expected.sum() < 200
    np.testing.assert_array_equal(near_marked(marked, OBLIQUE, points, reach), expected)


def test_near_marked_reaches_along_each_axis_by_itself(rng):
    """Against the sum over all voxels: an ellipsoid along the axes of an oblique grid."""
    reach = np.array([1.1, 4.0, 2.3])
    marked = rng.random((7, 8, 9)) < 0.04
    points = rng.uniform(-3, 11, (200, 3)) @ OBLIQUE[:3, :3].T + OBLIQUE[:3, 3]
    index = (points - OBLIQUE[:3, 3]) @ np.linalg.inv(OBLIQUE[:3, :3]).T
    steps = (index[:, None] - np.argwhere(marked)[None]) / reach
    expected = (np.linalg.norm(steps @ OBLIQUE[:3, :3].T, axis=2) <= 1).any(axis=1)
    assert 0 < expected.sum() < 200
    np.testing.assert_array_equal(near_marked(marked, OBLIQUE, points, reach), expected)
    same = near_marked(marked, OBLIQUE, points, np.full(3, 2.0))
    np.testing.assert_array_equal(same, near_marked(marked, OBLIQUE, points, 2.0))


def _judged_standing(*standing):
    """Verdicts by region where nothing of the skin remains and another surface follows it on these parts, 2 mm away."""
    parts = np.repeat(list(PARTS.values()), [60, 30, 20, 10, 20])
    points, everywhere = np.zeros((len(parts), 3)), np.ones(len(parts), bool)
    skin = ExpectedSkin(points, np.full(len(parts), 10.0), points, parts, np.eye(4), 1.0, "original")
    surface = np.isin(parts, [PARTS[name] for name in standing])
    left = Remaining(~everywhere, surface, everywhere, np.where(surface, 2.0, np.nan))
    return {one.region: one for one in judge_regions(skin, left)}


def test_a_copy_is_told_by_the_whole_face_and_not_by_a_mouth_that_fits():
    mouth = _judged_standing("mouth")
    assert mouth["mouth"].verdict == "pass"
    assert "replaced, which only an attack can judge" in mouth["mouth"].evidence
    assert mouth["face"].verdict == "pass"
    copied = _judged_standing("face", "eyes", "nose", "mouth")
    assert copied["face"].verdict == "fail"
    assert "altered and yet a copy" in copied["face"].evidence
    assert copied["face"].copied == 1.0
    assert copied["ears"].verdict == "pass"
    assert _judged_standing("ears")["ears"].verdict == "fail"


def test_altered_are_the_voxels_that_were_set(rng):
    before = _noise(rng)
    data = np.array(before.data)
    data[4:12, 5:15, 6:16] = 0
    found = altered_voxels(before, dataclasses.replace(before, data=data))
    np.testing.assert_array_equal(found.mask, data != before.data)
    assert found.rescaled == 1.0
    assert found.notes == ()


def test_a_factor_of_all_intensities_is_no_alteration(rng):
    before = _noise(rng)
    data = np.array(before.data) * np.float32(3.7)
    data[4:12, 5:15, 6:16] = 0
    found = altered_voxels(before, dataclasses.replace(before, data=data))
    assert found.rescaled == pytest.approx(3.7, rel=1e-3)
    np.testing.assert_array_equal(found.mask, data == 0)
    assert "multiplied by 3.7" in found.notes[0]


def test_a_factor_is_an_alteration_of_hounsfield_units(rng):
    before = dataclasses.replace(_noise(rng), kind="ct")
    assert altered_voxels(before, dataclasses.replace(before, data=before.data * np.float32(2))).rescaled == 1.0


def test_a_filter_over_everything_is_told_and_large_changes_still_count(rng):
    solid = np.zeros((24, 24, 24))
    solid[4:20, 4:20, 4:20] = 100.0
    before = Volume((solid + rng.normal(0, 1, solid.shape)).astype(np.float32), np.eye(4), "mri", "T1w")
    data = np.array(before.data) + rng.normal(0, 3.0, before.data.shape)
    data[8:16, 8:16, 8:16] = 0
    found = altered_voxels(before, dataclasses.replace(before, data=data))
    assert "the whole image was filtered" in found.notes[-1]
    np.testing.assert_array_equal(found.mask, data == 0)
    assert found.mask.sum() == 8**3


def test_voxels_that_are_alike_by_chance_count_as_altered(rng):
    before = _noise(rng)
    data = np.array(before.data)
    data[4:14, 4:14, 4:14] += 50.0
    data[8, 8, 8] = before.data[8, 8, 8]
    assert altered_voxels(before, dataclasses.replace(before, data=data)).mask[8, 8, 8]


@pytest.mark.parametrize("sheet", [np.s_[4:14, 8, 4:14], np.s_[8, 8, 4:14], np.s_[8, 8, 8]])
def test_what_was_left_in_an_emptied_place_is_no_chance_however_thin(rng, sheet):
    before = _noise(rng)
    data = np.array(before.data)
    data[2:16, 2:16, 2:16] = 0.0
    data[sheet] = before.data[sheet]
    found = altered_voxels(before, dataclasses.replace(before, data=data)).mask
    assert not found[sheet].any()
    expected = np.zeros(found.shape, bool)
    expected[2:16, 2:16, 2:16] = True
    expected[sheet] = False
    np.testing.assert_array_equal(found, expected)


def test_turned_axes_are_turned_back_and_another_place_is_refused(rng):
    before = dataclasses.replace(
        _noise(rng), affine=np.array([[0, 0, 2.0, 1], [-2, 0, 0, 2], [0, 2, 0, 3], [0, 0, 0, 1]])
    )
    one, two = on_one_grid(before, to_ras(before))
    np.testing.assert_array_equal(one.data, two.data)
    moved = np.array(before.affine)
    moved[0, 3] += 1.5
    with pytest.raises(VolumeError, match=r"1\.5 mm apart"):
        on_one_grid(before, dataclasses.replace(before, affine=moved))
    with pytest.raises(VolumeError, match="not on one grid"):
        on_one_grid(before, dataclasses.replace(before, data=np.zeros((3, 4, 5), np.float32)))


def _ball(shape=(60, 60, 60), radius=26.0, spacing=2.0):
    index = np.indices(shape).astype(float) - (np.array(shape).reshape(3, 1, 1, 1) - 1) / 2
    return np.linalg.norm(index * spacing, axis=0) <= radius * spacing


AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


def test_brain_lost_is_counted_to_the_voxel_and_bracketed_by_the_error():
    ball = _ball()
    altered = np.zeros(ball.shape, bool)
    altered[:, 52:, :] = True
    lost = int((ball & altered).sum())
    verdict = judge_brain(BrainMask(ball, 0.0, "given"), altered, AFFINE)
    assert verdict.lost_voxels == lost
    assert verdict.lost_ml == verdict.low_ml == verdict.high_ml == pytest.approx(lost * 0.008)
    assert verdict.tolerance_ml == pytest.approx(min(1.0, 0.001 * ball.sum() * 0.008))
    assert verdict.verdict == "fail"
    loose = judge_brain(BrainMask(ball, 3.0, "given"), altered, AFFINE)
    inner, outer = _ball(radius=26.0 - 1.5), _ball(radius=26.0 + 1.5)
    assert loose.low_ml == pytest.approx((inner & altered).sum() * 0.008, rel=0.25)
    assert loose.high_ml == pytest.approx((outer & altered).sum() * 0.008, rel=0.25)


def test_brain_is_not_assessed_where_the_outline_decides():
    ball = _ball()
    altered = np.zeros(ball.shape, bool)
    altered[:29, 55:, :] = True
    lost = (ball & altered).sum() * 0.008
    tolerance = 0.001 * ball.sum() * 0.008
    assert lost < tolerance < (_ball(radius=27.5) & altered).sum() * 0.008 - lost
    assert judge_brain(BrainMask(ball, 0.0, "given"), altered, AFFINE).verdict == "pass"
    unsure = judge_brain(BrainMask(ball, 3.0, "given"), altered, AFFINE)
    assert unsure.verdict == "not assessed"
    assert "off by 3 mm" in unsure.evidence


def test_an_estimate_is_bracketed_by_its_measured_error():
    ball = _ball()
    altered = np.zeros(ball.shape, bool)
    altered[:, 54:, :] = True
    lost = (ball & altered).sum() * 0.008
    tolerance = 0.001 * ball.sum() * 0.008
    assert lost > tolerance
    small = judge_brain(BrainMask(ball, 20.0, "estimated", 0.9 * tolerance), altered, AFFINE)
    assert small.verdict == "fail"
    assert (small.low_ml, small.high_ml) == pytest.approx((lost - 0.9 * tolerance, lost + 0.9 * tolerance))
    large = judge_brain(BrainMask(ball, 20.0, "estimated", 1.1 * lost), altered, AFFINE)
    assert large.verdict == "not assessed"
    assert large.low_ml == 0.0
    none = judge_brain(BrainMask(ball, 20.0, "estimated", 1.1 * lost), np.zeros(ball.shape, bool), AFFINE)
    assert (none.verdict, none.high_ml) == ("pass", 0.0)


def test_an_empty_mask_is_not_assessed_and_untouched_brain_passes():
    ball = _ball()
    none = np.zeros(ball.shape, bool)
    assert judge_brain(BrainMask(none, 0.0, "given"), ball, AFFINE).verdict == "not assessed"
    assert judge_brain(BrainMask(ball, 3.0, "given"), none, AFFINE).verdict == "pass"
    assert judge_brain(BrainMask(ball, 3.0, "given"), ~none, AFFINE).verdict == "fail"


def test_fluid_is_no_brain_tissue(rng):
    ball = _ball()
    data = np.where(ball, 100.0, 0.0) + rng.normal(0, 2, ball.shape)
    data[28:32, 28:32, 28:32] = 20.0
    volume = Volume(data.astype(np.float32), AFFINE, "mri", "T1w")
    tissue = brain_tissue(volume, ball)
    assert tissue[ball].mean() > 0.99
    assert not tissue[28:32, 28:32, 28:32].any()


def test_places_have_sides_and_every_place_is_reached():
    points = np.array([[20, 65, 50], [-20, 65, 50], [0, 65, 50], [30, 35, 0], [-40, 0, 0], [2, -30, 0], [0, -90, 40]])
    points = np.vstack([points, [[10, 0, 110], [15, 40, 30], [40, 0, 50]]]).astype(float)
    names = places_of(points)
    assert names[:3].tolist() == ["right frontal pole", "left frontal pole", "frontal pole"]
    found = {name.removeprefix("right ").removeprefix("left ") for name in names}
    assert found == set(PLACES)


def test_a_mask_on_another_grid_is_brought_over_with_its_error():
    ball = _ball()
    volume = Volume(ball.astype(np.float32), AFFINE, "mri", "T1w")
    thick = Mask(ball[:, :, ::2], AFFINE @ np.diag([1.0, 1.0, 2.0, 1.0]), "brain")
    moved = given_brain(thick, volume)
    assert moved.error_mm == 2.0
    assert (moved.mask == ball).mean() > 0.98
    same = given_brain(Mask(ball, AFFINE, "brain"), volume)
    assert same.error_mm == 0.0


def test_masks_elsewhere_or_of_no_brain_are_refused():
    ball = _ball()
    volume = Volume(ball.astype(np.float32), AFFINE, "mri", "T1w")
    away = np.array(AFFINE)
    away[0, 3] = 40.0
    with pytest.raises(VolumeError, match="lies elsewhere"):
        given_brain(Mask(ball, away, "brain"), volume)
    with pytest.raises(VolumeError, match="ml"):
        given_brain(Mask(np.ones(ball.shape, bool), np.diag([4.0, 4.0, 4.0, 1.0]), "brain"), volume)


def _room(rng):
    """A ball of a head in noise, RAS, with 120 mm of air behind."""
    shape, affine = (64, 90, 64), np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = -94.5, -170.0, -94.5
    index = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    head = np.linalg.norm(index, axis=-1) < 80
    data = np.where(head, 500.0, 10.0) + rng.normal(0, 8, shape)
    return Volume(data.astype(np.float32), affine, "mri", "T1w"), head, index


def test_a_face_behind_the_head_is_seen_and_noise_is_not(rng):
    volume, head, index = _room(rng)
    clean = judge_air_behind(volume, head, np.eye(4), 1.0, tissue=490.0)
    assert clean.verdict == "pass"
    assert clean.bright_ml == 0.0
    ghost = np.array(volume.data)
    piece = np.linalg.norm(index - [0.0, -140.0, 0.0], axis=-1) < 15
    ghost[piece] += 250.0
    seen = judge_air_behind(dataclasses.replace(volume, data=ghost), head, np.eye(4), 1.0, tissue=490.0)
    assert seen.verdict == "fail"
    assert seen.bright_ml == pytest.approx(piece.sum() * 0.027, rel=0.05)


def test_no_air_behind_and_ct_are_not_assessed(rng):
    volume, head, _ = _room(rng)
    near = dataclasses.replace(volume, data=volume.data[:, 45:], affine=_moved(volume.affine, 45))
    assert judge_air_behind(near, head[:, 45:], np.eye(4), 1.0, tissue=490.0).verdict == "not assessed"
    scan = dataclasses.replace(volume, kind="ct")
    assert judge_air_behind(scan, head, np.eye(4), 1.0, tissue=490.0).verdict == "not assessed"


def _moved(affine, voxels):
    out = np.array(affine)
    out[:3, 3] += out[:3, 1] * voxels
    return out


def test_samples_lie_close_and_know_their_parts():
    samples, parts = skin_samples(), vertex_parts()
    np.testing.assert_allclose(samples.weights.sum(axis=1), 1.0)
    assert set(np.unique(samples.parts)) == {0, *(PARTS[name] for name in ("face", "nose", "mouth", "ears"))}
    assert set(np.unique(parts)) == set(np.unique(samples.parts))


@pytest.mark.parametrize(
    ("verdicts", "brain", "face", "both"),
    [
        (("pass", "pass", "pass", "pass"), "pass", "pass", "pass"),
        (("pass", "fail", "not assessed", "pass"), "pass", "fail", "fail"),
        (("pass", "pass", "not assessed", "pass"), "pass", "not assessed", "not assessed"),
        (("pass", "pass", "pass", "pass"), "not assessed", "pass", "not assessed"),
        (("pass", "pass", "pass", "pass"), "fail", "pass", "fail"),
    ],
)
def test_one_failure_fails_and_one_gap_leaves_open(verdicts, brain, face, both):
    regions = tuple(RegionVerdict(name, verdict, "") for name, verdict in zip(FACE_PARTS, verdicts, strict=True))
    ears = RegionVerdict("ears", "fail", "")
    scan = ScanQuality("x", regions=(*regions, ears))
    scan = dataclasses.replace(scan, brain=dataclasses.replace(scan.brain, verdict=brain))
    assert (scan.face, scan.both, scan.ears) == (face, both, "fail")
    assert ScanQuality("lost").face == "not assessed"
