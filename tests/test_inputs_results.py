"""Ready-made results are found by the names that defacing tools give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from standins import head

from reid_audit.errors import ReidAuditError, UsageError, VolumeError
from reid_audit.inputs import write_volume
from reid_audit.inputs.brain_masks import (
    BRAIN_ML,
    BrainMasks,
    brain_mask_files,
    find_brain_mask,
    inside,
    read_brain_mask,
    scan_name,
    tells_scan,
)
from reid_audit.inputs.results import find_results, read_result_name, result_files
from reid_audit.types import Mask


@pytest.mark.parametrize(
    ("name", "stem", "variant", "marked"),
    [
        ("sub-01_desc-defaced_T1w.nii.gz", "sub-01_T1w", "", True),
        ("sub-01_ses-2_desc-refaced_T2w.nii", "sub-01_ses-2_T2w", "", True),
        ("sub-01_T1w_defaced.nii.gz", "sub-01_T1w", "", True),
        ("anon_sub-01_T1w.nii", "sub-01_T1w", "", True),
        ("sub-01_T1w.deface.nii.gz", "sub-01_T1w", "deface", True),
        ("sub-01_T1w.reface.nii.gz", "sub-01_T1w", "reface", True),
        ("sub-01_T1w.reface_plus.nii.gz", "sub-01_T1w", "reface_plus", True),
        ("sub-01_T1w_deFaced.nii", "sub-01_T1w", "", True),
        ("head7_deFaced_AUTO.nii", "head7_deFaced_AUTO", "", False),
        ("head7.nii.gz", "head7", "", False),
        ("sub-01_desc-deidentified_T1w.nii.gz", "sub-01_T1w", "", True),
        ("sub-01_desc-preproc_T1w.nii.gz", "sub-01_desc-preproc_T1w", "", False),
        ("sub-01_desc-undefaced_T1w.nii.gz", "sub-01_desc-undefaced_T1w", "", False),
        ("unfaced_head.nii", "unfaced_head", "", False),
    ],
)
def test_names_of_results(name, stem, variant, marked):
    known = read_result_name(name)
    assert (known.stem, known.variant, known.marked) == (stem, variant, marked)


@pytest.mark.parametrize(
    "name",
    [
        "sub-01_T1w_face_mask.nii.gz",
        "sub-01_mod-T1w_defacemask.nii.gz",
        "sub-01_mod-T1w_desc-defaced_defacemask.nii.gz",
        "sub-01_T1w_defacemask.nii.gz",
        "sub-01_T1w.face.nii.gz",
        "sub-01_T1w.face_plus.nii.gz",
        "sub-01_T1w_Warp.nii",
        "sub-01_T1w_no_deid.nii.gz",
        "scan_mask.nii.gz",
        "sub-01_T1w.json",
    ],
)
def test_masks_warps_and_originals_set_aside_are_no_results(name):
    assert read_result_name(name) is None


@pytest.fixture
def tree(tmp_path):
    def make(*names: str):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"x")
        return result_files(tmp_path)

    return make


def find_result(scan, files, **options):
    return find_results([scan], files, **options).get(scan)


ORIGINAL = Path("raw/sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w.nii.gz")


@pytest.mark.parametrize(
    "name",
    [
        "sub-01_ses-1_run-2_desc-defaced_T1w.nii.gz",
        "anon_sub-01_ses-1_run-2_T1w.nii",
        "deep/er/sub-01_ses-1_run-2_T1w_defaced.nii.gz",
        "sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w.nii.gz",
        "sub-01_ses-1_run-2_T1w_deFaced.nii",
    ],
)
def test_the_result_of_a_scan_is_found(tree, tmp_path, name):
    files = tree(name, "sub-01_ses-1_run-1_T1w_defaced.nii.gz", "sub-011_ses-1_run-2_T1w_defaced.nii.gz")
    assert find_result(ORIGINAL, files) == tmp_path / name


def test_the_name_of_the_defacer_chooses_among_the_variants_of_afni(tree, tmp_path):
    stem = "sub-01_ses-1_run-2_T1w"
    files = tree(*(f"{stem}.{end}.nii.gz" for end in ("deface", "reface", "reface_plus", "face", "face_plus")))
    for name, end in (("afni-deface", "deface"), ("afni-reface", "reface"), ("afni-reface-plus", "reface_plus")):
        assert find_result(ORIGINAL, files, defacer=name) == tmp_path / f"{stem}.{end}.nii.gz"
    assert find_result(ORIGINAL, files, defacer="mine") is None


def test_same_names_are_told_apart_by_their_folders(tree, tmp_path):
    files = tree("a/T1_defaced.nii.gz", "b/T1_defaced.nii.gz")
    assert find_result(Path("raw/b/T1.nii.gz"), files) == tmp_path / "b/T1_defaced.nii.gz"
    assert find_result(Path("raw/c/T1.nii.gz"), files) is None
    assert find_result(Path("raw/b/T2.nii.gz"), files) is None


@pytest.mark.parametrize(
    ("scans", "results", "found"),
    [
        # One patient's head is not another's: only the scan that its folders name gets it.
        (
            ["pat1/visit/T1", "pat2/visit/T1", "pat3/visit/T1"],
            ["pat2/T1_defaced"],
            {"pat2/visit/T1": "pat2/T1_defaced"},
        ),
        (["pat1/T1", "pat2/T1"], ["T1_defaced"], {}),
        (["pat1/T1", "pat2/T1"], ["T1_defaced", "pat1/T1_defaced"], {"pat1/T1": "pat1/T1_defaced"}),
        (["pat1/T1"], ["pat2/T1_defaced", "pat1/T2_defaced"], {}),
        (["alice/T1", "bob/T2"], ["carol/T1_defaced", "bob/T2_defaced"], {"bob/T2": "bob/T2_defaced"}),
        (["alice/T1", "bob/T2"], ["bob/T1_defaced"], {}),
        (["alice/T1", "bob/T2"], ["T1_defaced"], {"alice/T1": "T1_defaced"}),
        (["a/v1/T1", "a/v2/T1", "b/v1/T1"], ["a/T1_defaced", "b/T1_defaced"], {"b/v1/T1": "b/T1_defaced"}),
        (["a/v1/T1", "b/v1/T1"], ["a/v3/T1_defaced", "b/v3/T1_defaced"], {}),
        # A session of somebody, or somebody of a session.
        (["sub-01/ses-1/T1"], ["sub-02/ses-1/T1", "sub-03/ses-2/T1"], {}),
        (["sub-01/ses-1/T1"], ["sub-01/ses-2/T1"], {}),
        (["sub-01/ses-1/T1"], ["sub-01/T1"], {"sub-01/ses-1/T1": "sub-01/T1"}),
        (["sub-01_T1w"], ["sub-02/sub-01_T1w_defaced"], {}),
        # Two sites with the same label.
        (
            ["north/sub-01_T1w", "south/sub-01_T1w"],
            ["south/sub-01_T1w_defaced"],
            {"south/sub-01_T1w": "south/sub-01_T1w_defaced"},
        ),
        (["north/sub-01_T1w", "south/sub-01_T1w"], ["sub-01_T1w_defaced"], {}),
        # No name of another derivative is that of a defaced scan.
        (["sub-01_T1w"], ["sub-01_desc-preproc_T1w"], {}),
        (
            ["sub-01_T1w"],
            ["sub-01_desc-brain_T1w", "sub-01_desc-defaced_T1w"],
            {"sub-01_T1w": "sub-01_desc-defaced_T1w"},
        ),
        # One scan, one file.
        (["raw/T1"], ["out/T1_defaced"], {"raw/T1": "out/T1_defaced"}),
        (["raw/T1"], ["out/T1_defaced", "T1"], {"raw/T1": "out/T1_defaced"}),
    ],
)
def test_a_result_is_a_scans_where_name_and_folders_leave_no_doubt(tree, tmp_path, scans, results, found):
    tree(*(f"results/{name}.nii.gz" for name in results))
    paths = [tmp_path / "in" / f"{scan}.nii.gz" for scan in scans]
    known = find_results(paths, result_files(tmp_path / "results"))
    assert known == {
        tmp_path / "in" / f"{scan}.nii.gz": tmp_path / "results" / f"{name}.nii.gz" for scan, name in found.items()
    }


def test_the_folder_that_was_named_counts_as_well(tree, tmp_path):
    tree("out/pat2/T1_defaced.nii.gz", "out/pat2/T2_defaced.nii.gz")
    scans = [tmp_path / "in" / who / "T1.nii.gz" for who in ("pat1", "pat2")]
    found = find_results(scans, result_files(tmp_path / "out" / "pat2"))
    assert found == {scans[1]: tmp_path / "out/pat2/T1_defaced.nii.gz"}


def test_no_original_is_taken_for_the_result_of_another(tree, tmp_path):
    files = tree("in/a/T1.nii.gz", "in/b/T1.nii.gz", "out/b/T1_defaced.nii.gz")
    scans = [tmp_path / "in" / who / "T1.nii.gz" for who in "ab"]
    assert find_results(scans, files) == {scans[1]: tmp_path / "out/b/T1_defaced.nii.gz"}


def test_the_original_itself_is_never_its_result(tree, tmp_path):
    files = tree("T1.nii.gz")
    assert find_result(tmp_path / "T1.nii.gz", files) is None


def test_a_file_that_says_defaced_goes_before_one_that_does_not(tree, tmp_path):
    files = tree("T1.nii.gz", "T1_defaced.nii.gz")
    assert find_result(Path("raw/T1.nii.gz"), files) == tmp_path / "T1_defaced.nii.gz"


def test_a_folder_without_images_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="No image"):
        result_files(tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        result_files(tmp_path / "absent")


def test_brain_masks_are_found_as_other_software_names_them(tmp_path):
    names = (
        "sub-01/ses-1/anat/sub-01_ses-1_run-2_desc-brain_mask.nii.gz",
        "sub-01/ses-1/anat/sub-01_ses-1_run-2_space-MNI152NLin2009cAsym_desc-brain_mask.nii.gz",
        "sub-01/ses-2/anat/sub-01_ses-2_run-2_desc-brain_mask.nii.gz",
        "sub-02/anat/sub-02_desc-brain_mask.nii.gz",
        "loose/head7_brainmask.nii.gz",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    files = brain_mask_files(tmp_path)
    assert len(files.files) == 5
    assert find_brain_mask(ORIGINAL, files) == tmp_path / names[0]
    assert find_brain_mask(Path("sub-02_ses-1_T2w.nii.gz"), files) == tmp_path / names[3]
    assert find_brain_mask(Path("head7.nii.gz"), files) == tmp_path / names[4]
    assert find_brain_mask(Path("sub-03_T1w.nii.gz"), files) is None
    assert find_brain_mask(Path("head.nii.gz"), brain_mask_files(tmp_path / names[0])) == tmp_path / names[0]
    assert find_brain_mask(Path("head.nii.gz"), BrainMasks(files.files[:1])) is None, "a folder's only mask"


@pytest.mark.parametrize(
    ("scan", "masks", "found", "told"),
    [
        ("sub-01_run-2_T1w.nii.gz", ["sub-01_run-1_desc-brain_mask"], None, None),
        ("sub-01_run-2_T1w.nii.gz", ["sub-01_run-1_desc-brain_mask", "sub-01_run-2_desc-brain_mask"], 1, True),
        ("sub-01_run-2_T1w.nii.gz", ["sub-01_desc-brain_mask"], 0, False),
        ("sub-01_T1w.nii.gz", ["sub-01_desc-brain_mask"], 0, True),
        ("sub-01_T2w.nii.gz", ["sub-01_desc-brain_mask"], 0, False),
        ("sub-01_T2w.nii.gz", ["sub-01_space-T1w_desc-brain_mask"], None, None),
        ("sub-01_T1w.nii.gz", ["sub-01_space-T1w_desc-brain_mask"], 0, True),
        ("sub-01_T2w.nii.gz", ["sub-01_label-brain_desc-T1w_mask", "sub-01_label-brain_desc-T2w_mask"], 1, True),
        ("sub-01_ses-2_T1w.nii.gz", ["sub-01_desc-brain_mask"], 0, False),
        ("head1.nii.gz", ["head10_brainmask", "head1_brainmask"], 1, True),
        ("scan.nii.gz", ["sub-07_ses-1_T1w_desc-brain_mask"], 0, True),
        ("scan.nii.gz", ["sub-07_ses-2_T1w_desc-brain_mask"], None, None),
    ],
)
def test_a_brain_mask_is_that_of_its_own_scan(scan, masks, found, told):
    files = [Path(f"{name}.nii.gz") for name in masks]
    name = scan_name(Path(scan), subject="07", session="1", modality="T1w")
    mask = find_brain_mask(name, BrainMasks(tuple(files)))
    assert mask == (None if found is None else files[found])
    if mask is not None:
        assert tells_scan(mask, name) is told


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 1, 0], [0, 1, 0]), ([0.0, 0.4, 0.6], [0, 0, 1]), ([0, 2, 41], [0, 1, 1]), ([0.0, 0.4, 255.0], [0, 1, 1])],
    ids=["labels", "probabilities", "several labels", "an image"],
)
def test_probabilities_above_half_and_positive_labels_are_inside(values, expected):
    np.testing.assert_array_equal(inside(np.array(values)), np.array(expected, bool))


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_every_reader_takes_the_same_voxels_of_a_mask(tmp_path, share):
    from reid_audit.comparison.measuring import Given, read_mask
    from reid_audit.quality.pairs import ScanPair
    from reid_audit.quality.running import _brain

    volume = head()
    values = np.zeros(volume.data.shape, np.float32)
    values[5:9, 6:9, 7:12] = share
    file = write_volume(replace(volume, data=values), tmp_path / "m_brainmask.nii.gz")
    of_deface = read_brain_mask(file, volume)
    of_compare, _ = read_mask("brain", Given("original", "", "", {"brain": str(file)}), volume)
    of_quality, _ = _brain(ScanPair("", "", "", "", "", "", brain=str(file)), volume)
    counts = {int(np.asarray(mask.data).sum()) for mask in (of_deface, of_compare, of_quality)}
    assert counts == {60 if share > 0.5 else 0}


@pytest.mark.parametrize(("size", "fits"), [(0.99, False), (1.01, True)])
def test_a_mask_that_deface_takes_for_a_brain_is_one_for_quality(size, fits):
    from reid_audit.defacers.masking import check_brain
    from reid_audit.quality.brain_mask import given_brain

    volume = head()
    inner = np.zeros(volume.data.shape, bool)
    inner.flat[:500] = True
    side = (size * BRAIN_ML[0] * 1000.0 / 500) ** (1 / 3)
    affine = np.diag([side, side, side, 1.0])
    scan, mask = replace(volume, affine=affine), Mask(inner, affine, "brain")
    for check in (check_brain, given_brain):
        if fits:
            check(mask, scan)
        else:
            with pytest.raises(ReidAuditError, match="a brain has 100 to 2500 ml"):
                check(mask, scan)


def test_a_place_without_brain_masks_is_wrong_usage(tmp_path):
    (tmp_path / "sub-01_T1w.nii.gz").write_bytes(b"x")
    with pytest.raises(UsageError, match="named as a brain mask"):
        brain_mask_files(tmp_path)
    with pytest.raises(UsageError, match="no brain mask"):
        brain_mask_files(tmp_path / "absent")


def test_a_brain_mask_must_lie_on_the_grid_of_the_scan(tmp_path):
    volume = head()
    inside = np.zeros(volume.data.shape, bool)
    inside[5:9, 6:9, 7:12] = True
    file = write_volume(Mask(inside, volume.affine, "brain"), tmp_path / "m_brainmask.nii.gz")
    mask = read_brain_mask(file, volume)
    np.testing.assert_array_equal(mask.data, inside)
    assert mask.label == "brain"
    moved = head(affine=volume.affine + np.eye(4, k=3))
    with pytest.raises(VolumeError, match="another affine"):
        read_brain_mask(file, moved)
