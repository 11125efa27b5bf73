"""A file or a data set in, a defaced tree and one row a scan out: nothing that came in is touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from defacing_making import keys, put_front
from standins import head, write_tree

from reid_audit.defacing import DONE, deface_scans
from reid_audit.errors import DiskFullError, UsageError
from reid_audit.inputs import read_cohort, read_volume, write_volume
from reid_audit.types import Mask


@pytest.fixture
def front(monkeypatch):
    return partial(put_front, monkeypatch)


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "raw")


def table(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "defacing.tsv", sep="\t", keep_default_na=False)


def test_a_data_set_becomes_a_derivative_and_one_bad_scan_costs_only_itself(front, tree, tmp_path):
    front()
    before, out = keys(tree), tmp_path / "out"
    done = deface_scans(tree, out, defacer="front")
    assert keys(tree) == before
    assert [row.outcome for row in done.rows] == ["done", "done", "unreadable"]
    assert not done.complete
    assert any("altered already" in note for note in done.notes)
    known = table(out)
    assert list(known.columns) == ["scan", "defacer", "version", "seconds", "altered_ml", "outcome", "reason"]
    assert list(known["scan"]) == ["sub-01_T1w", "sub-02_ses-a_run-1_T2w", "sub-03_T1w"]
    assert set(known["defacer"]) == {"front"}
    assert known["altered_ml"][2] == "n/a"
    assert known["reason"][2]
    image = out / "sub-01/anat/sub-01_desc-defaced_T1w.nii.gz"
    mask = out / "sub-01/anat/sub-01_mod-T1w_desc-defaced_defacemask.nii.gz"
    one, two = nib.load(tree / "sub-01/anat/sub-01_T1w.nii.gz"), nib.load(image)
    marked = np.asarray(nib.load(mask).dataobj) != 0
    np.testing.assert_array_equal(marked, np.asarray(one.dataobj) != np.asarray(two.dataobj))
    assert two.get_data_dtype() == np.int16
    litres = marked.sum() * abs(np.linalg.det(one.affine[:3, :3])) / 1000
    assert float(known["altered_ml"][0]) == pytest.approx(litres, abs=2e-3)
    sidecar = json.loads(image.with_name("sub-01_desc-defaced_T1w.json").read_text())
    assert sidecar["EchoTime"] == 0.003
    assert sidecar["DeidentificationMethod"] == ["header cleaned", "defaced by front 2"]
    assert not list(out.rglob("sub-03*"))
    assert json.loads((out / "dataset_description.json").read_text())["GeneratedBy"][0]["Name"] == "front"


def test_everything_written_is_the_owners_alone(front, tree, tmp_path):
    front()
    out = tmp_path / "out"
    deface_scans(tree, out, defacer="front")
    for path in (out, *out.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_result_can_be_audited_as_it_stands(front, tree, tmp_path):
    front()
    deface_scans(tree, tmp_path / "out", defacer="front")
    cohort, _ = read_cohort(tmp_path / "out")
    assert sorted(cohort.scans["subject"]) == ["01", "02"]
    assert set(cohort.scans["condition"]) == {"front"}


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("same", "returned unchanged"),
        ("gone", "everything gone"),
        ("shift", "affine shifted"),
        ("nan", "not finite"),
        ("raise", "crashed"),
        ("memory", "no memory"),
        ("tamper", "input altered"),
        ("nothing", "no output"),
        ("sleep", "hung"),
    ],
)
def test_each_failure_is_one_clear_row(front, tree, tmp_path, mode, outcome):
    front(mode)
    out = tmp_path / "out"
    done = deface_scans(tree, out, defacer="front", seconds=0.5 if mode == "sleep" else None)
    assert [row.outcome for row in done.rows] == [outcome, outcome, "unreadable"]
    assert all(row.reason and "SECRET" not in row.reason for row in done.rows)
    assert list(table(out)["outcome"]) == [outcome, outcome, "unreadable"]
    assert not list(out.rglob("*defaced*"))
    assert all(0 <= row.seconds < 30 for row in done.rows[:2]), "the defacer's own time"
    assert np.isnan(done.rows[2].seconds), "it did not come to the defacer"


def test_a_finished_scan_is_not_done_again_and_a_failed_one_is(front, tree, tmp_path):
    out, calls = tmp_path / "out", []
    front(calls=calls)
    first = deface_scans(tree, out, defacer="front")
    assert len(calls) == 2
    before, rows = keys(out), table(out)
    second = deface_scans(tree, out, defacer="front")
    assert len(calls) == 2
    assert second.rows[:2] == first.rows[:2]
    assert second.rows[2] == replace(first.rows[2], seconds=second.rows[2].seconds)  # NaN is not NaN
    assert keys(out) == before
    pd.testing.assert_frame_equal(table(out), rows)
    (out / "sub-01/anat/sub-01_desc-defaced_T1w.nii.gz").write_bytes(b"cut short")
    shutil.copyfile(tree / "sub-01/anat/sub-01_T1w.nii.gz", tree / "sub-03/anat/sub-03_T1w.nii.gz")
    third = deface_scans(tree, out, defacer="front")
    assert len(calls) == 4
    assert third.complete
    assert read_volume(out / "sub-01/anat/sub-01_desc-defaced_T1w.nii.gz").data.any()


def test_a_changed_scan_is_done_again_and_its_old_result_goes_when_it_fails(front, tree, tmp_path):
    out = tmp_path / "out"
    front()
    deface_scans(tree, out, defacer="front")
    volume = head()
    write_volume(replace(volume, data=np.asarray(volume.data) * 0.5), tree / "sub-01/anat/sub-01_T1w.nii.gz")
    front("dim")
    done = deface_scans(tree, out, defacer="front")
    assert [row.outcome for row in done.rows] == ["no head", "done", "unreadable"]
    assert not list((out / "sub-01").rglob("*.nii.gz"))


def test_a_stopped_run_keeps_its_rows_and_goes_on(front, tree, tmp_path):
    out, calls = tmp_path / "out", []
    front(calls=calls)

    def stop(_stage, done, _total):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deface_scans(tree, out, defacer="front", progress=stop)
    assert list(table(out)["outcome"]) == [DONE, "not reached", "not reached"]
    deface_scans(tree, out, defacer="front")
    assert len(calls) == 2
    assert list(table(out)["outcome"]) == [DONE, DONE, "unreadable"]


def test_a_full_disk_ends_the_run_instead_of_being_a_row_of_every_scan(front, tree, tmp_path, monkeypatch):
    out, calls = tmp_path / "out", []
    front(calls=calls)

    def full(*_arguments):
        raise DiskFullError("Cannot write 'x'.", remedy="Free space.")

    with monkeypatch.context() as patch:
        patch.setattr("reid_audit.defacing.task.write_volume", full)
        with pytest.raises(DiskFullError):
            deface_scans(tree, out, defacer="front")
    assert len(calls) == 1
    assert set(table(out)["outcome"]) == {"not reached"}
    assert not deface_scans(tree, out, defacer="front").complete
    assert list(table(out)["outcome"]) == [DONE, DONE, "unreadable"]


def test_a_second_run_in_one_folder_is_refused(front, tree, tmp_path):
    refused = []
    front()

    def begin(_stage, done, _total):
        def second():
            try:
                deface_scans(tree, tmp_path / "out", defacer="front")
            except UsageError as error:
                refused.append(str(error))

        if not done:
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()

    deface_scans(tree, tmp_path / "out", defacer="front", progress=begin)
    assert len(refused) == 1
    assert "Another run" in refused[0]


def test_one_file_keeps_its_name(front, tmp_path):
    front()
    file = write_volume(head(), tmp_path / "head7.nii.gz")
    done = deface_scans(file, tmp_path / "out", defacer="front")
    assert done.complete
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"head7_defaced.nii.gz", "head7_defaced.json", "head7_defacemask.nii.gz", "defacing.tsv"} <= names
    assert "dataset_description.json" not in names


def test_a_manifest_names_its_scans(front, tmp_path):
    front()
    (tmp_path / "in").mkdir()
    for name in ("a.nii.gz", "b.nii.gz"):
        write_volume(head(), tmp_path / "in" / name)
    lines = ["subject,session,condition,modality,path", "x,1,original,T1w,a.nii.gz", "x,1,original,T1w,b.nii.gz"]
    (tmp_path / "in" / "scans.csv").write_text("\n".join(lines) + "\n")
    done = deface_scans(tmp_path / "in" / "scans.csv", tmp_path / "out", defacer="front")
    assert done.complete
    made = sorted(path.name for path in (tmp_path / "out").rglob("*desc-defaced_T1w.nii.gz"))
    assert made == ["sub-x_ses-1_acq-2_desc-defaced_T1w.nii.gz", "sub-x_ses-1_desc-defaced_T1w.nii.gz"]


def test_a_changed_sidecar_is_not_left_as_it_was(front, tree, tmp_path):
    front()
    deface_scans(tree, tmp_path / "out", defacer="front")
    (tree / "T1w.json").write_text('{"EchoTime": 0.004, "DeidentificationMethod": ["reviewed"]}')
    deface_scans(tree, tmp_path / "out", defacer="front")
    said = json.loads((tmp_path / "out/sub-01/anat/sub-01_desc-defaced_T1w.json").read_text())
    assert (said["EchoTime"], said["DeidentificationMethod"]) == (0.004, ["reviewed", "defaced by front 2"])


def test_brain_masks_reach_the_defacer(front, tree, tmp_path):
    front()
    volume = head()
    inside = np.zeros(volume.data.shape, bool)
    inside[6:13, 5:12, 7:15] = True
    masks = tmp_path / "masks"
    masks.mkdir()
    write_volume(Mask(inside, volume.affine, "brain"), masks / "sub-01_desc-brain_mask.nii.gz")
    write_volume(Mask(inside, volume.affine, "brain"), masks / "sub-09_desc-brain_mask.nii.gz")
    done = deface_scans(tree, tmp_path / "out", defacer="front", brain_mask=masks)
    assert [row.outcome for row in done.rows] == ["done", "no brain mask", "no brain mask"]
    left = np.asarray(read_volume(tmp_path / "out/sub-01/anat/sub-01_desc-defaced_T1w.nii.gz").data) > 0
    assert not left[~inside].any()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"defacer": "nobody"}, "There is no defacer 'nobody'"),
        ({"defacer": "zero", "image": "x/y"}, "does not take --image"),
        ({"defacer": "zero", "brain_mask": "x"}, "does not take --brain-mask"),
        ({"defacer": "zero", "results": "absent"}, "no folder 'absent'"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_made(tree, tmp_path, options, said):
    with pytest.raises(UsageError, match=said):
        deface_scans(tree, tmp_path / "out", **options)
    assert not (tmp_path / "out" / "defacing.tsv").exists()


def test_a_place_without_scans_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="There is no"):
        deface_scans(tmp_path / "absent", tmp_path / "out", defacer="zero")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="neither a BIDS data set"):
        deface_scans(tmp_path / "empty", tmp_path / "out", defacer="zero")


def test_what_is_written_is_valid_bids(front, tree, tmp_path):
    validator = shutil.which("bids-validator-deno", path=str(Path(sys.executable).parent))
    if validator is None:
        pytest.skip("NOT VALIDATED: bids-validator-deno is not installed")
    front()
    deface_scans(tree, tmp_path / "out", defacer="front")
    done = subprocess.run(
        [validator, "--format", "json", str(tmp_path / "out")], capture_output=True, text=True, check=False, timeout=120
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    errors = [issue for issue in issues if issue["severity"] == "error"]
    assert errors == []
