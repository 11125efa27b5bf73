"""What was altered: from pairs exactly, from a defaced scan alone about."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from reid_audit.defacers import BlurDefacer, MeanFaceDefacer, PartialDefacer, ZeroDefacer
from reid_audit.errors import VolumeError
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.reconstruct.estimate import estimate_region
from reid_audit.reconstruct.region import check_region, region_error, region_of_pair, region_to_rebuild
from reid_audit.surface import head_mask
from reid_audit.types import Mask, Volume

SETTINGS = ScanSettings(voxel_size=(3.0, 2.8, 3.0), pitch=4.0, yaw=-3.0, offset=(4.0, -5.0, 6.0), orientation="PIR")


@cache
def scan():
    who = sample_identities(1, np.random.default_rng([101, 77]))[0]
    return acquire(who, SETTINGS, np.random.default_rng([101, 78])).volume


@cache
def zeroed():
    return ZeroDefacer().deface(scan())


@cache
def head():
    return np.asarray(head_mask(scan()).data)


def test_a_pair_gives_what_was_set_to_air():
    after, meant = zeroed()
    found = region_of_pair(scan(), after)
    error = region_error(found, meant)
    assert error.missed < 0.02, "air that was zero already"
    assert error.extra_ml < 0.02 * error.true_ml
    assert not (found.data & ~meant.data & (np.abs(np.asarray(scan().data, float) - after.data) > 5)).any()


def test_attackers_are_not_told_the_outline_of_the_true_face_where_air_is_one_value():
    """Air that was zero before is not altered: what was altered is the true face's own form."""
    bare = np.where(head(), np.asarray(scan().data), 0)
    original = replace(scan(), data=bare)
    after, meant = ZeroDefacer().deface(original)
    altered, rebuilt = region_of_pair(original, after), region_to_rebuild(original, after)
    assert (altered.data & ~head()).sum() < 0.02 * altered.data.sum(), "the head alone"
    air = meant.data & ~head()
    assert (rebuilt.data & air).sum() > 0.9 * air.sum(), "what the defacer cleared, air in front of the face too"
    assert not (rebuilt.data & (np.asarray(after.data) > 0) & ~altered.data).any(), "no tissue that is still there"
    kept = np.asarray(after.data)[rebuilt.data & ~altered.data]
    assert (kept == 0).all()


def test_air_with_noise_tells_what_was_altered():
    after, _ = zeroed()
    np.testing.assert_array_equal(region_to_rebuild(scan(), after).data, region_of_pair(scan(), after).data)


def test_a_pair_of_equal_scans_or_of_two_grids_is_refused():
    with pytest.raises(VolumeError, match="no voxel was altered"):
        region_of_pair(scan(), scan())
    moved = scan().affine.copy()
    moved[0, 3] += 5
    with pytest.raises(VolumeError, match="not on one grid"):
        region_of_pair(scan(), replace(scan(), affine=moved))


def altered_by(name):
    if name == "zero":
        return zeroed()
    if name == "partial":
        return PartialDefacer().deface(scan())
    if name == "blur":
        return BlurDefacer().deface(scan())
    after, meant = zeroed()
    data, region = np.array(scan().data), np.asarray(meant.data)
    if name == "constant":
        data[region] = int(np.percentile(data[head()], 40))
    else:
        blocks = np.argwhere(region)[::23]
        order = np.random.default_rng(5).permutation(len(blocks))
        source = np.array(scan().data)
        for to, place in zip(blocks, blocks[order], strict=True):
            here, there = (tuple(slice(max(a - 2, 0), a + 2) for a in one) for one in (to, place))
            if data[here].shape == source[there].shape:
                data[here] = np.where(region[here], source[there], data[here])
    return replace(after, data=data), meant


@pytest.mark.parametrize(
    ("name", "dice", "cue"),
    [
        ("zero", 0.85, "constant"),
        ("partial", 0.75, "constant"),
        ("blur", 0.6, "smoothed"),
        ("constant", 0.85, "constant"),
        ("shuffled", 0.7, "scattered"),
    ],
)
def test_the_region_is_estimated_from_the_defaced_scan_alone(name, dice, cue):
    after, meant = altered_by(name)
    found = estimate_region(after)
    error = region_error(found.mask, meant, head())
    assert error.dice > dice, error
    assert found.cues[cue] > 30.0, found.cues
    assert found.note == ""


def test_a_replaced_face_leaves_no_trace_and_the_note_says_so():
    after, meant = MeanFaceDefacer().deface(scan())
    found = estimate_region(after)
    if found.note:
        assert "no trace" in found.note
    assert region_error(found.mask, meant, head()).dice > 0.4


def test_an_original_has_little_of_a_trace():
    found = estimate_region(scan())
    assert found.note, found.cues
    assert "no trace" in found.note


def test_the_error_counts_what_was_missed_and_what_was_taken():
    affine = np.diag([10.0, 10.0, 10.0, 1.0])
    true, ours = np.zeros((4, 5, 6), bool), np.zeros((4, 5, 6), bool)
    true[:2], ours[1:3] = True, True
    error = region_error(Mask(ours, affine, "region"), Mask(true, affine, "region"))
    assert (error.dice, error.missed) == (0.5, 0.5)
    assert (error.extra_ml, error.true_ml) == pytest.approx((30.0, 60.0))
    with pytest.raises(VolumeError, match="empty"):
        region_error(Mask(ours, affine, "region"), Mask(np.zeros_like(true), affine, "region"))


def test_a_region_must_fit_the_scan():
    volume = Volume(np.zeros((4, 5, 6)), np.eye(4))
    full = np.ones((4, 5, 6), bool)
    with pytest.raises(VolumeError, match="own affine"):
        check_region(volume, Mask(full[:3], np.eye(4), "region"))
    for mask in (full, ~full):
        with pytest.raises(VolumeError, match="some and leave some"):
            check_region(volume, Mask(mask, np.eye(4), "region"))
