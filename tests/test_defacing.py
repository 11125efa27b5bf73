"""A file or a data set in, a defaced tree and one row a scan out: nothing that came in is touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from standins import head, write_tree

from reid_audit.defacers import DEFACERS
from reid_audit.defacing import DONE, deface_scans
from reid_audit.errors import DiskFullError, HeadError, UsageError
from reid_audit.inputs import read_cohort, read_volume, write_volume
from reid_audit.plugins import load_defacer
from reid_audit.store import JOURNAL, file_key
from reid_audit.types import Mask, ModelSpec


@dataclass(frozen=True)
class Front:
    """A defacer for tests: takes the front, unless told to fail."""

    brain: Any = None
    mode: str = "ok"
    calls: Any = None

    @property
    def spec(self) -> ModelSpec:
        return ModelSpec("front", "2", "MIT")

    def deface(self, volume):
        if self.calls is not None:
            self.calls.append(volume.data.shape)
        fail(self.mode, volume)
        data = np.array(volume.data)
        if self.brain is not None:
            data[~np.asarray(self.brain(volume).data)] = 0
            return replace(volume, data=data), Mask(data == 0, volume.affine, "footprint")
        spoil = {"gone": (slice(None), 0), "nan": (0, np.nan), "same": (slice(0, 0), 0)}
        where, value = spoil.get(self.mode, (slice(0, 6), 0))
        data[where] = value
        affine = volume.affine + np.eye(4, k=3) * 4 if self.mode == "shift" else volume.affine
        altered = replace(volume, data=data, affine=affine)
        return None if self.mode == "nothing" else (altered, Mask(np.ones(data.shape, bool), affine, "footprint"))


def fail(mode: str, volume) -> None:
    """Do what defacers should not do before they return."""
    if mode == "dim" and volume.data.max() < 300:
        raise HeadError("There is no head.", remedy="Look.")
    if mode == "raise":
        raise ZeroDivisionError("sub-SECRET")
    if mode == "memory":
        raise MemoryError
    if mode == "sleep":
        time.sleep(30)
    if mode == "tamper":
        inside = volume.data
        inside.flags.writeable = True
        inside[0, 0, 0] += 99


@pytest.fixture
def front(monkeypatch):
    """Register the defacer under its name, with a way to fail."""

    def put(mode: str = "ok", calls: list | None = None) -> None:
        def make(brain=None):
            return Front(brain, mode, calls)

        monkeypatch.setitem(DEFACERS, "front", make)
        monkeypatch.setattr(
            "reid_audit.defacing.choosing.load_defacer", lambda name: make() if name == "front" else load_defacer(name)
        )

    return put


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "raw")


def keys(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != JOURNAL]
    return {str(path.relative_to(folder)): file_key(path) for path in files}


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


def test_a_finished_scan_is_not_done_again_and_a_failed_one_is(front, tree, tmp_path):
    out, calls = tmp_path / "out", []
    front(calls=calls)
    first = deface_scans(tree, out, defacer="front")
    assert len(calls) == 2
    before, rows = keys(out), table(out)
    second = deface_scans(tree, out, defacer="front")
    assert len(calls) == 2
    assert second.rows[:2] == first.rows[:2]
    assert second.rows[2] == replace(first.rows[2], seconds=second.rows[2].seconds)  # read again: another time
    # The table holds that time: alone of all files it may differ, and only there.
    assert {**keys(out), "defacing.tsv": ""} == {**before, "defacing.tsv": ""}
    pd.testing.assert_frame_equal(table(out).drop(index=2), rows.drop(index=2))
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


@pytest.mark.parametrize("place", ["raw", "raw/derivatives/mine", "raw/sub-01"])
def test_out_must_not_lie_among_the_scans(front, tree, tmp_path, place):
    front()
    before = keys(tree)
    with pytest.raises(UsageError, match="folder of the scans"):
        deface_scans(tree, tmp_path / place, defacer="front")
    assert keys(tree) == before


def test_out_must_not_hold_the_scans(front, tree, tmp_path):
    front()
    with pytest.raises(UsageError, match="handed on"):
        deface_scans(tree, tmp_path, defacer="front")
    with pytest.raises(UsageError, match="handed on"):
        deface_scans(tree / "sub-01/anat/sub-01_T1w.nii.gz", tree / "sub-01/anat", defacer="front")


def test_out_behind_a_link_into_the_scans_is_seen(front, tree, tmp_path):
    front()
    (tmp_path / "link").symlink_to(tree)
    with pytest.raises(UsageError, match="folder of the scans"):
        deface_scans(tree, tmp_path / "link" / "x", defacer="front")
    out = tmp_path / "out"
    out.mkdir()
    (out / "sub-01").symlink_to(tree / "sub-01")
    before = keys(tree)
    done = deface_scans(tree, out, defacer="front")
    assert [row.outcome for row in done.rows] == ["not written", "done", "unreadable"]
    assert keys(tree) == before


def test_one_out_for_each_defacer(front, tree, tmp_path):
    front()
    deface_scans(tree, tmp_path / "out", defacer="front")
    with pytest.raises(UsageError, match="another data set"):
        deface_scans(tree, tmp_path / "out", defacer="zero")
    (tmp_path / "theirs" / "sub-01" / "anat").mkdir(parents=True)
    (tmp_path / "theirs" / "sub-01" / "anat" / "sub-01_desc-defaced_T1w.nii.gz").write_bytes(b"theirs")
    with pytest.raises(UsageError, match="overwritten"):
        deface_scans(tree, tmp_path / "theirs", defacer="front")


def test_one_out_for_each_scan_of_a_name_and_each_defacer(front, tmp_path):
    front()
    out = tmp_path / "out"
    for number, place in enumerate(("a", "b", "moved")):
        (tmp_path / place).mkdir()
        data = np.asarray(head().data) + number % 2
        write_volume(replace(head(), data=data), tmp_path / place / "head.nii.gz")
    deface_scans(tmp_path / "a/head.nii.gz", out, defacer="front")
    made = file_key(out / "head_defaced.nii.gz")
    with pytest.raises(UsageError, match="not of the same scan"):
        deface_scans(tmp_path / "b/head.nii.gz", out, defacer="front")
    ready = tmp_path / "ready"
    ready.mkdir()
    shutil.copyfile(out / "head_defaced.nii.gz", ready / "head_defaced.nii.gz")
    with pytest.raises(UsageError, match="'front' made"):
        deface_scans(tmp_path / "a/head.nii.gz", out, defacer="quickshear", results=ready)
    assert file_key(out / "head_defaced.nii.gz") == made
    assert deface_scans(tmp_path / "moved/head.nii.gz", out, defacer="front").complete, "the same scan, elsewhere"
    assert deface_scans(tmp_path / "moved/head.nii.gz", out, defacer="front").complete
    write_volume(head(), tmp_path / "b" / "other.nii.gz")
    assert deface_scans(tmp_path / "b/other.nii.gz", out, defacer="front").complete
    assert len(list(out.glob("*_defaced.nii.gz"))) == 2


def test_another_data_set_with_the_same_names_is_not_laid_over_the_first(front, tree, tmp_path):
    front()
    other = write_tree(tmp_path / "other")
    write_volume(replace(head(), data=np.asarray(head().data) + 7), other / "sub-01/anat/sub-01_T1w.nii.gz")
    deface_scans(tree, tmp_path / "out", defacer="front")
    with pytest.raises(UsageError, match="not of the same scan"):
        deface_scans(other, tmp_path / "out", defacer="front")
    (tmp_path / "out" / ".defacing" / "sources.json").write_text("damaged")
    assert not deface_scans(tree, tmp_path / "out", defacer="front").complete  # one scan is damaged, all is as it was


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
