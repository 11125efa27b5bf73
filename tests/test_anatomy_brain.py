"""The estimate of the brain against the phantoms' truth; thresholds leave room around what decision 0008 reports."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import binary_closing, binary_fill_holes, distance_transform_edt

from reid_audit.anatomy import align_head_of_any_age, load_head_model
from reid_audit.anatomy import deepbet as deepbet_module
from reid_audit.anatomy.brain import estimate_brain
from reid_audit.anatomy.brain_prior import load_brain_prior
from reid_audit.anatomy.outline import skin_points
from reid_audit.defacers import Placement, ZeroDefacer
from reid_audit.errors import HeadError, MissingResourceError, SettingsError
from reid_audit.inputs import read_volume
from reid_audit.phantom import ScanSettings, Tissue, acquire, sample_identities
from reid_audit.types import Volume

POSED = ScanSettings(voxel_size=(2.5, 2.5, 2.5), pitch=7.0, yaw=-4.0, offset=(5.0, -6.0, 4.0))


def _scan(modality="T1w", ages=(18.0, 80.0), seed=99007, **changes):
    who = sample_identities(1, np.random.default_rng(seed), ages=ages)[0]
    return acquire(who, dataclasses.replace(POSED, modality=modality, **changes), np.random.default_rng(3))


def _filled(scan):
    """The true brain with its folds and ventricles, as brain masks have them."""
    size = float(scan.volume.voxel_size.min())
    steps = max(round(4.5 / size), 1)
    padded = np.pad(np.asarray(scan.masks["brain"].data), steps + 1)
    closed = binary_fill_holes(binary_closing(padded, iterations=steps))
    inner = slice(steps + 1, -steps - 1)
    return closed[inner, inner, inner]


def _dice(one, two):
    return 2 * (one & two).sum() / (one.sum() + two.sum())


@pytest.mark.parametrize("modality", ["T1w", "T2w", "FLAIR", "CT"])
def test_the_brain_is_found_in_every_contrast(modality):
    scan = _scan(modality, orientation="PIR", oblique=(5.0, -3.0, 4.0))
    mask = estimate_brain(scan.volume)
    assert mask.label == "brain"
    np.testing.assert_array_equal(mask.affine, scan.volume.affine)
    assert _dice(mask.data, _filled(scan)) > 0.90
    held = (mask.data & scan.masks["brain"].data).sum() / scan.masks["brain"].data.sum()
    assert held > 0.92


@pytest.mark.parametrize("ages", [(0.0, 0.2), (5.0, 8.0)])
def test_the_brain_is_found_at_every_age(ages):
    scan = _scan(ages=ages, seed=99008, voxel_size=(2.0, 2.0, 2.0))
    assert _dice(estimate_brain(scan.volume).data, _filled(scan)) > 0.88


def test_eyes_and_tongue_are_no_brain():
    scan = _scan()
    mask = estimate_brain(scan.volume).data
    for name in ("mouth", "ears"):
        assert not (mask & scan.masks[name].data).any(), name
    # The regions of eyes and nose reach back to the roofs of orbit and nose, where the mask may err by 2 mm.
    assert not (mask & np.isin(scan.tissues, [Tissue.VITREOUS, Tissue.LENS])).any()


def test_a_removed_face_hardly_moves_the_brain():
    scan = _scan()
    whole = estimate_brain(scan.volume)
    altered, _ = ZeroDefacer(lambda _v: Placement(scan.to_head)).deface(scan.volume)
    assert _dice(estimate_brain(altered).data, whole.data) > 0.96


def test_what_was_cut_off_the_brain_is_not_in_the_mask():
    scan = _scan()
    truth = np.asarray(scan.masks["brain"].data)
    depth = distance_transform_edt(truth, sampling=scan.volume.voxel_size)
    inner = scan.volume.affine[:3, :3] @ np.argwhere(depth > 0).T + scan.volume.affine[:3, 3:]
    front = np.zeros(truth.shape, bool)
    front[tuple(np.argwhere(depth > 0)[inner[1] > np.percentile(inner[1], 97)].T)] = True
    data = np.array(scan.volume.data)
    plane = np.argwhere(front)[:, 1].min()
    data[:, plane:] = 0
    mask = estimate_brain(dataclasses.replace(scan.volume, data=data)).data
    assert not mask[:, plane + 1 :].any()
    rest = truth.copy()
    rest[:, plane:] = False
    assert (mask & rest).sum() > 0.9 * rest.sum()


def test_storage_order_does_not_move_the_brain():
    masks = [estimate_brain(_scan(orientation=order).volume) for order in ("RAS", "PIR")]
    places = [set(map(tuple, np.rint(_places(mask)).astype(int).tolist())) for mask in masks]
    assert len(places[0] ^ places[1]) < 0.02 * len(places[0])


def _places(mask):
    return np.argwhere(mask.data) @ mask.affine[:3, :3].T + mask.affine[:3, 3]


def test_a_known_alignment_is_believed():
    scan = _scan()
    found = align_head_of_any_age(skin_points(scan.volume))
    np.testing.assert_array_equal(estimate_brain(scan.volume, alignment=found).data, estimate_brain(scan.volume).data)
    to_head = np.array(found.alignment.to_head)
    to_head[2, 3] += 400.0
    away = dataclasses.replace(found, alignment=dataclasses.replace(found.alignment, to_head=to_head))
    with pytest.raises(HeadError):
        estimate_brain(scan.volume, alignment=away)


def test_no_head_no_brain(rng):
    noise = Volume(rng.normal(size=(57, 58, 59)).astype(np.float32), np.diag([3.0, 3, 3, 1]), "mri", "T1w")
    with pytest.raises(HeadError):
        estimate_brain(noise)
    empty = Volume(np.zeros((57, 58, 59), np.float32), np.diag([3.0, 3, 3, 1]), "mri", "T1w")
    with pytest.raises(HeadError):
        estimate_brain(empty)


def test_an_unknown_way_is_refused():
    with pytest.raises(SettingsError, match="Known: registration, deepbet"):
        estimate_brain(_scan().volume, method="guess")


def test_deepbet_is_asked_only_where_it_is(monkeypatch):
    monkeypatch.setattr(deepbet_module.importlib.util, "find_spec", lambda _name: None)
    volume = Volume(np.zeros((3, 4, 5), np.float32), np.eye(4), "mri", "T1w")
    with pytest.raises(MissingResourceError, match="not installed") as caught:
        estimate_brain(volume, method="deepbet")
    assert "pip install deepbet" in caught.value.remedy


def test_deepbet_gets_an_upright_copy_and_its_answer_comes_back_to_the_grid(monkeypatch):
    """A stand-in with deepbet's call: it marks what is bright in the file that it is given."""
    import sys
    import types

    import nibabel as nib

    seen = {}

    def run_bet(inputs, *, mask_paths, no_gpu):
        image = nib.load(inputs[0])
        seen["axes"], seen["voxel"] = nib.aff2axcodes(image.affine), image.header.get_zooms()
        assert no_gpu
        found = (np.asarray(image.dataobj) > 50).astype(np.uint8)
        nib.Nifti1Image(found, image.affine).to_filename(mask_paths[0])

    module = types.ModuleType("deepbet")
    module.run_bet = run_bet
    monkeypatch.setitem(sys.modules, "deepbet", module)
    monkeypatch.setattr(deepbet_module.importlib.util, "find_spec", lambda name: name)
    data = np.zeros((20, 30, 40), np.float32)
    data[5:12, 8:22, 10:30] = 100.0
    affine = np.array([[0, -2.0, 0, 30], [2.0, 0, 0.3, -20], [0, 0, 2.0, 10], [0, 0, 0, 1]])
    mask = estimate_brain(Volume(data, affine, "mri", "T1w"), method="deepbet")
    assert seen == {"axes": ("R", "A", "S"), "voxel": (1.0, 1.0, 1.0)}
    assert (mask.data != (data > 50)).mean() < 0.02


def test_the_prior_lies_inside_the_mean_head_and_is_symmetric():
    prior, model = load_brain_prior(), load_head_model()
    places = np.argwhere(prior.depth > 0) @ prior.affine[:3, :3].T + prior.affine[:3, 3]
    low, high = model.mean.min(axis=0), model.mean.max(axis=0)
    assert (places > low + 4).all()
    assert (places < high - 4).all()
    assert abs(places[:, 0].mean()) < 1.0
    assert 1000 < len(places) * 8e-3 < 1900


@pytest.mark.real
@pytest.mark.parametrize("name", ["adult35_t1", "adult51_t1_supine", "adult51_t1_prone", "adult42_t1_defaced_by_owner"])
def test_real_brains_have_the_size_of_brains(real_data, name):
    volume = read_volume(real_data / "heads" / f"{name}.nii.gz")
    mask = estimate_brain(volume)
    millilitres = mask.data.sum() * abs(np.linalg.det(volume.affine[:3, :3])) / 1000
    assert 1100 < millilitres < 1900
