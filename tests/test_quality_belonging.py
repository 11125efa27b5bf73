"""Whether an original belongs to a released scan, and what is answered beside one that does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter, rotate, shift

from reid_audit.defacers import BlurDefacer, MeanFaceDefacer, SkullStripDefacer, ZeroDefacer
from reid_audit.errors import VolumeError
from reid_audit.inputs import to_ras, write_volume
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.quality.belonging import likeness_behind, why_strange
from reid_audit.quality.judging import judge_scan, reference_of
from reid_audit.surface import head_mask
from reid_audit.triage.answer import words_of
from reid_audit.triage.volumes import told_by_scan

VOXEL = 3.0
SETTINGS = ScanSettings(voxel_size=(VOXEL,) * 3, pitch=3.0)


@pytest.fixture(scope="module")
def people():
    return sample_identities(2, np.random.default_rng(202))


@pytest.fixture(scope="module")
def scan(people):
    return acquire(people[0], SETTINGS, np.random.default_rng(2))


@pytest.fixture(scope="module")
def other(people, scan):
    """Return another person's scan on the same grid."""
    volume = acquire(people[1], SETTINGS, np.random.default_rng(3)).volume
    onto = np.linalg.inv(volume.affine) @ scan.volume.affine
    data = affine_transform(
        np.asarray(volume.data, np.float32), onto[:3, :3], onto[:3, 3], output_shape=scan.volume.data.shape, order=1
    )
    return dataclasses.replace(scan.volume, data=data)


@pytest.fixture(scope="module")
def reference(scan):
    return reference_of(scan.volume)


@pytest.fixture(scope="module")
def original(scan, tmp_path_factory):
    return write_volume(scan.volume, tmp_path_factory.mktemp("originals") / "sub-01_T1w.nii.gz")


def values(volume):
    return np.asarray(volume.data, np.float32)


def moved(volume, *millimetres):
    return dataclasses.replace(volume, data=shift(values(volume), np.divide(millimetres, VOXEL), order=1))


def turned(volume, degrees):
    return dataclasses.replace(volume, data=rotate(values(volume), degrees, axes=(1, 2), reshape=False, order=1))


@pytest.mark.parametrize(
    "altered",
    [
        lambda volume: moved(volume, 0, 0, 12),
        lambda volume: moved(volume, 0, 12, 0),
        lambda volume: moved(volume, 0, -5, 0),
        lambda volume: turned(volume, 15),
    ],
)
def test_a_whole_face_that_lies_elsewhere_is_one(scan, original, tmp_path, altered) -> None:
    released = write_volume(altered(scan.volume), tmp_path / "sub-01_T1w.nii.gz")
    told = told_by_scan(released, original=str(original))
    assert told.answer == "face"
    assert "original" in words_of(told.why)
    assert "of another head, or lies elsewhere" in told.why


def test_beside_the_original_of_another_a_whole_face_is_one(other, original, tmp_path) -> None:
    told = told_by_scan(write_volume(other, tmp_path / "sub-01_T1w.nii.gz"), original=str(original))
    assert told.answer == "face"
    assert "original" in words_of(told.why)


def test_beside_noise_a_whole_face_is_one(scan, original, tmp_path) -> None:
    noise = np.random.default_rng(0).normal(100.0, 50.0, scan.volume.data.shape)
    noise = write_volume(dataclasses.replace(scan.volume, data=noise), tmp_path / "sub-01_T1w.nii.gz")
    assert told_by_scan(original, original=str(noise)).answer == "face"


def test_beside_an_original_that_shows_no_face_a_whole_one_is_one(scan, original, tmp_path) -> None:
    rounded = write_volume(BlurDefacer().deface(scan.volume)[0], tmp_path / "sub-01_T1w.nii.gz")
    told = told_by_scan(original, original=str(rounded))
    assert told.answer == "face"


def test_a_mask_of_a_head_that_lies_elsewhere_is_a_cast(scan, original, tmp_path) -> None:
    head = np.asarray(head_mask(scan.volume).data).astype(np.float32)
    cast = moved(dataclasses.replace(scan.volume, data=head), 12, 0, 0)
    name = tmp_path / "sub-01_mod-T1w_desc-defaced_defacemask.nii.gz"
    assert told_by_scan(write_volume(cast, name), original=str(original)).answer == "face"


def test_a_scan_that_is_named_a_mask_is_looked_at(scan, original, tmp_path) -> None:
    named = write_volume(scan.volume, tmp_path / "sub-01_mod-T1w_desc-defaced_defacemask.nii.gz")
    assert told_by_scan(named, original=str(original)).answer == "face"


def test_nothing_compared_with_the_original_of_another_counts_in_favour(other, original, tmp_path) -> None:
    bare = write_volume(ZeroDefacer().deface(other)[0], tmp_path / "sub-01_T1w.nii.gz")
    told = told_by_scan(bare, original=str(original))
    assert told.answer == "cannot tell"
    assert "original" in words_of(told.why)


@pytest.mark.parametrize("altered", [lambda volume: moved(volume, 0, 0, 12), lambda volume: moved(volume, 0, 12, 0)])
def test_a_face_that_lies_elsewhere_never_passes_for_removed(scan, reference, altered) -> None:
    judged = judge_scan(altered(scan.volume), reference, detector=None)
    assert judged.likeness < 0.7
    assert "pass" not in {one.verdict for one in judged.regions}
    assert any("of another head, or lies elsewhere" in one.evidence for one in judged.regions)


def test_the_original_of_another_says_nothing_of_a_face_that_is_gone(other, reference) -> None:
    judged = judge_scan(ZeroDefacer().deface(other)[0], reference, detector=None)
    assert "pass" not in {one.verdict for one in judged.regions}


def stripped(scan):
    return SkullStripDefacer(brain=lambda _: scan.masks["brain"]).deface(scan.volume)[0]


OWN = {
    "whole": lambda scan: scan.volume,
    "zeroed": lambda scan: ZeroDefacer().deface(scan.volume)[0],
    "replaced": lambda scan: MeanFaceDefacer().deface(scan.volume)[0],
    "rounded": lambda scan: BlurDefacer().deface(scan.volume)[0],
    "stripped": stripped,
    "brighter": lambda scan: dataclasses.replace(scan.volume, data=3.0 * values(scan.volume)),
    "drifting": lambda scan: dataclasses.replace(
        scan.volume, data=values(scan.volume) * np.linspace(0.5, 1.5, scan.volume.data.shape[1])[:, None]
    ),
    "noisy": lambda scan: dataclasses.replace(
        scan.volume,
        data=values(scan.volume)
        + 0.1 * scan.volume.data.max() * np.random.default_rng(1).normal(size=scan.volume.data.shape),
    ),
    "smoothed": lambda scan: dataclasses.replace(scan.volume, data=gaussian_filter(values(scan.volume), 0.8)),
    "stored otherwise": lambda scan: to_ras(
        dataclasses.replace(
            scan.volume,
            data=np.flip(values(scan.volume), 0),
            affine=scan.volume.affine
            @ np.array([[-1, 0, 0, scan.volume.data.shape[0] - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]),
        )
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_what_was_made_of_a_scan_belongs_to_it(scan, reference, name) -> None:
    likeness = likeness_behind(OWN[name](scan), reference)
    assert likeness > 0.85
    assert why_strange(likeness) == ""


@pytest.mark.parametrize("name", ["zeroed", "replaced", "rounded", "stripped"])
def test_beside_its_own_original_the_comparison_decides(scan, original, tmp_path, name) -> None:
    told = told_by_scan(write_volume(OWN[name](scan), tmp_path / "sub-01_T1w.nii.gz"), original=str(original))
    assert told.answer in ({"none"} if name in {"zeroed", "stripped"} else {"none", "cannot tell"})
    assert "original" not in words_of(told.why)


def forward_of(volume, reference):
    """Return mm in front of the ears of every voxel."""
    to_head = np.asarray(reference.skin.to_head) @ volume.affine
    return np.einsum("c,cijk->ijk", to_head[1, :3], np.indices(volume.data.shape)) + to_head[1, 3]


def test_where_little_is_left_nothing_is_said(scan, reference) -> None:
    data = np.where(forward_of(scan.volume, reference) > 0, values(scan.volume), 0)
    likeness = likeness_behind(dataclasses.replace(scan.volume, data=data), reference)
    assert likeness is None
    assert why_strange(likeness).startswith("too little is left behind the ears")


def test_what_has_no_detail_is_like_nothing(scan, reference) -> None:
    data = np.where(forward_of(scan.volume, reference) > 5, 0.0, 7.0)
    data[forward_of(scan.volume, reference) < -80] = 0.0
    assert likeness_behind(dataclasses.replace(scan.volume, data=data), reference) == 0.0


def test_another_grid_is_refused(scan, reference) -> None:
    with pytest.raises(VolumeError, match="not on one grid"):
        likeness_behind(dataclasses.replace(scan.volume, data=values(scan.volume)[:-1]), reference)
