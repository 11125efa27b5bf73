"""Ready-made results are found by the names that defacing tools give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from standins import head

from reid_audit.errors import UsageError, VolumeError
from reid_audit.inputs import write_volume
from reid_audit.inputs.brain_masks import brain_mask_files, find_brain_mask, read_brain_mask
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
    assert len(files) == 5
    assert find_brain_mask(ORIGINAL, files) == tmp_path / names[0]
    assert find_brain_mask(Path("sub-02_ses-1_T2w.nii.gz"), files) == tmp_path / names[3]
    assert find_brain_mask(Path("head7.nii.gz"), files) == tmp_path / names[4]
    assert find_brain_mask(Path("sub-03_T1w.nii.gz"), files) is None
    assert find_brain_mask(Path("head.nii.gz"), (files[0],)) == files[0]


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
