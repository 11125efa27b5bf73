"""Whole verdicts on small phantoms, and on real heads where they are at hand."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from reid_audit.errors import HeadError, VolumeError
from reid_audit.inputs import read_volume, to_ras, write_volume
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.quality import LIMITS, ScanPair, find_pairs, judge_alone, judge_pairs, judge_scan, reference_of, running
from reid_audit.quality.fitting import bent_head, placed_head, vertex_normals
from reid_audit.quality.regions import PARTS
from reid_audit.surface import head_surface
from reid_audit.types import QUALITY_REGIONS, Mask, Volume

SETTINGS = ScanSettings(voxel_size=(2.0, 2.0, 2.5), pitch=6.0, yaw=-4.0, offset=(4.0, -5.0, 6.0), orientation="PIR")


@pytest.fixture(scope="module")
def scan():
    who = sample_identities(1, np.random.default_rng(99011))[0]
    return acquire(who, SETTINGS, np.random.default_rng(9))


@pytest.fixture(scope="module")
def reference(scan):
    return reference_of(scan.volume, brain=scan.masks["brain"])


def _near(scan, names, reach=14.0):
    from scipy.ndimage import distance_transform_edt

    marked = np.logical_or.reduce([scan.masks[name].data for name in names])
    return (distance_transform_edt(~marked, sampling=scan.volume.voxel_size) <= reach) & ~scan.masks["brain"].data


def _emptied(volume, removed):
    data = np.array(volume.data)
    data[removed] = 0
    return dataclasses.replace(volume, data=data)


def test_the_original_itself_fails_everywhere_and_keeps_its_brain(scan, reference):
    judged = judge_scan(scan.volume, reference, detector=None)
    assert {one.region: one.verdict for one in judged.regions} == dict.fromkeys(QUALITY_REGIONS, "fail")
    assert all(one.share > 0.95 for one in judged.regions)
    assert judged.brain.verdict == "pass"
    assert judged.voxels.altered_ml == 0
    assert judged.pose == "original"


def test_slices_of_five_millimetres_keep_the_face_that_is_there_and_lose_the_one_that_is_not():
    """The skin is drawn between slices: half a slice away from it lies the next bright voxel."""
    who = sample_identities(1, np.random.default_rng(99012))[0]
    settings = dataclasses.replace(SETTINGS, voxel_size=(4.8, 1.5, 1.5), orientation="RAS")
    thick = acquire(who, settings, np.random.default_rng(9))
    known = reference_of(thick.volume, brain=thick.masks["brain"])
    whole = judge_scan(thick.volume, known, detector=None)
    assert min(one.share for one in whole.regions) > 0.95
    gone = judge_scan(_emptied(thick.volume, _near(thick, ["face", "ears"])), known, detector=None)
    assert gone.face == "pass"


@pytest.mark.parametrize("seed", [99_021, 99_022])
def test_a_newborn_is_judged_and_a_brain_without_its_skull_is_not(seed):
    who = sample_identities(1, np.random.default_rng(seed), ages=(0.0, 0.15))[0]
    child = acquire(who, dataclasses.replace(SETTINGS, voxel_size=(2.0, 2.0, 2.0)), np.random.default_rng(9))
    known = reference_of(child.volume, brain=child.masks["brain"])
    assert judge_scan(child.volume, known, detector=None).face == "fail"
    removed = _near(child, ["face", "ears"]) & ~_near(child, ["brain"], 4.0) & ~child.masks["brain"].data
    gone = judge_scan(_emptied(child.volume, removed), known, detector=None)
    assert (gone.face, gone.ears, gone.brain.verdict) == ("pass", "pass", "pass")
    with pytest.raises(HeadError):
        reference_of(_emptied(child.volume, ~child.masks["brain"].data))


def test_an_original_without_a_face_is_refused(scan, rng):
    with pytest.raises(HeadError, match="shows no face"):
        reference_of(_emptied(scan.volume, ~scan.masks["brain"].data))
    noise = rng.normal(100, 10, scan.volume.data.shape).astype(np.float32)
    with pytest.raises(HeadError):
        reference_of(dataclasses.replace(scan.volume, data=noise))


def test_skin_that_an_artefact_swallowed_cannot_remain(scan):
    """Half of the mouth is dark in the original: what it shows of the mouth is judged, and a dark mouth is not."""
    index = np.moveaxis(np.indices(scan.volume.data.shape), 0, -1)
    side = (index @ (scan.to_head @ scan.volume.affine)[:3, :3].T + (scan.to_head @ scan.volume.affine)[:3, 3])[..., 0]
    mouth = _near(scan, ["mouth"], 8.0)
    half = _emptied(scan.volume, mouth & (side > 0))
    known = reference_of(half, brain=scan.masks["brain"])
    itself = judge_scan(half, known, detector=None)
    assert itself.region("mouth").share > 0.9
    gone = judge_scan(_emptied(half, _near(scan, ["face", "ears"])), known, detector=None)
    assert gone.region("mouth").verdict == "pass"


def test_a_face_that_is_gone_passes_and_ears_fail_for_themselves(scan, reference):
    judged = judge_scan(
        _emptied(scan.volume, _near(scan, ["face"]) & ~_near(scan, ["ears"], 4.0)), reference, detector=None
    )
    assert judged.face == "pass"
    assert judged.ears == "fail"
    assert judged.brain.verdict == "pass"


@pytest.mark.parametrize("left", ["nose", "mouth"])
def test_what_is_left_is_named(scan, reference, left):
    removed = _near(scan, ["face", "ears"]) & ~_near(scan, [left], 2.0)
    judged = judge_scan(_emptied(scan.volume, removed), reference, detector=None)
    assert judged.region(left).verdict == "fail"
    assert f"{left}: left" in judged.region(left).evidence
    assert judged.region("ears").verdict == "pass"
    assert judged.face == "fail"


def test_one_eye_that_is_left_fails_the_eyes(scan, reference):
    index = np.moveaxis(np.indices(scan.volume.data.shape), 0, -1)
    head = index @ (scan.to_head @ scan.volume.affine)[:3, :3].T + (scan.to_head @ scan.volume.affine)[:3, 3]
    removed = _near(scan, ["face", "ears"]) & ~(_near(scan, ["eyes"], 14.0) & (head[..., 0] < -15))
    judged = judge_scan(_emptied(scan.volume, removed), reference, detector=None)
    assert judged.region("eyes").verdict == "fail"
    assert 0.2 < judged.region("eyes").share < 0.7
    assert judged.region("mouth").verdict == "pass"


def test_a_blurred_face_stands_as_it_was_and_fails(scan, reference):
    from scipy.ndimage import gaussian_filter

    near = _near(scan, ["face", "ears"])
    data = np.array(scan.volume.data)
    data[near] = gaussian_filter(data.astype(np.float32), 0.7)[near]
    judged = judge_scan(dataclasses.replace(scan.volume, data=data), reference, detector=None)
    assert judged.region("nose").standing > 0.9
    assert judged.face == "fail"


def test_everything_gone_passes_the_face_and_fails_the_brain(scan, reference):
    judged = judge_scan(_emptied(scan.volume, np.ones(scan.volume.data.shape, bool)), reference, detector="dlib")
    assert judged.face == "pass"
    assert judged.brain.verdict == "fail"
    assert judged.brain.lost_share == 1.0
    assert judged.n_views == 0
    assert any("not rendered" in note for note in judged.notes)


def test_a_cut_through_the_front_of_the_brain_is_told_with_its_place(scan, reference):
    index = np.moveaxis(np.indices(scan.volume.data.shape), 0, -1)
    front = (index @ (scan.to_head @ scan.volume.affine)[:3, :3].T + (scan.to_head @ scan.volume.affine)[:3, 3])[..., 1]
    brain = scan.masks["brain"].data
    removed = front > np.sort(front[brain])[-1500]
    judged = judge_scan(_emptied(scan.volume, removed), reference, detector=None)
    assert judged.brain.verdict == "fail"
    assert judged.brain.lost_ml == pytest.approx(1500 * 0.01, rel=0.01)
    assert next(iter(judged.brain.where)).endswith("frontal pole")
    assert judged.voxels.untouched_changed_voxels >= 1490


def test_a_reordered_scan_is_judged_alike(scan, reference):
    removed = _near(scan, ["face"]) & ~_near(scan, ["ears"], 4.0)
    defaced = _emptied(scan.volume, removed)
    plain, turned = (judge_scan(one, reference, detector=None) for one in (defaced, to_ras(defaced)))
    for name in QUALITY_REGIONS:
        assert turned.region(name).share == pytest.approx(plain.region(name).share, abs=0.01)
    assert turned.brain.lost_voxels == plain.brain.lost_voxels


def test_another_grid_is_refused(scan, reference):
    moved = np.array(scan.volume.affine)
    moved[:3, 3] += 3.0
    with pytest.raises(VolumeError, match="mm apart"):
        judge_scan(dataclasses.replace(scan.volume, affine=moved), reference, detector=None)


def test_a_brain_mask_elsewhere_is_not_used_and_the_face_is_still_judged(scan):
    away = np.array(scan.volume.affine)
    away[:3, 3] += 500.0
    known = reference_of(scan.volume, brain=Mask(scan.masks["brain"].data, away, "brain"))
    judged = judge_scan(scan.volume, known, detector=None)
    assert judged.face == "fail"
    assert judged.brain.verdict == "not assessed"
    assert "lies elsewhere" in judged.brain.evidence


def test_alone_a_whole_head_fails_and_one_without_a_face_passes(scan):
    whole = judge_alone(scan.volume, detector=None)
    assert whole.face == "fail"
    assert whole.pose == "defaced"
    gone = _emptied(scan.volume, _near(scan, ["face", "ears"], 30.0))
    judged = judge_alone(gone, brain=scan.masks["brain"], detector=None)
    assert judged.face == "pass"
    assert judged.brain.verdict == "pass"
    assert judged.voxels.altered_ml is None


def test_an_image_without_a_head_has_no_verdict(rng):
    noise = Volume(rng.normal(100, 10, (40, 40, 40)).astype(np.float32), np.diag([4.0, 4.0, 4.0, 1.0]), "mri", "T1w")
    with pytest.raises(HeadError):
        judge_alone(noise, detector=None)


def test_the_bent_head_lies_on_the_skin(scan):
    from scipy.spatial import cKDTree

    surface = head_surface(scan.volume, target_triangles=60_000)
    tree = cKDTree(np.asarray(surface.points, float))
    from reid_audit.quality.regions import vertex_parts

    front = vertex_parts() == PARTS["face"]
    bent, placed = bent_head(surface)[front], placed_head(surface)[0][front]
    assert np.median(tree.query(bent)[0]) < 0.7 * np.median(tree.query(placed)[0])
    assert np.median(tree.query(bent)[0]) < 2.0


def test_normals_of_a_box_point_outwards():
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    faces = [
        (0, 1, 3),
        (0, 3, 2),
        (4, 6, 7),
        (4, 7, 5),
        (0, 4, 5),
        (0, 5, 1),
        (2, 3, 7),
        (2, 7, 6),
        (0, 2, 6),
        (0, 6, 4),
        (1, 5, 7),
        (1, 7, 3),
    ]
    normals = vertex_normals(corners, np.array(faces))
    assert (np.einsum("ij,ij->i", normals, corners - 0.5) > 0).all()


@pytest.fixture
def tree(tmp_path, scan):
    """Original, two defaced versions, one of them damaged, and a brain mask, as BIDS."""
    raw = tmp_path / "raw" / "sub-01" / "anat"
    raw.mkdir(parents=True)
    write_volume(scan.volume, raw / "sub-01_T1w.nii.gz")
    defaced = _emptied(scan.volume, _near(scan, ["face", "ears"]))
    for name in ("good", "bad"):
        place = tmp_path / "raw" / "derivatives" / name / "sub-01" / "anat"
        place.mkdir(parents=True)
        write_volume(defaced, place / "sub-01_desc-defaced_T1w.nii.gz")
    whole = (tmp_path / "raw/derivatives/bad/sub-01/anat/sub-01_desc-defaced_T1w.nii.gz").read_bytes()
    (tmp_path / "raw/derivatives/bad/sub-01/anat/sub-01_desc-defaced_T1w.nii.gz").write_bytes(whole[: len(whole) // 2])
    masks = tmp_path / "masks" / "sub-01" / "anat"
    masks.mkdir(parents=True)
    write_volume(scan.masks["brain"], masks / "sub-01_desc-brain_mask.nii.gz")
    write_volume(scan.masks["brain"], masks / "sub-01_space-MNI152NLin2009cAsym_desc-brain_mask.nii.gz")
    return tmp_path


def test_a_tree_is_paired_by_person_and_condition(tree):
    pairs, notes = find_pairs(tree / "raw", tree / "raw", tree / "masks")
    assert notes == ("the data set has no dataset_description.json",)
    assert sorted(pair.condition for pair in pairs) == ["bad", "good"]
    for pair in pairs:
        assert pair.original.endswith("sub-01_T1w.nii.gz")
        assert pair.brain.endswith("sub-01_desc-brain_mask.nii.gz")
    alone, notes = find_pairs(tree / "raw" / "derivatives" / "good", None)
    assert [pair.original for pair in alone] == [""]
    _, notes = find_pairs(tree / "raw", tree / "raw" / "derivatives" / "good", None)
    assert any("2 of 2 defaced scans have no original" in note for note in notes)


def test_a_damaged_scan_is_a_row_and_the_others_go_on(tree):
    pairs, _ = find_pairs(tree / "raw", tree / "raw", tree / "masks")
    judged = {one.condition: one for one in judge_pairs(pairs, detector=None)}
    assert judged["good"].failure is None
    assert judged["good"].face == "pass"
    assert judged["good"].brain.mask == "given"
    assert judged["bad"].failure.stage == "read"
    assert judged["bad"].face == "not assessed"


def test_finished_verdicts_are_taken_as_they_were(tree, tmp_path, monkeypatch):
    pairs, _ = find_pairs(tree / "raw", tree / "raw", tree / "masks")
    store = tmp_path / "kept"
    first = judge_pairs(pairs, detector=None, store=store)

    def never(*_args, **_more):
        raise AssertionError("judged again")

    monkeypatch.setattr(running, "judge_scan", never)
    monkeypatch.setattr(running, "reference_of", never)
    good = [pair for pair in pairs if pair.condition == "good"]
    assert judge_pairs(good, detector=None, store=store) == tuple(one for one in first if one.condition == "good")
    bad = judge_pairs([pair for pair in pairs if pair.condition == "bad"], detector=None, store=store)
    assert "inside the library" in bad[0].failure.what, "what failed is tried again"
    other = dataclasses.replace(LIMITS, skin_mm=3.0)
    again = judge_pairs(good, detector=None, store=store, limits=other)
    assert again[0].failure is not None, "other limits are another verdict"


def test_another_file_is_another_verdict(tree, tmp_path):
    (pair,) = [pair for pair in find_pairs(tree / "raw", tree / "raw", tree / "masks")[0] if pair.condition == "good"]
    judge_pairs([pair], detector=None, store=tmp_path / "kept")
    shutil.copy(pair.original, pair.defaced)
    assert judge_pairs([pair], detector=None, store=tmp_path / "kept")[0].face == "fail"


def test_a_missing_original_is_told_for_each_of_its_scans(tree):
    pairs = [ScanPair("a", "01", "", "x", "T1w", str(tree / "none.nii.gz"), str(tree / "gone.nii.gz"))] * 2
    judged = judge_pairs(pairs, detector=None)
    assert len(judged) == 2
    assert all("The original cannot be used" in one.failure.what for one in judged)


UNDEFACED = ["adult26_t1_dicom", "adult35_t1.nii.gz", "adult51_t1_supine.nii.gz", "adult51_t1_prone.nii.gz"]


@pytest.mark.real
def test_the_scan_that_its_owners_defaced_passes(real_data):
    scan = read_volume(real_data / "heads" / "adult42_t1_defaced_by_owner.nii.gz")
    judged = judge_alone(scan, detector=None)
    assert {name: judged.region(name).verdict for name in ("eyes", "nose", "mouth", "face")} == dict.fromkeys(
        ("eyes", "nose", "mouth", "face"), "pass"
    )


@pytest.mark.real
@pytest.mark.parametrize("name", UNDEFACED)
def test_real_heads_with_their_faces_fail(real_data, name):
    scan = read_volume(real_data / "heads" / name)
    assert judge_alone(scan, detector=None).face == "fail"
    judged = judge_scan(scan, reference_of(scan), detector=None)
    assert judged.face == "fail"
    assert judged.region("face").share > 0.95  # of what the scan shows: an artefact hides one mouth


@pytest.mark.parametrize("change", ["darker", "darker with noise", "negative", "inverted"])
def test_a_face_that_stands_there_under_other_brightness_is_left(scan, reference, change):
    """A window, or an absolute value, brings it back."""
    face = _near(scan, ["face"])
    data = np.array(scan.volume.data, np.float64)
    noise = 0.02 * data.max() * np.random.default_rng(3).normal(size=data.shape)
    new = {
        "darker": 0.1 * data,
        "darker with noise": 0.2 * (data + noise),
        "negative": -data,
        "inverted": data.max() - data,
    }[change]
    judged = judge_scan(dataclasses.replace(scan.volume, data=np.where(face, new, data)), reference, detector=None)
    assert judged.face == "fail"
    assert "under other brightness" in judged.region("face").evidence


def test_nothing_is_said_of_brain_and_voxels_beside_the_original_of_somebody_else(scan, reference):
    who = sample_identities(1, np.random.default_rng(99013))[0]
    other = acquire(who, SETTINGS, np.random.default_rng(9)).volume
    shape = scan.volume.data.shape
    data = np.zeros(shape, np.asarray(other.data).dtype)
    common = tuple(slice(0, min(a, b)) for a, b in zip(shape, other.data.shape, strict=True))
    data[common] = np.asarray(other.data)[common]
    judged = judge_scan(dataclasses.replace(scan.volume, data=data), reference, detector=None)
    assert judged.brain.verdict == "not assessed"
    assert judged.brain.lost_ml is None
    assert judged.voxels.altered_ml is None
    assert all("another head" in said for said in (judged.brain.evidence, judged.voxels.evidence))


def test_a_brain_that_was_cut_out_along_an_estimate_is_not_judged_by_it(scan):
    true = scan.masks["brain"]
    known = reference_of(scan.volume, estimate=lambda _: true)
    stripped = judge_scan(_emptied(scan.volume, ~np.asarray(true.data)), known, detector=None)
    assert stripped.brain.verdict == "not assessed"
    assert "give a brain mask" in stripped.brain.evidence
    given = reference_of(scan.volume, brain=true)
    assert judge_scan(_emptied(scan.volume, ~np.asarray(true.data)), given, detector=None).brain.verdict == "pass"
    defaced = judge_scan(_emptied(scan.volume, _near(scan, ["face"])), known, detector=None)
    assert defaced.brain.verdict == "pass"
