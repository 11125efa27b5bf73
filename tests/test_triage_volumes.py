"""What volumes show: whole heads, defaced ones, brains, ears, faces folded over, series, slices."""

from __future__ import annotations

import dataclasses

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from reid_audit.defacers import MeanFaceDefacer, ZeroDefacer
from reid_audit.inputs import read_volume, write_volume
from reid_audit.inputs.nifti import read_with_nibabel
from reid_audit.inputs.scan_header import read_scan_header
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.triage.deciding import told_by_evidence
from reid_audit.triage.heads import HeadEvidence
from reid_audit.triage.running import scan_key
from reid_audit.triage.volumes import told_by_scan, told_by_volume
from reid_audit.types import Mask

SETTINGS = ScanSettings(voxel_size=(2.0, 2.0, 2.0), pitch=3.0)


@pytest.fixture(scope="module")
def who():
    return sample_identities(1, np.random.default_rng(202))[0]


@pytest.fixture(scope="module")
def scan(who):
    return acquire(who, SETTINGS, np.random.default_rng(2))


@pytest.fixture(scope="module")
def zeroed(scan):
    return ZeroDefacer().deface(scan.volume)[0]


def test_a_whole_head_has_a_face(scan) -> None:
    assert told_by_volume(scan.volume).answer == "face"


@pytest.mark.parametrize("modality", ["T2w", "FLAIR", "CT", "PET"])
def test_whatever_made_the_image(who, modality) -> None:
    settings = dataclasses.replace(SETTINGS, modality=modality, voxel_size=(2.5, 2.5, 2.5))
    assert told_by_volume(acquire(who, settings, np.random.default_rng(3)).volume).answer == "face"


def test_a_head_without_its_face_has_none(zeroed) -> None:
    told = told_by_volume(zeroed)
    assert told.answer == "none"
    assert "renders" in told.why


def test_a_brain_has_none_and_neither_has_its_mask(scan) -> None:
    brain = np.asarray(scan.masks["brain"].data)
    alone = dataclasses.replace(scan.volume, data=np.where(brain, np.asarray(scan.volume.data), 0))
    assert told_by_volume(alone).answer == "none"
    mask = dataclasses.replace(scan.volume, data=brain.astype(np.float32))
    assert told_by_volume(mask).answer == "none"


def test_a_mask_of_the_head_is_a_cast_of_the_face(scan) -> None:
    from reid_audit.surface import head_mask

    cast = dataclasses.replace(scan.volume, data=np.asarray(head_mask(scan.volume).data).astype(np.float32))
    assert told_by_volume(cast).answer == "face"


def test_ears_that_stand_are_told(scan, zeroed) -> None:
    near = distance_transform_edt(~np.asarray(scan.masks["ears"].data), sampling=scan.volume.voxel_size) < 6
    data = np.where(near, np.asarray(scan.volume.data), np.asarray(zeroed.data))
    told = told_by_volume(dataclasses.replace(scan.volume, data=data))
    assert told.answer == "cannot tell"
    assert told.why.startswith("ears: ")


def test_a_face_folded_over_behind_the_head_is_told(who) -> None:
    folded = acquire(who, dataclasses.replace(SETTINGS, wrap=("anterior", 35.0)), np.random.default_rng(2)).volume
    told = told_by_volume(ZeroDefacer().deface(folded)[0])
    assert told.answer in {"face", "cannot tell"}
    assert told.why.startswith("behind: ")


def test_a_replaced_face_is_judged_by_its_original(scan, tmp_path) -> None:
    original = write_volume(scan.volume, tmp_path / "sub-01_T1w.nii.gz")
    (tmp_path / "out").mkdir()
    replaced = write_volume(MeanFaceDefacer().deface(scan.volume)[0], tmp_path / "out" / "sub-01_T1w.nii.gz")
    assert told_by_scan(replaced).answer in {"face", "cannot tell"}
    compared = told_by_scan(replaced, original=str(original))
    assert (compared.answer, compared.why.split(":")[0]) in {("none", "no face"), ("cannot tell", "replaced")}
    zeroed = write_volume(ZeroDefacer().deface(scan.volume)[0], tmp_path / "out" / "sub-01_T1w.nii.gz")
    assert told_by_scan(zeroed, original=str(original)).answer == "none"
    assert told_by_scan(original, original=str(original)).answer == "face"


def test_a_mask_of_the_face_is_a_cast_where_it_follows_the_skin(scan, tmp_path) -> None:
    from reid_audit.surface import head_mask

    original = write_volume(scan.volume, tmp_path / "sub-01_T1w.nii.gz")
    region = ZeroDefacer().deface(scan.volume)[1]
    name = tmp_path / "sub-01_mod-T1w_desc-defaced_defacemask.nii.gz"
    assert told_by_scan(write_volume(region, name), original=str(original)).answer == "none"
    cast = Mask(np.asarray(region.data) & np.asarray(head_mask(scan.volume).data), region.affine, "cast")
    told = told_by_scan(write_volume(cast, name), original=str(original))
    assert (told.answer, told.why[:5]) == ("face", "cast:")


def test_a_mask_belongs_to_the_original_that_it_names() -> None:
    own = scan_key("sub-01_run-1_T1w.nii.gz")
    assert scan_key("sub-01_run-1_mod-T1w_desc-defaced_defacemask.nii.gz") == own
    assert scan_key("sub-01_run-1_desc-defaced_T1w.nii.gz") == own
    assert scan_key("sub-01_run-1_mod-T2w_desc-defaced_defacemask.nii.gz") != own
    assert scan_key("sub-01_run-1_space-MNI_desc-defaced_T1w.nii.gz") == ()


def series(path, volumes):
    data = np.stack([np.asarray(volume.data) for volume in volumes], axis=3).astype(np.float32)
    nib.save(nib.Nifti1Image(data, volumes[0].affine), path)
    return path


@pytest.mark.parametrize("name", ["sub-01_bold.nii.gz", "sub-01_bold.nii"])
@pytest.mark.parametrize("bare", [0, 2])
def test_the_first_and_the_last_volume_of_a_series_are_looked_at(scan, zeroed, tmp_path, name, bare) -> None:
    volumes = [zeroed] * 3
    volumes[bare] = scan.volume
    path = series(tmp_path / name, volumes)
    assert read_scan_header(path).n_frames == 3
    assert np.array_equal(read_with_nibabel(path, frame=bare).data, read_volume(_alone(volumes[bare], tmp_path)).data)
    told = told_by_scan(path)
    assert told.answer == "face"
    assert "of 3 volumes" in told.why


def _alone(volume, folder):
    return write_volume(volume, folder / "alone.nii.gz")


def test_slices_are_undecided_whatever_they_show(scan, tmp_path) -> None:
    data = np.asarray(scan.volume.data)[40:45]
    path = tmp_path / "sub-01_localizer.nii.gz"
    nib.save(nib.Nifti1Image(data, scan.volume.affine), path)
    told = told_by_scan(path)
    assert (told.answer, told.why[:7]) == ("cannot tell", "slices:")


def test_empty_and_damaged_volumes(scan, tmp_path) -> None:
    empty = write_volume(Mask(np.zeros((40, 40, 40), bool), np.diag([3.0, 3, 3, 1]), "x"), tmp_path / "empty.nii.gz")
    assert told_by_scan(empty).answer == "none"
    whole = write_volume(scan.volume, tmp_path / "x.nii.gz").read_bytes()
    (tmp_path / "cut.nii.gz").write_bytes(whole[: len(whole) // 2])
    assert told_by_scan(tmp_path / "cut.nii.gz").answer == "unaudited"
    (tmp_path / "no.nii.gz").write_bytes(b"no scan")
    assert told_by_scan(tmp_path / "no.nii.gz").answer == "unaudited"


def seen(**facts):
    usual = {"shown": True, "posed": True, "misfit": 1.0, "views": 9}
    usual["standing"] = {"eyes": 0.0, "nose": 0.0, "mouth": 0.0, "face": 0.0, "ears": 0.0}
    return HeadEvidence(**(usual | facts))


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({}, "none"),
        ({"found": 9}, "cannot tell"),
        ({"found": 9, "posed": False}, "face"),
        ({"edge_mm2": 900.0}, "face"),
        ({"edge_mm2": 200.0}, "cannot tell"),
        ({"standing": {"eyes": 0.9, "nose": 0.9, "mouth": 0.9}}, "face"),
        ({"standing": {"eyes": 0.9, "nose": 0.0, "mouth": 0.0}}, "cannot tell"),
        ({"standing": {"eyes": 0.9, "nose": 0.0, "mouth": 0.0}, "found": 1}, "face"),
        ({"found": 1}, "cannot tell"),
        ({"posed": False}, "cannot tell"),
        ({"misfit": 9.0}, "cannot tell"),
        ({"standing": {}}, "none"),
        ({"shown": False, "black": True, "large": False, "why": "x"}, "none"),
        ({"shown": False, "black": True, "large": True, "why": "x"}, "cannot tell"),
        ({"shown": False, "black": False, "large": True, "why": "x"}, "cannot tell"),
        ({"behind_ml": 0.0}, "none"),
        ({"behind_ml": 40.0}, "face"),
    ],
)
def test_what_is_seen_decides(facts, answer) -> None:
    assert told_by_evidence(seen(**facts)).answer == answer


def verdict(region, share, failed="", **more):
    from reid_audit.types import RegionVerdict

    failed = failed or ("fail" if share >= 0.1 or more.get("copied", 0.0) >= 0.8 else "pass")
    return RegionVerdict(region, failed, "a long sentence " * 20, 1000.0, share * 1000, share, 0.1, **more)


@pytest.mark.parametrize(
    ("regions", "why"),
    [
        (
            [verdict("eyes", 0.14), verdict("nose", 0.84), verdict("face", 0.83)],
            "face: face, 83% of the skin is left (fails from 10% on); also eyes, nose",
        ),
        ([verdict("eyes", 0.4), verdict("face", 0.04)], "face: eyes, 40% of the skin is left (fails from 10% on)"),
        (
            [verdict("face", 0.02, copied=0.85)],
            "face: face, altered, and yet a surface follows 85% of the skin (a copy from 80% on)",
        ),
        (
            [verdict("face", 0.02, copied=0.1, failed="fail")],
            "face: face, altered, and yet there under other brightness",
        ),
        ([verdict("face", 0.02, copied=0.1)], "no face: 2% of the face's skin is left, fewer than 10%"),
    ],
)
def test_the_reason_is_short_and_names_what_decides(regions, why) -> None:
    from types import SimpleNamespace

    from reid_audit.triage.deciding import told_by_quality

    judged = SimpleNamespace(regions=regions, behind=SimpleNamespace(bright_ml=None))
    assert told_by_quality(judged).why == why


@pytest.mark.parametrize(
    ("name", "bare"), [("sub-01_bold.nii.gz", (1,)), ("sub-01_bold.nii.gz", (4, 5)), ("sub-01_bold.mgz", (6,))]
)
def test_a_face_anywhere_in_a_series_is_found(scan, zeroed, tmp_path, name, bare) -> None:
    volumes = [scan.volume if number in bare else zeroed for number in range(9)]
    data = np.stack([np.asarray(volume.data) for volume in volumes], axis=3).astype(np.float32)
    image = nib.MGHImage if name.endswith(".mgz") else nib.Nifti1Image
    nib.save(image(data, scan.volume.affine), tmp_path / name)
    told = told_by_scan(tmp_path / name)
    assert told.answer == "face"
    assert f"(volume {bare[0] + 1} of 9 volumes)" in told.why


def shaken(data, rng):
    """Return a volume of a series: noise, another brightness, a head that moved by a voxel."""
    i, j, k = rng.integers(0, 3, 3)
    moved = np.pad(data, 1, mode="edge")[i:, j:, k:][: data.shape[0], : data.shape[1], : data.shape[2]]
    return (moved * rng.uniform(0.8, 1.2) + rng.normal(0, 0.02 * data.max(), data.shape)).astype(np.float32)


def test_a_long_series_takes_few_fits(zeroed, tmp_path) -> None:
    from reid_audit.triage.frames import told_by_frames

    rng = np.random.default_rng(0)
    small = np.asarray(zeroed.data)[::2, ::2, ::2]
    data = np.stack([shaken(small, rng) for _ in range(60)], axis=3)
    affine = zeroed.affine @ np.diag([2.0, 2.0, 2.0, 1.0])
    path = tmp_path / "sub-01_bold.nii.gz"
    nib.save(nib.Nifti1Image(data, affine), path)
    asked = []

    def judge(frame):
        from reid_audit.triage.answer import nothing

        asked.append(frame)
        return nothing("no face", "x")

    told = told_by_frames(path, read_scan_header(path), judge)
    assert asked == [0, 1, 59]
    assert told.why == "no face: x (of 60 volumes 1 to 2, 60 judged, the others have the outline of one of them)"


def test_volumes_that_nobody_looked_at_are_named(tmp_path) -> None:
    from reid_audit.triage.answer import nothing
    from reid_audit.triage.frames import told_by_frames

    data = np.zeros((80, 8, 8, 20), np.float32)
    for frame in range(20):
        data[4 * frame : 4 * frame + 4, :, :, frame] = 100.0
    path = tmp_path / "sub-01_pet.nii"
    nib.save(nib.Nifti1Image(data, np.diag([8.0, 8, 8, 1])), path)
    told = told_by_frames(path, read_scan_header(path), lambda _frame: nothing("no face", "x"))
    assert told.answer == "cannot tell"
    assert told.why == ("series: of 20 volumes 1 to 7, 20 judged; 8 to 19 look like none of them and were not judged")
    path.write_bytes(path.read_bytes()[:-50])
    told = told_by_frames(path, read_scan_header(path), lambda _frame: nothing("no face", "x"))
    assert (told.answer, told.why[:7]) == ("cannot tell", "series:")


def gap_before_voxels(scan):
    raw = bytearray(nib.Nifti1Image(np.asarray(scan.data, np.float32), scan.affine).to_bytes())
    raw[108:112] = np.float32(352 + 4096).tobytes()
    return bytes(raw[:352]) + b"\x07" * 4096 + bytes(raw[352:])


def test_bytes_that_the_header_does_not_claim_are_told(zeroed, tmp_path) -> None:
    import gzip

    whole = nib.Nifti1Image(np.asarray(zeroed.data, np.float32), zeroed.affine).to_bytes()
    hidden = np.random.default_rng(0).bytes(5000)
    cases = {
        "a.nii": (whole + hidden, "cannot tell"),
        "b.nii.gz": (gzip.compress(whole + hidden, 1), "cannot tell"),
        "c.nii.gz": (gzip.compress(whole, 1) + gzip.compress(hidden), "cannot tell"),
        "d.nii.gz": (gzip.compress(whole, 1) + hidden, "unaudited"),
        "e.nii.gz": (gzip.compress(gap_before_voxels(zeroed), 1), "cannot tell"),
        "f.nii": (whole + bytes(4096), "none"),
        "g.nii.gz": (gzip.compress(whole, 1), "none"),
    }
    from reid_audit.triage.frames import told_by_rest

    for name, (raw, answer) in cases.items():
        (tmp_path / name).write_bytes(raw)
        assert (name, told_by_rest(tmp_path / name).answer) == (name, answer)
    told = told_by_scan(tmp_path / "b.nii.gz")
    assert (told.answer, told.why[:5]) == ("cannot tell", "rest:")
    extended = nib.Nifti1Image(np.asarray(zeroed.data, np.float32), zeroed.affine)
    extended.header.extensions.append(nib.nifti1.Nifti1Extension(6, b"a comment " * 30))
    nib.save(extended, tmp_path / "h.nii.gz")
    assert told_by_rest(tmp_path / "h.nii.gz").answer == "none"
    nib.save(nib.MGHImage(np.asarray(zeroed.data, np.float32), zeroed.affine), tmp_path / "i.mgz")
    assert told_by_rest(tmp_path / "i.mgz").answer == "none"


@pytest.mark.parametrize(("repeats", "answer"), [(1, "none"), (3, "cannot tell")])
def test_of_dicom_in_time_it_is_said_what_was_not_looked_at(zeroed, monkeypatch, repeats, answer) -> None:
    from types import SimpleNamespace

    from reid_audit.triage import series as module
    from reid_audit.triage.answer import nothing

    monkeypatch.setattr(module, "read_stack", lambda _stack: zeroed)
    monkeypatch.setattr(module, "told_by_volume", lambda _volume, **_more: nothing("no face", "x"))
    told = module._of_stack(SimpleNamespace(repeats=repeats), "dlib-large")
    assert told.answer == answer
    assert ("volume 1 of 3 was judged" in told.why) == (repeats == 3)
