"""Which defaced scan is judged by which original and which brain mask, and what becomes of the others."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reid_audit.errors import UsageError
from reid_audit.quality import find_pairs, judge_pairs, running
from reid_audit.quality.pairs import ScanPair
from reid_audit.types import Volume


@pytest.fixture
def put(tmp_path):
    """Write files without content, and a description for every derivative."""

    def make(*names):
        for name in names:
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"x")
        return tmp_path

    return make


def _of(root, tool, *names):
    """Return the paths of what a tool made, and say that it made them."""
    place = root / "out" / tool
    place.mkdir(parents=True, exist_ok=True)
    said = {"Name": tool, "BIDSVersion": "1.10.0", "DatasetType": "derivative", "GeneratedBy": [{"Name": tool}]}
    (place / "dataset_description.json").write_text(json.dumps(said))
    return [f"out/{tool}/{name.split('_')[0]}/anat/{name}.nii.gz" for name in names]


def _raw(*names):
    return [f"raw/{name.split('_')[0]}/anat/{name}.nii.gz" for name in names]


def test_no_scan_gets_the_mask_of_another_run_or_sequence(put, tmp_path):
    names = [f"sub-01_{word}" for word in ("run-1_T1w", "run-2_T1w", "T2w")]
    put(*_raw(*names), *_of(tmp_path, "zero", *[name.replace("_T", "_desc-defaced_T") for name in names]))
    put("masks/sub-01_run-1_T1w_desc-brain_mask.nii.gz")
    pairs, notes = find_pairs(tmp_path / "out" / "zero", tmp_path / "raw", tmp_path / "masks")
    assert len(pairs) == 3
    with_mask = [pair for pair in pairs if pair.brain]
    assert [pair.original.rsplit("/", 1)[1] for pair in with_mask] == ["sub-01_run-1_T1w.nii.gz"]
    assert any("2 of 3 defaced scans have no brain mask" in note for note in notes)


def test_a_mask_that_says_less_than_its_scan_is_marked(put, tmp_path):
    put(*_raw("sub-01_T1w", "sub-01_T2w"), "masks/sub-01_desc-brain_mask.nii.gz")
    put(*_of(tmp_path, "zero", "sub-01_desc-defaced_T1w", "sub-01_desc-defaced_T2w"))
    pairs, _ = find_pairs(tmp_path / "out" / "zero", tmp_path / "raw", tmp_path / "masks")
    assert {pair.modality: pair.brain_told for pair in pairs} == {"T1w": True, "T2w": False}
    assert all(pair.brain for pair in pairs)


@pytest.mark.parametrize(("told", "shift", "used"), [(True, 5.0, True), (False, 0.0, True), (False, 5.0, False)])
def test_a_mask_that_may_be_anothers_counts_on_the_scans_own_grid_alone(monkeypatch, told, shift, used):
    affine = np.eye(4)
    scan = Volume(np.ones((3, 3, 3), np.float32), affine, "mri", "T2w")
    moved = affine.copy()
    moved[0, 3] = shift
    mask = Volume(np.ones((3, 3, 3), np.float32), moved, "mri", "mask")
    monkeypatch.setattr(running, "read_volume", lambda *_, **__: mask)
    found, why = running._brain(ScanPair("", "", "", "", "", "", brain="m.nii.gz", brain_told=told), scan)
    assert (found is not None) is used
    assert bool(why) is not used


def test_a_named_mask_is_everybodys_only_where_there_is_one_original(put, tmp_path):
    put(*_raw("sub-01_T1w", "sub-02_T1w"), "any.nii.gz", "sub-02_desc-brain_mask.nii.gz")
    put(*_of(tmp_path, "zero", "sub-01_desc-defaced_T1w"))
    one = tmp_path / "raw" / "sub-01" / "anat" / "sub-01_T1w.nii.gz"
    defaced = tmp_path / "out" / "zero" / "sub-01" / "anat" / "sub-01_desc-defaced_T1w.nii.gz"
    (pair,), _ = find_pairs(defaced, one, tmp_path / "any.nii.gz")
    assert (pair.brain, pair.brain_told) == (str(tmp_path / "any.nii.gz"), True)
    put(*_of(tmp_path, "zero", "sub-02_desc-defaced_T1w"))
    pairs, _ = find_pairs(tmp_path / "out" / "zero", tmp_path / "raw", tmp_path / "any.nii.gz")
    assert [pair.brain for pair in pairs] == ["", ""]
    pairs, _ = find_pairs(tmp_path / "out" / "zero", tmp_path / "raw", tmp_path / "sub-02_desc-brain_mask.nii.gz")
    assert {pair.subject: bool(pair.brain) for pair in pairs} == {"01": False, "02": True}
    with pytest.raises(UsageError, match="named as a brain mask"):
        find_pairs(tmp_path / "out" / "zero", tmp_path / "raw", tmp_path / "raw")


def test_what_a_defacer_lost_or_misplaced_is_a_row_and_what_is_skipped_is_told(put, tmp_path):
    put(*_raw(*(f"sub-0{k}_T1w" for k in (1, 2, 3)), "sub-01_FLAIR"))
    put(*_of(tmp_path, "zero", "sub-01_desc-defaced_T1w", "sub-03_desc-smooth_T1w"))
    put("out/zero/sub-02/anat/sub-09_desc-defaced_T1w.nii.gz")
    pairs, notes = find_pairs(tmp_path / "out" / "zero", tmp_path / "raw")
    why = {pair.subject: pair.failure and pair.failure.what for pair in pairs}
    assert len(pairs) == 3, "one row an original of the sequence that was defaced"
    assert why["01"] is None
    assert "two different subjects" in why["02"]
    assert "no defaced scan" in why["03"]
    assert {pair.condition for pair in pairs} == {"zero"}
    told = "; ".join(notes)
    assert "1 image skipped" in told
    assert "1 original is of a sequence of which condition 'zero' has no scan" in told
    assert "sub-0" not in told
    judged = judge_pairs([pair for pair in pairs if pair.failure], detector=None)
    assert [one.failure for one in judged] == [pair.failure for pair in pairs if pair.failure]


def test_a_misplaced_scan_without_originals_is_a_row(put, tmp_path):
    put(*_of(tmp_path, "zero", "sub-01_desc-defaced_T1w"), "out/zero/sub-02/anat/sub-09_desc-defaced_T1w.nii.gz")
    pairs, _ = find_pairs(tmp_path / "out" / "zero")
    assert [(pair.condition, pair.failure is None) for pair in pairs] == [("zero", True), ("zero", False)]


def test_two_tools_in_one_folder_have_names_of_their_own(put, tmp_path):
    put("all/py/sub-01.nii.gz", "all/qs/sub-01.nii.gz", "all/qs/sub-02.nii.gz")
    pairs, _ = find_pairs(tmp_path / "all")
    assert sorted(pair.sample for pair in pairs) == ["py/sub-01", "qs/sub-01", "sub-02"]


def test_one_run_is_never_judged_by_another(put, tmp_path):
    put(*_raw("sub-01_run-1_T1w", "sub-01_run-2_T1w", "sub-02_acq-a_T1w"))
    put(*_of(tmp_path, "zero", "sub-01_run-2_desc-defaced_T1w", "sub-02_desc-defaced_T1w"))
    pairs, _ = find_pairs(tmp_path / "out" / "zero", tmp_path / "raw")
    found = {pair.original.rsplit("/", 1)[1]: pair.defaced.rsplit("/", 1)[-1] for pair in pairs}
    assert found == {
        "sub-01_run-1_T1w.nii.gz": "",
        "sub-01_run-2_T1w.nii.gz": "sub-01_run-2_desc-defaced_T1w.nii.gz",
        "sub-02_acq-a_T1w.nii.gz": "sub-02_desc-defaced_T1w.nii.gz",
    }
