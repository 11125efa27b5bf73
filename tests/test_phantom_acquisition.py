"""What a scanner does to a person, and that truth and affine stay right."""

from __future__ import annotations

import dataclasses

import nibabel as nib
import numpy as np
import pytest

from reid_audit.errors import SettingsError
from reid_audit.phantom import CONTRASTS, ScanSettings, Tissue, Tumour, acquire, sample_session_change
from reid_audit.phantom.identity import head_mesh, sample_identities
from reid_audit.phantom.marker import left_marker
from reid_audit.phantom.scanner import add_noise, bias_field, fold_over

PLAIN = ScanSettings(voxel_size=(3.0, 3.0, 3.0), noise=0.0, bias=0.0)


@pytest.fixture(scope="module")
def person():
    return sample_identities(1, np.random.default_rng(77002))[0]


def scanned(person, seed=5, session=None, **changes):
    return acquire(person, dataclasses.replace(PLAIN, **changes), np.random.default_rng(seed), session=session)


def centre_of(mask, affine):
    return np.argwhere(mask).mean(axis=0) @ affine[:3, :3].T + affine[:3, 3]


@pytest.mark.parametrize("modality", CONTRASTS)
def test_every_contrast_has_a_dark_outside_and_its_own_kind(person, modality):
    scan = scanned(person, modality=modality, headrest=False)
    data, air = np.asarray(scan.volume.data), scan.tissues == Tissue.AIR
    assert scan.volume.kind == CONTRASTS[modality].kind
    corner = data[:3, :3, :3]
    assert abs(float(corner.mean()) - CONTRASTS[modality].air) < 1
    assert np.median(data[~air]) > np.median(data[air])
    measured = np.median(data[scan.tissues == Tissue.WHITE])
    assert measured == pytest.approx(CONTRASTS[modality].signal[Tissue.WHITE], rel=0.35, abs=8)


def test_the_same_seed_gives_the_same_scan_and_another_does_not(person):
    one, same, other = (scanned(person, seed=s, noise=0.03, bias=0.2, dental=0.5) for s in (5, 5, 6))
    np.testing.assert_array_equal(one.volume.data, same.volume.data)
    assert (np.asarray(one.volume.data) != np.asarray(other.volume.data)).mean() > 0.5
    np.testing.assert_array_equal(one.tissues, other.tissues)


def test_masks_lie_on_the_grid_and_hold_what_they_say(person):
    scan = scanned(person)
    assert set(scan.masks) == {"brain", "face", "eyes", "nose", "mouth", "ears"}
    for name, mask in scan.masks.items():
        assert mask.data.shape == scan.volume.data.shape
        assert mask.label == name
        assert mask.data.any()
    for part in ("eyes", "nose", "mouth"):
        assert not (scan.masks[part].data & ~scan.masks["face"].data).any()
    assert not (scan.masks["brain"].data & scan.masks["face"].data).any()
    millilitres = scan.masks["brain"].data.sum() * 27 / 1000
    assert 800 < millilitres < 1900


@pytest.mark.parametrize("orientation", ["RAS", "LPS", "PIR", "SAL"])
def test_left_stays_left_in_every_storage_order(person, orientation):
    scan = scanned(person, orientation=orientation, oblique=(7.0, -5.0, 9.0), left_marker=True, yaw=6.0)
    assert "".join(nib.aff2axcodes(scan.volume.affine)) == orientation
    seen = centre_of(scan.tissues == Tissue.MARKER, scan.volume.affine)
    in_head = scan.to_head[:3, :3] @ seen + scan.to_head[:3, 3]
    np.testing.assert_allclose(in_head, left_marker(head_mesh(person).points), atol=2.5)
    assert seen[0] < centre_of(scan.masks["brain"].data, scan.volume.affine)[0] - 20


def test_storage_order_changes_no_voxel_value(person):
    ras, pir = (scanned(person, orientation=o) for o in ("RAS", "PIR"))
    back = nib.as_closest_canonical(nib.Nifti1Image(np.asarray(pir.volume.data), pir.volume.affine))
    np.testing.assert_array_equal(np.asarray(back.dataobj), ras.volume.data)
    np.testing.assert_allclose(back.affine, ras.volume.affine, atol=1e-9)


def test_pose_moves_the_head_as_it_says(person):
    still, turned = scanned(person), scanned(person, pitch=15.0, yaw=10.0, offset=(5.0, -6.0, 7.0))
    for scan in (still, turned):
        rotation = scan.to_head[:3, :3]
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    chin_up = centre_of(turned.masks["nose"].data, turned.volume.affine) - np.array([5.0, -6.0, 7.0])
    level = centre_of(still.masks["nose"].data, still.volume.affine)
    assert chin_up[2] > level[2] + 10
    assert chin_up[0] < level[0] - 5
    nose = turned.to_head @ [*centre_of(turned.masks["nose"].data, turned.volume.affine), 1.0]
    np.testing.assert_allclose(nose[:3], level, atol=2.5)


def test_thick_slices_keep_extent_and_average(person):
    thin, thick = scanned(person), scanned(person, voxel_size=(3.0, 3.0, 9.0))
    assert np.linalg.norm(thick.volume.affine[:3, 2]) == pytest.approx(9.0)
    assert thick.volume.data.shape[2] < thin.volume.data.shape[2] / 2.5
    total = [np.asarray(s.volume.data, float).sum() * np.prod(s.volume.voxel_size) for s in (thin, thick)]
    assert total[1] == pytest.approx(total[0], rel=0.06)


def test_a_cut_takes_off_what_it_says(person):
    whole, cut = scanned(person), scanned(person, cut={"anterior": 54.0, "superior": 30.0})
    corner = [
        np.asarray(s.volume.data.shape) @ s.volume.affine[:3, :3].T + s.volume.affine[:3, 3] for s in (whole, cut)
    ]
    np.testing.assert_allclose(corner[0] - corner[1], [0, 54, 30], atol=6.1)
    assert cut.masks["nose"].data.sum() < 0.4 * whole.masks["nose"].data.sum()
    assert cut.masks["ears"].data.sum() > 0.9 * whole.masks["ears"].data.sum()


def test_what_lies_outside_the_field_of_view_folds_over(person):
    wrapped, cut = scanned(person, wrap=("anterior", 30.0)), scanned(person)
    assert wrapped.volume.data.shape[1] < cut.volume.data.shape[1]
    behind = np.asarray(wrapped.volume.data)[:, :4]
    assert behind.max() > 100
    assert np.asarray(cut.volume.data)[:, :3].max() < 30
    assert (wrapped.tissues[:, :3] == Tissue.AIR).all()


def test_fold_over_keeps_all_signal():
    image = np.arange(7 * 8 * 9, dtype=np.float32).reshape(7, 8, 9)
    folded = fold_over(image, 1, (2, 1))
    assert folded.shape == (7, 5, 9)
    assert folded.sum() == image.sum()
    np.testing.assert_array_equal(folded[:, -1], image[:, 6] + image[:, 1])
    np.testing.assert_array_equal(folded[:, 0], image[:, 2] + image[:, 7])


def test_eyes_closed_changes_the_eyes_and_little_else(person):
    closed, opened = scanned(person), scanned(person, eyes_closed=False)
    shape = np.minimum(closed.volume.data.shape, opened.volume.data.shape)
    assert (shape == closed.volume.data.shape).all()
    changed = np.abs(np.asarray(closed.volume.data, float) - np.asarray(opened.volume.data, float)) > 60
    assert changed.any()
    there = centre_of(changed, closed.volume.affine)
    assert np.linalg.norm(there - centre_of(closed.masks["eyes"].data, closed.volume.affine)) < 20


def test_fillings_darken_the_mouth_in_mri_and_streak_in_ct(person):
    mouth = scanned(person).tissues == Tissue.TOOTH
    for modality in ("T1w", "CT"):
        clean, filled = (scanned(person, modality=modality, dental=d) for d in (0.0, 1.0))
        changed = np.asarray(clean.volume.data) != np.asarray(filled.volume.data)
        assert changed.any()
        if modality == "T1w":
            assert np.linalg.norm(centre_of(changed, clean.volume.affine) - centre_of(mouth, clean.volume.affine)) < 30
        else:
            assert np.asarray(filled.volume.data).max() > np.asarray(clean.volume.data).max()


def test_headrest_lies_behind_the_head_in_ct_only(person):
    bare, rested = (scanned(person, modality="CT", headrest=h) for h in (False, True))
    assert bare.volume.data.shape == rested.volume.data.shape
    added = np.asarray(rested.volume.data, float) - np.asarray(bare.volume.data, float) > 300
    assert added.sum() > 200
    front = np.argwhere(bare.tissues != Tissue.AIR)[:, 1].mean()
    assert np.argwhere(added)[:, 1].mean() < front - 20
    assert not (added & (bare.tissues != Tissue.AIR)).any()


def test_tumour_counts_as_brain_and_enhances(person):
    settings = {"tumour": Tumour(), "modality": "T1wCE"}
    with_one = scanned(person, **settings)
    rim = with_one.tissues == Tissue.TUMOUR_RIM
    assert rim.any()
    assert not (rim & ~with_one.masks["brain"].data).any()
    data = np.asarray(with_one.volume.data)
    assert np.median(data[rim]) > 1.1 * np.median(data[with_one.tissues == Tissue.WHITE])


def test_a_second_session_is_nearly_the_same_head(person):
    change = sample_session_change(np.random.default_rng(3))
    first, second = scanned(person), scanned(person, session=change)
    volumes = [s.masks["brain"].data.sum() for s in (first, second)]
    assert volumes[0] != volumes[1]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.08)


def test_noise_of_mri_is_rician_in_air(rng):
    noisy = add_noise(np.zeros((27, 28, 29), np.float32), CONTRASTS["T1w"], 0.1, rng)
    sd = 0.1 * CONTRASTS["T1w"].reference
    assert noisy.min() >= 0
    assert noisy.mean() == pytest.approx(sd * np.sqrt(np.pi / 2), rel=0.02)
    assert noisy.dtype == np.float32


def test_bias_field_is_smooth_and_as_strong_as_asked(rng):
    field = bias_field((17, 18, 19), 0.3, rng)
    assert field.min() == pytest.approx(0.7, abs=1e-3)
    assert field.max() == pytest.approx(1.3, abs=1e-3)
    assert max(np.abs(np.diff(field, axis=a)).max() for a in range(3)) < 0.15


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"modality": "T9"}, "modality"),
        ({"voxel_size": (0.0, 1.0, 1.0)}, "voxel_size"),
        ({"voxel_size": (1.0, 1.0, 50.0)}, "voxel_size"),
        ({"orientation": "RRS"}, "orientation"),
        ({"cut": {"front": 3.0}}, "side"),
        ({"cut": {"anterior": -3.0}}, "negative"),
        ({"wrap": ("up", 3.0)}, "side"),
        ({"noise": -0.1}, "negative"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, word):
    with pytest.raises(SettingsError, match=word):
        ScanSettings(**changes)


def test_everything_in_a_scan_is_read_only(person):
    scan = scanned(person)
    for array in (scan.volume.data, scan.tissues, scan.to_head, scan.masks["brain"].data):
        assert not array.flags.writeable
