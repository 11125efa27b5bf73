"""The sham defacers: the face goes, the brain stays, and the boundary knows nothing of the person."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reid_audit.anatomy import REGIONS, load_head_model
from reid_audit.defacers import (
    DEFACERS,
    MeanFaceDefacer,
    PartialDefacer,
    Placement,
    ZeroDefacer,
    face_region,
    face_voxels,
    place_mean_head,
)
from reid_audit.defacers.coarse import coarse_copy
from reid_audit.errors import HeadError
from reid_audit.inputs import read_volume
from reid_audit.phantom import ScanSettings, Tissue, acquire, sample_identities
from reid_audit.types import Volume

SETTINGS = ScanSettings(voxel_size=(3.0, 3.0, 3.0), pitch=6.0, yaw=-4.0, offset=(4.0, -5.0, 6.0), orientation="PIR")


@pytest.fixture(scope="module")
def people():
    return sample_identities(3, np.random.default_rng(99001))


@pytest.fixture(scope="module")
def scans(people):
    modalities = ("T1w", "CT", "FLAIR")
    return [
        acquire(who, dataclasses.replace(SETTINGS, modality=m), np.random.default_rng(9))
        for who, m in zip(people, modalities, strict=True)
    ]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_zeroing_takes_the_face_and_not_one_voxel_of_brain(scans, which):
    scan = scans[which]
    altered, footprint = ZeroDefacer().deface(scan.volume)
    changed = np.asarray(altered.data) != np.asarray(scan.volume.data)
    assert not (changed & ~footprint.data).any()
    assert not (footprint.data & scan.masks["brain"].data).any()
    for name, share in (("nose", 0.9), ("mouth", 0.98), ("eyes", 0.5), ("face", 0.7)):
        assert (footprint.data & scan.masks[name].data).sum() > share * scan.masks[name].data.sum(), name
    globe = np.isin(scan.tissues, [Tissue.VITREOUS, Tissue.LENS])
    assert (footprint.data & globe).sum() > 0.9 * globe.sum()
    expected = -1000 if scan.volume.kind == "ct" else 0
    assert (np.asarray(altered.data)[footprint.data] == expected).all()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_partial_defacer_takes_the_eyes_and_leaves_nose_tip_and_mouth(scans, which):
    scan = scans[which]
    altered, footprint = PartialDefacer().deface(scan.volume)
    whole = ZeroDefacer().deface(scan.volume)[1]
    assert not (footprint.data & ~whole.data).any()
    of_face = [int((mask.data & scan.masks["face"].data).sum()) for mask in (footprint, whole)]
    assert 0.1 < of_face[0] / of_face[1] < 0.6
    assert not (footprint.data & scan.masks["mouth"].data).any()
    assert (footprint.data & scan.masks["eyes"].data).sum() > 0.5 * scan.masks["eyes"].data.sum()
    assert (footprint.data & scan.masks["nose"].data).sum() < 0.2 * scan.masks["nose"].data.sum()
    changed = np.asarray(altered.data) != np.asarray(scan.volume.data)
    assert not (changed & ~footprint.data).any()


def test_mean_face_is_the_same_for_everybody(people):
    """Two people, one placement: what the region shows differs in brightness and noise, and not in shape."""
    at = Placement(np.eye(4), 1.0)
    shapes = []
    for who in people[:2]:
        scan = acquire(who, ScanSettings(voxel_size=(3.0, 3.0, 3.0), noise=0.01), np.random.default_rng(1))
        world = np.diag([3.0, 3.0, 3.0, 1.0])
        world[:3, 3] = -100.0, -130.0, -120.0
        index = np.argwhere(np.ones((67, 87, 87), bool))
        source = np.rint(
            (index @ world[:3, :3].T + world[:3, 3] - scan.volume.affine[:3, 3])
            @ np.linalg.inv(scan.volume.affine[:3, :3]).T
        ).astype(int)
        inside = ((source >= 0) & (source < scan.volume.data.shape)).all(axis=1)
        data = np.zeros(len(index), np.float32)
        data[inside] = scan.volume.data[tuple(source[inside].T)]
        volume = Volume(data.reshape(67, 87, 87), world, "mri", "T1w")
        altered, footprint = MeanFaceDefacer(lambda _volume: at).deface(volume)
        values = np.asarray(altered.data)[footprint.data]
        shapes.append(values > 0.4 * np.median(values[values > values.mean()]))
    assert len(shapes[0]) == len(shapes[1])
    assert (shapes[0] != shapes[1]).mean() < 0.01


def test_mean_face_puts_skin_where_the_mean_head_has_it(scans):
    scan = scans[0]
    model = load_head_model()
    at = place_mean_head(scan.volume)
    altered, _ = MeanFaceDefacer(lambda _volume: at).deface(scan.volume)
    to_voxel = np.linalg.inv(scan.volume.affine) @ np.linalg.inv(at.to_head)

    def value(point):
        index = np.rint(to_voxel[:3, :3] @ (at.scale * np.asarray(point)) + to_voxel[:3, 3]).astype(int)
        return float(altered.data[tuple(index)])

    nose = model.landmarks["pronasale"]
    step = np.array([0.0, 9.0, 0.0])
    assert value(nose - step) > 5 * max(value(nose + step), 1.0)


def test_region_is_a_fixed_part_of_the_mean_head():
    """Face vertices of the mean head lie in it, and what is behind the ears and above the hairline does not."""
    region, model = face_region(), load_head_model()
    volume = Volume(np.zeros(region.inside.shape, np.uint8), _affine_of(region), "mri", "T1w")
    np.testing.assert_array_equal(face_voxels(volume, np.eye(4), 1.0), region.inside)

    def held(points):
        index = np.rint((points - region.origin) / region.spacing).astype(int)
        ok = ((index >= 0) & (index < region.inside.shape)).all(axis=1)
        out = np.zeros(len(points), bool)
        out[ok] = region.inside[tuple(index[ok].T)]
        return out

    for name, front in (("eyes", 70.0), ("brows", 52.0), ("nose", 52.0), ("lips", 52.0)):
        points = model.mean[model.labels == REGIONS[name]]
        assert held(points[points[:, 1] > front]).all(), name
    assert not held(model.mean[model.mean[:, 1] < -50]).any()
    assert not held(model.mean[model.mean[:, 2] > 85]).any()
    ahead = model.mean[model.labels == REGIONS["nose"]] + [0, 25, 0]
    assert held(ahead).all()


def _affine_of(region):
    affine = np.diag([region.spacing] * 3 + [1.0])
    affine[:3, 3] = region.origin
    return affine


def test_the_boundary_does_not_follow_the_person(people):
    """The same placement gives the same region on two people: nothing of their skin enters."""
    regions = []
    for who in people[:2]:
        scan = acquire(who, ScanSettings(voxel_size=(4.0, 4.0, 4.0)), np.random.default_rng(1))
        same_grid = Volume(np.zeros((51, 61, 63), np.uint8), np.diag([4.0, 4, 4, 1]), "mri", "T1w")
        shifted = dataclasses.replace(same_grid, data=np.asarray(scan.volume.data)[:40, :40, :40])
        regions.append(face_voxels(shifted, np.eye(4), 1.0))
    np.testing.assert_array_equal(*regions)


def test_placement_finds_the_face_wherever_it_is(scans):
    nose = load_head_model().landmarks["pronasale"]
    for scan in scans:
        at = place_mean_head(scan.volume)
        world = np.linalg.inv(at.to_head) @ [*(at.scale * nose).tolist(), 1.0]
        true = np.argwhere(scan.masks["nose"].data).mean(axis=0) @ scan.volume.affine[:3, :3].T
        true += scan.volume.affine[:3, 3]
        assert np.linalg.norm(world[:3] - true) < 28
        rotation = at.to_head[:3, :3] @ scan.to_head[:3, :3].T
        assert np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))) < 8


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32, np.float64])
def test_kind_of_number_stays(scans, dtype):
    data = np.asarray(scans[0].volume.data).clip(0, 255).astype(dtype)
    volume = dataclasses.replace(scans[0].volume, data=data)
    at = Placement(scans[0].to_head)
    for defacer in (ZeroDefacer(lambda _v: at), MeanFaceDefacer(lambda _v: at)):
        altered, footprint = defacer.deface(volume)
        assert altered.data.dtype == dtype
        np.testing.assert_array_equal(altered.affine, volume.affine)
        np.testing.assert_array_equal(footprint.affine, volume.affine)


def test_no_head_is_an_error_and_not_a_cut_somewhere(rng):
    noise = Volume(rng.normal(size=(57, 58, 59)).astype(np.float32), np.diag([3.0, 3, 3, 1]), "mri", "T1w")
    for name in ("zero", "partial", "meanface", "blur", "skullstrip"):
        with pytest.raises(HeadError):
            DEFACERS[name]().deface(noise)


def test_coarse_copy_keeps_place_and_mean():
    data = np.arange(7 * 8 * 9, dtype=np.float32).reshape(7, 8, 9)
    affine = np.array([[0, -1.0, 0, 3], [1.5, 0, 0, -2], [0, 0, 6.0, 1], [0, 0, 0, 1]])
    volume = Volume(data, affine, "mri", "T1w")
    coarse = coarse_copy(volume)
    assert coarse.data.shape == (3, 2, 9)
    np.testing.assert_allclose(coarse.data[0, 0, 0], data[:2, :3, 0].mean())
    np.testing.assert_allclose(coarse.affine @ [0, 0, 0, 1], affine @ [0.5, 1, 0, 1])
    np.testing.assert_allclose(coarse.voxel_size, [3, 3, 6])


@pytest.mark.real
@pytest.mark.parametrize("name", ["adult35_t1", "adult51_t1_supine", "mannequin_ct_with_headrest"])
def test_real_heads_lose_their_face(real_data, name):
    volume = read_volume(real_data / "heads" / f"{name}.nii.gz")
    altered, footprint = ZeroDefacer().deface(volume)
    before, after = (np.asarray(v.data, float)[footprint.data] for v in (volume, altered))
    millilitres = float(np.abs(np.linalg.det(volume.affine[:3, :3]))) / 1000
    tissue = before > (-300 if volume.kind == "ct" else 0.2 * np.percentile(before, 95))
    assert 300 < tissue.sum() * millilitres < 2500
    assert (after == after[0]).all()


@pytest.mark.real
def test_a_brain_without_its_skull_is_refused(real_data):
    with pytest.raises(HeadError, match="face"):
        ZeroDefacer().deface(read_volume(real_data / "heads" / "control_t1_skull_stripped.nii.gz"))
